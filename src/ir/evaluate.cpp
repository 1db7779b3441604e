// The pure operations on concrete values.
#include "evaluate.h"

#include <algorithm>
#include <bit>

namespace ringfence::ir {
namespace {

std::uint64_t signed_value(std::uint64_t value, Width width) {
  const unsigned bits = bits_of(width);
  if (bits == 0 || bits >= 64)
    return value;
  const std::uint64_t sign = std::uint64_t{1} << (bits - 1);
  return (value ^ sign) - sign;
}

std::uint64_t arithmetic_shift(std::uint64_t value, std::uint64_t by, Width width) {
  const auto extended = static_cast<std::int64_t>(signed_value(value, width));
  return static_cast<std::uint64_t>(extended >> std::min<std::uint64_t>(by, 63));
}

std::uint64_t rotated_left(std::uint64_t value, std::uint64_t by, Width width) {
  const unsigned bits = bits_of(width);
  const auto count = static_cast<unsigned>(by % bits);
  return count == 0 ? value : value << count | value >> (bits - count);
}

std::uint64_t bytes_reversed(std::uint64_t value, unsigned bytes) {
  std::uint64_t result = 0;
  for (unsigned i = 0; i < bytes; ++i)
    result = result << 8 | (value >> (8 * i) & 0xff);
  return result;
}

Wide wide_shift_or_bits(const Op &op, const Wide &a, const Wide &b) {
  const std::uint64_t limit = 1024;
  const auto by = static_cast<unsigned>(std::min(wide_compare(b, Wide{{limit}}) > 0 ? limit : b.word[0], limit));
  Wide result;
  switch (op.code) {
  case Opcode::shl:
    return wide_shl(a, by, op.width);
  case Opcode::shr:
    return wide_shr(a, by, op.width);
  case Opcode::sar:
    return wide_sar(a, by, op.width);
  case Opcode::rol:
  case Opcode::ror: {
    const unsigned bits = bits_of(op.width), left = op.code == Opcode::rol ? by % bits : (bits - by % bits) % bits;
    const Wide low = wide_shl(a, left, op.width), high = left ? wide_shr(a, bits - left, op.width) : Wide{};
    for (unsigned i = 0; i < 8; ++i)
      result.word[i] = low.word[i] | high.word[i];
    return result;
  }
  case Opcode::and_:
    for (unsigned i = 0; i < 8; ++i)
      result.word[i] = a.word[i] & b.word[i];
    return result;
  case Opcode::or_:
    for (unsigned i = 0; i < 8; ++i)
      result.word[i] = a.word[i] | b.word[i];
    return result;
  case Opcode::xor_:
    for (unsigned i = 0; i < 8; ++i)
      result.word[i] = a.word[i] ^ b.word[i];
    return result;
  default:
    for (unsigned i = 0; i < 8; ++i)
      result.word[i] = ~a.word[i];
    return truncated(result, op.width);
  }
}

Wide wide_division(const Op &op, const Wide &a, const Wide &b) {
  if (wide_compare(b, {}) == 0)
    return op.code == Opcode::urem || op.code == Opcode::srem ? a : Wide{};
  const bool is_signed = op.code == Opcode::sdiv || op.code == Opcode::srem;
  const bool negative_a = is_signed && wide_negative(a, op.width), negative_b = is_signed && wide_negative(b, op.width);
  const Division d =
      wide_divide(negative_a ? wide_negate(a, op.width) : a, negative_b ? wide_negate(b, op.width) : b, op.width);
  if (op.code == Opcode::udiv || op.code == Opcode::sdiv)
    return negative_a != negative_b ? wide_negate(d.quotient, op.width) : d.quotient;
  return negative_a ? wide_negate(d.remainder, op.width) : d.remainder;
}

/// Bit scans of wide values.
Wide wide_scan(const Op &op, const Wide &a) {
  const unsigned bits = bits_of(op.width);
  unsigned result = 0;
  if (op.code == Opcode::popcount) {
    for (const std::uint64_t word : a.word)
      result += static_cast<unsigned>(std::popcount(word));
  } else {
    const auto bit = [&](unsigned i) { return (a.word[i / 64] >> (i % 64) & 1) != 0; };
    while (result < bits && !bit(op.code == Opcode::ctz ? result : bits - 1 - result))
      ++result;
  }
  return Wide{{result}};
}

Wide wide_bswap(const Wide &a, Width width) {
  Wide result;
  const unsigned bytes = bytes_of(width);
  for (unsigned i = 0; i < bytes; ++i)
    set_lane(result, 8, bytes - 1 - i, lane_of(a, 8, i));
  return result;
}

} // namespace

std::uint64_t scalar_result(const Op &op, std::uint64_t a, std::uint64_t b) {
  const unsigned bits = bits_of(op.width);
  const auto sa = [&] { return static_cast<std::int64_t>(signed_value(a, op.width)); };
  const auto sb = [&] { return static_cast<std::int64_t>(signed_value(b, op.width)); };
  switch (op.code) {
  case Opcode::add:
    return a + b;
  case Opcode::sub:
    return a - b;
  case Opcode::mul:
    return a * b;
  case Opcode::and_:
    return a & b;
  case Opcode::or_:
    return a | b;
  case Opcode::xor_:
    return a ^ b;
  case Opcode::not_:
    return ~a;
  case Opcode::shl:
    return b >= bits ? 0 : a << b;
  case Opcode::shr:
    return b >= bits ? 0 : a >> b;
  case Opcode::sar:
    return arithmetic_shift(a, b, op.width);
  case Opcode::rol:
    return rotated_left(a, b, op.width);
  case Opcode::ror:
    return rotated_left(a, bits - b % bits, op.width);
  case Opcode::eq:
    return a == b;
  case Opcode::ne:
    return a != b;
  case Opcode::ult:
    return a < b;
  case Opcode::ule:
    return a <= b;
  case Opcode::slt:
    return sa() < sb();
  case Opcode::sle:
    return sa() <= sb();
  case Opcode::zext:
  case Opcode::trunc:
    return a;
  case Opcode::sext:
    return signed_value(a, static_cast<Width>(op.kind));
  case Opcode::extract:
    return a >> (op.imm & 63);
  case Opcode::insert: {
    const std::uint64_t mask = mask_of(static_cast<Width>(op.kind)) << (op.imm & 63);
    return (a & ~mask) | (b << (op.imm & 63) & mask);
  }
  case Opcode::concat:
    return a << bits_of(static_cast<Width>(op.kind)) | b;
  case Opcode::clz:
    return static_cast<unsigned>(std::countl_zero(a)) - (64 - bits);
  case Opcode::ctz:
    return a == 0 ? bits : static_cast<unsigned>(std::countr_zero(a));
  case Opcode::popcount:
    return static_cast<unsigned>(std::popcount(a));
  case Opcode::bswap:
    return bytes_reversed(a, bits / 8);
  case Opcode::udiv:
    return b == 0 ? 0 : a / b;
  case Opcode::urem:
    return b == 0 ? a : a % b;
  case Opcode::sdiv:
    return b == 0 ? 0 : sb() == -1 ? 0 - a : static_cast<std::uint64_t>(sa() / sb());
  case Opcode::srem:
    return b == 0 || sb() == -1 ? 0 : static_cast<std::uint64_t>(sa() % sb());
  default:
    return 0;
  }
}

bool compared(Opcode code, const Wide &a, const Wide &b, Width width) {
  const int order = wide_compare(a, b);
  const bool na = wide_negative(a, width), nb = wide_negative(b, width);
  const int signed_order = na == nb ? order : na ? -1 : 1;
  switch (code) {
  case Opcode::eq:
    return order == 0;
  case Opcode::ne:
    return order != 0;
  case Opcode::ult:
    return order < 0;
  case Opcode::ule:
    return order <= 0;
  case Opcode::slt:
    return signed_order < 0;
  default:
    return signed_order <= 0;
  }
}

Wide wide_arithmetic(const Op &op, const Wide &a, const Wide &b) {
  switch (op.code) {
  case Opcode::add:
    return wide_add(a, b, op.width);
  case Opcode::sub:
    return wide_sub(a, b, op.width);
  case Opcode::mul:
    return wide_mul(a, b, op.width);
  case Opcode::udiv:
  case Opcode::urem:
  case Opcode::sdiv:
  case Opcode::srem:
    return wide_division(op, a, b);
  case Opcode::clz:
  case Opcode::ctz:
  case Opcode::popcount:
    return wide_scan(op, a);
  case Opcode::bswap:
    return wide_bswap(a, op.width);
  default:
    return wide_shift_or_bits(op, a, b);
  }
}

Width lane_operand(const Op &op) {
  const LaneOp which = lane_op(op.kind);
  return which == LaneOp::shl || which == LaneOp::shr || which == LaneOp::sar ? Width::w64 : op.width;
}

} // namespace ringfence::ir
