// Shifts and rotates. The count is masked to 5 bits (6 for 64-bit operands); a masked count of zero
// changes no flag. Undefined: AF after shifts; OF unless the count is 1; CF of shl and shr when the
// count reaches the operand's width.
#include "x86_instruction.h"

namespace ringfence::lift {
namespace {

unsigned count_mask(Width width) { return width == Width::w64 ? 63 : 31; }

/// The masked count at `width`.
Value masked_count(X86Instruction &x, unsigned index, Width width) {
  if (x.is_immediate(index))
    return x.constant(width, x.immediate(index) & count_mask(width));
  return x.b.zext(x.b.and_(x.read(index), x.constant(Width::w8, count_mask(width))), width);
}

/// Sets the flags unless `count` is zero.
void set_flags_unless_zero(X86Instruction &x, Value count, Value old, Value record) {
  if (count.is_constant())
    return count.imm ? x.set_flags(record) : void();
  x.set_flags(x.b.select(x.b.compare(Opcode::eq, count, x.constant(count.width, 0)), old, record));
}

enum Shift : unsigned { kLeft, kRight, kArithmetic };

void shift(X86Instruction &x, unsigned variant) {
  const Location to = x.place(0);
  const Value first = x.read(to), count = masked_count(x, 1, to.width);
  constexpr Opcode opcodes[] = {Opcode::shl, Opcode::shr, Opcode::sar};
  constexpr FlagKind kinds[] = {FlagKind::shl, FlagKind::shr, FlagKind::sar};
  x.write(to, x.b.binary(opcodes[variant], first, count));
  if (count.is_constant() && count.imm == 0)
    return;
  const Value old = count.is_constant() ? Value{} : x.flags();
  set_flags_unless_zero(x, count, old, x.b.flags(kinds[variant], first, count));
}

/// `old` with the carry, and the overflow flag defined only for a count of one.
Value rotate_flags(X86Instruction &x, Value old, Value count, Value carry, Value overflow) {
  const Value carried = x.b.flags_with(old, ir::kCarry, carry);
  const Value by_one = x.b.flags_with(carried, ir::kOverflow, overflow);
  if (count.is_constant() && count.imm == 1)
    return by_one;
  const Value by_more = x.b.flags_undefine(carried, ir::kOverflow);
  if (count.is_constant())
    return by_more;
  return x.b.select(x.b.compare(Opcode::eq, count, x.constant(count.width, 1)), by_one, by_more);
}

Value bit_of(X86Instruction &x, Value value, unsigned position) { return x.b.extract(value, position, Width::w1); }

void rotate(X86Instruction &x, unsigned variant) {
  const Location to = x.place(0);
  const unsigned bits = ir::bits_of(to.width);
  const Value first = x.read(to), count = masked_count(x, 1, to.width);
  const Value result = x.b.binary(variant == kLeft ? Opcode::rol : Opcode::ror, first, count);
  x.write(to, result);
  if (count.is_constant() && count.imm == 0)
    return;
  const Value old = x.flags(), top = bit_of(x, result, bits - 1);
  const Value carry = variant == kLeft ? bit_of(x, result, 0) : top;
  const Value other = variant == kLeft ? carry : bit_of(x, result, bits - 2);
  set_flags_unless_zero(x, count, old, rotate_flags(x, old, count, carry, x.b.xor_(top, other)));
}

/// rcl, rcr: the operand and the carry rotate as one value of width + 1 bits, built in twice the
/// width.
void rotate_through_carry(X86Instruction &x, unsigned variant) {
  const Location to = x.place(0);
  const unsigned bits = ir::bits_of(to.width);
  const Width doubled = ir::width_of_bits(2 * bits);
  const Value old = x.flags(), first = x.read(to), masked = masked_count(x, 1, to.width);
  const Value modulus = x.constant(to.width, bits + 1);
  // Only 8- and 16-bit operands can have a count of more than their width.
  Value count = masked;
  if (masked.is_constant())
    count = x.constant(to.width, masked.imm % (bits + 1));
  else if (bits < 32)
    count = x.b.binary(Opcode::urem, masked, modulus);
  const Value carry_in = x.b.condition(old, Condition::b);
  const Value joined = x.b.concat(x.b.zext(carry_in, to.width), first);
  const Value there = x.b.zext(count, doubled), back = x.b.zext(x.b.sub(modulus, count), doubled);
  const bool left = variant == kLeft;
  const Value rotated = x.b.or_(x.b.binary(left ? Opcode::shl : Opcode::shr, joined, there),
                                x.b.binary(left ? Opcode::shr : Opcode::shl, joined, back));
  const Value result = x.b.trunc(rotated, to.width), carry = bit_of(x, rotated, bits);
  x.write(to, result);
  if (masked.is_constant() && masked.imm == 0)
    return;
  const Value top = bit_of(x, result, bits - 1);
  const Value overflow = x.b.xor_(top, left ? carry : bit_of(x, result, bits - 2));
  set_flags_unless_zero(x, masked, old, rotate_flags(x, old, masked, carry, overflow));
}

/// shld, shrd. For 16-bit operands a count above 16 leaves the result and the flags undefined.
void double_shift(X86Instruction &x, unsigned variant) {
  const Location to = x.place(0);
  const unsigned bits = ir::bits_of(to.width);
  const Value first = x.read(to), fill = x.read(1), count = masked_count(x, 2, to.width);
  const Value back = x.b.sub(x.constant(to.width, bits), count);
  const bool left = variant == kLeft;
  Value result = x.b.or_(x.b.binary(left ? Opcode::shl : Opcode::shr, first, count),
                         x.b.binary(left ? Opcode::shr : Opcode::shl, fill, back));
  const Value too_far = x.b.compare(Opcode::ult, x.constant(to.width, bits), count);
  if (!too_far.is_constant() || too_far.imm)
    result = x.b.select(too_far, x.b.undefined(to.width), result);
  x.write(to, result);
  if (count.is_constant() && count.imm == 0)
    return;
  const Value old = x.flags();
  const Value carry = x.b.trunc(left ? x.b.binary(Opcode::shr, first, back)
                                     : x.b.binary(Opcode::shr, first, x.b.sub(count, x.constant(to.width, 1))),
                                Width::w1);
  const Value changed = x.b.xor_(bit_of(x, result, bits - 1), bit_of(x, first, bits - 1));
  const Value base = x.b.flags_undefine(x.b.flags(FlagKind::logic, result), ir::kAdjust);
  Value record = rotate_flags(x, base, count, carry, changed);
  if (!too_far.is_constant() || too_far.imm)
    record = x.b.select(too_far, x.b.flags_undefine(record, ir::kAllFlags), record);
  set_flags_unless_zero(x, count, old, record);
}

/// rorx, shlx, shrx, sarx: no flags. Variant 3 is rorx.
void shift_without_flags(X86Instruction &x, unsigned variant) {
  constexpr Opcode opcodes[] = {Opcode::shl, Opcode::shr, Opcode::sar, Opcode::ror};
  const Width width = x.width(0);
  Value count = x.is_immediate(2) ? x.constant(width, x.immediate(2)) : x.read(2);
  count = x.b.and_(count, x.constant(width, count_mask(width)));
  x.write(0, x.b.binary(opcodes[variant], x.read(1), count));
}

constexpr auto kSemantics = std::to_array<MnemonicSemantics>({
    {ZYDIS_MNEMONIC_SHL, shift, kLeft},
    {ZYDIS_MNEMONIC_SHR, shift, kRight},
    {ZYDIS_MNEMONIC_SAR, shift, kArithmetic},
    {ZYDIS_MNEMONIC_ROL, rotate, kLeft},
    {ZYDIS_MNEMONIC_ROR, rotate, kRight},
    {ZYDIS_MNEMONIC_RCL, rotate_through_carry, kLeft},
    {ZYDIS_MNEMONIC_RCR, rotate_through_carry, kRight},
    {ZYDIS_MNEMONIC_SHLD, double_shift, kLeft},
    {ZYDIS_MNEMONIC_SHRD, double_shift, kRight},
    {ZYDIS_MNEMONIC_SHLX, shift_without_flags, 0},
    {ZYDIS_MNEMONIC_SHRX, shift_without_flags, 1},
    {ZYDIS_MNEMONIC_SARX, shift_without_flags, 2},
    {ZYDIS_MNEMONIC_RORX, shift_without_flags, 3},
});

} // namespace

std::span<const MnemonicSemantics> x86_shift_semantics() { return kSemantics; }

} // namespace ringfence::lift
