// ARM64 moves and the arithmetic that addresses and compares need: add, sub and logic in their immediate, shifted and
// extended forms, conditional compares and selects, bit-field moves, multiplication, division. Arm ARM C6.2.
#include "arm64_instruction.h"

#include <array>

namespace ringfence::lift {
namespace {

using ir::FlagKind;
using ir::Opcode;
using ir::Value;
using ir::Width;

enum Operation : unsigned { kAdd, kSub, kAnd, kOr, kXor, kAndNot, kOrNot, kXorNot };
constexpr unsigned kSetFlags = 16;

/// DecodeBitMasks of the Arm ARM: the 13 bits N:immr:imms as a mask of `bits`; zero for a reserved encoding.
std::uint64_t logical_immediate(std::uint64_t encoded, unsigned bits) {
  const unsigned n = static_cast<unsigned>(encoded >> 12 & 1), rotate = static_cast<unsigned>(encoded >> 6 & 63);
  const unsigned ones = static_cast<unsigned>(encoded & 63);
  unsigned size = 64;
  const unsigned selector = n << 6 | (~ones & 63);
  while (size > 1 && (selector & size) == 0)
    size /= 2;
  if (size < 2)
    return 0;
  const unsigned count = (ones & (size - 1)) + 1, by = rotate & (size - 1);
  const std::uint64_t element_mask = size == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << size) - 1;
  std::uint64_t element = count >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << count) - 1;
  if (by != 0)
    element = (element >> by | element << (size - by)) & element_mask;
  std::uint64_t result = 0;
  for (unsigned at = 0; at < bits; at += size)
    result |= element << at;
  return bits == 32 ? result & 0xffffffff : result;
}

Value combined(Arm64Lift &x, unsigned operation, Value first, Value second) {
  switch (operation) {
  case kAdd:
    return x.b.add(first, second);
  case kSub:
    return x.b.sub(first, second);
  case kAnd:
    return x.b.and_(first, second);
  case kOr:
    return x.b.or_(first, second);
  case kXor:
    return x.b.xor_(first, second);
  case kAndNot:
    return x.b.and_(first, x.b.not_(second));
  case kOrNot:
    return x.b.or_(first, x.b.not_(second));
  default:
    return x.b.xor_(first, x.b.not_(second));
  }
}

void finish(Arm64Lift &x, unsigned variant, Value first, Value second) {
  const unsigned operation = variant & 15;
  const Value result = combined(x, operation, first, second);
  x.write(0, result);
  if ((variant & kSetFlags) == 0)
    return;
  if (operation == kAdd)
    x.set_flags(x.b.flags(FlagKind::add, first, second));
  else if (operation == kSub)
    x.set_flags(x.b.flags(FlagKind::sub_inverted, first, second));
  else
    x.set_flags(x.b.flags(FlagKind::logic, result));
}

/// rd, rn, imm, shift (0 or 12).
void add_immediate(Arm64Lift &x, unsigned variant) {
  const Value first = x.read(1);
  const std::uint64_t value = static_cast<std::uint64_t>(x.immediate(2)) << (x.immediate(3) & 63);
  finish(x, variant, first, x.constant(first.width, value));
}

void logic_immediate(Arm64Lift &x, unsigned variant) {
  const Value first = x.read(1);
  const std::uint64_t mask = logical_immediate(static_cast<std::uint64_t>(x.immediate(2)), ir::bits_of(first.width));
  finish(x, variant, first, x.constant(first.width, mask));
}

/// rd, rn, rm, shift: type in bits 6 and 7, amount below.
void shifted_register(Arm64Lift &x, unsigned variant) {
  constexpr Opcode shifts[] = {Opcode::shl, Opcode::shr, Opcode::sar, Opcode::ror};
  const Value first = x.read(1), second = x.read(2);
  const auto encoded = static_cast<std::uint64_t>(x.immediate(3));
  const Value amount = x.constant(second.width, encoded & 63);
  finish(x, variant, first, amount.imm == 0 ? second : x.b.binary(shifts[encoded >> 6 & 3], second, amount));
}

/// rd, rn, rm, extension: kind in bits 3 to 5 (uxtb ... sxtx), left shift below.
void extended_register(Arm64Lift &x, unsigned variant) {
  constexpr Width parts[] = {Width::w8, Width::w16, Width::w32, Width::w64};
  const Value first = x.read(1), whole = x.read(2);
  const auto encoded = static_cast<std::uint64_t>(x.immediate(3));
  const Width part = parts[encoded >> 3 & 3];
  Value second = ir::bits_of(part) < ir::bits_of(whole.width) ? x.b.trunc(whole, part) : whole;
  if (second.width != first.width)
    second = encoded & 32 ? x.b.sext(second, first.width) : x.b.zext(second, first.width);
  second = x.b.binary(Opcode::shl, second, x.constant(first.width, encoded & 7));
  finish(x, variant, first, second);
}

enum WideMove : unsigned { kZero, kNot, kKeep };

void move_wide(Arm64Lift &x, unsigned variant) {
  const Width width = x.width(0);
  if (variant == kKeep) {
    const unsigned low_bit = static_cast<unsigned>(x.immediate(3)) & 48;
    const Value part = x.constant(Width::w16, static_cast<std::uint64_t>(x.immediate(2)));
    return x.write(0, x.b.insert(x.read(1), part, low_bit));
  }
  const std::uint64_t value = static_cast<std::uint64_t>(x.immediate(1)) << (x.immediate(2) & 48);
  x.write(0, x.constant(width, variant == kNot ? ~value : value));
}

void adr(Arm64Lift &x, unsigned is_page) {
  const auto offset = static_cast<std::uint64_t>(x.immediate(1));
  x.write(0, x.constant(Width::w64,
                        is_page ? (x.address() & ~std::uint64_t{0xfff}) + (offset << 12) : x.address() + offset));
}

/// ccmp, ccmn: the comparison's flags when the condition holds, else the given ones.
void conditional_compare(Arm64Lift &x, unsigned variant) {
  const Value first = x.read(0);
  const Value second =
      x.is_register(1) ? x.read(1) : x.constant(first.width, static_cast<std::uint64_t>(x.immediate(1)));
  const Value holds = x.condition(x.immediate(3));
  const Value compared = x.b.flags(variant == kAdd ? FlagKind::add : FlagKind::sub_inverted, first, second);
  const Value given =
      x.b.flags(FlagKind::nzcv, x.constant(Width::w32, static_cast<std::uint64_t>(x.immediate(2)) << 28));
  x.set_flags(x.b.select(holds, compared, given));
}

enum Select : unsigned { kSame, kIncrement, kInvert, kNegate };

void conditional_select(Arm64Lift &x, unsigned variant) {
  const Value yes = x.read(1);
  Value no = x.read(2);
  if (variant == kIncrement)
    no = x.b.add(no, x.constant(no.width, 1));
  if (variant == kInvert)
    no = x.b.not_(no);
  if (variant == kNegate)
    no = x.b.sub(x.constant(no.width, 0), no);
  x.write(0, x.b.select(x.condition(x.immediate(3)), yes, no));
}

enum BitField : unsigned { kUnsigned, kSigned };

/// ubfm, sbfm (lsl, lsr, asr, ubfx, sxtw, ...): rd, rn, immr, imms.
void bit_field(Arm64Lift &x, unsigned variant) {
  const Value source = x.read(1);
  const unsigned bits = ir::bits_of(source.width);
  const unsigned rotate = static_cast<unsigned>(x.immediate(2)) & (bits - 1);
  const unsigned top = static_cast<unsigned>(x.immediate(3)) & (bits - 1);
  // The field [.., top] goes to the top of the register, then down to its place with zeros or the sign.
  const Value up = x.b.binary(Opcode::shl, source, x.constant(source.width, bits - 1 - top));
  const Opcode down = variant == kSigned ? Opcode::sar : Opcode::shr;
  if (top >= rotate)
    return x.write(0, x.b.binary(down, up, x.constant(source.width, bits - 1 - top + rotate)));
  const Value field = x.b.binary(down, up, x.constant(source.width, bits - 1 - top));
  x.write(0, x.b.binary(Opcode::shl, field, x.constant(source.width, bits - rotate)));
}

/// extr (ror with an immediate): rd, rn, rm, lsb. A register's width of bits out of the pair rn:rm.
void extract_pair(Arm64Lift &x, unsigned) {
  const Value high = x.read(1), low = x.read(2);
  const unsigned bits = ir::bits_of(low.width), by = static_cast<unsigned>(x.immediate(3)) & (bits - 1);
  const auto shifted = [&](Opcode op, Value v, unsigned amount) {
    return x.b.binary(op, v, x.constant(v.width, amount));
  };
  if (by == 0)
    return x.write(0, low);
  if (x.reg(1).number == x.reg(2).number)
    return x.write(0, shifted(Opcode::ror, low, by));
  const Value from_low = shifted(Opcode::shr, low, by); // named: compilers evaluate arguments in different orders
  x.write(0, x.b.or_(from_low, shifted(Opcode::shl, high, bits - by)));
}

void shift_by_register(Arm64Lift &x, unsigned opcode) {
  const Value first = x.read(1);
  const Value amount = x.b.and_(x.read(2), x.constant(first.width, ir::bits_of(first.width) - 1));
  x.write(0, x.b.binary(static_cast<Opcode>(opcode), first, amount));
}

void multiply_add(Arm64Lift &x, unsigned variant) {
  const Value product = x.b.binary(Opcode::mul, x.read(1), x.read(2));
  x.write(0, combined(x, variant, x.read(3), product));
}

/// umulh, smulh.
void multiply_high(Arm64Lift &x, unsigned variant) {
  const auto wide = [&](unsigned index) {
    return variant == kSigned ? x.b.sext(x.read(index), Width::w128) : x.b.zext(x.read(index), Width::w128);
  };
  x.write(0, x.b.extract(x.b.binary(Opcode::mul, wide(1), wide(2)), 64, Width::w64));
}

/// Division by zero gives zero, without a trap.
void divide(Arm64Lift &x, unsigned variant) {
  const Value first = x.read(1), second = x.read(2), zero = x.constant(first.width, 0);
  const Value is_zero = x.b.compare(Opcode::eq, second, zero);
  const Value divisor = x.b.select(is_zero, x.constant(first.width, 1), second);
  const Value quotient = x.b.binary(variant == kSigned ? Opcode::sdiv : Opcode::udiv, first, divisor);
  x.write(0, x.b.select(is_zero, zero, quotient));
}

constexpr unsigned number(Opcode code) { return static_cast<unsigned>(code); }
constexpr auto kSemantics = std::to_array<Arm64NamedSemantics>({
    {"ADDWri", add_immediate, kAdd},
    {"ADDXri", add_immediate, kAdd},
    {"SUBWri", add_immediate, kSub},
    {"SUBXri", add_immediate, kSub},
    {"ADDSWri", add_immediate, kAdd | kSetFlags},
    {"ADDSXri", add_immediate, kAdd | kSetFlags},
    {"SUBSWri", add_immediate, kSub | kSetFlags},
    {"SUBSXri", add_immediate, kSub | kSetFlags},
    {"ADDWrs", shifted_register, kAdd},
    {"ADDXrs", shifted_register, kAdd},
    {"SUBWrs", shifted_register, kSub},
    {"SUBXrs", shifted_register, kSub},
    {"ADDSWrs", shifted_register, kAdd | kSetFlags},
    {"ADDSXrs", shifted_register, kAdd | kSetFlags},
    {"SUBSWrs", shifted_register, kSub | kSetFlags},
    {"SUBSXrs", shifted_register, kSub | kSetFlags},
    {"ADDWrx", extended_register, kAdd},
    {"ADDXrx", extended_register, kAdd},
    {"ADDXrx64", extended_register, kAdd},
    {"SUBWrx", extended_register, kSub},
    {"SUBXrx", extended_register, kSub},
    {"SUBXrx64", extended_register, kSub},
    {"SUBSWrx", extended_register, kSub | kSetFlags},
    {"SUBSXrx", extended_register, kSub | kSetFlags},
    {"SUBSXrx64", extended_register, kSub | kSetFlags},
    {"ADDSWrx", extended_register, kAdd | kSetFlags},
    {"ADDSXrx", extended_register, kAdd | kSetFlags},
    {"ADDSXrx64", extended_register, kAdd | kSetFlags},
    {"ANDWri", logic_immediate, kAnd},
    {"ANDXri", logic_immediate, kAnd},
    {"ORRWri", logic_immediate, kOr},
    {"ORRXri", logic_immediate, kOr},
    {"EORWri", logic_immediate, kXor},
    {"EORXri", logic_immediate, kXor},
    {"ANDSWri", logic_immediate, kAnd | kSetFlags},
    {"ANDSXri", logic_immediate, kAnd | kSetFlags},
    {"ANDWrs", shifted_register, kAnd},
    {"ANDXrs", shifted_register, kAnd},
    {"ORRWrs", shifted_register, kOr},
    {"ORRXrs", shifted_register, kOr},
    {"EORWrs", shifted_register, kXor},
    {"EORXrs", shifted_register, kXor},
    {"BICWrs", shifted_register, kAndNot},
    {"BICXrs", shifted_register, kAndNot},
    {"ORNWrs", shifted_register, kOrNot},
    {"ORNXrs", shifted_register, kOrNot},
    {"EONWrs", shifted_register, kXorNot},
    {"EONXrs", shifted_register, kXorNot},
    {"ANDSWrs", shifted_register, kAnd | kSetFlags},
    {"ANDSXrs", shifted_register, kAnd | kSetFlags},
    {"BICSWrs", shifted_register, kAndNot | kSetFlags},
    {"BICSXrs", shifted_register, kAndNot | kSetFlags},
    {"MOVZWi", move_wide, kZero},
    {"MOVZXi", move_wide, kZero},
    {"MOVNWi", move_wide, kNot},
    {"MOVNXi", move_wide, kNot},
    {"MOVKWi", move_wide, kKeep},
    {"MOVKXi", move_wide, kKeep},
    {"ADR", adr, 0},
    {"ADRP", adr, 1},
    {"CCMPWi", conditional_compare, kSub},
    {"CCMPXi", conditional_compare, kSub},
    {"CCMPWr", conditional_compare, kSub},
    {"CCMPXr", conditional_compare, kSub},
    {"CCMNWi", conditional_compare, kAdd},
    {"CCMNXi", conditional_compare, kAdd},
    {"CCMNWr", conditional_compare, kAdd},
    {"CCMNXr", conditional_compare, kAdd},
    {"CSELWr", conditional_select, kSame},
    {"CSELXr", conditional_select, kSame},
    {"CSINCWr", conditional_select, kIncrement},
    {"CSINCXr", conditional_select, kIncrement},
    {"CSINVWr", conditional_select, kInvert},
    {"CSINVXr", conditional_select, kInvert},
    {"CSNEGWr", conditional_select, kNegate},
    {"CSNEGXr", conditional_select, kNegate},
    {"UBFMWri", bit_field, kUnsigned},
    {"UBFMXri", bit_field, kUnsigned},
    {"SBFMWri", bit_field, kSigned},
    {"SBFMXri", bit_field, kSigned},
    {"LSLVWr", shift_by_register, number(Opcode::shl)},
    {"LSLVXr", shift_by_register, number(Opcode::shl)},
    {"LSRVWr", shift_by_register, number(Opcode::shr)},
    {"LSRVXr", shift_by_register, number(Opcode::shr)},
    {"ASRVWr", shift_by_register, number(Opcode::sar)},
    {"ASRVXr", shift_by_register, number(Opcode::sar)},
    {"RORVWr", shift_by_register, number(Opcode::ror)},
    {"RORVXr", shift_by_register, number(Opcode::ror)},
    {"EXTRWrri", extract_pair},
    {"EXTRXrri", extract_pair},
    {"MADDWrrr", multiply_add, kAdd},
    {"MADDXrrr", multiply_add, kAdd},
    {"MSUBWrrr", multiply_add, kSub},
    {"MSUBXrrr", multiply_add, kSub},
    {"UMULHrr", multiply_high, kUnsigned},
    {"SMULHrr", multiply_high, kSigned},
    {"UDIVWr", divide, kUnsigned},
    {"UDIVXr", divide, kUnsigned},
    {"SDIVWr", divide, kSigned},
    {"SDIVXr", divide, kSigned},
});

} // namespace

std::span<const Arm64NamedSemantics> arm64_data_semantics() { return kSemantics; }

} // namespace ringfence::lift
