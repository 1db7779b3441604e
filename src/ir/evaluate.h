// The pure operations of the IR on concrete values: what the interpreter computes where nothing can fail.
#pragma once

#include "wide.h"

namespace ringfence::ir {

/// Arithmetic, comparisons, width changes and bit scans of up to 64 bits; the caller truncates to the result's width.
std::uint64_t scalar_result(const Op &op, std::uint64_t a, std::uint64_t b);
/// The same arithmetic on wider values, truncated to Op::width.
Wide wide_arithmetic(const Op &op, const Wide &a, const Wide &b);
/// The comparisons on wider values.
bool compared(Opcode code, const Wide &a, const Wide &b, Width width);
/// Width of the second operand of a lane operation: shifts take a 64-bit count.
Width lane_operand(const Op &op);

} // namespace ringfence::ir
