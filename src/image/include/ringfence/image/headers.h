// The headers of a portable executable as they stand in the file: COFF header, optional header
// (PE32 and PE32+), data directories and section headers. Field names are those of the PE/COFF
// specification (Microsoft, "PE Format", sections 3 and 4). Values are unchecked file content;
// Image says where they contradict each other.
#pragma once

#include <ringfence/base/span_reader.h>
#include <ringfence/base/strong.h>

#include <array>
#include <cstdint>
#include <string_view>

namespace ringfence::image {

/// IMAGE_FILE_MACHINE_*. Any 16-bit value may stand in a file; name_of() gives "unknown" for the
/// others.
enum class Machine : std::uint16_t {
  unknown = 0,
  i386 = 0x14c,
  arm = 0x1c0,
  thumb = 0x1c2,
  armnt = 0x1c4,
  ia64 = 0x200,
  ebc = 0xebc,
  amd64 = 0x8664,
  chpe_x86 = 0x3a64,
  arm64 = 0xaa64,
  arm64ec = 0xa641,
  arm64x = 0xa64e,
};

/// "x64", "x86", "ARM64", "ARM64EC", "ARM64X", "ARM", "IA64", "EBC", "CHPE-x86"; "unknown" for
/// every other value.
std::string_view name_of(Machine machine);

enum class DirectoryIndex : std::uint8_t {
  exports = 0,
  imports = 1,
  resources = 2,
  exceptions = 3,
  certificates = 4, ///< the only one whose address is a file offset
  relocations = 5,
  debug = 6,
  architecture = 7,
  global_pointer = 8,
  tls = 9,
  load_config = 10,
  bound_imports = 11,
  import_address_table = 12,
  delay_imports = 13,
  com_descriptor = 14,
  reserved = 15,
};
constexpr std::size_t directory_count = 16;

/// IMAGE_DATA_DIRECTORY. For DirectoryIndex::certificates `rva` holds a file offset.
struct DataDirectory {
  Rva rva;
  std::uint32_t size = 0;
  bool present() const { return rva.value != 0 && size != 0; }
};

// Characteristics of the COFF header, DllCharacteristics and section flags (PE Format, verbatim
// names without IMAGE_).
constexpr std::uint16_t FILE_RELOCS_STRIPPED = 0x0001;
constexpr std::uint16_t FILE_EXECUTABLE_IMAGE = 0x0002;
constexpr std::uint16_t FILE_LARGE_ADDRESS_AWARE = 0x0020;
constexpr std::uint16_t FILE_32BIT_MACHINE = 0x0100;
constexpr std::uint16_t FILE_DEBUG_STRIPPED = 0x0200;
constexpr std::uint16_t FILE_SYSTEM = 0x1000;
constexpr std::uint16_t FILE_DLL = 0x2000;

constexpr std::uint16_t DLLCHARACTERISTICS_HIGH_ENTROPY_VA = 0x0020;
constexpr std::uint16_t DLLCHARACTERISTICS_DYNAMIC_BASE = 0x0040;
constexpr std::uint16_t DLLCHARACTERISTICS_FORCE_INTEGRITY = 0x0080;
constexpr std::uint16_t DLLCHARACTERISTICS_NX_COMPAT = 0x0100;
constexpr std::uint16_t DLLCHARACTERISTICS_NO_ISOLATION = 0x0200;
constexpr std::uint16_t DLLCHARACTERISTICS_NO_SEH = 0x0400;
constexpr std::uint16_t DLLCHARACTERISTICS_NO_BIND = 0x0800;
constexpr std::uint16_t DLLCHARACTERISTICS_APPCONTAINER = 0x1000;
constexpr std::uint16_t DLLCHARACTERISTICS_WDM_DRIVER = 0x2000;
constexpr std::uint16_t DLLCHARACTERISTICS_GUARD_CF = 0x4000;

constexpr std::uint32_t SCN_CNT_CODE = 0x00000020;
constexpr std::uint32_t SCN_CNT_INITIALIZED_DATA = 0x00000040;
constexpr std::uint32_t SCN_CNT_UNINITIALIZED_DATA = 0x00000080;
constexpr std::uint32_t SCN_MEM_DISCARDABLE = 0x02000000;
constexpr std::uint32_t SCN_MEM_NOT_CACHED = 0x04000000;
constexpr std::uint32_t SCN_MEM_NOT_PAGED = 0x08000000;
constexpr std::uint32_t SCN_MEM_SHARED = 0x10000000;
constexpr std::uint32_t SCN_MEM_EXECUTE = 0x20000000;
constexpr std::uint32_t SCN_MEM_READ = 0x40000000;
constexpr std::uint32_t SCN_MEM_WRITE = 0x80000000;

constexpr std::uint16_t SUBSYSTEM_NATIVE = 1;

/// Everything before the section table, widened to the PE32+ types.
struct Headers {
  FileOffset pe_offset;              ///< e_lfanew: where "PE\0\0" stands
  FileOffset optional_header_offset; ///< first byte of the optional header
  FileOffset section_table_offset;
  FileOffset checksum_offset; ///< of OptionalHeader.CheckSum
  /// Of the certificate table's data directory; 0 when the header has fewer than five directories.
  FileOffset certificate_directory_offset;

  Machine machine = Machine::unknown;
  std::uint16_t number_of_sections = 0; ///< as stated; Image::sections() holds those that could be read
  std::uint32_t time_date_stamp = 0;    ///< a hash, not a time, where the debug directory has a REPRO entry
  std::uint16_t size_of_optional_header = 0;
  std::uint16_t characteristics = 0;

  bool pe32_plus = false;
  std::uint8_t major_linker_version = 0;
  std::uint8_t minor_linker_version = 0;
  std::uint32_t size_of_code = 0;
  std::uint32_t size_of_initialized_data = 0;
  std::uint32_t size_of_uninitialized_data = 0;
  Rva entry_point; ///< IA64 and other descriptor machines: see Image::entry_code()
  Rva base_of_code;
  Rva base_of_data; ///< PE32 only
  std::uint64_t image_base = 0;
  std::uint32_t section_alignment = 0;
  std::uint32_t file_alignment = 0;
  std::uint16_t major_operating_system_version = 0;
  std::uint16_t minor_operating_system_version = 0;
  std::uint16_t major_image_version = 0;
  std::uint16_t minor_image_version = 0;
  std::uint16_t major_subsystem_version = 0;
  std::uint16_t minor_subsystem_version = 0;
  std::uint32_t win32_version_value = 0;
  std::uint32_t size_of_image = 0;
  std::uint32_t size_of_headers = 0;
  std::uint32_t checksum = 0;
  std::uint16_t subsystem = 0;
  std::uint16_t dll_characteristics = 0;
  std::uint64_t size_of_stack_reserve = 0;
  std::uint64_t size_of_stack_commit = 0;
  std::uint64_t size_of_heap_reserve = 0;
  std::uint64_t size_of_heap_commit = 0;
  std::uint32_t loader_flags = 0;
  std::uint32_t number_of_rva_and_sizes = 0;
  std::array<DataDirectory, directory_count> directories{};

  const DataDirectory &directory(DirectoryIndex index) const { return directories[static_cast<std::size_t>(index)]; }
  unsigned pointer_size() const { return pe32_plus ? 8 : 4; }
};

struct Section {
  std::string_view name; ///< up to 8 bytes, cut at the first NUL; hostile text
  Rva rva;
  std::uint32_t virtual_size = 0; ///< as stated; extent() is what the loader reserves
  std::uint32_t pointer_to_raw_data = 0;
  std::uint32_t size_of_raw_data = 0;
  std::uint32_t characteristics = 0;
  FileOffset header_offset; ///< of this section's 40-byte header
  FileOffset data_offset;   ///< where the loader starts to read: PointerToRawData rounded down to a sector
  Bytes data;               ///< the file bytes that the loader maps; what follows up to extent() is zero

  /// Bytes of address space: VirtualSize, or SizeOfRawData where VirtualSize is 0.
  std::uint32_t extent() const { return virtual_size != 0 ? virtual_size : size_of_raw_data; }
  bool has(std::uint32_t flags) const { return (characteristics & flags) == flags; }
  bool executable() const { return has(SCN_MEM_EXECUTE); }
  bool writable() const { return has(SCN_MEM_WRITE); }
  bool discardable() const { return has(SCN_MEM_DISCARDABLE); }
  bool contains(Rva address) const { return address.value >= rva.value && address.value - rva.value < extent(); }
};

} // namespace ringfence::image
