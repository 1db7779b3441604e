// Addition, subtraction, logic, comparison, increments, carry arithmetic. Flags as in Intel SDM volume 1, appendix A;
// and, or, xor and test leave AF undefined.
#include "x86_instruction.h"

namespace ringfence::lift {
namespace {

enum Variant : unsigned { kAdd, kSub, kCompare, kAnd, kTest, kOr, kXor };

void two_operands(X86Instruction &x, unsigned variant) {
  if (variant == kXor && x.same_register(0, 1)) {
    const Value zero = x.constant(x.width(0), 0);
    x.write(0, zero);
    return x.set_flags(FlagKind::logic, zero);
  }
  const Location to = x.place(0);
  const Value first = x.read(to), second = x.read(1);
  Value result = first;
  switch (variant) {
  case kAdd:
    result = x.b.add(first, second);
    break;
  case kSub:
    result = x.b.sub(first, second);
    break;
  case kAnd:
    result = x.b.and_(first, second);
    break;
  case kTest:
    if (!x.same_register(0, 1))
      result = x.b.and_(first, second);
    break;
  case kOr:
    result = x.b.or_(first, second);
    break;
  case kXor:
    result = x.b.xor_(first, second);
    break;
  default:
    break;
  }
  if (variant != kCompare && variant != kTest)
    x.write(to, result);
  if (variant == kAdd)
    x.set_flags(FlagKind::add, first, second);
  else if (variant == kSub || variant == kCompare)
    x.set_flags(FlagKind::sub, first, second);
  else
    x.set_flags(FlagKind::logic, result);
}

/// adc, sbb: kAdd or kSub.
void with_carry(X86Instruction &x, unsigned variant) {
  const Location to = x.place(0);
  const Value first = x.read(to), second = x.read(1);
  const Value carry = x.condition(Condition::b), wide_carry = x.b.zext(carry, to.width);
  const bool adds = variant == kAdd;
  const Value result = adds ? x.b.add(x.b.add(first, second), wide_carry) : x.b.sub(x.b.sub(first, second), wide_carry);
  x.write(to, result);
  x.set_flags(adds ? FlagKind::adc : FlagKind::sbb, first, second, carry);
}

/// inc, dec: the carry stays.
void by_one(X86Instruction &x, unsigned variant) {
  const Location to = x.place(0);
  const Value first = x.read(to), one = x.constant(to.width, 1);
  const bool adds = variant == kAdd;
  const Value carry = x.condition(Condition::b);
  x.write(to, adds ? x.b.add(first, one) : x.b.sub(first, one));
  x.set_flags(adds ? FlagKind::inc : FlagKind::dec, first, carry);
}

void neg(X86Instruction &x, unsigned) {
  const Location to = x.place(0);
  const Value first = x.read(to), zero = x.constant(to.width, 0);
  x.write(to, x.b.sub(zero, first));
  x.set_flags(FlagKind::sub, zero, first);
}

void not_(X86Instruction &x, unsigned) {
  const Location to = x.place(0);
  x.write(to, x.b.not_(x.read(to)));
}

/// clc, stc, cmc.
void carry_flag(X86Instruction &x, unsigned variant) {
  const Value old = x.flags();
  const Value bit = variant < 2 ? x.bit(variant == 1) : x.b.condition(old, Condition::ae);
  x.set_flags(x.b.flags_with(old, ir::kCarry, bit));
}

void direction_flag(X86Instruction &x, unsigned is_set) { x.b.put(reg::df, x.bit(is_set != 0)); }

constexpr auto kSemantics = std::to_array<MnemonicSemantics>({
    {ZYDIS_MNEMONIC_ADD, two_operands, kAdd},
    {ZYDIS_MNEMONIC_SUB, two_operands, kSub},
    {ZYDIS_MNEMONIC_CMP, two_operands, kCompare},
    {ZYDIS_MNEMONIC_AND, two_operands, kAnd},
    {ZYDIS_MNEMONIC_TEST, two_operands, kTest},
    {ZYDIS_MNEMONIC_OR, two_operands, kOr},
    {ZYDIS_MNEMONIC_XOR, two_operands, kXor},
    {ZYDIS_MNEMONIC_ADC, with_carry, kAdd},
    {ZYDIS_MNEMONIC_SBB, with_carry, kSub},
    {ZYDIS_MNEMONIC_INC, by_one, kAdd},
    {ZYDIS_MNEMONIC_DEC, by_one, kSub},
    {ZYDIS_MNEMONIC_NEG, neg},
    {ZYDIS_MNEMONIC_NOT, not_},
    {ZYDIS_MNEMONIC_CLC, carry_flag, 0},
    {ZYDIS_MNEMONIC_STC, carry_flag, 1},
    {ZYDIS_MNEMONIC_CMC, carry_flag, 2},
    {ZYDIS_MNEMONIC_CLD, direction_flag, 0},
    {ZYDIS_MNEMONIC_STD, direction_flag, 1},
});

} // namespace

std::span<const MnemonicSemantics> x86_arithmetic_semantics() { return kSemantics; }

} // namespace ringfence::lift
