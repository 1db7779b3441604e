// IEEE 754 operations on bit patterns, as SSE defines them under the default MXCSR: round to nearest even, denormals
// kept, exceptions masked; a NaN operand comes back quiet, the first operand's before the second's.
#pragma once

#include <ringfence/ir/flags.h>

namespace ringfence::ir {

/// FpOp `op` on patterns of `bits` (32 or 64). `compare` returns FlagBit masks.
std::uint64_t evaluate_fp(FpOp op, unsigned bits, std::uint64_t a, std::uint64_t b);
/// One lane of the LaneOp::fp_* operations; `imm` is the predicate of fp_compare.
std::uint64_t float_lane(LaneOp op, unsigned bits, std::uint64_t a, std::uint64_t b, std::uint64_t imm);

} // namespace ringfence::ir
