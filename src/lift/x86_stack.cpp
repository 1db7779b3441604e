// The stack: push, pop, pusha, popa, pushf, popf, enter, leave. The stack is as wide as the
// machine; only the operand may be 16 bits. pop into memory computes its address after the pop
// (SDM, POP).
#include "x86_instruction.h"

namespace ringfence::lift {
namespace {

void push(X86Instruction &x, unsigned) {
  if (x.is_register(0) && locate(x.operand(0).reg.value).number >= reg::es &&
      locate(x.operand(0).reg.value).number <= reg::gs)
    return x.push(x.b.zext(x.read(0), x.operand_size()));
  if (x.is_immediate(0))
    return x.push(x.constant(x.operand_size(), x.immediate(0)));
  x.push(x.read(0));
}

/// The base comes from a descriptor table that is not modelled.
void pop_segment(X86Instruction &x, ir::Register segment) {
  const Value selector = x.b.trunc(x.pop(x.operand_size()), Width::w16);
  x.b.sys(SysOp::load_segment, Width::none, x.constant(Width::w32, segment - unsigned{reg::es}), selector);
  x.b.put(segment, selector);
  if (segment == reg::fs || segment == reg::gs)
    x.b.put(segment == reg::fs ? reg::fs_base : reg::gs_base, x.b.undefined(x.word()));
}

void pop(X86Instruction &x, unsigned) {
  if (x.is_register(0)) {
    const RegisterBits target = locate(x.operand(0).reg.value);
    if (target.number >= reg::es && target.number <= reg::gs)
      return pop_segment(x, target.number);
    const Value top = x.b.get(reg::rsp);
    const Value value = x.b.load(x.width(0), top);
    x.b.put(reg::rsp, x.b.add(top, x.constant(x.word(), ir::bytes_of(x.width(0)))));
    return x.write(0, value); // last: pop rsp keeps the value read
  }
  // The stack pointer in the address is the one after the pop, and a store that faults must leave
  // it as it was.
  const Value top = x.b.get(reg::rsp), width = x.constant(x.word(), ir::bytes_of(x.width(0)));
  const Value value = x.b.load(x.width(0), top), after = x.b.add(top, width);
  Value address = x.address_of(x.operand(0));
  if (x.operand(0).mem.base == ZYDIS_REGISTER_RSP || x.operand(0).mem.base == ZYDIS_REGISTER_ESP)
    address = x.b.add(address, width);
  x.b.store(address, value);
  x.b.put(reg::rsp, after);
}

/// pusha, pushad: eax ecx edx ebx (original) esp ebp esi edi.
void push_all(X86Instruction &x, unsigned bits) {
  const Width width = ir::width_of_bits(bits);
  const Value top = x.b.get(reg::rsp);
  for (ir::Register number = 0; number < 8; ++number) {
    const Value address = x.b.sub(top, x.constant(x.word(), std::uint64_t{ir::bytes_of(width)} * (number + 1u)));
    x.b.store(address, x.read_general(number, width));
  }
  x.b.put(reg::rsp, x.b.sub(top, x.constant(x.word(), std::uint64_t{ir::bytes_of(width)} * 8)));
}

void pop_all(X86Instruction &x, unsigned bits) {
  const Width width = ir::width_of_bits(bits);
  const Value top = x.b.get(reg::rsp);
  std::array<Value, 8> values;
  for (unsigned i = 0; i < 8; ++i) // edi first; the slot of esp is skipped
    values[7 - i] = x.b.load(width, x.b.add(top, x.constant(x.word(), std::uint64_t{ir::bytes_of(width)} * i)));
  for (ir::Register number = 0; number < 8; ++number)
    if (number != reg::rsp)
      x.write_general(number, values[number]);
  x.b.put(reg::rsp, x.b.add(top, x.constant(x.word(), std::uint64_t{ir::bytes_of(width)} * 8)));
}

/// EFLAGS as pushf stores it: bit 1 is always one, RF and VM are stored as zero.
Value flags_image(X86Instruction &x) {
  const Value six = x.b.flags_word(x.flags(), ir::FlagLayout::x86);
  const Value direction = x.b.binary(Opcode::shl, x.b.zext(x.b.get(reg::df), Width::w32), x.constant(Width::w32, 10));
  const Value system = x.b.and_(x.b.get(reg::system_flags), x.constant(Width::w32, 0x00fcf300 & ~0x30000u));
  return x.b.or_(x.b.or_(six, direction), x.b.or_(system, x.constant(Width::w32, 2)));
}

void push_flags(X86Instruction &x, unsigned bits) { x.push(x.b.resize(flags_image(x), ir::width_of_bits(bits))); }

/// At ring 0 every flag but VM, VIP and VIF can be written; a 16-bit pop keeps the upper half.
void pop_flags(X86Instruction &x, unsigned bits) {
  const Width width = ir::width_of_bits(bits);
  const Value top = x.b.get(reg::rsp);
  const Value image = x.b.resize(x.b.load(width, top), Width::w32);
  x.b.put(reg::rsp, x.b.add(top, x.constant(x.word(), ir::bytes_of(width))));
  x.set_flags(FlagKind::word, image);
  x.b.put(reg::df, x.b.trunc(x.b.binary(Opcode::shr, image, x.constant(Width::w32, 10)), Width::w1));
  // TF, IF, IOPL, NT; with 32 and 64 bits also AC and ID. RF is cleared.
  const std::uint64_t written = bits == 16 ? 0x7300 : 0x247300, cleared = bits == 16 ? 0 : 0x10000;
  const Value kept = x.b.and_(x.b.get(reg::system_flags), x.constant(Width::w32, ~(written | cleared)));
  x.b.put(reg::system_flags, x.b.or_(kept, x.b.and_(image, x.constant(Width::w32, written))));
}

void enter(X86Instruction &x, unsigned) {
  const std::uint64_t size = x.immediate(0) & 0xffff, level = x.immediate(1) & 31;
  if (x.operand_size() == Width::w16)
    return x.unsupported();
  const std::uint64_t slot = ir::bytes_of(x.word());
  const Value old = x.b.get(reg::rbp);
  const Value frame = x.b.sub(x.b.get(reg::rsp), x.constant(x.word(), slot));
  const auto below = [&](Value from, std::uint64_t slots) { return x.b.sub(from, x.constant(x.word(), slots * slot)); };
  x.b.store(frame, old);
  for (std::uint64_t i = 1; i < level; ++i) // the display: frame pointers of the enclosing procedures
    x.b.store(below(frame, i), x.b.load(x.word(), below(old, i)));
  if (level != 0)
    x.b.store(below(frame, level), frame);
  x.b.put(reg::rbp, frame);
  x.b.put(reg::rsp, x.b.sub(below(frame, level), x.constant(x.word(), size)));
}

void leave(X86Instruction &x, unsigned) {
  if (x.operand_size() == Width::w16)
    return x.unsupported();
  const Value frame = x.b.get(reg::rbp);
  const Value saved = x.b.load(x.word(), frame);
  x.b.put(reg::rsp, x.b.add(frame, x.constant(x.word(), ir::bytes_of(x.word()))));
  x.b.put(reg::rbp, saved);
}

/// lahf: AH = SF ZF 0 AF 0 PF 1 CF.
void load_flags_into_ah(X86Instruction &x, unsigned) {
  const Value word = x.b.trunc(x.b.flags_word(x.flags(), ir::FlagLayout::x86), Width::w8);
  x.write_register(ZYDIS_REGISTER_AH, x.b.or_(word, x.constant(Width::w8, 2)));
}

/// sahf: all but OF.
void store_ah_into_flags(X86Instruction &x, unsigned) {
  const Value overflow = x.condition(Condition::o);
  const Value word = x.b.zext(x.read_register(ZYDIS_REGISTER_AH), Width::w32);
  x.set_flags(x.b.flags_with(x.b.flags(FlagKind::word, word), ir::kOverflow, overflow));
}

constexpr auto kSemantics = std::to_array<MnemonicSemantics>({
    {ZYDIS_MNEMONIC_PUSH, push},
    {ZYDIS_MNEMONIC_POP, pop},
    {ZYDIS_MNEMONIC_PUSHA, push_all, 16},
    {ZYDIS_MNEMONIC_PUSHAD, push_all, 32},
    {ZYDIS_MNEMONIC_POPA, pop_all, 16},
    {ZYDIS_MNEMONIC_POPAD, pop_all, 32},
    {ZYDIS_MNEMONIC_PUSHF, push_flags, 16},
    {ZYDIS_MNEMONIC_PUSHFD, push_flags, 32},
    {ZYDIS_MNEMONIC_PUSHFQ, push_flags, 64},
    {ZYDIS_MNEMONIC_POPF, pop_flags, 16},
    {ZYDIS_MNEMONIC_POPFD, pop_flags, 32},
    {ZYDIS_MNEMONIC_POPFQ, pop_flags, 64},
    {ZYDIS_MNEMONIC_ENTER, enter},
    {ZYDIS_MNEMONIC_LEAVE, leave},
    {ZYDIS_MNEMONIC_LAHF, load_flags_into_ah},
    {ZYDIS_MNEMONIC_SAHF, store_ah_into_flags},
});

} // namespace

std::span<const MnemonicSemantics> x86_stack_semantics() { return kSemantics; }

} // namespace ringfence::lift
