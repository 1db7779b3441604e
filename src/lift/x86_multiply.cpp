// Multiplication and division. mul and imul define CF = OF = the product does not fit; SF, ZF, AF, PF are undefined.
// div and idiv leave all flags undefined and fault (#DE) on a zero divisor or a quotient that does not fit.
#include "x86_instruction.h"

namespace ringfence::lift {
namespace {

Width doubled(Width width) { return ir::width_of_bits(2 * ir::bits_of(width)); }

/// The double-width value in AX, or in the data register and the accumulator.
Value read_pair(X86Instruction &x, Width width) {
  if (width == Width::w8)
    return x.read_general(reg::rax, Width::w16);
  return x.b.concat(x.read_general(reg::rdx, width), x.read_general(reg::rax, width));
}

void write_pair(X86Instruction &x, Value high, Value low) {
  if (low.width == Width::w8)
    return x.write_general(reg::rax, x.b.concat(high, low));
  x.write_general(reg::rax, low);
  x.write_general(reg::rdx, high);
}

void multiply_flags(X86Instruction &x, Value overflow) { x.set_flags(FlagKind::multiply, overflow); }

/// One-operand forms; variant 1 is signed.
void multiply_accumulator(X86Instruction &x, unsigned is_signed) {
  const Value factor = x.read(0);
  const Width width = factor.width, twice = doubled(width);
  const Value accumulator = x.read_general(reg::rax, width);
  const auto extended = [&](Value value) { return is_signed ? x.b.sext(value, twice) : x.b.zext(value, twice); };
  const Value product = x.b.binary(Opcode::mul, extended(accumulator), extended(factor));
  const Value low = x.b.trunc(product, width), high = x.b.extract(product, ir::bits_of(width), width);
  write_pair(x, high, low);
  const Value expected =
      is_signed ? x.b.binary(Opcode::sar, low, x.constant(width, ir::bits_of(width) - 1)) : x.constant(width, 0);
  multiply_flags(x, x.b.compare(Opcode::ne, high, expected));
}

void imul(X86Instruction &x, unsigned) {
  if (x.visible_operands() == 1)
    return multiply_accumulator(x, 1);
  const unsigned left = x.visible_operands() == 3 ? 1 : 0;
  const Value first = x.read(left), second = x.read(left + 1);
  const Width width = first.width, twice = doubled(width);
  const Value product = x.b.binary(Opcode::mul, x.b.sext(first, twice), x.b.sext(second, twice));
  const Value low = x.b.binary(Opcode::mul, first, second);
  x.write(0, low);
  multiply_flags(x, x.b.compare(Opcode::ne, product, x.b.sext(low, twice)));
}

void mul(X86Instruction &x, unsigned) { multiply_accumulator(x, 0); }

/// mulx: unsigned product into two registers (high first), no flags.
void mulx(X86Instruction &x, unsigned) {
  const Value factor = x.read(2);
  const Width width = factor.width, twice = doubled(width);
  const Value other = x.read_general(reg::rdx, width);
  const Value product = x.b.binary(Opcode::mul, x.b.zext(other, twice), x.b.zext(factor, twice));
  x.write(1, x.b.trunc(product, width));
  x.write(0, x.b.extract(product, ir::bits_of(width), width));
}

void divide(X86Instruction &x, unsigned is_signed) {
  const Value divisor = x.read(0);
  const Width width = divisor.width, twice = doubled(width);
  const unsigned bits = ir::bits_of(width);
  x.b.check(TrapKind::divide_error, x.b.compare(Opcode::eq, divisor, x.constant(width, 0)));
  const Value dividend = read_pair(x, width);
  Value quotient, remainder;
  if (is_signed) {
    const Value wide = x.b.sext(divisor, twice);
    quotient = x.b.binary(Opcode::sdiv, dividend, wide);
    remainder = x.b.binary(Opcode::srem, dividend, wide);
    const Value low = x.b.trunc(quotient, width);
    x.b.check(TrapKind::divide_error, x.b.compare(Opcode::ne, x.b.sext(low, twice), quotient));
  } else {
    // The quotient fits exactly when the high half is below the divisor.
    x.b.check(TrapKind::divide_error, x.b.compare(Opcode::ule, divisor, x.b.extract(dividend, bits, width)));
    const Value wide = x.b.zext(divisor, twice);
    quotient = x.b.binary(Opcode::udiv, dividend, wide);
    remainder = x.b.binary(Opcode::urem, dividend, wide);
  }
  write_pair(x, x.b.trunc(remainder, width), x.b.trunc(quotient, width));
  x.set_flags(x.b.flags_undefine(x.flags(), ir::kAllFlags));
}

constexpr auto kSemantics = std::to_array<MnemonicSemantics>({
    {ZYDIS_MNEMONIC_MUL, mul},
    {ZYDIS_MNEMONIC_IMUL, imul},
    {ZYDIS_MNEMONIC_MULX, mulx},
    {ZYDIS_MNEMONIC_DIV, divide, 0},
    {ZYDIS_MNEMONIC_IDIV, divide, 1},
});

} // namespace

std::span<const MnemonicSemantics> x86_multiply_semantics() { return kSemantics; }

} // namespace ringfence::lift
