// Moves: mov, movzx, movsx, lea, cmov, set, xchg with registers, sign extensions of the accumulator, xlat, segment
// moves. None changes flags. Intel SDM volume 2.
#include "x86_instruction.h"

namespace ringfence::lift {
namespace {

void mov(X86Instruction &x, unsigned) {
  const ZydisDecodedOperand &to = x.operand(0), &from = x.operand(1);
  const auto is_class = [](const ZydisDecodedOperand &operand, ZydisRegister first, ZydisRegister last) {
    return operand.type == ZYDIS_OPERAND_TYPE_REGISTER && operand.reg.value >= first && operand.reg.value <= last;
  };
  const auto control = [&](const ZydisDecodedOperand &operand, ZydisRegister first, SysOp read, SysOp write) {
    const Value number = x.constant(Width::w32, static_cast<std::uint64_t>(operand.reg.value - first));
    if (&operand == &from)
      x.write(0, x.b.resize(x.b.sys(read, Width::w64, number), x.width(0)));
    else
      x.b.sys(write, Width::none, number, x.b.zext(x.read(1), Width::w64));
  };
  for (const ZydisDecodedOperand *operand : {&to, &from}) {
    if (is_class(*operand, ZYDIS_REGISTER_CR0, ZYDIS_REGISTER_CR15))
      return control(*operand, ZYDIS_REGISTER_CR0, SysOp::read_cr, SysOp::write_cr);
    if (is_class(*operand, ZYDIS_REGISTER_DR0, ZYDIS_REGISTER_DR15))
      return control(*operand, ZYDIS_REGISTER_DR0, SysOp::read_dr, SysOp::write_dr);
    if (is_class(*operand, ZYDIS_REGISTER_TR0, ZYDIS_REGISTER_TR7))
      return x.unsupported();
  }
  if (is_class(to, ZYDIS_REGISTER_ES, ZYDIS_REGISTER_GS)) {
    const Value selector = x.b.trunc(x.read(1), Width::w16);
    const RegisterBits segment = locate(to.reg.value);
    x.b.sys(SysOp::load_segment, Width::none, x.constant(Width::w32, segment.number - unsigned{reg::es}), selector);
    x.b.put(segment.number, selector);
    // Loading a selector loads the base from a descriptor table that is not modelled.
    if (segment.number == reg::fs)
      x.b.put(reg::fs_base, x.b.undefined(x.word()));
    if (segment.number == reg::gs)
      x.b.put(reg::gs_base, x.b.undefined(x.word()));
    return;
  }
  x.write(0, x.b.resize(x.read(1), x.width(0)));
}

enum Extension : unsigned { kZero, kSign };

void move_extended(X86Instruction &x, unsigned extension) {
  const Value value = x.read(1);
  const Width to = x.width(0);
  if (value.width >= to) // movsxd with 16-bit operands
    return x.write(0, x.b.trunc(value, to));
  x.write(0, extension == kSign ? x.b.sext(value, to) : x.b.zext(value, to));
}

void lea(X86Instruction &x, unsigned) { x.write(0, x.b.resize(x.offset_of(x.operand(1)), x.width(0))); }

void cmov(X86Instruction &x, unsigned condition) {
  // The source is read, and a 32-bit destination is zero-extended, whatever the condition.
  const Value value = x.read(1);
  x.write(0, x.b.select(x.condition(static_cast<Condition>(condition)), value, x.read(0)));
}

void set(X86Instruction &x, unsigned condition) {
  x.write(0, x.b.zext(x.condition(static_cast<Condition>(condition)), Width::w8));
}

/// cbw, cwde, cdqe: the accumulator's lower half, sign-extended into it.
void extend_accumulator(X86Instruction &x, unsigned from_bits) {
  const Value half = x.read_general(reg::rax, ir::width_of_bits(from_bits));
  x.write_general(reg::rax, x.b.sext(half, ir::width_of_bits(2 * from_bits)));
}

/// cwd, cdq, cqo: the data register becomes the accumulator's sign.
void extend_into_data(X86Instruction &x, unsigned bits) {
  const Width width = ir::width_of_bits(bits);
  x.write_general(reg::rdx, x.b.binary(Opcode::sar, x.read_general(reg::rax, width), x.constant(width, bits - 1)));
}

void xlat(X86Instruction &x, unsigned) {
  const Width size = x.address_size();
  const Value offset = x.b.add(x.read_general(reg::rbx, size), x.b.zext(x.read_general(reg::rax, Width::w8), size));
  Value address = x.b.zext(offset, x.word());
  if (x.has(ZYDIS_ATTRIB_HAS_SEGMENT_FS))
    address = x.b.add(x.b.get(reg::fs_base), address);
  if (x.has(ZYDIS_ATTRIB_HAS_SEGMENT_GS))
    address = x.b.add(x.b.get(reg::gs_base), address);
  x.write_general(reg::rax, x.b.load(Width::w8, address));
}

void bswap(X86Instruction &x, unsigned) {
  if (x.width(0) == Width::w16)
    return x.write(0, x.b.undefined(Width::w16)); // the manual leaves it undefined
  x.write(0, x.b.unary(Opcode::bswap, x.read(0)));
}

void nop(X86Instruction &, unsigned) {}

void move_non_temporal(X86Instruction &x, unsigned) {
  x.b.store(x.address_of(x.operand(0)), x.read(1), ir::kNonTemporal);
}

/// movbe: one side is memory, its bytes reversed.
void move_big_endian(X86Instruction &x, unsigned) { x.write(0, x.b.unary(Opcode::bswap, x.read(1))); }

using enum Condition;
constexpr auto kSemantics = std::to_array<MnemonicSemantics>({
    {ZYDIS_MNEMONIC_MOV, mov},
    {ZYDIS_MNEMONIC_MOVZX, move_extended, kZero},
    {ZYDIS_MNEMONIC_MOVSX, move_extended, kSign},
    {ZYDIS_MNEMONIC_MOVSXD, move_extended, kSign},
    {ZYDIS_MNEMONIC_LEA, lea},
    {ZYDIS_MNEMONIC_CMOVO, cmov, variant_of(o)},
    {ZYDIS_MNEMONIC_CMOVNO, cmov, variant_of(no)},
    {ZYDIS_MNEMONIC_CMOVB, cmov, variant_of(Condition::b)},
    {ZYDIS_MNEMONIC_CMOVNB, cmov, variant_of(ae)},
    {ZYDIS_MNEMONIC_CMOVZ, cmov, variant_of(e)},
    {ZYDIS_MNEMONIC_CMOVNZ, cmov, variant_of(ne)},
    {ZYDIS_MNEMONIC_CMOVBE, cmov, variant_of(be)},
    {ZYDIS_MNEMONIC_CMOVNBE, cmov, variant_of(a)},
    {ZYDIS_MNEMONIC_CMOVS, cmov, variant_of(s)},
    {ZYDIS_MNEMONIC_CMOVNS, cmov, variant_of(ns)},
    {ZYDIS_MNEMONIC_CMOVP, cmov, variant_of(p)},
    {ZYDIS_MNEMONIC_CMOVNP, cmov, variant_of(np)},
    {ZYDIS_MNEMONIC_CMOVL, cmov, variant_of(l)},
    {ZYDIS_MNEMONIC_CMOVNL, cmov, variant_of(ge)},
    {ZYDIS_MNEMONIC_CMOVLE, cmov, variant_of(le)},
    {ZYDIS_MNEMONIC_CMOVNLE, cmov, variant_of(g)},
    {ZYDIS_MNEMONIC_SETO, set, variant_of(o)},
    {ZYDIS_MNEMONIC_SETNO, set, variant_of(no)},
    {ZYDIS_MNEMONIC_SETB, set, variant_of(Condition::b)},
    {ZYDIS_MNEMONIC_SETNB, set, variant_of(ae)},
    {ZYDIS_MNEMONIC_SETZ, set, variant_of(e)},
    {ZYDIS_MNEMONIC_SETNZ, set, variant_of(ne)},
    {ZYDIS_MNEMONIC_SETBE, set, variant_of(be)},
    {ZYDIS_MNEMONIC_SETNBE, set, variant_of(a)},
    {ZYDIS_MNEMONIC_SETS, set, variant_of(s)},
    {ZYDIS_MNEMONIC_SETNS, set, variant_of(ns)},
    {ZYDIS_MNEMONIC_SETP, set, variant_of(p)},
    {ZYDIS_MNEMONIC_SETNP, set, variant_of(np)},
    {ZYDIS_MNEMONIC_SETL, set, variant_of(l)},
    {ZYDIS_MNEMONIC_SETNL, set, variant_of(ge)},
    {ZYDIS_MNEMONIC_SETLE, set, variant_of(le)},
    {ZYDIS_MNEMONIC_SETNLE, set, variant_of(g)},
    {ZYDIS_MNEMONIC_CBW, extend_accumulator, 8},
    {ZYDIS_MNEMONIC_CWDE, extend_accumulator, 16},
    {ZYDIS_MNEMONIC_CDQE, extend_accumulator, 32},
    {ZYDIS_MNEMONIC_CWD, extend_into_data, 16},
    {ZYDIS_MNEMONIC_CDQ, extend_into_data, 32},
    {ZYDIS_MNEMONIC_CQO, extend_into_data, 64},
    {ZYDIS_MNEMONIC_XLAT, xlat},
    {ZYDIS_MNEMONIC_BSWAP, bswap},
    {ZYDIS_MNEMONIC_MOVNTI, move_non_temporal},
    {ZYDIS_MNEMONIC_MOVBE, move_big_endian},
    {ZYDIS_MNEMONIC_NOP, nop},
    {ZYDIS_MNEMONIC_PREFETCHNTA, nop},
    {ZYDIS_MNEMONIC_PREFETCHT0, nop},
    {ZYDIS_MNEMONIC_PREFETCHT1, nop},
    {ZYDIS_MNEMONIC_PREFETCHT2, nop},
    {ZYDIS_MNEMONIC_PREFETCH, nop},
    {ZYDIS_MNEMONIC_PREFETCHW, nop},
    {ZYDIS_MNEMONIC_ENDBR64, nop},
    {ZYDIS_MNEMONIC_ENDBR32, nop},
});

} // namespace

std::span<const MnemonicSemantics> x86_move_semantics() { return kSemantics; }

} // namespace ringfence::lift
