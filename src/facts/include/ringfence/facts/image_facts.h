// What a rule may know of a PE image. Names of fields follow the PE specification (Microsoft, "PE Format").
#pragma once

#include <ringfence/base/strong.h>
#include <ringfence/base/text.h>
#include <ringfence/facts/part.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ringfence::facts {

enum class Machine : std::uint8_t { x86, x64, arm, arm64, ia64, other };

// Section characteristics and DLL characteristics that rules test (PE Format, "Section Flags", "DLL Characteristics").
inline constexpr std::uint32_t IMAGE_SCN_CNT_CODE = 0x00000020;
inline constexpr std::uint32_t IMAGE_SCN_MEM_DISCARDABLE = 0x02000000;
inline constexpr std::uint32_t IMAGE_SCN_MEM_NOT_PAGED = 0x08000000;
inline constexpr std::uint32_t IMAGE_SCN_MEM_SHARED = 0x10000000;
inline constexpr std::uint32_t IMAGE_SCN_MEM_EXECUTE = 0x20000000;
inline constexpr std::uint32_t IMAGE_SCN_MEM_READ = 0x40000000;
inline constexpr std::uint32_t IMAGE_SCN_MEM_WRITE = 0x80000000;
inline constexpr std::uint16_t IMAGE_FILE_RELOCS_STRIPPED = 0x0001;
inline constexpr std::uint16_t IMAGE_FILE_LARGE_ADDRESS_AWARE = 0x0020;
inline constexpr std::uint16_t IMAGE_DLLCHARACTERISTICS_HIGH_ENTROPY_VA = 0x0020;
inline constexpr std::uint16_t IMAGE_DLLCHARACTERISTICS_DYNAMIC_BASE = 0x0040;
inline constexpr std::uint16_t IMAGE_DLLCHARACTERISTICS_FORCE_INTEGRITY = 0x0080;
inline constexpr std::uint16_t IMAGE_DLLCHARACTERISTICS_NX_COMPAT = 0x0100;
inline constexpr std::uint16_t IMAGE_DLLCHARACTERISTICS_NO_ISOLATION = 0x0200;
inline constexpr std::uint16_t IMAGE_DLLCHARACTERISTICS_NO_SEH = 0x0400;
inline constexpr std::uint16_t IMAGE_DLLCHARACTERISTICS_GUARD_CF = 0x4000;
inline constexpr std::uint16_t IMAGE_SUBSYSTEM_NATIVE = 1;
inline constexpr std::uint32_t IMAGE_DLLCHARACTERISTICS_EX_CET_COMPAT = 0x01;

struct SectionFacts {
  std::string name; ///< at most 8 bytes, trailing NULs removed
  Rva rva;
  std::uint32_t virtual_size = 0;
  FileOffset raw_offset;
  std::uint32_t raw_size = 0;
  std::uint32_t characteristics = 0;

  bool has(std::uint32_t flags) const { return (characteristics & flags) == flags; }
  /// True when `at` lies in the section as it is mapped.
  bool contains(Rva at) const {
    const std::uint32_t size = virtual_size > raw_size ? virtual_size : raw_size;
    return at >= rva && at.value - rva.value < size;
  }
};

struct RangeFacts {
  Rva rva;
  std::uint32_t size = 0;
};

struct ImportFacts {
  std::string module; ///< as written in the image
  std::string name;   ///< empty for an import by ordinal
  std::uint16_t ordinal = 0;
  Rva iat; ///< address of the import address table slot
  bool delayed = false;
};

struct RelocationFacts {
  std::uint64_t count = 0;
  std::uint64_t straddling_count = 0; ///< relocations whose field crosses a page boundary
  std::vector<Rva> straddling;        ///< the first of them, at most 16
};

struct LoadConfigFacts {
  std::uint32_t size = 0;                           ///< as stated by the structure
  std::uint64_t security_cookie_va = 0;             ///< 0: none
  std::optional<std::uint64_t> security_cookie;     ///< its initial value, where it lies in the file
  std::optional<std::uint64_t> se_handler_table_va; ///< x86 only; nothing when the structure is too short
  std::optional<std::uint64_t> se_handler_count;
  std::optional<std::uint64_t> guard_check_function_pointer;
  std::optional<std::uint64_t> guard_function_table;
  std::optional<std::uint64_t> guard_function_count;
  std::optional<std::uint32_t> guard_flags;
  bool has_dynamic_value_relocations = false;
};

/// The counters of an IMAGE_DEBUG_TYPE_VC_FEATURE record.
struct VcFeatureFacts {
  std::uint32_t pre_vc11 = 0, c_cpp = 0, gs = 0, sdl = 0, guard_n = 0;
  bool has_sdl = false; ///< older linkers write a shorter record
};

struct DebugFacts {
  std::string pdb_path; ///< CodeView record, empty when there is none
  std::optional<VcFeatureFacts> vc_feature;
  bool reproducible = false; ///< a REPRO record: the time stamp is a hash
  std::optional<std::uint32_t> extended_dll_characteristics;
};

/// One record of the Rich header: a tool of the build and how many objects it made.
struct RichToolFacts {
  std::uint16_t product = 0; ///< prodid of @comp.id: which tool
  std::uint16_t build = 0;
  std::uint32_t count = 0;
};

struct RichFacts {
  std::uint32_t checksum_stored = 0, checksum_computed = 0;
  std::vector<RichToolFacts> tools;
};

struct CertificateTableFacts {
  FileOffset offset;
  std::uint32_t size = 0;
  std::uint64_t bytes_after = 0; ///< file bytes behind the table; 0 in a regularly signed file
};

struct VersionFacts {
  std::array<std::uint16_t, 4> file_version{};
  std::uint32_t file_flags = 0; ///< VS_FF_*, those that FILEFLAGSMASK declares valid
  std::string original_filename, internal_name, product_name, company_name, file_description;
};

struct ImageFacts {
  Machine machine = Machine::other;
  std::string machine_name; ///< "x64", or the value in hexadecimal
  bool pe32_plus = false;
  std::uint16_t subsystem = 0;
  std::uint16_t characteristics = 0;
  std::uint16_t dll_characteristics = 0;
  std::uint8_t linker_major = 0, linker_minor = 0;
  std::uint64_t image_base = 0;
  Rva entry_point; ///< 0: none
  std::uint32_t section_alignment = 0, file_alignment = 0;
  std::uint32_t size_of_image = 0, size_of_headers = 0;
  std::uint32_t checksum_stored = 0, checksum_computed = 0;
  std::vector<SectionFacts> sections;
  Part<std::vector<ImportFacts>> imports;
  std::optional<RangeFacts> import_address_table; ///< data directory 12
  Part<RelocationFacts> relocations;
  Part<LoadConfigFacts> load_config;
  Part<DebugFacts> debug;
  Part<VersionFacts> version;
  Part<RichFacts> rich;
  std::optional<Rva>
      default_cookie; ///< where writable data holds the linker's default security cookie; nothing: nowhere
  std::optional<CertificateTableFacts> certificate_table;
  FileOffset overlay;             ///< where sections and debug data end
  std::uint64_t overlay_size = 0; ///< file bytes from there to the certificate table, or to the end of the file
  std::size_t certificate_entries = 0;
  std::string framework; ///< the kind that owns the dispatch routines, without a version: "KMDF"; empty: none
  std::vector<std::string>
      kinds; ///< every kind that was recognised, the framework first: WDM, KMDF 1.15, minifilter ...
  std::vector<std::string> not_analysable; ///< why the code is not analysed (packed, obfuscated); empty when it is

  /// True for the native subsystem, and for images of another subsystem that import the kernel or the HAL:
  /// Windows loads such drivers all the same, so the rules for kernel images are the ones that count.
  bool is_kernel_driver() const {
    return subsystem == IMAGE_SUBSYSTEM_NATIVE || imports_module("ntoskrnl.exe") || imports_module("hal.dll");
  }
  /// True for the machines on which memory integrity (HVCI) exists.
  bool has_memory_integrity() const { return machine == Machine::x64 || machine == Machine::arm64; }
  /// True when a symbol is imported from `module` (ASCII case is ignored).
  bool imports_module(std::string_view module) const {
    if (imports.present())
      for (const ImportFacts &import : *imports)
        if (ascii_iequals(import.module, module))
          return true;
    return false;
  }
  /// The section mapped at `at`, or nullptr.
  const SectionFacts *section_at(Rva at) const {
    for (const SectionFacts &section : sections)
      if (section.contains(at))
        return &section;
    return nullptr;
  }
};

} // namespace ringfence::facts
