// The load configuration directory (IMAGE_LOAD_CONFIG_DIRECTORY32/64 of the Windows SDK): security
// cookie, SafeSEH, Control Flow Guard, dynamic relocations. It grew for twenty years: a field is
// present only when the structure's own Size covers it, so every field is read through get().
#pragma once

#include <ringfence/base/span_reader.h>
#include <ringfence/base/strong.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace ringfence::image {

/// The fields in the order of the 64-bit structure.
enum class LoadConfigField : std::uint8_t {
  Size,
  TimeDateStamp,
  MajorVersion,
  MinorVersion,
  GlobalFlagsClear,
  GlobalFlagsSet,
  CriticalSectionDefaultTimeout,
  DeCommitFreeBlockThreshold,
  DeCommitTotalFreeThreshold,
  LockPrefixTable,
  MaximumAllocationSize,
  VirtualMemoryThreshold,
  ProcessAffinityMask,
  ProcessHeapFlags,
  CSDVersion,
  DependentLoadFlags,
  EditList,
  SecurityCookie,
  SEHandlerTable,
  SEHandlerCount,
  GuardCFCheckFunctionPointer,
  GuardCFDispatchFunctionPointer,
  GuardCFFunctionTable,
  GuardCFFunctionCount,
  GuardFlags,
  CodeIntegrityFlags,
  CodeIntegrityCatalog,
  CodeIntegrityCatalogOffset,
  CodeIntegrityReserved,
  GuardAddressTakenIatEntryTable,
  GuardAddressTakenIatEntryCount,
  GuardLongJumpTargetTable,
  GuardLongJumpTargetCount,
  DynamicValueRelocTable,
  CHPEMetadataPointer,
  GuardRFFailureRoutine,
  GuardRFFailureRoutineFunctionPointer,
  DynamicValueRelocTableOffset,
  DynamicValueRelocTableSection,
  Reserved2,
  GuardRFVerifyStackPointerFunctionPointer,
  HotPatchTableOffset,
  Reserved3,
  EnclaveConfigurationPointer,
  VolatileMetadataPointer,
  GuardEHContinuationTable,
  GuardEHContinuationCount,
  GuardXFGCheckFunctionPointer,
  GuardXFGDispatchFunctionPointer,
  GuardXFGTableDispatchFunctionPointer,
  CastGuardOsDeterminedFailureMode,
  GuardMemcpyFunctionPointer,
  UmaFunctionPointers,
};
constexpr std::size_t load_config_field_count = 53;

/// The field's name in the Windows SDK.
std::string_view name_of(LoadConfigField field);

constexpr std::uint32_t GUARD_CF_INSTRUMENTED = 0x00000100;
constexpr std::uint32_t GUARD_CFW_INSTRUMENTED = 0x00000200;
constexpr std::uint32_t GUARD_CF_FUNCTION_TABLE_PRESENT = 0x00000400;
constexpr std::uint32_t GUARD_SECURITY_COOKIE_UNUSED = 0x00000800;
constexpr std::uint32_t GUARD_PROTECT_DELAYLOAD_IAT = 0x00001000;
constexpr std::uint32_t GUARD_DELAYLOAD_IAT_IN_ITS_OWN_SECTION = 0x00002000;
constexpr std::uint32_t GUARD_CF_EXPORT_SUPPRESSION_INFO_PRESENT = 0x00004000;
constexpr std::uint32_t GUARD_CF_ENABLE_EXPORT_SUPPRESSION = 0x00008000;
constexpr std::uint32_t GUARD_CF_LONGJUMP_TABLE_PRESENT = 0x00010000;
constexpr std::uint32_t GUARD_RF_INSTRUMENTED = 0x00020000;
constexpr std::uint32_t GUARD_RF_ENABLE = 0x00040000;
constexpr std::uint32_t GUARD_RF_STRICT = 0x00080000;
constexpr std::uint32_t GUARD_RETPOLINE_PRESENT = 0x00100000;
constexpr std::uint32_t GUARD_EH_CONTINUATION_TABLE_PRESENT = 0x00400000;
constexpr std::uint32_t GUARD_XFG_ENABLED = 0x00800000;
constexpr std::uint32_t GUARD_CASTGUARD_PRESENT = 0x01000000;
constexpr std::uint32_t GUARD_MEMCPY_PRESENT = 0x02000000;

/// One entry of the Control Flow Guard function table.
struct GuardedFunction {
  Rva rva;
  std::uint8_t flags = 0; ///< first metadata byte (FID_SUPPRESSED 1, EXPORT_SUPPRESSED 2, ...); 0 without metadata
};

// Symbols of the dynamic value relocation table (IMAGE_DYNAMIC_RELOCATION_*).
constexpr std::uint64_t DYNAMIC_RELOCATION_GUARD_RF_PROLOGUE = 1;
constexpr std::uint64_t DYNAMIC_RELOCATION_GUARD_RF_EPILOGUE = 2;
constexpr std::uint64_t DYNAMIC_RELOCATION_GUARD_IMPORT_CONTROL_TRANSFER = 3;
constexpr std::uint64_t DYNAMIC_RELOCATION_GUARD_INDIR_CONTROL_TRANSFER = 4;
constexpr std::uint64_t DYNAMIC_RELOCATION_GUARD_SWITCHTABLE_BRANCH = 5;
constexpr std::uint64_t DYNAMIC_RELOCATION_ARM64X = 6;
constexpr std::uint64_t DYNAMIC_RELOCATION_FUNCTION_OVERRIDE = 7;
constexpr std::uint64_t DYNAMIC_RELOCATION_ARM64_KERNEL_IMPORT_CALL_TRANSFER = 8;

/// One group of the dynamic value relocation table; the fixups themselves stay undecoded in
/// `fixups`.
struct DynamicRelocation {
  std::uint64_t symbol = 0;
  FileOffset offset; ///< of the group's header
  Bytes fixups;      ///< base relocation blocks whose entry format depends on `symbol`
};

struct LoadConfig {
  Rva rva;
  std::uint32_t directory_size = 0; ///< what the data directory states; x86 images often say 0x40
  std::array<std::uint64_t, load_config_field_count> values{};
  std::array<bool, load_config_field_count> present{};

  std::optional<Rva> security_cookie;                 ///< address of __security_cookie
  std::optional<std::uint64_t> security_cookie_value; ///< its initial value, pointer-sized
  std::vector<Rva> safe_seh_handlers;                 ///< x86
  unsigned guard_function_stride = 0;                 ///< bytes an entry of the CFG table takes; 0 without table
  std::vector<GuardedFunction> guarded_functions;
  std::uint32_t dynamic_relocation_version = 0; ///< 0: no dynamic value relocation table
  std::vector<DynamicRelocation> dynamic_relocations;

  /// The field's value; nothing when the structure is too short to hold it.
  std::optional<std::uint64_t> get(LoadConfigField field) const {
    const auto index = static_cast<std::size_t>(field);
    return present[index] ? std::optional(values[index]) : std::nullopt;
  }
  /// The field's value, 0 when absent.
  std::uint64_t value_or_zero(LoadConfigField field) const { return values[static_cast<std::size_t>(field)]; }
};

} // namespace ringfence::image
