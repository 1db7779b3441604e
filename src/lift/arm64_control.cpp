// ARM64 branches, calls, returns, exceptions, barriers, system registers. Branch offsets count instructions.
#include "arm64_instruction.h"

#include <array>

namespace ringfence::lift {
namespace {

using ir::Opcode;
using ir::SysOp;
using ir::TrapKind;
using ir::Value;
using ir::Width;

std::uint64_t target_of(const Arm64Lift &x, unsigned index) {
  return x.address() + (static_cast<std::uint64_t>(x.immediate(index)) << 2);
}

void branch(Arm64Lift &x, unsigned) { x.b.jump(x.constant(Width::w64, target_of(x, 0))); }

void branch_and_link(Arm64Lift &x, unsigned) {
  x.b.put(ir::arm64::x30, x.constant(Width::w64, x.next()));
  x.b.call(x.constant(Width::w64, target_of(x, 0)));
}

void branch_if(Arm64Lift &x, unsigned) { x.b.branch(x.condition(x.immediate(0)), target_of(x, 1)); }

/// cbz (Opcode::eq), cbnz (Opcode::ne).
void compare_and_branch(Arm64Lift &x, unsigned opcode) {
  const Value value = x.read(0);
  x.b.branch(x.b.compare(static_cast<Opcode>(opcode), value, x.constant(value.width, 0)), target_of(x, 1));
}

/// tbz, tbnz. The decoder names w registers for the low half and x registers above.
void test_and_branch(Arm64Lift &x, unsigned wanted) {
  const Value value = x.read(0);
  const unsigned bit = static_cast<unsigned>(x.immediate(1)) & (ir::bits_of(value.width) - 1);
  const Value is_set = x.b.extract(value, bit, Width::w1);
  x.b.branch(wanted ? is_set : x.b.not_(is_set), target_of(x, 2));
}

void branch_register(Arm64Lift &x, unsigned) { x.b.jump(x.read(0)); }

void branch_and_link_register(Arm64Lift &x, unsigned) {
  const Value target = x.read(0); // before x30 changes: blr x30
  x.b.put(ir::arm64::x30, x.constant(Width::w64, x.next()));
  x.b.call(target);
}

void ret(Arm64Lift &x, unsigned) { x.b.ret(x.read(0), 0); }

/// brk f003h is __fastfail and f000h a breakpoint (Windows ARM64 ABI).
void brk(Arm64Lift &x, unsigned) {
  const auto code = static_cast<std::uint64_t>(x.immediate(0));
  x.b.trap(code == 0xf003 ? TrapKind::interrupt : TrapKind::breakpoint, code);
}

void trap(Arm64Lift &x, unsigned kind) {
  x.b.trap(static_cast<TrapKind>(kind), static_cast<std::uint64_t>(x.count() ? x.immediate(0) : 0) & 0xffff);
}

void hint(Arm64Lift &, unsigned) {}
void barrier(Arm64Lift &x, unsigned) { x.b.sys(SysOp::fence, Width::none); }

void read_system_register(Arm64Lift &x, unsigned) {
  const Value number = x.constant(Width::w32, static_cast<std::uint64_t>(x.immediate(1)));
  x.write(0, x.b.sys(SysOp::system_register_read, Width::w64, number));
}

void write_system_register(Arm64Lift &x, unsigned) {
  const Value number = x.constant(Width::w32, static_cast<std::uint64_t>(x.immediate(0)));
  x.b.sys(SysOp::system_register_write, Width::none, number, x.read(1));
}

constexpr unsigned number(Opcode code) { return static_cast<unsigned>(code); }
constexpr unsigned number(TrapKind kind) { return static_cast<unsigned>(kind); }
constexpr auto kSemantics = std::to_array<Arm64NamedSemantics>({
    {"B", branch},
    {"BL", branch_and_link},
    {"Bcc", branch_if},
    {"CBZW", compare_and_branch, number(Opcode::eq)},
    {"CBZX", compare_and_branch, number(Opcode::eq)},
    {"CBNZW", compare_and_branch, number(Opcode::ne)},
    {"CBNZX", compare_and_branch, number(Opcode::ne)},
    {"TBZW", test_and_branch, 0},
    {"TBZX", test_and_branch, 0},
    {"TBNZW", test_and_branch, 1},
    {"TBNZX", test_and_branch, 1},
    {"BR", branch_register},
    {"BLR", branch_and_link_register},
    {"RET", ret},
    {"BRK", brk},
    {"SVC", trap, number(TrapKind::syscall)},
    {"HVC", trap, number(TrapKind::syscall)},
    {"SMC", trap, number(TrapKind::syscall)},
    {"UDF", trap, number(TrapKind::undefined)},
    {"ERET", trap, number(TrapKind::iret)},
    {"HINT", hint},
    {"DMB", barrier},
    {"DSB", barrier},
    {"ISB", barrier},
    {"MRS", read_system_register},
    {"MSR", write_system_register},
});

} // namespace

std::span<const Arm64NamedSemantics> arm64_control_semantics() { return kSemantics; }

} // namespace ringfence::lift
