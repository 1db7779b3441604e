#include "scalar_float.h"

#include <bit>
#include <cmath>
#include <limits>

namespace ringfence::ir {
namespace {

template <class Float> struct Pattern;
template <> struct Pattern<float> {
  using Bits = std::uint32_t;
  static constexpr Bits kQuiet = 0x00400000, kDefaultNan = 0xffc00000;
};
template <> struct Pattern<double> {
  using Bits = std::uint64_t;
  static constexpr Bits kQuiet = 0x0008000000000000, kDefaultNan = 0xfff8000000000000;
};

template <class Float> Float from_bits(std::uint64_t bits) {
  return std::bit_cast<Float>(static_cast<typename Pattern<Float>::Bits>(bits));
}
template <class Float> std::uint64_t to_bits(Float value) {
  return std::bit_cast<typename Pattern<Float>::Bits>(value);
}

/// A NaN made here is the default one; the sign a host operation gives it is not specified.
template <class Float> std::uint64_t canonical(Float value) {
  return std::isnan(value) ? std::uint64_t{Pattern<Float>::kDefaultNan} : to_bits(value);
}

template <class Float> std::uint64_t arithmetic(FpOp op, std::uint64_t a, std::uint64_t b) {
  const Float x = from_bits<Float>(a), y = from_bits<Float>(b);
  if (op == FpOp::min)
    return x < y ? a : b;
  if (op == FpOp::max)
    return x > y ? a : b;
  if (std::isnan(x))
    return a | Pattern<Float>::kQuiet;
  if (op == FpOp::sqrt)
    return canonical<Float>(std::sqrt(x));
  if (std::isnan(y))
    return b | Pattern<Float>::kQuiet;
  switch (op) {
  case FpOp::add:
    return canonical<Float>(x + y);
  case FpOp::sub:
    return canonical<Float>(x - y);
  case FpOp::mul:
    return canonical<Float>(x * y);
  default:
    break;
  }
  // Division by zero is defined here: an infinity with the sign of both, or NaN.
  if (y == Float{0}) {
    if (x == Float{0})
      return Pattern<Float>::kDefaultNan;
    const bool negative = std::signbit(x) != std::signbit(y);
    const Float infinity = std::numeric_limits<Float>::infinity();
    return to_bits<Float>(negative ? -infinity : infinity);
  }
  return canonical<Float>(x / y);
}

template <class Float> std::uint64_t compared(std::uint64_t a, std::uint64_t b) {
  const Float x = from_bits<Float>(a), y = from_bits<Float>(b);
  if (std::isnan(x) || std::isnan(y))
    return kZero | kParity | kCarry;
  if (x == y)
    return kZero;
  return x < y ? std::uint64_t{kCarry} : 0;
}

/// Float to signed integer of `Integer`'s width; out of range or NaN gives the most negative.
template <class Float, class Integer> std::uint64_t to_integer(std::uint64_t bits, bool truncate) {
  const Float value = from_bits<Float>(bits);
  const auto indefinite = std::numeric_limits<Integer>::min();
  const Float rounded = truncate ? std::trunc(value) : std::nearbyint(value);
  const auto limit = static_cast<Float>(indefinite); // a power of two: exact
  using Unsigned = std::make_unsigned_t<Integer>;
  if (!(rounded >= limit && rounded < -limit))
    return static_cast<Unsigned>(indefinite);
  return static_cast<Unsigned>(static_cast<Integer>(rounded));
}

template <class Float> std::uint64_t evaluate(FpOp op, std::uint64_t a, std::uint64_t b) {
  switch (op) {
  case FpOp::compare:
    return compared<Float>(a, b);
  case FpOp::from_i32:
    return to_bits(static_cast<Float>(static_cast<std::int32_t>(a)));
  case FpOp::from_i64:
    return to_bits(static_cast<Float>(static_cast<std::int64_t>(a)));
  case FpOp::to_i32:
    return to_integer<Float, std::int32_t>(a, false);
  case FpOp::to_i64:
    return to_integer<Float, std::int64_t>(a, false);
  case FpOp::to_i32_truncate:
    return to_integer<Float, std::int32_t>(a, true);
  case FpOp::to_i64_truncate:
    return to_integer<Float, std::int64_t>(a, true);
  default:
    return arithmetic<Float>(op, a, b);
  }
}

std::uint64_t widened(std::uint64_t a) {
  const auto value = from_bits<float>(a);
  if (!std::isnan(value))
    return to_bits(static_cast<double>(value));
  // Sign and payload are kept, and the NaN becomes quiet.
  return (a >> 31 & 1) << 63 | 0x7ff8000000000000u | (a & 0x7fffff) << 29;
}

std::uint64_t narrowed(std::uint64_t a) {
  const auto value = from_bits<double>(a);
  if (!std::isnan(value))
    return to_bits(static_cast<float>(value));
  return (a >> 63) << 31 | 0x7fc00000u | (a >> 29 & 0x3fffff);
}

/// SSE predicates: eq, lt, le, unordered and their opposites.
bool predicate(unsigned number, std::uint64_t flags) {
  const bool unordered = (flags & kParity) != 0;
  const bool equal = !unordered && (flags & kZero), less = !unordered && (flags & kCarry);
  bool result = false;
  switch (number & 3) {
  case 0:
    result = equal;
    break;
  case 1:
    result = less;
    break;
  case 2:
    result = less || equal;
    break;
  default:
    result = unordered;
    break;
  }
  return (number & 4) ? !result : result;
}

} // namespace

std::uint64_t evaluate_fp(FpOp op, unsigned bits, std::uint64_t a, std::uint64_t b) {
  if (op == FpOp::widen)
    return widened(a);
  if (op == FpOp::narrow)
    return narrowed(a);
  return bits == 32 ? evaluate<float>(op, a, b) : evaluate<double>(op, a, b);
}

std::uint64_t float_lane(LaneOp op, unsigned bits, std::uint64_t a, std::uint64_t b, std::uint64_t imm) {
  switch (op) {
  case LaneOp::fp_from_signed:
    return evaluate_fp(FpOp::from_i32, bits, a, 0);
  case LaneOp::fp_to_signed:
    return evaluate_fp(FpOp::to_i32, bits, a, 0);
  case LaneOp::fp_to_signed_truncate:
    return evaluate_fp(FpOp::to_i32_truncate, bits, a, 0);
  case LaneOp::fp_compare:
    return predicate(static_cast<unsigned>(imm), evaluate_fp(FpOp::compare, bits, a, b)) ? ~std::uint64_t{0} : 0;
  case LaneOp::fp_sqrt:
    return evaluate_fp(FpOp::sqrt, bits, a, 0);
  default:
    break;
  }
  static_assert(static_cast<unsigned>(LaneOp::fp_max) - static_cast<unsigned>(LaneOp::fp_add) ==
                static_cast<unsigned>(FpOp::max) - static_cast<unsigned>(FpOp::add));
  const unsigned number = static_cast<unsigned>(op) - static_cast<unsigned>(LaneOp::fp_add);
  return evaluate_fp(static_cast<FpOp>(number), bits, a, b);
}

} // namespace ringfence::ir
