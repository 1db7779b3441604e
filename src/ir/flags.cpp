// The meaning of a flag record, bit by bit.
#include <ringfence/ir/flags.h>

#include <array>
#include <bit>

namespace ringfence::ir {
namespace {

/// x86 EFLAGS positions of the six flags, in the order of FlagBit.
constexpr std::array<unsigned, 6> kX86Positions = {0, 2, 4, 6, 7, 11};
/// ARM64 NZCV positions of carry, zero, sign, overflow.
constexpr unsigned kArmCarry = 29, kArmZero = 30, kArmSign = 31, kArmOverflow = 28;

struct Operands {
  std::uint64_t a, b, mask, sign;
  unsigned bits;
};

std::uint64_t as_signed(std::uint64_t value, const Operands &o) { return (value ^ o.sign) - o.sign; }

unsigned when(bool is_set, unsigned bit) { return is_set ? bit : 0; }

/// Zero, sign and parity of a result.
unsigned of_result(std::uint64_t r, const Operands &o) {
  return when(r == 0, kZero) | when((r & o.sign) != 0, kSign) | when((std::popcount(r & 0xff) & 1) == 0, kParity);
}

unsigned of_addition(const Operands &o, std::uint64_t carry) {
  const std::uint64_t r = (o.a + o.b + carry) & o.mask;
  const bool carried = carry ? r <= o.a : r < o.a;
  return of_result(r, o) | when(carried, kCarry) | when(((o.a ^ o.b ^ r) & 0x10) != 0, kAdjust) |
         when((~(o.a ^ o.b) & (o.a ^ r) & o.sign) != 0, kOverflow);
}

unsigned of_subtraction(const Operands &o, std::uint64_t borrow) {
  const std::uint64_t r = (o.a - o.b - borrow) & o.mask;
  const bool borrowed = borrow ? o.a <= o.b : o.a < o.b;
  return of_result(r, o) | when(borrowed, kCarry) | when(((o.a ^ o.b ^ r) & 0x10) != 0, kAdjust) |
         when(((o.a ^ o.b) & (o.a ^ r) & o.sign) != 0, kOverflow);
}

unsigned of_left_shift(const Operands &o) {
  const auto count = static_cast<unsigned>(o.b & 63);
  if (count == 0)
    return of_result(o.a, o);
  const std::uint64_t r = count >= o.bits ? 0 : (o.a << count) & o.mask;
  const bool carry = count <= o.bits && ((o.a >> (o.bits - count)) & 1) != 0;
  return of_result(r, o) | when(carry, kCarry) | when(((r & o.sign) != 0) != carry, kOverflow);
}

unsigned of_right_shift(const Operands &o, bool arithmetic) {
  const auto count = static_cast<unsigned>(o.b & 63);
  if (count == 0)
    return of_result(o.a, o);
  const std::uint64_t fill = arithmetic ? as_signed(o.a, o) : o.a;
  const auto shifted = [&](unsigned by) {
    if (by >= 64)
      return arithmetic && (fill >> 63) ? ~std::uint64_t{0} : std::uint64_t{0};
    const std::uint64_t logical = fill >> by;
    return arithmetic && by && (fill >> 63) ? logical | ~(~std::uint64_t{0} >> by) : logical;
  };
  const std::uint64_t r = shifted(count) & o.mask;
  const bool carry = (shifted(count - 1) & 1) != 0;
  const bool overflow = !arithmetic && (o.a & o.sign) != 0;
  return of_result(r, o) | when(carry, kCarry) | when(overflow, kOverflow);
}

unsigned computed(const FlagsRecord &record) {
  const unsigned bits = bits_of(record.width);
  const std::uint64_t mask = mask_of(record.width);
  Operands o{record.a & mask, record.b & mask, mask, bits ? std::uint64_t{1} << ((bits - 1) & 63) : 0, bits};
  switch (record.kind) {
  case FlagKind::add:
    return of_addition(o, 0);
  case FlagKind::adc:
    return of_addition(o, record.carry_in);
  case FlagKind::sub:
    return of_subtraction(o, 0);
  case FlagKind::sbb:
    return of_subtraction(o, record.carry_in);
  case FlagKind::sub_inverted:
    return of_subtraction(o, 0) ^ kCarry;
  case FlagKind::sbc_inverted:
    return of_subtraction(o, !record.carry_in) ^ kCarry;
  case FlagKind::logic:
    return of_result(o.a, o);
  case FlagKind::inc:
    o.b = 1;
    return (of_addition(o, 0) & ~unsigned{kCarry}) | when(record.carry_in, kCarry);
  case FlagKind::dec:
    o.b = 1;
    return (of_subtraction(o, 0) & ~unsigned{kCarry}) | when(record.carry_in, kCarry);
  case FlagKind::shl:
    return of_left_shift(o);
  case FlagKind::shr:
    return of_right_shift(o, false);
  case FlagKind::sar:
    return of_right_shift(o, true);
  case FlagKind::multiply:
    return record.a & 1 ? kCarry | kOverflow : 0;
  case FlagKind::word:
    return flags_from_word(record.a, FlagLayout::x86);
  case FlagKind::nzcv:
    return flags_from_word(record.a, FlagLayout::arm64);
  case FlagKind::count:
    break;
  }
  return 0;
}

unsigned undefined_by_kind(const FlagsRecord &record) {
  switch (record.kind) {
  case FlagKind::logic:
    return kAdjust;
  case FlagKind::multiply:
    return kZero | kSign | kParity | kAdjust;
  case FlagKind::shl:
  case FlagKind::shr:
  case FlagKind::sar: {
    const std::uint64_t count = record.b & mask_of(record.width);
    unsigned result = kAdjust;
    if (count != 1)
      result |= kOverflow;
    // A count beyond the width leaves CF undefined for the logical shifts (SDM, SAL/SAR/SHL/SHR).
    if (count >= bits_of(record.width) && record.kind != FlagKind::sar)
      result |= kCarry;
    return result;
  }
  case FlagKind::nzcv:
    return kParity | kAdjust;
  default:
    return 0;
  }
}

} // namespace

unsigned flag_bits(const FlagsRecord &record, unsigned wanted) {
  if ((wanted & ~unsigned{record.known}) == 0)
    return record.known_bits & wanted;
  return ((computed(record) & ~unsigned{record.known}) | (record.known_bits & record.known)) & wanted;
}

unsigned undefined_flags(const FlagsRecord &record) {
  return (undefined_by_kind(record) & ~unsigned{record.known}) | record.undefined;
}

bool evaluate(const FlagsRecord &record, Condition condition) {
  if (record.kind == FlagKind::sub && record.known == 0) { // by far the most frequent: cmp and a branch
    const std::uint64_t mask = mask_of(record.width), a = record.a & mask, b = record.b & mask;
    switch (condition) {
    case Condition::e:
      return a == b;
    case Condition::ne:
      return a != b;
    case Condition::b:
      return a < b;
    case Condition::ae:
      return a >= b;
    case Condition::be:
      return a <= b;
    case Condition::a:
      return a > b;
    default:
      break;
    }
  }
  const unsigned f = flag_bits(record, flags_read_by(condition));
  const bool less = ((f & kSign) != 0) != ((f & kOverflow) != 0);
  switch (condition) {
  case Condition::o:
    return f & kOverflow;
  case Condition::no:
    return !(f & kOverflow);
  case Condition::b:
    return f & kCarry;
  case Condition::ae:
    return !(f & kCarry);
  case Condition::e:
    return f & kZero;
  case Condition::ne:
    return !(f & kZero);
  case Condition::be:
    return f & (kCarry | kZero);
  case Condition::a:
    return !(f & (kCarry | kZero));
  case Condition::s:
    return f & kSign;
  case Condition::ns:
    return !(f & kSign);
  case Condition::p:
    return f & kParity;
  case Condition::np:
    return !(f & kParity);
  case Condition::l:
    return less;
  case Condition::ge:
    return !less;
  case Condition::le:
    return less || (f & kZero);
  case Condition::g:
    return !less && !(f & kZero);
  case Condition::adjust:
    return f & kAdjust;
  case Condition::hi:
    return (f & kCarry) && !(f & kZero);
  case Condition::ls:
    return !(f & kCarry) || (f & kZero);
  case Condition::count:
    break;
  }
  return false;
}

unsigned flags_read_by(Condition condition) {
  switch (condition) {
  case Condition::o:
  case Condition::no:
    return kOverflow;
  case Condition::b:
  case Condition::ae:
    return kCarry;
  case Condition::e:
  case Condition::ne:
    return kZero;
  case Condition::be:
  case Condition::a:
  case Condition::hi:
  case Condition::ls:
    return kCarry | kZero;
  case Condition::s:
  case Condition::ns:
    return kSign;
  case Condition::p:
  case Condition::np:
    return kParity;
  case Condition::l:
  case Condition::ge:
    return kSign | kOverflow;
  case Condition::le:
  case Condition::g:
    return kSign | kOverflow | kZero;
  case Condition::adjust:
    return kAdjust;
  case Condition::count:
    break;
  }
  return 0;
}

Condition negated(Condition condition) {
  switch (condition) {
  case Condition::adjust:
  case Condition::count:
    return condition;
  case Condition::hi:
    return Condition::ls;
  case Condition::ls:
    return Condition::hi;
  default:
    return static_cast<Condition>(static_cast<unsigned>(condition) ^ 1);
  }
}

std::uint32_t word_from_flags(unsigned bits, FlagLayout layout) {
  std::uint32_t word = 0;
  if (layout == FlagLayout::x86) {
    for (unsigned i = 0; i < kX86Positions.size(); ++i)
      if (bits >> i & 1)
        word |= std::uint32_t{1} << kX86Positions[i];
    return word;
  }
  const auto put = [&](unsigned bit, unsigned position) {
    if (bits & bit)
      word |= std::uint32_t{1} << position;
  };
  put(kCarry, kArmCarry);
  put(kZero, kArmZero);
  put(kSign, kArmSign);
  put(kOverflow, kArmOverflow);
  return word;
}

unsigned flags_from_word(std::uint64_t word, FlagLayout layout) {
  unsigned bits = 0;
  if (layout == FlagLayout::x86) {
    for (unsigned i = 0; i < kX86Positions.size(); ++i)
      bits |= static_cast<unsigned>(word >> kX86Positions[i] & 1) << i;
    return bits;
  }
  return when(word >> kArmCarry & 1, kCarry) | when(word >> kArmZero & 1, kZero) | when(word >> kArmSign & 1, kSign) |
         when(word >> kArmOverflow & 1, kOverflow);
}

} // namespace ringfence::ir
