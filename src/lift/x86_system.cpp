// Instructions that touch the machine around the program: ports, model-specific, control and debug registers (mov is in
// x86_move.cpp), descriptor tables, caches, time, interrupts, virtualisation. Each becomes a sys operation; results
// are written to the registers explicitly.
#include "x86_instruction.h"

namespace ringfence::lift {
namespace {

/// edx:eax := value; the 32-bit writes clear the upper halves in long mode.
void write_edx_eax(X86Instruction &x, Value value) {
  x.write_general(reg::rax, x.b.trunc(value, Width::w32));
  x.write_general(reg::rdx, x.b.extract(value, 32, Width::w32));
}

Value read_edx_eax(X86Instruction &x) {
  return x.b.concat(x.read_general(reg::rdx, Width::w32), x.read_general(reg::rax, Width::w32));
}

Value port_of(X86Instruction &x, unsigned index) {
  if (x.is_immediate(index))
    return x.constant(Width::w16, x.immediate(index) & 0xff);
  return x.read_general(reg::rdx, Width::w16);
}

void in(X86Instruction &x, unsigned) { x.write(0, x.b.sys(SysOp::in, x.width(0), port_of(x, 1))); }

void out(X86Instruction &x, unsigned) {
  const Value value = x.read(1);
  x.b.sys(SysOp::out, value.width, port_of(x, 0), value);
}

/// rdmsr, rdpmc, xgetbv: index in ecx, result in edx:eax.
void read_indexed(X86Instruction &x, unsigned op) {
  write_edx_eax(x, x.b.sys(static_cast<SysOp>(op), Width::w64, x.read_general(reg::rcx, Width::w32)));
}

/// wrmsr, xsetbv.
void write_indexed(X86Instruction &x, unsigned op) {
  const Value index = x.read_general(reg::rcx, Width::w32);
  x.b.sys(static_cast<SysOp>(op), Width::none, index, read_edx_eax(x));
}

void rdtsc(X86Instruction &x, unsigned) { write_edx_eax(x, x.b.sys(SysOp::rdtsc, Width::w64)); }

void rdtscp(X86Instruction &x, unsigned) {
  const Value both = x.b.sys(SysOp::rdtscp, Width::w128);
  write_edx_eax(x, x.b.trunc(both, Width::w64));
  x.write_general(reg::rcx, x.b.extract(both, 64, Width::w32));
}

void cpuid(X86Instruction &x, unsigned) {
  const Value leaf = x.read_general(reg::rax, Width::w32), sub_leaf = x.read_general(reg::rcx, Width::w32);
  const Value all = x.b.sys(SysOp::cpuid, Width::w128, leaf, sub_leaf);
  constexpr ir::Register outputs[] = {reg::rax, reg::rbx, reg::rcx, reg::rdx};
  for (unsigned i = 0; i < 4; ++i)
    x.write_general(outputs[i], x.b.extract(all, 32 * i, Width::w32));
}

/// lgdt, lidt: a 16-bit limit and a base of the machine's width (24 bits with 16-bit operands in legacy mode).
void load_table(X86Instruction &x, unsigned op) {
  const Value address = x.address_of(x.operand(0));
  const Value limit = x.b.load(Width::w16, address);
  Value base = x.b.load(x.word(), x.b.add(address, x.constant(x.word(), 2)));
  if (!x.long_mode() && x.decoded().operand_width == 16)
    base = x.b.and_(base, x.constant(x.word(), 0xffffff));
  x.b.sys(static_cast<SysOp>(op), Width::none, limit, x.b.zext(base, Width::w64));
}

/// sgdt, sidt.
void store_table(X86Instruction &x, unsigned op) {
  const Value address = x.address_of(x.operand(0));
  const Value table = x.b.sys(static_cast<SysOp>(op), Width::w128);
  x.b.store(address, x.b.trunc(table, Width::w16));
  x.b.store(x.b.add(address, x.constant(x.word(), 2)), x.b.extract(table, 64, x.word()));
}

/// sldt, str, smsw: to memory always 16 bits.
void store_selector(X86Instruction &x, unsigned op) {
  const auto which = static_cast<SysOp>(op);
  const Value value = x.b.sys(which, which == SysOp::smsw ? Width::w64 : Width::w16);
  x.write(0, x.b.resize(value, x.width(0)));
}

/// lldt, ltr, lmsw.
void load_selector(X86Instruction &x, unsigned op) {
  x.b.sys(static_cast<SysOp>(op), Width::none, x.b.trunc(x.read(0), Width::w16));
}

void plain(X86Instruction &x, unsigned op) { x.b.sys(static_cast<SysOp>(op), Width::none); }

void with_address(X86Instruction &x, unsigned op) {
  x.b.sys(static_cast<SysOp>(op), Width::none, x.address_of(x.operand(0)));
}

constexpr std::uint64_t kInterruptFlag = 0x200;

/// cli, sti also change IF.
void interrupt_flag(X86Instruction &x, unsigned op) {
  x.b.sys(static_cast<SysOp>(op), Width::none);
  const Value old = x.b.get(reg::system_flags);
  x.b.put(reg::system_flags, static_cast<SysOp>(op) == SysOp::sti
                                 ? x.b.or_(old, x.constant(Width::w32, kInterruptFlag))
                                 : x.b.and_(old, x.constant(Width::w32, ~kInterruptFlag)));
}

void swapgs(X86Instruction &x, unsigned) {
  x.b.sys(SysOp::swapgs, Width::none);
  x.b.put(reg::gs_base, x.b.undefined(x.word()));
}

void monitor(X86Instruction &x, unsigned) { x.b.sys(SysOp::monitor, Width::none, x.read_general(reg::rax, x.word())); }

/// rdrand, rdseed: any value; CF says whether there was one, the other flags are cleared.
void random(X86Instruction &x, unsigned) {
  const Value value = x.b.sys(SysOp::rdrand, Width::w64);
  x.write(0, x.b.trunc(value, x.width(0)));
  x.set_flags(FlagKind::word, x.b.and_(x.b.undefined(Width::w32), x.constant(Width::w32, 1)));
}

/// rdfsbase, rdgsbase, wrfsbase, wrgsbase.
void read_base(X86Instruction &x, unsigned number) {
  x.write(0, x.b.trunc(x.b.get(static_cast<ir::Register>(number)), x.width(0)));
}
void write_base(X86Instruction &x, unsigned number) {
  x.b.put(static_cast<ir::Register>(number), x.b.zext(x.read(0), x.word()));
}

void stmxcsr(X86Instruction &x, unsigned) { x.write(0, x.b.get(reg::mxcsr)); }
void ldmxcsr(X86Instruction &x, unsigned) {
  const Value value = x.read(0);
  x.b.sys(SysOp::ldmxcsr, Width::none, value);
  x.b.put(reg::mxcsr, value);
}

/// Virtualisation: an event with the decoder's mnemonic number; what it writes is undefined.
void virtualisation(X86Instruction &x, unsigned) {
  x.b.sys(SysOp::vmx, Width::none, x.constant(Width::w32, static_cast<std::uint64_t>(x.decoded().mnemonic)));
  x.havoc_outputs();
}

constexpr unsigned number(SysOp op) { return static_cast<unsigned>(op); }
constexpr auto kSemantics = std::to_array<MnemonicSemantics>({
    {ZYDIS_MNEMONIC_IN, in},
    {ZYDIS_MNEMONIC_OUT, out},
    {ZYDIS_MNEMONIC_RDMSR, read_indexed, number(SysOp::rdmsr)},
    {ZYDIS_MNEMONIC_RDPMC, read_indexed, number(SysOp::rdpmc)},
    {ZYDIS_MNEMONIC_XGETBV, read_indexed, number(SysOp::xgetbv)},
    {ZYDIS_MNEMONIC_WRMSR, write_indexed, number(SysOp::wrmsr)},
    {ZYDIS_MNEMONIC_XSETBV, write_indexed, number(SysOp::xsetbv)},
    {ZYDIS_MNEMONIC_RDTSC, rdtsc},
    {ZYDIS_MNEMONIC_RDTSCP, rdtscp},
    {ZYDIS_MNEMONIC_CPUID, cpuid},
    {ZYDIS_MNEMONIC_LGDT, load_table, number(SysOp::lgdt)},
    {ZYDIS_MNEMONIC_LIDT, load_table, number(SysOp::lidt)},
    {ZYDIS_MNEMONIC_SGDT, store_table, number(SysOp::sgdt)},
    {ZYDIS_MNEMONIC_SIDT, store_table, number(SysOp::sidt)},
    {ZYDIS_MNEMONIC_SLDT, store_selector, number(SysOp::sldt)},
    {ZYDIS_MNEMONIC_STR, store_selector, number(SysOp::str)},
    {ZYDIS_MNEMONIC_SMSW, store_selector, number(SysOp::smsw)},
    {ZYDIS_MNEMONIC_LLDT, load_selector, number(SysOp::lldt)},
    {ZYDIS_MNEMONIC_LTR, load_selector, number(SysOp::ltr)},
    {ZYDIS_MNEMONIC_LMSW, load_selector, number(SysOp::lmsw)},
    {ZYDIS_MNEMONIC_CLTS, plain, number(SysOp::clts)},
    {ZYDIS_MNEMONIC_WBINVD, plain, number(SysOp::wbinvd)},
    {ZYDIS_MNEMONIC_INVD, plain, number(SysOp::invd)},
    {ZYDIS_MNEMONIC_HLT, plain, number(SysOp::hlt)},
    {ZYDIS_MNEMONIC_LFENCE, plain, number(SysOp::fence)},
    {ZYDIS_MNEMONIC_SFENCE, plain, number(SysOp::fence)},
    {ZYDIS_MNEMONIC_MFENCE, plain, number(SysOp::fence)},
    {ZYDIS_MNEMONIC_PAUSE, plain, number(SysOp::pause)},
    {ZYDIS_MNEMONIC_MWAIT, plain, number(SysOp::mwait)},
    {ZYDIS_MNEMONIC_CLI, interrupt_flag, number(SysOp::cli)},
    {ZYDIS_MNEMONIC_STI, interrupt_flag, number(SysOp::sti)},
    {ZYDIS_MNEMONIC_INVLPG, with_address, number(SysOp::invlpg)},
    {ZYDIS_MNEMONIC_CLFLUSH, with_address, number(SysOp::cache_line)},
    {ZYDIS_MNEMONIC_CLFLUSHOPT, with_address, number(SysOp::cache_line)},
    {ZYDIS_MNEMONIC_CLWB, with_address, number(SysOp::cache_line)},
    {ZYDIS_MNEMONIC_SWAPGS, swapgs},
    {ZYDIS_MNEMONIC_MONITOR, monitor},
    {ZYDIS_MNEMONIC_RDRAND, random},
    {ZYDIS_MNEMONIC_RDSEED, random},
    {ZYDIS_MNEMONIC_RDFSBASE, read_base, reg::fs_base},
    {ZYDIS_MNEMONIC_RDGSBASE, read_base, reg::gs_base},
    {ZYDIS_MNEMONIC_WRFSBASE, write_base, reg::fs_base},
    {ZYDIS_MNEMONIC_WRGSBASE, write_base, reg::gs_base},
    {ZYDIS_MNEMONIC_STMXCSR, stmxcsr},
    {ZYDIS_MNEMONIC_LDMXCSR, ldmxcsr},
    {ZYDIS_MNEMONIC_VMREAD, virtualisation},
    {ZYDIS_MNEMONIC_VMWRITE, virtualisation},
    {ZYDIS_MNEMONIC_VMCALL, virtualisation},
    {ZYDIS_MNEMONIC_VMCLEAR, virtualisation},
    {ZYDIS_MNEMONIC_VMLAUNCH, virtualisation},
    {ZYDIS_MNEMONIC_VMRESUME, virtualisation},
    {ZYDIS_MNEMONIC_VMPTRLD, virtualisation},
    {ZYDIS_MNEMONIC_VMPTRST, virtualisation},
    {ZYDIS_MNEMONIC_VMXON, virtualisation},
    {ZYDIS_MNEMONIC_VMXOFF, virtualisation},
    {ZYDIS_MNEMONIC_VMRUN, virtualisation},
    {ZYDIS_MNEMONIC_VMLOAD, virtualisation},
    {ZYDIS_MNEMONIC_VMSAVE, virtualisation},
    {ZYDIS_MNEMONIC_VMMCALL, virtualisation},
    {ZYDIS_MNEMONIC_STGI, virtualisation},
    {ZYDIS_MNEMONIC_CLGI, virtualisation},
    {ZYDIS_MNEMONIC_INVEPT, virtualisation},
    {ZYDIS_MNEMONIC_INVVPID, virtualisation},
    {ZYDIS_MNEMONIC_INVPCID, virtualisation},
    {ZYDIS_MNEMONIC_INVLPGA, virtualisation},
});

} // namespace

std::span<const MnemonicSemantics> x86_system_semantics() { return kSemantics; }

} // namespace ringfence::lift
