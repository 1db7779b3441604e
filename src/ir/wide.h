// Arithmetic on values of up to 512 bits, as eight 64-bit words, least significant first. Every result is
// truncated to the width given.
#pragma once

#include <ringfence/ir/interpret.h>

namespace ringfence::ir {

Wide truncated(const Wide &value, Width width);
Wide wide_add(const Wide &a, const Wide &b, Width width);
Wide wide_sub(const Wide &a, const Wide &b, Width width);
Wide wide_mul(const Wide &a, const Wide &b, Width width);
Wide wide_shl(const Wide &a, unsigned by, Width width);
Wide wide_shr(const Wide &a, unsigned by, Width width);
/// With the sign of a value of `width` shifted in.
Wide wide_sar(const Wide &a, unsigned by, Width width);
/// Quotient and remainder of unsigned division. Precondition: `divisor` is not zero.
struct Division {
  Wide quotient, remainder;
};
Division wide_divide(const Wide &dividend, const Wide &divisor, Width width);
/// <0, 0, >0 as unsigned numbers.
int wide_compare(const Wide &a, const Wide &b);
bool wide_negative(const Wide &a, Width width);
Wide wide_negate(const Wide &a, Width width);
Wide wide_sign_extend(const Wide &a, Width from, Width to);
/// The lane of `bits` at number `index`, and its change.
std::uint64_t lane_of(const Wide &a, unsigned bits, unsigned index);
void set_lane(Wide &a, unsigned bits, unsigned index, std::uint64_t value);
/// The high and low words of a * b.
struct Product {
  std::uint64_t high, low;
};
Product multiply_words(std::uint64_t a, std::uint64_t b);

/// A `lane` operation. `b` is the second operand, `count` its low word for shifts.
Wide evaluate_lane(const Op &op, const Wide &a, const Wide &b);

} // namespace ringfence::ir
