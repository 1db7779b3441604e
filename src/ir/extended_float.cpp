#include "extended_float.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace ringfence::ir {
namespace {

constexpr int kBias = 16383;
constexpr unsigned kMaxExponent = 0x7fff;
constexpr std::uint64_t kTop = std::uint64_t{1} << 63, kQuietBits = std::uint64_t{3} << 62;

enum class Rounding : unsigned { nearest, down, up, zero };
Rounding rounding_of(std::uint16_t control) { return static_cast<Rounding>(control >> 10 & 3); }
/// Bits of the significand that arithmetic keeps.
unsigned precision_of(std::uint16_t control) {
  const unsigned field = control >> 8 & 3;
  return field == 0 ? 24 : field == 2 ? 53 : 64;
}

struct Extended {
  std::uint64_t significand = 0;
  unsigned exponent = 0; ///< biased, 15 bits
  bool negative = false;

  /// An exponent without the integer bit it needs: no number, as the 8087 had it.
  bool is_unsupported() const { return exponent != 0 && !(significand & kTop); }
  bool is_zero() const { return exponent == 0 && significand == 0; }
  bool is_infinity() const { return exponent == kMaxExponent && significand == kTop; }
  bool is_nan() const { return exponent == kMaxExponent && significand > kTop; }
  bool is_quiet() const { return (significand & kQuietBits) == kQuietBits; }
};

constexpr Extended kIndefinite = {kQuietBits, kMaxExponent, true};
Extended zero(bool negative) { return {0, 0, negative}; }
Extended infinity(bool negative) { return {kTop, kMaxExponent, negative}; }

Extended unpacked(const Wide &value) {
  return {value.word[0], static_cast<unsigned>(value.word[1]) & kMaxExponent, (value.word[1] >> 15 & 1) != 0};
}
Wide packed(const Extended &value) {
  return Wide{{value.significand, value.exponent | (value.negative ? 0x8000u : 0u)}};
}

/// A number that is not zero: high.low * 2^(exponent - 63), the top bit of `high` set; the last bit of `low` is sticky.
struct Parts {
  std::uint64_t high = 0, low = 0;
  int exponent = 0;
  bool negative = false;
};

void shift_right_sticky(Parts &parts, unsigned by) {
  if (by == 0)
    return;
  if (by >= 128) {
    parts.low = (parts.high | parts.low) != 0;
    parts.high = 0;
  } else if (by >= 64) {
    const std::uint64_t lost = parts.low | (by == 64 ? 0 : parts.high << (128 - by));
    parts.low = (by == 64 ? parts.high : parts.high >> (by - 64)) | (lost != 0);
    parts.high = 0;
  } else {
    const std::uint64_t lost = parts.low << (64 - by);
    parts.low = parts.low >> by | parts.high << (64 - by) | (lost != 0);
    parts.high >>= by;
  }
}

void normalise(Parts &parts) {
  if (parts.high == 0) {
    parts.high = parts.low;
    parts.low = 0;
    parts.exponent -= 64;
  }
  const auto shift = static_cast<unsigned>(std::countl_zero(parts.high));
  if (shift == 0)
    return;
  parts.high = parts.high << shift | parts.low >> (64 - shift);
  parts.low <<= shift;
  parts.exponent -= static_cast<int>(shift);
}

/// Precondition: a number, not zero.
Parts parts_of(const Extended &value) {
  Parts parts{value.significand, 0, static_cast<int>(value.exponent == 0 ? 1 : value.exponent) - kBias, value.negative};
  normalise(parts);
  return parts;
}

/// Whether rounding goes away from zero; `fraction` is what is cut off, as a 64-bit fraction of the last place.
bool rounds_away(Rounding rounding, bool negative, bool is_odd, std::uint64_t fraction) {
  switch (rounding) {
  case Rounding::nearest:
    return fraction > kTop || (fraction == kTop && is_odd);
  case Rounding::down:
    return negative && fraction != 0;
  case Rounding::up:
    return !negative && fraction != 0;
  case Rounding::zero:
    break;
  }
  return false;
}

/// A format: bits of the significand, bias and largest biased exponent of its exponents.
struct Format {
  unsigned significand;
  int bias;
  int special;
};

/// The number in a format, left-aligned, with the format's biased exponent; denormal where the exponent asks for it.
Extended rounded(Parts parts, const Format &format, Rounding rounding) {
  int exponent = parts.exponent + format.bias;
  if (exponent <= 0) {
    shift_right_sticky(parts, exponent < -128 ? 128 : static_cast<unsigned>(1 - exponent));
    exponent = 0;
  }
  const unsigned cut = 64 - format.significand;
  const std::uint64_t unit = std::uint64_t{1} << cut, below = unit - 1;
  const std::uint64_t fraction = cut == 0 ? parts.low : (parts.high & below) << format.significand | (parts.low != 0);
  std::uint64_t kept = parts.high & ~below;
  if (rounds_away(rounding, parts.negative, (kept & unit) != 0, fraction)) {
    kept += unit;
    if (kept < unit) { // carried out of the top
      kept = kTop;
      ++exponent;
    }
  }
  if (exponent == 0 && (kept & kTop))
    exponent = 1;
  if (exponent < format.special)
    return {kept, static_cast<unsigned>(exponent), parts.negative};
  const bool to_infinity =
      rounding == Rounding::nearest || rounding == (parts.negative ? Rounding::down : Rounding::up);
  return to_infinity ? Extended{kTop, static_cast<unsigned>(format.special), parts.negative}
                     : Extended{~below, static_cast<unsigned>(format.special - 1), parts.negative};
}

Extended rounded(const Parts &parts, std::uint16_t control) {
  return rounded(parts, {precision_of(control), kBias, kMaxExponent}, rounding_of(control));
}

/// The NaN that comes of one or two: a quiet one before a signalling one, then the larger significand, then the
/// positive one.
Extended chosen_nan(const Extended &a, const Extended &b) {
  Extended result = a;
  if (!a.is_nan())
    result = b;
  else if (b.is_nan()) {
    if (a.is_quiet() != b.is_quiet())
      result = a.is_quiet() ? a : b;
    else if (a.significand != b.significand)
      result = a.significand > b.significand ? a : b;
    else
      result = a.negative ? b : a;
  }
  result.significand |= kQuietBits;
  return result;
}

Extended sum(const Extended &a, const Extended &b, std::uint16_t control) {
  if (a.is_infinity() || b.is_infinity()) {
    if (a.is_infinity() && b.is_infinity() && a.negative != b.negative)
      return kIndefinite;
    return a.is_infinity() ? a : b;
  }
  const bool zero_sign = rounding_of(control) == Rounding::down;
  if (a.is_zero() && b.is_zero())
    return zero(a.negative == b.negative ? a.negative : zero_sign);
  if (a.is_zero() || b.is_zero())
    return rounded(parts_of(a.is_zero() ? b : a), control);
  Parts large = parts_of(a), small = parts_of(b);
  if (small.exponent > large.exponent || (small.exponent == large.exponent && small.high > large.high))
    std::swap(large, small);
  shift_right_sticky(small, static_cast<unsigned>(large.exponent - small.exponent));
  if (large.negative == small.negative) {
    large.low = small.low;
    large.high += small.high;
    if (large.high < small.high) {
      large.low = large.low >> 1 | large.high << 63 | (large.low & 1);
      large.high = large.high >> 1 | kTop;
      ++large.exponent;
    }
    return rounded(large, control);
  }
  large.low = 0 - small.low;
  large.high -= small.high + (small.low != 0);
  if (large.high == 0 && large.low == 0)
    return zero(zero_sign);
  normalise(large);
  return rounded(large, control);
}

Extended product(const Extended &a, const Extended &b, std::uint16_t control) {
  const bool negative = a.negative != b.negative;
  if (a.is_infinity() || b.is_infinity())
    return a.is_zero() || b.is_zero() ? kIndefinite : infinity(negative);
  if (a.is_zero() || b.is_zero())
    return zero(negative);
  const Parts x = parts_of(a), y = parts_of(b);
  const Product both = multiply_words(x.high, y.high);
  Parts parts{both.high, both.low, x.exponent + y.exponent + 1, negative};
  normalise(parts);
  return rounded(parts, control);
}

Extended quotient(const Extended &a, const Extended &b, std::uint16_t control) {
  const bool negative = a.negative != b.negative;
  if (a.is_infinity())
    return b.is_infinity() ? kIndefinite : infinity(negative);
  if (b.is_zero())
    return a.is_zero() ? kIndefinite : infinity(negative);
  if (b.is_infinity() || a.is_zero())
    return zero(negative);
  const Parts x = parts_of(a), y = parts_of(b);
  Parts parts{0, 0, x.exponent - y.exponent, negative};
  std::uint64_t rest = x.high;
  bool carry = false; // bit 64 of the rest
  for (unsigned i = 0; i < 128; ++i) {
    const bool fits = carry || rest >= y.high;
    if (fits)
      rest -= y.high;
    parts.high = parts.high << 1 | parts.low >> 63;
    parts.low = parts.low << 1 | fits;
    carry = rest >> 63;
    rest <<= 1;
  }
  parts.low |= carry || rest != 0;
  normalise(parts);
  return rounded(parts, control);
}

Extended square_root(const Extended &a, std::uint16_t control) {
  if (a.is_zero() || (a.is_infinity() && !a.negative))
    return a;
  if (a.negative)
    return kIndefinite;
  const Parts x = parts_of(a);
  const bool is_odd = x.exponent & 1;
  // The radicand significand * 2^63 (2^64 for odd exponents), two bits a step; rest < 2^66.
  std::uint64_t high = is_odd ? x.high : x.high >> 1, low = is_odd ? 0 : x.high << 63;
  std::uint64_t root = 0, rest_high = 0, rest = 0;
  for (unsigned i = 0; i < 64; ++i) {
    rest_high = rest_high << 2 | rest >> 62;
    rest = rest << 2 | high >> 62;
    high = high << 2 | low >> 62;
    low <<= 2;
    const std::uint64_t trial_high = root >> 62, trial = root << 2 | 1;
    const bool fits = rest_high > trial_high || (rest_high == trial_high && rest >= trial);
    if (fits) {
      rest_high -= trial_high + (rest < trial);
      rest -= trial;
    }
    root = root << 1 | fits;
  }
  const bool next_bit = rest_high != 0 || rest > root;
  const bool is_inexact = rest_high != 0 || rest != 0;
  return rounded(Parts{root, (next_bit ? kTop : 0) | is_inexact, (x.exponent - is_odd) / 2, false}, control);
}

/// The magnitude rounded to an integer. Precondition: not zero, exponent at most 63.
struct Magnitude {
  std::uint64_t value;
  bool overflows; ///< it is 2^64
};
Magnitude integer_of(Parts parts, Rounding rounding) {
  shift_right_sticky(parts, static_cast<unsigned>(std::min(63 - parts.exponent, 128)));
  const bool away = rounds_away(rounding, parts.negative, parts.high & 1, parts.low);
  return {parts.high + away, away && parts.high == ~std::uint64_t{0}};
}

std::uint64_t to_integer(const Extended &a, std::uint16_t control) {
  if (a.is_zero())
    return 0;
  if (a.is_unsupported() || a.exponent == kMaxExponent)
    return kTop;
  const Parts parts = parts_of(a);
  if (parts.exponent > 63)
    return kTop;
  const Magnitude magnitude = integer_of(parts, rounding_of(control));
  if (magnitude.overflows || magnitude.value > kTop || (magnitude.value == kTop && !a.negative))
    return kTop;
  return a.negative ? 0 - magnitude.value : magnitude.value;
}

Extended from_magnitude(std::uint64_t magnitude, bool negative) {
  if (magnitude == 0)
    return zero(negative);
  const auto shift = static_cast<unsigned>(std::countl_zero(magnitude));
  return {magnitude << shift, static_cast<unsigned>(kBias + 63) - shift, negative};
}

Extended integral(const Extended &a, std::uint16_t control) {
  if (a.is_zero() || a.is_infinity())
    return a;
  const Parts parts = parts_of(a);
  return parts.exponent >= 63 ? a : from_magnitude(integer_of(parts, rounding_of(control)).value, a.negative);
}

constexpr Format format_of(unsigned bits) { return bits == 32 ? Format{24, 127, 0xff} : Format{53, 1023, 0x7ff}; }

Extended extended(std::uint64_t pattern, unsigned bits) {
  const Format format = format_of(bits);
  const unsigned fraction_bits = format.significand - 1;
  const auto exponent = static_cast<int>(pattern >> fraction_bits) & format.special;
  const bool negative = pattern >> (bits - 1) & 1;
  const std::uint64_t fraction = pattern << (64 - fraction_bits) >> 1;
  if (exponent == format.special)
    return {kTop | fraction | (fraction ? kQuietBits : 0), kMaxExponent, negative};
  if (exponent != 0)
    return {kTop | fraction, static_cast<unsigned>(exponent - format.bias + kBias), negative};
  if (fraction == 0)
    return zero(negative);
  const auto shift = static_cast<unsigned>(std::countl_zero(fraction));
  return {fraction << shift, static_cast<unsigned>(1 - format.bias + kBias) - shift, negative};
}

std::uint64_t reduced(const Extended &a, unsigned bits, std::uint16_t control) {
  const Format format = format_of(bits);
  Extended result = a;
  if (a.is_unsupported())
    result = {kQuietBits, static_cast<unsigned>(format.special), true};
  else if (a.exponent == kMaxExponent)
    result = {a.is_nan() ? a.significand | kQuietBits : a.significand, static_cast<unsigned>(format.special),
              a.negative};
  else if (!a.is_zero())
    result = rounded(parts_of(a), format, rounding_of(control));
  const std::uint64_t fraction = (result.significand & ~kTop) >> (64 - format.significand);
  return std::uint64_t{result.negative} << (bits - 1) | std::uint64_t{result.exponent} << (format.significand - 1) |
         fraction;
}

std::uint64_t compared(const Extended &a, const Extended &b) {
  if (a.is_unsupported() || b.is_unsupported() || a.is_nan() || b.is_nan())
    return kZero | kParity | kCarry;
  if (a.is_zero() && b.is_zero())
    return kZero;
  if (a.is_zero() || b.is_zero() || a.negative != b.negative)
    return (a.is_zero() ? !b.negative : a.negative) ? std::uint64_t{kCarry} : 0;
  const Parts x = parts_of(a), y = parts_of(b);
  if (x.exponent == y.exponent && x.high == y.high)
    return kZero;
  const bool is_smaller = x.exponent < y.exponent || (x.exponent == y.exponent && x.high < y.high);
  return is_smaller != a.negative ? std::uint64_t{kCarry} : 0;
}

/// C3 C2 C0 by class, C1 the sign (SDM, FXAM); whether a register is empty is its tag's to say.
std::uint64_t examined(const Extended &a) {
  constexpr unsigned c0 = 0x100, c1 = 0x200, c2 = 0x400, c3 = 0x4000;
  unsigned word = a.negative ? c1 : 0;
  if (a.is_unsupported())
    return word;
  if (a.is_zero())
    word |= c3;
  else if (a.exponent == 0)
    word |= c3 | c2;
  else if (a.exponent != kMaxExponent)
    word |= c2;
  else
    word |= a.is_nan() ? c0 : c2 | c0;
  return word;
}

Extended arithmetic(FpOp which, const Extended &a, Extended b, std::uint16_t control) {
  const bool two = which <= FpOp::div;
  if (a.is_unsupported() || (two && b.is_unsupported()))
    return kIndefinite;
  if (a.is_nan() || (two && b.is_nan()))
    return chosen_nan(a, two ? b : a);
  switch (which) {
  case FpOp::sub:
    b.negative = !b.negative;
    [[fallthrough]];
  case FpOp::add:
    return sum(a, b, control);
  case FpOp::mul:
    return product(a, b, control);
  case FpOp::div:
    return quotient(a, b, control);
  case FpOp::sqrt:
    return square_root(a, control);
  default:
    return integral(a, control);
  }
}

} // namespace

Wide evaluate_extended(FpOp which, unsigned bits, const Wide &a, const Wide &b, std::uint16_t control) {
  switch (which) {
  case FpOp::extend:
    return packed(extended(a.word[0], bits));
  case FpOp::reduce:
    return Wide{{reduced(unpacked(a), bits, control)}};
  case FpOp::from_i64: {
    const bool negative = a.word[0] >> 63;
    return packed(from_magnitude(negative ? 0 - a.word[0] : a.word[0], negative));
  }
  case FpOp::to_i64:
    return Wide{{to_integer(unpacked(a), control)}};
  case FpOp::compare:
    return Wide{{compared(unpacked(a), unpacked(b))}};
  case FpOp::examine:
    return Wide{{examined(unpacked(a))}};
  default:
    return packed(arithmetic(which, unpacked(a), unpacked(b), control));
  }
}

} // namespace ringfence::ir
