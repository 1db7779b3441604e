// Branches, calls, returns, loops, software interrupts. Each ends its block. A near call pushes the return address; a
// return pops it. Far forms end in trap.far: descriptor tables are not modelled.
#include "x86_instruction.h"

namespace ringfence::lift {
namespace {

bool is_far(const X86Instruction &x) { return x.decoded().meta.branch_type == ZYDIS_BRANCH_TYPE_FAR; }

/// Target of a relative branch; 16-bit operand size keeps the low word only (not in long mode).
std::uint64_t relative_target(const X86Instruction &x, unsigned index) {
  const std::uint64_t target = x.next() + x.immediate(index);
  const bool short_pointer = !x.long_mode() && x.operand_size() == Width::w16;
  return target & (short_pointer ? 0xffff : ir::mask_of(x.word()));
}

Value target_of(X86Instruction &x) {
  if (x.is_immediate(0))
    return x.constant(x.word(), relative_target(x, 0));
  return x.b.zext(x.read(0), x.word());
}

void jmp(X86Instruction &x, unsigned) {
  if (is_far(x) || x.operand(0).type == ZYDIS_OPERAND_TYPE_POINTER)
    return x.trap(TrapKind::far);
  x.b.jump(target_of(x));
}

void jcc(X86Instruction &x, unsigned condition) {
  x.b.branch(x.condition(static_cast<Condition>(condition)), relative_target(x, 0));
}

void call(X86Instruction &x, unsigned) {
  if (is_far(x) || x.operand(0).type == ZYDIS_OPERAND_TYPE_POINTER)
    return x.trap(TrapKind::far);
  const Value target = target_of(x); // before the push: the target may be read through the stack pointer
  x.push(x.constant(x.word(), x.next()));
  x.b.call(target);
}

void ret(X86Instruction &x, unsigned) {
  if (is_far(x) || x.decoded().operand_width == 16)
    return x.trap(TrapKind::far);
  const Value top = x.b.get(reg::rsp);
  const Value target = x.b.load(x.word(), top);
  const std::uint64_t popped = x.visible_operands() > 0 ? x.immediate(0) & 0xffff : 0;
  x.b.put(reg::rsp, x.b.add(top, x.constant(x.word(), ir::bytes_of(x.word()) + popped)));
  x.b.ret(target, popped);
}

enum Loop : unsigned { kLoop, kLoopEqual, kLoopNotEqual };

void loop(X86Instruction &x, unsigned variant) {
  const Width size = x.address_size();
  const Value count = x.b.sub(x.read_general(reg::rcx, size), x.constant(size, 1));
  x.write_general(reg::rcx, count);
  Value taken = x.b.compare(Opcode::ne, count, x.constant(size, 0));
  if (variant != kLoop)
    taken = x.b.and_(taken, x.condition(variant == kLoopEqual ? Condition::e : Condition::ne));
  x.b.branch(taken, relative_target(x, 0));
}

/// jcxz, jecxz, jrcxz: variant is the counter's width in bits.
void jump_if_counter_zero(X86Instruction &x, unsigned bits) {
  const Width size = ir::width_of_bits(bits);
  x.b.branch(x.b.compare(Opcode::eq, x.read_general(reg::rcx, size), x.constant(size, 0)), relative_target(x, 0));
}

void breakpoint(X86Instruction &x, unsigned vector) { x.trap(TrapKind::breakpoint, vector); }

void undefined_instruction(X86Instruction &x, unsigned) { x.trap(TrapKind::undefined, 6); }

/// int n: 29h is __fastfail and does not return; 3 is a breakpoint; the others come back.
void interrupt(X86Instruction &x, unsigned) {
  const std::uint64_t vector = x.immediate(0) & 0xff;
  if (vector == 3)
    return x.trap(TrapKind::breakpoint, 3);
  if (vector == 0x29)
    return x.trap(TrapKind::interrupt, vector);
  x.b.sys(SysOp::interrupt, Width::none, x.constant(Width::w32, vector));
  // What the handler returns is not known: the registers it may return values in are undefined.
  x.b.put(reg::rax, x.b.undefined(x.word()));
}

void into(X86Instruction &x, unsigned) { x.b.check(TrapKind::overflow, x.condition(Condition::o)); }

void leave_to_system(X86Instruction &x, unsigned kind) { x.trap(static_cast<TrapKind>(kind)); }

using enum Condition;
constexpr auto kSemantics = std::to_array<MnemonicSemantics>({
    {ZYDIS_MNEMONIC_JMP, jmp},
    {ZYDIS_MNEMONIC_JO, jcc, variant_of(o)},
    {ZYDIS_MNEMONIC_JNO, jcc, variant_of(no)},
    {ZYDIS_MNEMONIC_JB, jcc, variant_of(Condition::b)},
    {ZYDIS_MNEMONIC_JNB, jcc, variant_of(ae)},
    {ZYDIS_MNEMONIC_JZ, jcc, variant_of(e)},
    {ZYDIS_MNEMONIC_JNZ, jcc, variant_of(ne)},
    {ZYDIS_MNEMONIC_JBE, jcc, variant_of(be)},
    {ZYDIS_MNEMONIC_JNBE, jcc, variant_of(a)},
    {ZYDIS_MNEMONIC_JS, jcc, variant_of(s)},
    {ZYDIS_MNEMONIC_JNS, jcc, variant_of(ns)},
    {ZYDIS_MNEMONIC_JP, jcc, variant_of(p)},
    {ZYDIS_MNEMONIC_JNP, jcc, variant_of(np)},
    {ZYDIS_MNEMONIC_JL, jcc, variant_of(l)},
    {ZYDIS_MNEMONIC_JNL, jcc, variant_of(ge)},
    {ZYDIS_MNEMONIC_JLE, jcc, variant_of(le)},
    {ZYDIS_MNEMONIC_JNLE, jcc, variant_of(g)},
    {ZYDIS_MNEMONIC_CALL, call},
    {ZYDIS_MNEMONIC_RET, ret},
    {ZYDIS_MNEMONIC_LOOP, loop, kLoop},
    {ZYDIS_MNEMONIC_LOOPE, loop, kLoopEqual},
    {ZYDIS_MNEMONIC_LOOPNE, loop, kLoopNotEqual},
    {ZYDIS_MNEMONIC_JCXZ, jump_if_counter_zero, 16},
    {ZYDIS_MNEMONIC_JECXZ, jump_if_counter_zero, 32},
    {ZYDIS_MNEMONIC_JRCXZ, jump_if_counter_zero, 64},
    {ZYDIS_MNEMONIC_INT3, breakpoint, 3},
    {ZYDIS_MNEMONIC_INT1, breakpoint, 1},
    {ZYDIS_MNEMONIC_UD0, undefined_instruction},
    {ZYDIS_MNEMONIC_UD1, undefined_instruction},
    {ZYDIS_MNEMONIC_UD2, undefined_instruction},
    {ZYDIS_MNEMONIC_INT, interrupt},
    {ZYDIS_MNEMONIC_INTO, into},
    {ZYDIS_MNEMONIC_SYSCALL, leave_to_system, static_cast<unsigned>(TrapKind::syscall)},
    {ZYDIS_MNEMONIC_SYSENTER, leave_to_system, static_cast<unsigned>(TrapKind::syscall)},
    {ZYDIS_MNEMONIC_SYSRET, leave_to_system, static_cast<unsigned>(TrapKind::sysret)},
    {ZYDIS_MNEMONIC_SYSEXIT, leave_to_system, static_cast<unsigned>(TrapKind::sysret)},
    {ZYDIS_MNEMONIC_IRET, leave_to_system, static_cast<unsigned>(TrapKind::iret)},
    {ZYDIS_MNEMONIC_IRETD, leave_to_system, static_cast<unsigned>(TrapKind::iret)},
    {ZYDIS_MNEMONIC_IRETQ, leave_to_system, static_cast<unsigned>(TrapKind::iret)},
});

} // namespace

std::span<const MnemonicSemantics> x86_control_semantics() { return kSemantics; }

} // namespace ringfence::lift
