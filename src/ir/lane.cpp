// The lane operations of the concrete interpreter.
#include "scalar_float.h"
#include "wide.h"

#include <algorithm>

namespace ringfence::ir {
namespace {

std::int64_t signed_lane(std::uint64_t value, unsigned bits) {
  const std::uint64_t sign = std::uint64_t{1} << (bits - 1);
  return static_cast<std::int64_t>((value ^ sign) - sign);
}

/// `value` limited to [low, high]; lanes that saturate have at most 32 bits, so int64 holds every
/// sum.
std::uint64_t clamped(std::int64_t value, std::int64_t low, std::int64_t high) {
  return static_cast<std::uint64_t>(std::clamp(value, low, high));
}

std::uint64_t high_product_signed(std::uint64_t a, std::uint64_t b, unsigned bits) {
  return static_cast<std::uint64_t>(signed_lane(a, bits) * signed_lane(b, bits)) >> bits;
}

/// One lane of the operations that need no neighbour.
std::uint64_t one(LaneOp op, std::uint64_t a, std::uint64_t b, unsigned bits) {
  const std::int64_t sa = signed_lane(a, bits), sb = signed_lane(b, bits);
  const std::int64_t low = -(std::int64_t{1} << ((bits - 1) & 31)), high = -(low + 1);
  const auto unsigned_max = static_cast<std::int64_t>((std::uint64_t{1} << (bits & 63)) - 1);
  switch (op) {
  case LaneOp::add:
    return a + b;
  case LaneOp::sub:
    return a - b;
  case LaneOp::mul_low:
    return a * b;
  case LaneOp::mul_high_signed:
    return high_product_signed(a, b, bits);
  case LaneOp::mul_high_unsigned:
    return (a * b) >> (bits & 63);
  case LaneOp::add_saturate_signed:
    return clamped(sa + sb, low, high);
  case LaneOp::add_saturate_unsigned:
    return clamped(static_cast<std::int64_t>(a + b), 0, unsigned_max);
  case LaneOp::sub_saturate_signed:
    return clamped(sa - sb, low, high);
  case LaneOp::sub_saturate_unsigned:
    return a > b ? a - b : 0;
  case LaneOp::min_signed:
    return sa < sb ? a : b;
  case LaneOp::min_unsigned:
    return std::min(a, b);
  case LaneOp::max_signed:
    return sa > sb ? a : b;
  case LaneOp::max_unsigned:
    return std::max(a, b);
  case LaneOp::average:
    return (a + b + 1) >> 1;
  case LaneOp::equal:
    return a == b ? ~std::uint64_t{0} : 0;
  case LaneOp::greater_signed:
    return sa > sb ? ~std::uint64_t{0} : 0;
  case LaneOp::absolute:
    return sa < 0 ? std::uint64_t{0} - a : a;
  default:
    return 0;
  }
}

std::uint64_t shifted(LaneOp op, std::uint64_t a, std::uint64_t by, unsigned bits) {
  if (op == LaneOp::sar)
    return static_cast<std::uint64_t>(signed_lane(a, bits) >> std::min<std::uint64_t>(by, bits - 1));
  if (by >= bits)
    return 0;
  return op == LaneOp::shl ? a << by : a >> by;
}

Wide unpacked(const Wide &a, const Wide &b, unsigned lane, unsigned total, bool high) {
  Wide result;
  const unsigned group = std::min(total, 128u) / lane;
  for (unsigned base = 0; base < total / lane; base += group)
    for (unsigned i = 0; i < group / 2; ++i) {
      const unsigned from = base + i + (high ? group / 2 : 0);
      set_lane(result, lane, base + 2 * i, lane_of(a, lane, from));
      set_lane(result, lane, base + 2 * i + 1, lane_of(b, lane, from));
    }
  return result;
}

Wide packed(const Wide &a, const Wide &b, unsigned lane, unsigned total, bool to_signed) {
  Wide result;
  const unsigned half = lane / 2, group = std::min(total, 128u) / lane;
  const std::int64_t low = to_signed ? -(std::int64_t{1} << (half - 1)) : 0;
  const std::int64_t high = to_signed ? (std::int64_t{1} << (half - 1)) - 1 : (std::int64_t{1} << half) - 1;
  for (unsigned base = 0; base < total / lane; base += group)
    for (unsigned i = 0; i < group; ++i) {
      set_lane(result, half, 2 * base + i, clamped(signed_lane(lane_of(a, lane, base + i), lane), low, high));
      set_lane(result, half, 2 * base + group + i, clamped(signed_lane(lane_of(b, lane, base + i), lane), low, high));
    }
  return result;
}

Wide shuffled(const Op &op, const Wide &a, const Wide &b, unsigned lane, unsigned total) {
  Wide result = a;
  const auto select = [&](unsigned i, unsigned bits) {
    return static_cast<unsigned>(op.imm >> (bits * i)) & ((1u << bits) - 1);
  };
  const unsigned group = std::min(total, 128u) / lane;
  for (unsigned base = 0; base < total / lane; base += group)
    switch (lane_op(op.kind)) {
    case LaneOp::shuffle:
      for (unsigned i = 0; i < group; ++i)
        set_lane(result, lane, base + i, lane_of(a, lane, base + select(i & 3, 2)));
      break;
    case LaneOp::shuffle_low16:
    case LaneOp::shuffle_high16: {
      const unsigned half = lane_op(op.kind) == LaneOp::shuffle_high16 ? 4 : 0;
      for (unsigned i = 0; i < 4; ++i)
        set_lane(result, lane, base + half + i, lane_of(a, lane, base + half + select(i, 2)));
      break;
    }
    case LaneOp::shuffle_pair:
      for (unsigned i = 0; i < group; ++i) {
        const unsigned from = group == 2 ? select(i, 1) : select(i, 2);
        set_lane(result, lane, base + i, lane_of(i < group / 2 ? a : b, lane, base + from));
      }
      break;
    case LaneOp::shuffle_bytes:
      for (unsigned i = 0; i < group; ++i) {
        const std::uint64_t from = lane_of(b, 8, base + i);
        set_lane(result, 8, base + i,
                 from & 0x80 ? 0 : lane_of(a, 8, base + static_cast<unsigned>(from & (group - 1))));
      }
      break;
    default:
      break;
    }
  return result;
}

std::uint64_t word_wise(LaneOp op, std::uint64_t a, std::uint64_t b) {
  switch (op) {
  case LaneOp::multiply_even_unsigned:
    return (a & 0xffffffff) * (b & 0xffffffff);
  case LaneOp::multiply_add16: {
    const std::int64_t sum = signed_lane(a & 0xffff, 16) * signed_lane(b & 0xffff, 16) +
                             signed_lane(a >> 16 & 0xffff, 16) * signed_lane(b >> 16 & 0xffff, 16);
    return static_cast<std::uint64_t>(sum);
  }
  default: { // sum_absolute
    std::uint64_t sum = 0;
    for (unsigned i = 0; i < 64; i += 8) {
      const std::uint64_t x = a >> i & 0xff, y = b >> i & 0xff;
      sum += x > y ? x - y : y - x;
    }
    return sum;
  }
  }
}

} // namespace

Wide evaluate_lane(const Op &op, const Wide &a, const Wide &b) {
  const LaneOp which = lane_op(op.kind);
  const unsigned lane = bits_of(lane_width(op.kind)), total = bits_of(op.width), count = total / lane;
  Wide result;
  switch (which) {
  case LaneOp::unpack_low:
  case LaneOp::unpack_high:
    return unpacked(a, b, lane, total, which == LaneOp::unpack_high);
  case LaneOp::pack_signed:
  case LaneOp::pack_unsigned:
    return packed(a, b, lane, total, which == LaneOp::pack_signed);
  case LaneOp::shuffle:
  case LaneOp::shuffle_low16:
  case LaneOp::shuffle_high16:
  case LaneOp::shuffle_pair:
  case LaneOp::shuffle_bytes:
    return shuffled(op, a, b, lane, total);
  case LaneOp::sign_mask:
    for (unsigned i = 0; i < count && i < 32; ++i)
      result.word[0] |= (lane_of(a, lane, i) >> (lane - 1) & 1) << i;
    return result;
  case LaneOp::shl:
  case LaneOp::shr:
  case LaneOp::sar:
    for (unsigned i = 0; i < count; ++i)
      set_lane(result, lane, i, shifted(which, lane_of(a, lane, i), b.word[0], lane));
    return result;
  case LaneOp::multiply_even_unsigned:
  case LaneOp::multiply_add16:
  case LaneOp::sum_absolute:
    for (unsigned i = 0; i < count; ++i)
      set_lane(result, lane, i, word_wise(which, lane_of(a, lane, i), lane_of(b, lane, i)));
    return result;
  default:
    break;
  }
  const bool is_float = which >= LaneOp::fp_add && which <= LaneOp::fp_compare;
  for (unsigned i = 0; i < count; ++i) {
    const std::uint64_t x = lane_of(a, lane, i), y = lane_of(b, lane, i);
    set_lane(result, lane, i, is_float ? float_lane(which, lane, x, y, op.imm) : one(which, x, y, lane));
  }
  return result;
}

} // namespace ringfence::ir
