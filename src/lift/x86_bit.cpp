// Bit tests and scans. bt and its kin with a register bit offset and a memory operand address a bit string: the offset
// is signed and selects the unit. They define CF only; ZF stays, the others are undefined.
// bsf, bsr: of zero they leave the destination as it was (documented by AMD, observed everywhere) and define ZF only.
#include "x86_instruction.h"

namespace ringfence::lift {
namespace {

enum Test : unsigned { kTest, kSet, kReset, kComplement };

void bit_test(X86Instruction &x, unsigned variant) {
  Location to = x.place(0);
  const unsigned bits = ir::bits_of(to.width);
  const Value low_mask = x.constant(to.width, bits - 1);
  Value offset = x.is_immediate(1) ? x.constant(to.width, x.immediate(1)) : x.read(1);
  if (x.is_memory(0) && !x.is_immediate(1)) {
    const unsigned log2_bits = bits == 16 ? 4 : bits == 32 ? 5 : 6;
    const Value unit = x.b.binary(Opcode::sar, offset, x.constant(to.width, log2_bits));
    const Value bytes = x.b.binary(Opcode::shl, x.b.sext(unit, x.word()), x.constant(x.word(), log2_bits - 3));
    to.address = x.b.add(to.address, bytes);
  }
  offset = x.b.and_(offset, low_mask);
  const Value value = x.read(to);
  const Value carry = x.b.trunc(x.b.binary(Opcode::shr, value, offset), Width::w1);
  const Value mask = x.b.binary(Opcode::shl, x.constant(to.width, 1), offset);
  if (variant == kSet)
    x.write(to, x.b.or_(value, mask));
  if (variant == kReset)
    x.write(to, x.b.and_(value, x.b.not_(mask)));
  if (variant == kComplement)
    x.write(to, x.b.xor_(value, mask));
  const Value old = x.b.flags_undefine(x.flags(), ir::kOverflow | ir::kSign | ir::kAdjust | ir::kParity);
  x.set_flags(x.b.flags_with(old, ir::kCarry, carry));
}

/// bsf (Opcode::ctz), bsr (Opcode::clz).
void scan(X86Instruction &x, unsigned opcode) {
  const Value source = x.read(1);
  const Width width = source.width;
  const Value is_zero = x.b.compare(Opcode::eq, source, x.constant(width, 0));
  Value index = x.b.unary(static_cast<Opcode>(opcode), source);
  if (static_cast<Opcode>(opcode) == Opcode::clz)
    index = x.b.sub(x.constant(width, ir::bits_of(width) - 1), index);
  if (width == Width::w32 && x.long_mode()) {
    // A source of zero leaves all 64 bits of the destination.
    const RegisterBits to = locate(x.operand(0).reg.value);
    x.b.put(to.number, x.b.select(is_zero, x.b.get(to.number), x.b.zext(index, Width::w64)));
  } else {
    x.write(0, x.b.select(is_zero, x.read(0), index));
  }
  const Value others = x.b.flags_undefine(x.flags(), ir::kAllFlags & ~unsigned{ir::kZero});
  x.set_flags(x.b.flags_with(others, ir::kZero, is_zero));
}

/// tzcnt, lzcnt: the result is the width for zero; CF = source is zero, ZF = result is zero.
void count_zeros(X86Instruction &x, unsigned opcode) {
  const Value source = x.read(1), zero = x.constant(source.width, 0);
  const Value result = x.b.unary(static_cast<Opcode>(opcode), source);
  x.write(0, result);
  const Value others = x.b.flags_undefine(x.flags(), ir::kOverflow | ir::kSign | ir::kAdjust | ir::kParity);
  const Value carried = x.b.flags_with(others, ir::kCarry, x.b.compare(Opcode::eq, source, zero));
  x.set_flags(x.b.flags_with(carried, ir::kZero, x.b.compare(Opcode::eq, result, zero)));
}

/// popcnt: ZF = source is zero, the others are cleared.
void population(X86Instruction &x, unsigned) {
  const Value source = x.read(1);
  x.write(0, x.b.unary(Opcode::popcount, source));
  const Value is_zero = x.b.zext(x.b.compare(Opcode::eq, source, x.constant(source.width, 0)), Width::w32);
  x.set_flags(FlagKind::word, x.b.binary(Opcode::shl, is_zero, x.constant(Width::w32, 6)));
}

/// andn: first operand := not second and third. AF and PF undefined.
void and_not(X86Instruction &x, unsigned) {
  const Value result = x.b.and_(x.b.not_(x.read(1)), x.read(2));
  x.write(0, result);
  x.set_flags(x.b.flags_undefine(x.b.flags(FlagKind::logic, result), ir::kAdjust | ir::kParity));
}

constexpr unsigned kTrailing = static_cast<unsigned>(Opcode::ctz), kLeading = static_cast<unsigned>(Opcode::clz);
constexpr auto kSemantics = std::to_array<MnemonicSemantics>({
    {ZYDIS_MNEMONIC_BT, bit_test, kTest},
    {ZYDIS_MNEMONIC_BTS, bit_test, kSet},
    {ZYDIS_MNEMONIC_BTR, bit_test, kReset},
    {ZYDIS_MNEMONIC_BTC, bit_test, kComplement},
    {ZYDIS_MNEMONIC_BSF, scan, kTrailing},
    {ZYDIS_MNEMONIC_BSR, scan, kLeading},
    {ZYDIS_MNEMONIC_TZCNT, count_zeros, kTrailing},
    {ZYDIS_MNEMONIC_LZCNT, count_zeros, kLeading},
    {ZYDIS_MNEMONIC_POPCNT, population},
    {ZYDIS_MNEMONIC_ANDN, and_not},
});

} // namespace

std::span<const MnemonicSemantics> x86_bit_semantics() { return kSemantics; }

} // namespace ringfence::lift
