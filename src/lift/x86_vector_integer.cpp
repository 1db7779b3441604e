// Integer arithmetic, logic and shuffles on SSE registers (SSE2 to SSE4.1 as compilers emit them). No flags.
#include "x86_instruction.h"
#include "x86_vector.h"

namespace ringfence::lift {

Value aligned_source(X86Instruction &x, unsigned index) {
  if (!x.is_memory(index))
    return x.read(index);
  const Location place = x.place(index);
  if (place.width == Width::w128) {
    const Value low = x.b.and_(place.address, x.constant(x.word(), 15));
    x.b.check(TrapKind::general_protection, x.b.compare(Opcode::ne, low, x.constant(x.word(), 0)));
  }
  return x.read(place);
}

namespace {

using ir::LaneOp;

constexpr unsigned lanes(LaneOp op, unsigned bits) { return static_cast<unsigned>(op) | bits << 8; }
LaneOp op_of(unsigned variant) { return static_cast<LaneOp>(variant & 0xff); }
Width lane_of(unsigned variant) { return ir::width_of_bits(variant >> 8); }

/// Whole SSE or MMX registers: not those of AVX.
bool is_sse(X86Instruction &x) { return x.width(0) == Width::w128 || x.width(0) == Width::w64; }

void logic(X86Instruction &x, unsigned opcode) {
  if (!is_sse(x))
    return x.unsupported();
  if (static_cast<Opcode>(opcode) == Opcode::xor_ && x.same_register(0, 1))
    return x.write(0, x.constant(x.width(0), 0));
  const Value second = aligned_source(x, 1);
  x.write(0, x.b.binary(static_cast<Opcode>(opcode), x.read(0), second));
}

void and_not(X86Instruction &x, unsigned) {
  if (!is_sse(x))
    return x.unsupported();
  const Value second = aligned_source(x, 1);
  x.write(0, x.b.and_(x.b.not_(x.read(0)), second));
}

void by_lane(X86Instruction &x, unsigned variant) {
  if (!is_sse(x))
    return x.unsupported();
  // The low halves of MMX registers are unpacked with 32 bits of memory.
  const Value second = x.b.resize(aligned_source(x, 1), x.width(0));
  x.write(0, x.b.lane(op_of(variant), lane_of(variant), x.read(0), second));
}

/// pabsb, pabsw, pabsd: one source.
void absolute_value(X86Instruction &x, unsigned bits) {
  if (!is_sse(x))
    return x.unsupported();
  x.write(0, x.b.lane(LaneOp::absolute, ir::width_of_bits(bits), aligned_source(x, 1)));
}

/// psllw ... psrad: the count is an immediate or the low 64 bits of a register.
void shift(X86Instruction &x, unsigned variant) {
  if (!is_sse(x))
    return x.unsupported();
  Value count;
  if (x.is_immediate(1)) { // an operation with an immediate attribute takes its operands as values
    count = x.constant(Width::w64, x.immediate(1) & 0xff);
  } else {
    count = x.b.trunc(aligned_source(x, 1), Width::w64);
  }
  x.write(0, x.b.lane(op_of(variant), lane_of(variant), x.read(0), count));
}

/// pslldq, psrldq: by bytes over the whole register.
void shift_bytes(X86Instruction &x, unsigned opcode) {
  const std::uint64_t bytes = x.immediate(1) & 0xff;
  const Value count = x.constant(Width::w128, bytes > 15 ? 128 : 8 * bytes);
  x.write(0, x.b.binary(static_cast<Opcode>(opcode), x.read(0), count));
}

void move_lanes(X86Instruction &x, unsigned variant) {
  if (!is_sse(x))
    return x.unsupported();
  x.write(0, x.b.lane(op_of(variant), lane_of(variant), aligned_source(x, 1), {}, x.immediate(2) & 0xff));
}

/// shufps, shufpd.
void select_pair(X86Instruction &x, unsigned bits) {
  const Value second = aligned_source(x, 1);
  x.write(0, x.b.lane(LaneOp::shuffle_pair, ir::width_of_bits(bits), x.read(0), second, x.immediate(2) & 0xff));
}

/// palignr: both registers as one value, shifted right by bytes.
void align_right(X86Instruction &x, unsigned) {
  if (x.width(0) != Width::w128)
    return x.unsupported();
  const std::uint64_t bytes = x.immediate(2) & 0xff;
  const Value second = aligned_source(x, 1);
  const Value first = x.read(0);
  if (bytes >= 16) { // only the first operand is left
    const Value count = x.constant(Width::w128, bytes > 31 ? 128 : 8 * (bytes - 16));
    return x.write(0, x.b.binary(Opcode::shr, first, count));
  }
  x.write(0, x.b.extract(x.b.concat(first, second), static_cast<unsigned>(8 * bytes), Width::w128));
}

/// pmovmskb, movmskps, movmskpd.
void top_bits(X86Instruction &x, unsigned bits) {
  if (x.width(1) != Width::w128 && x.width(1) != Width::w64)
    return x.unsupported();
  x.write(0, x.b.resize(x.b.lane(LaneOp::sign_mask, ir::width_of_bits(bits), x.read(1)), x.width(0)));
}

/// ptest: ZF = and is zero, CF = and-not is zero, the others cleared.
void test(X86Instruction &x, unsigned) {
  const Value second = aligned_source(x, 1), first = x.read(0), zero = x.constant(Width::w128, 0);
  const Value is_zero = x.b.compare(Opcode::eq, x.b.and_(first, second), zero);
  const Value is_subset = x.b.compare(Opcode::eq, x.b.and_(x.b.not_(first), second), zero);
  const Value word = x.b.binary(Opcode::shl, x.b.zext(is_zero, Width::w32), x.constant(Width::w32, 6));
  x.set_flags(FlagKind::word, x.b.or_(word, x.b.zext(is_subset, Width::w32)));
}

using enum LaneOp;
constexpr unsigned number(Opcode code) { return static_cast<unsigned>(code); }
constexpr auto kSemantics = std::to_array<MnemonicSemantics>({
    {ZYDIS_MNEMONIC_PXOR, logic, number(Opcode::xor_)},
    {ZYDIS_MNEMONIC_XORPS, logic, number(Opcode::xor_)},
    {ZYDIS_MNEMONIC_XORPD, logic, number(Opcode::xor_)},
    {ZYDIS_MNEMONIC_POR, logic, number(Opcode::or_)},
    {ZYDIS_MNEMONIC_ORPS, logic, number(Opcode::or_)},
    {ZYDIS_MNEMONIC_ORPD, logic, number(Opcode::or_)},
    {ZYDIS_MNEMONIC_PAND, logic, number(Opcode::and_)},
    {ZYDIS_MNEMONIC_ANDPS, logic, number(Opcode::and_)},
    {ZYDIS_MNEMONIC_ANDPD, logic, number(Opcode::and_)},
    {ZYDIS_MNEMONIC_PANDN, and_not},
    {ZYDIS_MNEMONIC_ANDNPS, and_not},
    {ZYDIS_MNEMONIC_ANDNPD, and_not},
    {ZYDIS_MNEMONIC_PADDB, by_lane, lanes(add, 8)},
    {ZYDIS_MNEMONIC_PADDW, by_lane, lanes(add, 16)},
    {ZYDIS_MNEMONIC_PADDD, by_lane, lanes(add, 32)},
    {ZYDIS_MNEMONIC_PADDQ, by_lane, lanes(add, 64)},
    {ZYDIS_MNEMONIC_PSUBB, by_lane, lanes(sub, 8)},
    {ZYDIS_MNEMONIC_PSUBW, by_lane, lanes(sub, 16)},
    {ZYDIS_MNEMONIC_PSUBD, by_lane, lanes(sub, 32)},
    {ZYDIS_MNEMONIC_PSUBQ, by_lane, lanes(sub, 64)},
    {ZYDIS_MNEMONIC_PADDSB, by_lane, lanes(add_saturate_signed, 8)},
    {ZYDIS_MNEMONIC_PADDSW, by_lane, lanes(add_saturate_signed, 16)},
    {ZYDIS_MNEMONIC_PADDUSB, by_lane, lanes(add_saturate_unsigned, 8)},
    {ZYDIS_MNEMONIC_PADDUSW, by_lane, lanes(add_saturate_unsigned, 16)},
    {ZYDIS_MNEMONIC_PSUBSB, by_lane, lanes(sub_saturate_signed, 8)},
    {ZYDIS_MNEMONIC_PSUBSW, by_lane, lanes(sub_saturate_signed, 16)},
    {ZYDIS_MNEMONIC_PSUBUSB, by_lane, lanes(sub_saturate_unsigned, 8)},
    {ZYDIS_MNEMONIC_PSUBUSW, by_lane, lanes(sub_saturate_unsigned, 16)},
    {ZYDIS_MNEMONIC_PMULLW, by_lane, lanes(mul_low, 16)},
    {ZYDIS_MNEMONIC_PMULLD, by_lane, lanes(mul_low, 32)},
    {ZYDIS_MNEMONIC_PMULHW, by_lane, lanes(mul_high_signed, 16)},
    {ZYDIS_MNEMONIC_PMULHUW, by_lane, lanes(mul_high_unsigned, 16)},
    {ZYDIS_MNEMONIC_PMULUDQ, by_lane, lanes(multiply_even_unsigned, 64)},
    {ZYDIS_MNEMONIC_PMADDWD, by_lane, lanes(multiply_add16, 32)},
    {ZYDIS_MNEMONIC_PSADBW, by_lane, lanes(sum_absolute, 64)},
    {ZYDIS_MNEMONIC_PMINUB, by_lane, lanes(min_unsigned, 8)},
    {ZYDIS_MNEMONIC_PMINUW, by_lane, lanes(min_unsigned, 16)},
    {ZYDIS_MNEMONIC_PMINUD, by_lane, lanes(min_unsigned, 32)},
    {ZYDIS_MNEMONIC_PMINSB, by_lane, lanes(min_signed, 8)},
    {ZYDIS_MNEMONIC_PMINSW, by_lane, lanes(min_signed, 16)},
    {ZYDIS_MNEMONIC_PMINSD, by_lane, lanes(min_signed, 32)},
    {ZYDIS_MNEMONIC_PMAXUB, by_lane, lanes(max_unsigned, 8)},
    {ZYDIS_MNEMONIC_PMAXUW, by_lane, lanes(max_unsigned, 16)},
    {ZYDIS_MNEMONIC_PMAXUD, by_lane, lanes(max_unsigned, 32)},
    {ZYDIS_MNEMONIC_PMAXSB, by_lane, lanes(max_signed, 8)},
    {ZYDIS_MNEMONIC_PMAXSW, by_lane, lanes(max_signed, 16)},
    {ZYDIS_MNEMONIC_PMAXSD, by_lane, lanes(max_signed, 32)},
    {ZYDIS_MNEMONIC_PAVGB, by_lane, lanes(average, 8)},
    {ZYDIS_MNEMONIC_PAVGW, by_lane, lanes(average, 16)},
    {ZYDIS_MNEMONIC_PCMPEQB, by_lane, lanes(equal, 8)},
    {ZYDIS_MNEMONIC_PCMPEQW, by_lane, lanes(equal, 16)},
    {ZYDIS_MNEMONIC_PCMPEQD, by_lane, lanes(equal, 32)},
    {ZYDIS_MNEMONIC_PCMPEQQ, by_lane, lanes(equal, 64)},
    {ZYDIS_MNEMONIC_PCMPGTB, by_lane, lanes(greater_signed, 8)},
    {ZYDIS_MNEMONIC_PCMPGTW, by_lane, lanes(greater_signed, 16)},
    {ZYDIS_MNEMONIC_PCMPGTD, by_lane, lanes(greater_signed, 32)},
    {ZYDIS_MNEMONIC_PCMPGTQ, by_lane, lanes(greater_signed, 64)},
    {ZYDIS_MNEMONIC_PUNPCKLBW, by_lane, lanes(unpack_low, 8)},
    {ZYDIS_MNEMONIC_PUNPCKLWD, by_lane, lanes(unpack_low, 16)},
    {ZYDIS_MNEMONIC_PUNPCKLDQ, by_lane, lanes(unpack_low, 32)},
    {ZYDIS_MNEMONIC_PUNPCKLQDQ, by_lane, lanes(unpack_low, 64)},
    {ZYDIS_MNEMONIC_PUNPCKHBW, by_lane, lanes(unpack_high, 8)},
    {ZYDIS_MNEMONIC_PUNPCKHWD, by_lane, lanes(unpack_high, 16)},
    {ZYDIS_MNEMONIC_PUNPCKHDQ, by_lane, lanes(unpack_high, 32)},
    {ZYDIS_MNEMONIC_PUNPCKHQDQ, by_lane, lanes(unpack_high, 64)},
    {ZYDIS_MNEMONIC_UNPCKLPS, by_lane, lanes(unpack_low, 32)},
    {ZYDIS_MNEMONIC_UNPCKLPD, by_lane, lanes(unpack_low, 64)},
    {ZYDIS_MNEMONIC_UNPCKHPS, by_lane, lanes(unpack_high, 32)},
    {ZYDIS_MNEMONIC_UNPCKHPD, by_lane, lanes(unpack_high, 64)},
    {ZYDIS_MNEMONIC_PACKSSWB, by_lane, lanes(pack_signed, 16)},
    {ZYDIS_MNEMONIC_PACKSSDW, by_lane, lanes(pack_signed, 32)},
    {ZYDIS_MNEMONIC_PACKUSWB, by_lane, lanes(pack_unsigned, 16)},
    {ZYDIS_MNEMONIC_PACKUSDW, by_lane, lanes(pack_unsigned, 32)},
    {ZYDIS_MNEMONIC_PSHUFB, by_lane, lanes(shuffle_bytes, 8)},
    {ZYDIS_MNEMONIC_PABSB, absolute_value, 8},
    {ZYDIS_MNEMONIC_PABSW, absolute_value, 16},
    {ZYDIS_MNEMONIC_PABSD, absolute_value, 32},
    {ZYDIS_MNEMONIC_PSLLW, shift, lanes(shl, 16)},
    {ZYDIS_MNEMONIC_PSLLD, shift, lanes(shl, 32)},
    {ZYDIS_MNEMONIC_PSLLQ, shift, lanes(shl, 64)},
    {ZYDIS_MNEMONIC_PSRLW, shift, lanes(shr, 16)},
    {ZYDIS_MNEMONIC_PSRLD, shift, lanes(shr, 32)},
    {ZYDIS_MNEMONIC_PSRLQ, shift, lanes(shr, 64)},
    {ZYDIS_MNEMONIC_PSRAW, shift, lanes(sar, 16)},
    {ZYDIS_MNEMONIC_PSRAD, shift, lanes(sar, 32)},
    {ZYDIS_MNEMONIC_PSLLDQ, shift_bytes, number(Opcode::shl)},
    {ZYDIS_MNEMONIC_PSRLDQ, shift_bytes, number(Opcode::shr)},
    {ZYDIS_MNEMONIC_PSHUFD, move_lanes, lanes(LaneOp::shuffle, 32)},
    {ZYDIS_MNEMONIC_PSHUFW, move_lanes, lanes(shuffle_low16, 16)},
    {ZYDIS_MNEMONIC_PSHUFLW, move_lanes, lanes(shuffle_low16, 16)},
    {ZYDIS_MNEMONIC_PSHUFHW, move_lanes, lanes(shuffle_high16, 16)},
    {ZYDIS_MNEMONIC_SHUFPS, select_pair, 32},
    {ZYDIS_MNEMONIC_SHUFPD, select_pair, 64},
    {ZYDIS_MNEMONIC_PALIGNR, align_right},
    {ZYDIS_MNEMONIC_PMOVMSKB, top_bits, 8},
    {ZYDIS_MNEMONIC_MOVMSKPS, top_bits, 32},
    {ZYDIS_MNEMONIC_MOVMSKPD, top_bits, 64},
    {ZYDIS_MNEMONIC_PTEST, test},
});

} // namespace

std::span<const MnemonicSemantics> x86_vector_integer_semantics() { return kSemantics; }

} // namespace ringfence::lift
