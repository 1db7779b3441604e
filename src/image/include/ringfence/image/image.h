// Image: the bytes of one portable executable and everything that was read from them.
// Invariant: every view (string_view, span) points into the bytes that the Image owns or was lent,
// and stays valid when the Image is moved; every list keeps the order of the file. A malformed part
// is a Diagnostic with its offset, and the rest is still read. Nothing here is computed lazily: an
// Image is immutable once loaded.
#pragma once

#include <ringfence/base/result.h>
#include <ringfence/base/span_reader.h>
#include <ringfence/base/strong.h>
#include <ringfence/image/certificates.h>
#include <ringfence/image/debug.h>
#include <ringfence/image/exports.h>
#include <ringfence/image/headers.h>
#include <ringfence/image/imports.h>
#include <ringfence/image/load_config.h>
#include <ringfence/image/relocations.h>
#include <ringfence/image/resources.h>
#include <ringfence/image/rich.h>
#include <ringfence/image/tls.h>
#include <ringfence/image/unwind.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ringfence::image {

/// The part of the image a diagnostic is about.
enum class Part : std::uint8_t {
  headers,
  sections,
  imports,
  delay_imports,
  bound_imports,
  exports,
  relocations,
  load_config,
  debug,
  resources,
  version,
  unwind,
  rich,
  tls,
  certificates,
};
constexpr std::size_t part_count = 15;

/// "headers", "delay imports", ...
std::string_view name_of(Part part);

/// Something in the file that contradicts the format. What could be read stands in the Image all
/// the same.
struct Diagnostic {
  Part part = Part::headers;
  ErrorCode code = ErrorCode::malformed;
  std::uint64_t offset = 0; ///< file offset; where an address maps to no file byte, of the field that names it
  std::string what;         ///< what was expected and what was found
};

/// No more than this many diagnostics for one part; the last one says that there were more.
constexpr std::size_t diagnostics_per_part = 16;

class Image {
public:
  Image(Image &&) = default;
  Image &operator=(Image &&) = default;

  Bytes bytes() const { return bytes_; }
  const Headers &headers() const { return headers_; }
  std::span<const Section> sections() const { return sections_; }
  const Imports &imports() const { return imports_; }
  const Exports &exports() const { return exports_; }
  const Relocations &relocations() const { return relocations_; }
  /// Nothing when the image has no load configuration, or when it lies outside the image.
  const std::optional<LoadConfig> &load_config() const { return load_config_; }
  const DebugDirectory &debug() const { return debug_; }
  const Resources &resources() const { return resources_; }
  const std::optional<VersionResource> &version() const { return version_; }
  const Unwind &unwind() const { return unwind_; }
  const std::optional<RichHeader> &rich() const { return rich_; }
  const std::optional<Tls> &tls() const { return tls_; }
  const CertificateTable &certificates() const { return certificates_; }

  std::span<const Diagnostic> diagnostics() const { return diagnostics_; }
  /// True when no diagnostic is about `part`: what was read of it is all there is.
  bool intact(Part part) const;

  Machine machine() const { return headers_.machine; }
  /// True when SectionAlignment is below a page: the loader maps the file as it is, and an RVA is a
  /// file offset.
  bool low_alignment() const { return low_alignment_; }

  /// Where the byte at `rva` stands in the file; nothing for zero-filled and unmapped addresses.
  std::optional<FileOffset> offset_of(Rva rva) const;
  /// Where the file byte is mapped; nothing for bytes that the loader does not map (overlay,
  /// certificates).
  std::optional<Rva> rva_of(FileOffset offset) const;
  /// The address relative to the preferred image base; nothing when it is outside [base, base + 4
  /// GB).
  std::optional<Rva> rva_of(Va va) const;
  Va va_of(Rva rva) const { return Va(headers_.image_base + rva.value); }

  /// The mapped file bytes from `rva` to the end of the section's (or header's) file data; empty
  /// when there are none.
  Bytes bytes_from(Rva rva) const;
  /// Exactly `length` file bytes at `rva`; nothing when they are not all file-backed in one
  /// section.
  std::optional<Bytes> bytes_at(Rva rva, std::uint64_t length) const;
  /// A reader of bytes_from(rva) whose errors name file offsets.
  SpanReader reader_at(Rva rva) const;
  /// The integer at `rva` as the loaded image would have it: zero-filled bytes read as zero.
  /// Nothing when unmapped.
  template <std::unsigned_integral T> std::optional<T> read(Rva rva) const {
    std::byte buffer[sizeof(T)] = {};
    if (!copy_mapped(rva, buffer))
      return std::nullopt;
    return load_little_endian<T>(buffer);
  }
  /// A pointer-sized read<>.
  std::optional<std::uint64_t> read_pointer(Rva rva) const;
  /// The NUL-terminated bytes at `rva`, within `cap` bytes and the section's file data.
  std::optional<std::string_view> c_string(Rva rva, std::uint64_t cap) const;

  /// The section that holds `rva`, the first in table order; nullptr for the headers and for
  /// unmapped addresses.
  const Section *section_of(Rva rva) const;
  /// The first section with that name, or nullptr.
  const Section *find_section(std::string_view name) const;
  /// The first instruction of the image: the entry point, on IA64 through its function descriptor.
  /// Nothing when there is no entry point, or when the descriptor cannot be read.
  std::optional<Rva> entry_code() const;

  /// File bytes after the last section's data (or after the headers), certificates included.
  Bytes overlay() const;
  FileOffset overlay_offset() const { return overlay_offset_; }

private:
  friend class Loader;
  Image() = default;
  bool copy_mapped(Rva rva, std::span<std::byte> to) const;

  /// One run of address space: sorted by start, never overlapping.
  struct Range {
    std::uint32_t start = 0;
    std::uint32_t extent = 0;
    std::uint64_t file_offset = 0;
    std::uint32_t file_size = 0;
    std::int32_t section = -1; ///< index into sections_, -1 for the headers
  };
  const Range *range_of(Rva rva) const;

  std::vector<std::byte> owned_;
  Bytes bytes_;
  Headers headers_;
  std::vector<Section> sections_;
  std::vector<Range> ranges_;
  bool low_alignment_ = false;
  FileOffset overlay_offset_;
  Imports imports_;
  Exports exports_;
  Relocations relocations_;
  std::optional<LoadConfig> load_config_;
  DebugDirectory debug_;
  Resources resources_;
  std::optional<VersionResource> version_;
  Unwind unwind_;
  std::optional<RichHeader> rich_;
  std::optional<Tls> tls_;
  CertificateTable certificates_;
  std::vector<Diagnostic> diagnostics_;
};

/// Reads a portable executable and takes its bytes over. Fails only when the bytes are no PE image
/// at all; the error then says what was expected at which offset, and what kind of file this is
/// when that is known.
Result<Image> load(std::vector<std::byte> bytes);
/// As load(), without taking the bytes: they must outlive the Image and must not change.
Result<Image> load_view(Bytes bytes);

} // namespace ringfence::image
