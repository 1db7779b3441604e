// The exception directory: where functions begin and end, and who handles exceptions in them. x64
// records are those of "x64 exception handling" (Microsoft), ARM and ARM64 of "ARM64 exception
// handling" (packed and .xdata form), IA64 has begin, end and an opaque unwind block. x86 has no
// such table.
#pragma once

#include <ringfence/base/result.h>
#include <ringfence/base/span_reader.h>
#include <ringfence/base/strong.h>

#include <cstdint>
#include <optional>
#include <vector>

namespace ringfence::image {

class Image;

/// One RUNTIME_FUNCTION.
struct RuntimeFunction {
  Rva begin;                ///< ARM: without the Thumb bit
  Rva end;                  ///< exclusive; where the record does not say, begin + the length from .xdata (0 when
                            ///< unreadable)
  Rva unwind;               ///< of UNWIND_INFO or .xdata; 0 for packed ARM and ARM64 records
  std::uint32_t packed = 0; ///< the packed ARM or ARM64 word, 0 otherwise
};

struct Unwind {
  std::vector<RuntimeFunction> functions; ///< in table order, which is ascending in a regular image
};

constexpr std::uint8_t UNW_FLAG_EHANDLER = 1;
constexpr std::uint8_t UNW_FLAG_UHANDLER = 2;
constexpr std::uint8_t UNW_FLAG_CHAININFO = 4;

/// What one function's unwind record says beyond its extent.
struct UnwindRecord {
  std::uint8_t version = 0;
  std::uint8_t flags = 0; ///< UNW_FLAG_*; ARM and ARM64: UNW_FLAG_EHANDLER when the X bit is set
  std::uint8_t prologue_size = 0;
  std::uint8_t frame_register = 0;
  std::uint8_t frame_offset = 0;
  Bytes codes;                ///< unwind codes, two bytes each on x64, a byte string on ARM and ARM64
  std::optional<Rva> handler; ///< exception or termination handler, for example __C_specific_handler's thunk
  Rva handler_data;           ///< language-specific data: see scope_table()
  std::optional<RuntimeFunction> chained; ///< the primary function of a chained (split) fragment
};

/// One __try of a C scope table (the data of __C_specific_handler, bare or behind
/// __GSHandlerCheck_SEH).
struct ScopeEntry {
  Rva begin;
  Rva end;
  Rva handler; ///< filter, or 1 for EXCEPTION_EXECUTE_HANDLER
  Rva target;  ///< the __except block; 0 for __finally, whose routine is `handler`
};

/// The unwind record of `function` in `image`; an error with its file offset when it is malformed,
/// not_found when the machine or the packed form has no record.
Result<UnwindRecord> unwind_record(const Image &image, const RuntimeFunction &function);
/// The scope table at record.handler_data. The bytes do not say what the handler takes: `malformed`
/// when they are no scope table, that is when an entry is not within the image, not ordered, or
/// there are more than 4,096.
Result<std::vector<ScopeEntry>> scope_table(const Image &image, const UnwindRecord &record);
/// The function that owns `function`: follows chained records, at most 32, and returns itself when
/// there are none.
RuntimeFunction primary_function(const Image &image, const RuntimeFunction &function);

} // namespace ringfence::image
