// Moves of the SSE registers. movaps, movdqa, movntdq and their kin fault (#GP) on an address that is not aligned.
#include "x86_instruction.h"
#include "x86_vector.h"

namespace ringfence::lift {
namespace {

void require_alignment(X86Instruction &x, Value address, unsigned bytes) {
  const Value low = x.b.and_(address, x.constant(x.word(), bytes - 1));
  x.b.check(TrapKind::general_protection, x.b.compare(Opcode::ne, low, x.constant(x.word(), 0)));
}

enum Whole : unsigned { kUnaligned = 0, kAligned = 1, kStreaming = 2 };

/// movups, movaps, movdqa, movntdq, ...: variant is a mask of kAligned and kStreaming.
void move_whole(X86Instruction &x, unsigned variant) {
  const unsigned attributes = variant & kStreaming ? unsigned{ir::kNonTemporal} : 0u;
  for (unsigned side = 0; side < 2; ++side) {
    if (!x.is_memory(side))
      continue;
    const Location place = x.place(side);
    if (place.width != Width::w128)
      return x.unsupported();
    if (variant & kAligned)
      require_alignment(x, place.address, 16);
    if (side == 0)
      return x.b.store(place.address, x.read(1), attributes);
    return x.write(0, x.b.load(place.width, place.address, attributes));
  }
  x.write(0, x.read(1));
}

/// movd, movq: a load clears the rest of the register.
void move_word(X86Instruction &x, unsigned) {
  const Width to = x.width(0), from = x.width(1);
  if (x.is_memory(0) || to < Width::w128)
    return x.write(0, x.b.resize(x.read(1), to));
  const Width part = from < Width::w128 ? from : Width::w64; // movq xmm, xmm
  x.write(0, x.b.zext(x.b.trunc(x.read(1), part), to));
}

/// movss, movsd: register to register keeps the rest, a load clears it.
void move_scalar(X86Instruction &x, unsigned bits) {
  const Width part = ir::width_of_bits(bits);
  if (x.is_memory(0))
    return x.write(0, x.b.trunc(x.read(1), part));
  if (x.is_memory(1))
    return x.write(0, x.b.zext(x.read(1), Width::w128));
  x.write(0, x.b.insert(x.read(0), x.b.trunc(x.read(1), part), 0));
}

/// movntq.
void store_streaming(X86Instruction &x, unsigned) { x.b.store(x.place(0).address, x.read(1), ir::kNonTemporal); }

void movsd(X86Instruction &x, unsigned) {
  if (x.decoded().meta.category == ZYDIS_CATEGORY_STRINGOP)
    return lift_movs_doubleword(x);
  move_scalar(x, 64);
}

/// movlps, movlpd (variant 0), movhps, movhpd (variant 64): one half to or from memory.
void move_half(X86Instruction &x, unsigned low_bit) {
  if (x.is_memory(0))
    return x.write(0, x.b.extract(x.read(1), low_bit, Width::w64));
  x.write(0, x.b.insert(x.read(0), x.read(1), low_bit));
}

/// movlhps (variant 0): low half of the source to the high half; movhlps (variant 64): the other way round.
void move_across(X86Instruction &x, unsigned from) {
  x.write(0, x.b.insert(x.read(0), x.b.extract(x.read(1), from, Width::w64), 64 - from));
}

/// movddup: the low half twice.
void duplicate_low(X86Instruction &x, unsigned) {
  const Value low = x.b.trunc(x.read(1), Width::w64);
  x.write(0, x.b.concat(low, low));
}

/// pextrb, pextrw, pextrd, pextrq: variant is the lane's width. A register destination is zero-extended.
void extract_lane(X86Instruction &x, unsigned bits) {
  const unsigned lane = static_cast<unsigned>(x.immediate(2)) & (ir::bits_of(x.width(1)) / bits - 1);
  const Value value = x.b.extract(x.read(1), lane * bits, ir::width_of_bits(bits));
  x.write(0, x.b.resize(value, x.width(0)));
}

void insert_lane(X86Instruction &x, unsigned bits) {
  const unsigned lane = static_cast<unsigned>(x.immediate(2)) & (ir::bits_of(x.width(0)) / bits - 1);
  x.write(0, x.b.insert(x.read(0), x.b.resize(x.read(1), ir::width_of_bits(bits)), lane * bits));
}

constexpr auto kSemantics = std::to_array<MnemonicSemantics>({
    {ZYDIS_MNEMONIC_MOVUPS, move_whole, kUnaligned},
    {ZYDIS_MNEMONIC_MOVUPD, move_whole, kUnaligned},
    {ZYDIS_MNEMONIC_MOVDQU, move_whole, kUnaligned},
    {ZYDIS_MNEMONIC_LDDQU, move_whole, kUnaligned},
    {ZYDIS_MNEMONIC_MOVAPS, move_whole, kAligned},
    {ZYDIS_MNEMONIC_MOVAPD, move_whole, kAligned},
    {ZYDIS_MNEMONIC_MOVDQA, move_whole, kAligned},
    {ZYDIS_MNEMONIC_MOVNTDQ, move_whole, kAligned | kStreaming},
    {ZYDIS_MNEMONIC_MOVNTPS, move_whole, kAligned | kStreaming},
    {ZYDIS_MNEMONIC_MOVNTPD, move_whole, kAligned | kStreaming},
    {ZYDIS_MNEMONIC_MOVNTDQA, move_whole, kAligned | kStreaming},
    {ZYDIS_MNEMONIC_MOVNTQ, store_streaming},
    {ZYDIS_MNEMONIC_MOVD, move_word},
    {ZYDIS_MNEMONIC_MOVQ, move_word},
    {ZYDIS_MNEMONIC_MOVQ2DQ, move_word},
    {ZYDIS_MNEMONIC_MOVDQ2Q, move_word},
    {ZYDIS_MNEMONIC_MOVSS, move_scalar, 32},
    {ZYDIS_MNEMONIC_MOVSD, movsd},
    {ZYDIS_MNEMONIC_MOVLPS, move_half, 0},
    {ZYDIS_MNEMONIC_MOVLPD, move_half, 0},
    {ZYDIS_MNEMONIC_MOVHPS, move_half, 64},
    {ZYDIS_MNEMONIC_MOVHPD, move_half, 64},
    {ZYDIS_MNEMONIC_MOVLHPS, move_across, 0},
    {ZYDIS_MNEMONIC_MOVHLPS, move_across, 64},
    {ZYDIS_MNEMONIC_MOVDDUP, duplicate_low},
    {ZYDIS_MNEMONIC_PEXTRB, extract_lane, 8},
    {ZYDIS_MNEMONIC_PEXTRW, extract_lane, 16},
    {ZYDIS_MNEMONIC_PEXTRD, extract_lane, 32},
    {ZYDIS_MNEMONIC_PEXTRQ, extract_lane, 64},
    {ZYDIS_MNEMONIC_PINSRB, insert_lane, 8},
    {ZYDIS_MNEMONIC_PINSRW, insert_lane, 16},
    {ZYDIS_MNEMONIC_PINSRD, insert_lane, 32},
    {ZYDIS_MNEMONIC_PINSRQ, insert_lane, 64},
});

} // namespace

std::span<const MnemonicSemantics> x86_vector_move_semantics() { return kSemantics; }

} // namespace ringfence::lift
