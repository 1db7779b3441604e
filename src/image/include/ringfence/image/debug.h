// The debug directory (PE Format, section 5.1.1): program database, tool features, reproducible
// build, extended DLL characteristics. Entry data is taken from the file offset that the entry
// states, else through its RVA.
#pragma once

#include <ringfence/base/span_reader.h>
#include <ringfence/base/strong.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace ringfence::image {

// IMAGE_DEBUG_TYPE_*, the names of the Windows SDK.
constexpr std::uint32_t DEBUG_TYPE_COFF = 1;
constexpr std::uint32_t DEBUG_TYPE_CODEVIEW = 2;
constexpr std::uint32_t DEBUG_TYPE_FPO = 3;
constexpr std::uint32_t DEBUG_TYPE_MISC = 4;
constexpr std::uint32_t DEBUG_TYPE_VC_FEATURE = 12;
constexpr std::uint32_t DEBUG_TYPE_POGO = 13;
constexpr std::uint32_t DEBUG_TYPE_ILTCG = 14;
constexpr std::uint32_t DEBUG_TYPE_REPRO = 16;
constexpr std::uint32_t DEBUG_TYPE_SPGO = 18;
constexpr std::uint32_t DEBUG_TYPE_EX_DLLCHARACTERISTICS = 20;

/// "CODEVIEW", "REPRO", ...; "unknown" for a number the SDK does not name.
std::string_view debug_type_name(std::uint32_t type);

constexpr std::uint32_t DLLCHARACTERISTICS_EX_CET_COMPAT = 0x01;
constexpr std::uint32_t DLLCHARACTERISTICS_EX_CET_COMPAT_STRICT_MODE = 0x02;
constexpr std::uint32_t DLLCHARACTERISTICS_EX_FORWARD_CFI_COMPAT = 0x40;
constexpr std::uint32_t DLLCHARACTERISTICS_EX_HOTPATCH_COMPATIBLE = 0x80;

struct DebugEntry {
  FileOffset header_offset; ///< of the 28-byte entry
  std::uint32_t type = 0;
  std::uint32_t time_date_stamp = 0;
  std::uint16_t major_version = 0;
  std::uint16_t minor_version = 0;
  std::uint32_t size_of_data = 0;
  Rva address_of_raw_data;
  std::uint32_t pointer_to_raw_data = 0;
  Bytes data; ///< empty when it lies outside the file
};

/// A reference to the program database: RSDS (GUID) or NB10 (32-bit signature).
struct CodeView {
  std::array<std::uint8_t, 16> guid{}; ///< RSDS: as stored (the first three fields little-endian)
  std::uint32_t signature = 0;         ///< NB10: a time stamp
  std::uint32_t age = 0;
  bool rsds = false;
  std::string_view path; ///< the linker's /PDB path, bytes of the builder's code page or UTF-8
};

/// Object counts of IMAGE_DEBUG_TYPE_VC_FEATURE; fields that the entry is too short for stay empty.
struct VcFeature {
  std::uint32_t pre_vc11 = 0;
  std::uint32_t c_and_cpp = 0;
  std::uint32_t gs = 0;
  std::optional<std::uint32_t> sdl;
  std::optional<std::uint32_t> guard_n;
};

/// One contribution of IMAGE_DEBUG_TYPE_POGO: the layout that the linker chose.
struct PogoEntry {
  Rva rva;
  std::uint32_t size = 0;
  std::string_view name; ///< ".text$mn", "INIT", ...
};

struct DebugDirectory {
  std::vector<DebugEntry> entries;
  std::optional<CodeView> codeview; ///< of the first readable CODEVIEW entry
  std::optional<VcFeature> vc_feature;
  std::uint32_t pogo_signature = 0; ///< 'LTCG', 'PGU\0', 'PGI\0', ... ; 0 also for a plain layout record
  std::vector<PogoEntry> pogo;
  bool reproducible = false; ///< a REPRO entry stands here: time stamps are hashes
  Bytes repro_hash;          ///< empty when the REPRO entry carries none
  std::optional<std::uint32_t> ex_dll_characteristics;

  bool has(std::uint32_t type) const;
};

} // namespace ringfence::image
