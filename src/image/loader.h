// Loader: the room's only writer of an Image. One function, in one file, for each part; each of
// them reports what it finds wrong and leaves what it could read. Order matters: headers, sections
// (the address map), then the rest.
#pragma once

#include <ringfence/image/image.h>

#include <array>
#include <string>

namespace ringfence::image {

class Loader {
public:
  explicit Loader(std::vector<std::byte> owned) {
    image_.owned_ = std::move(owned);
    image_.bytes_ = image_.owned_;
  }
  explicit Loader(Bytes lent) { image_.bytes_ = lent; }

  Result<Image> run();

private:
  Status read_headers();                                            // load.cpp
  Status read_optional_header(const SpanReader &file);              // load.cpp
  void check_headers();                                             // load.cpp
  void read_sections();                                             // sections.cpp
  void read_section_headers();                                      // sections.cpp
  void map_sections();                                              // sections.cpp
  void map_section(std::size_t index, std::uint64_t &previous_end); // sections.cpp
  void sort_ranges();                                               // sections.cpp
  bool is_identity_mapped() const;                                  // sections.cpp
  void find_overlay();                                              // sections.cpp
  void read_imports();                                              // imports.cpp
  void read_delay_imports();                                        // imports.cpp
  void read_thunks(ImportedModule &module, Rva lookup, Part part);  // imports.cpp
  bool read_thunk(std::uint64_t thunk, Rva slot, Part part);        // imports.cpp
  void read_bound_imports();                                        // imports.cpp
  void read_exports();                                              // exports.cpp
  void read_export_symbols(const SpanReader &table, const SpanReader &name_rvas, const SpanReader &ordinals,
                           std::uint32_t functions,
                           std::uint32_t names);     // exports.cpp
  void read_relocations();                           // relocations.cpp
  void read_load_config();                           // load_config.cpp
  void read_security_cookie(LoadConfig &config);     // load_config.cpp
  void read_safe_seh(LoadConfig &config);            // load_config.cpp
  void read_guard_functions(LoadConfig &config);     // load_config.cpp
  void read_dynamic_relocations(LoadConfig &config); // load_config.cpp
  void read_debug();                                 // debug.cpp
  void decode_debug_entry(const DebugEntry &entry);  // debug.cpp
  void read_codeview(const DebugEntry &entry);       // debug.cpp
  void read_pogo(const DebugEntry &entry);           // debug.cpp
  void read_resources();                             // resources.cpp
  struct ResourceWalk;                               // resources.cpp
  void walk_resources(ResourceWalk &walk, std::uint32_t directory, unsigned level);
  ResourceName read_resource_name(const ResourceWalk &walk, std::uint32_t name,
                                  std::uint64_t offset); // resources.cpp
  void read_resource_data(const ResourceWalk &walk, std::uint32_t target, unsigned level,
                          std::uint64_t offset); // resources.cpp
  void read_version();                           // version.cpp
  void read_version_block(const SpanReader &data, unsigned level, VersionResource &version,
                          std::string_view table); // version.cpp
  void read_unwind();                              // unwind.cpp
  void read_rich();                                // rich.cpp
  void read_tls();                                 // tls.cpp
  void read_certificates();                        // certificates.cpp

  /// Records a diagnostic; a part's list is capped at diagnostics_per_part. Returns false when it
  /// was not recorded.
  bool report(Part part, ErrorCode code, std::uint64_t offset, std::string_view what);
  /// The bytes of a directory: nothing, after a report, when it is present but lies outside the
  /// image.
  std::optional<SpanReader> directory_reader(DirectoryIndex index, Part part, std::string_view what);
  /// File offset for a report about `rva`: that of the byte, else that of the data directory
  /// `index`.
  std::uint64_t where(Rva rva, DirectoryIndex index) const;
  std::uint64_t directory_field(DirectoryIndex index) const;
  /// `rva` + `delta`; addresses wrap at 4 GB as the loader's do.
  static Rva add(Rva rva, std::uint64_t delta) { return Rva(static_cast<std::uint32_t>(rva.value + delta)); }

  Image image_;
  std::array<std::size_t, part_count> reported_{};
};

} // namespace ringfence::image
