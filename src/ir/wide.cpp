#include "wide.h"

namespace ringfence::ir {
namespace {

constexpr unsigned kWords = 8;

} // namespace

Wide truncated(const Wide &value, Width width) {
  Wide result;
  const unsigned bits = bits_of(width);
  for (unsigned i = 0; i < kWords && i * 64 < bits; ++i) {
    const unsigned left = bits - i * 64;
    result.word[i] = left >= 64 ? value.word[i] : value.word[i] & ((std::uint64_t{1} << left) - 1);
  }
  return result;
}

Wide wide_add(const Wide &a, const Wide &b, Width width) {
  Wide result;
  std::uint64_t carry = 0;
  for (unsigned i = 0; i < kWords; ++i) {
    const std::uint64_t partial = a.word[i] + carry;
    const std::uint64_t sum = partial + b.word[i];
    carry = (partial < carry ? 1u : 0u) | (sum < partial ? 1u : 0u);
    result.word[i] = sum;
  }
  return truncated(result, width);
}

Wide wide_negate(const Wide &a, Width width) {
  Wide one, inverted;
  one.word[0] = 1;
  for (unsigned i = 0; i < kWords; ++i)
    inverted.word[i] = ~a.word[i];
  return wide_add(inverted, one, width);
}

Wide wide_sub(const Wide &a, const Wide &b, Width width) { return wide_add(a, wide_negate(b, Width::w512), width); }

Product multiply_words(std::uint64_t a, std::uint64_t b) {
  const std::uint64_t a0 = a & 0xffffffff, a1 = a >> 32, b0 = b & 0xffffffff, b1 = b >> 32;
  const std::uint64_t low = a0 * b0;
  const std::uint64_t middle = a1 * b0 + (low >> 32);
  const std::uint64_t other = a0 * b1 + (middle & 0xffffffff);
  return {a1 * b1 + (middle >> 32) + (other >> 32), other << 32 | (low & 0xffffffff)};
}

Wide wide_mul(const Wide &a, const Wide &b, Width width) {
  Wide result;
  const unsigned words = (bits_of(width) + 63) / 64;
  for (unsigned i = 0; i < words; ++i) {
    std::uint64_t carry = 0;
    for (unsigned j = 0; i + j < words; ++j) {
      const Product product = multiply_words(a.word[i], b.word[j]);
      const std::uint64_t sum = result.word[i + j] + product.low;
      const std::uint64_t total = sum + carry;
      carry = product.high + (sum < product.low ? 1u : 0u) + (total < carry ? 1u : 0u);
      result.word[i + j] = total;
    }
  }
  return truncated(result, width);
}

Wide wide_shl(const Wide &a, unsigned by, Width width) {
  Wide result;
  if (by >= bits_of(width))
    return result;
  const unsigned words = by / 64, bits = by % 64;
  for (unsigned i = words; i < kWords; ++i) {
    result.word[i] = a.word[i - words] << bits;
    if (bits && i > words)
      result.word[i] |= a.word[i - words - 1] >> (64 - bits);
  }
  return truncated(result, width);
}

Wide wide_shr(const Wide &a, unsigned by, Width width) {
  Wide result;
  if (by >= bits_of(width))
    return result;
  const unsigned words = by / 64, bits = by % 64;
  for (unsigned i = 0; i + words < kWords; ++i) {
    result.word[i] = a.word[i + words] >> bits;
    if (bits && i + words + 1 < kWords)
      result.word[i] |= a.word[i + words + 1] << (64 - bits);
  }
  return truncated(result, width);
}

bool wide_negative(const Wide &a, Width width) {
  const unsigned top = bits_of(width) - 1;
  return a.word[top / 64] >> (top % 64) & 1;
}

Wide wide_sign_extend(const Wide &a, Width from, Width to) {
  Wide result = truncated(a, from);
  if (!wide_negative(result, from))
    return result;
  const unsigned bits = bits_of(from);
  for (unsigned i = 0; i < kWords; ++i) {
    if (i * 64 >= bits)
      result.word[i] = ~std::uint64_t{0};
    else if (bits - i * 64 < 64)
      result.word[i] |= ~std::uint64_t{0} << (bits - i * 64);
  }
  return truncated(result, to);
}

Wide wide_sar(const Wide &a, unsigned by, Width width) {
  const unsigned bits = bits_of(width);
  Wide extended = wide_sign_extend(a, width, Width::w512);
  const bool negative = wide_negative(a, width);
  Wide result;
  const unsigned count = by >= bits ? bits : by;
  const unsigned words = count / 64, rest = count % 64;
  const auto word = [&](unsigned i) {
    return i < kWords ? extended.word[i] : negative ? ~std::uint64_t{0} : std::uint64_t{0};
  };
  for (unsigned i = 0; i < kWords; ++i) {
    result.word[i] = word(i + words) >> rest;
    if (rest)
      result.word[i] |= word(i + words + 1) << (64 - rest);
  }
  return truncated(result, width);
}

int wide_compare(const Wide &a, const Wide &b) {
  for (unsigned i = kWords; i-- > 0;)
    if (a.word[i] != b.word[i])
      return a.word[i] < b.word[i] ? -1 : 1;
  return 0;
}

Division wide_divide(const Wide &dividend, const Wide &divisor, Width width) {
  Division result;
  for (unsigned bit = bits_of(width); bit-- > 0;) {
    // The remainder stays below the divisor, so the bit shifted out can only come from a divisor of
    // full width.
    const bool lost = wide_negative(result.remainder, width);
    result.remainder = wide_shl(result.remainder, 1, width);
    result.remainder.word[0] |= dividend.word[bit / 64] >> (bit % 64) & 1;
    if (lost || wide_compare(result.remainder, divisor) >= 0) {
      result.remainder = wide_sub(result.remainder, divisor, width);
      result.quotient.word[bit / 64] |= std::uint64_t{1} << (bit % 64);
    }
  }
  return result;
}

std::uint64_t lane_of(const Wide &a, unsigned bits, unsigned index) {
  const unsigned at = bits * index;
  const std::uint64_t word = a.word[at / 64] >> (at % 64);
  return bits >= 64 ? word : word & ((std::uint64_t{1} << bits) - 1);
}

void set_lane(Wide &a, unsigned bits, unsigned index, std::uint64_t value) {
  const unsigned at = bits * index;
  if (bits >= 64) {
    a.word[at / 64] = value;
    return;
  }
  const std::uint64_t mask = ((std::uint64_t{1} << bits) - 1) << (at % 64);
  a.word[at / 64] = (a.word[at / 64] & ~mask) | (value << (at % 64) & mask);
}

} // namespace ringfence::ir
