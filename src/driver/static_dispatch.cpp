#include "static_dispatch.h"

#include <ringfence/kernel/layouts.h>

#include <algorithm>
#include <vector>

namespace ringfence::driver {
namespace {

using ir::Op;
using ir::Opcode;

/// A constant, or what stood in a register when the function began plus a constant.
struct Value {
  enum class Kind : std::uint8_t { unknown, constant, offset } kind = Kind::unknown;
  ir::Register base = 0;
  std::uint64_t number = 0;
};

/// Goes through a function's instructions in the order of their addresses, as if nothing jumped: what fills a table is
/// a straight run of stores, and addresses of routines stay in registers across the branches between them.
class StoreScan {
public:
  explicit StoreScan(const Machine &machine)
      : machine_(machine), registers_(ir::kFirstVectorRegister), mask_(machine.bits() == 32 ? 0xffffffffu : ~0ull) {}

  StaticDispatch scan(const code::Function &function);

private:
  void instruction(const ir::Instruction &instruction, StaticDispatch &found);
  Value value_of(const Op &op, const StaticDispatch &found) const;
  std::optional<std::size_t> major_at(const Value &at) const;
  Value operand(const Op &op, std::uint8_t index) const {
    if (index == ir::kImmediate)
      return {.kind = Value::Kind::constant, .number = op.imm & mask_};
    return index < temporaries_.size() ? temporaries_[index] : Value{};
  }
  void note_store(const Value &at, const Value &value, std::uint64_t pc, StaticDispatch &found) const;

  const Machine &machine_;
  std::vector<Value> registers_, temporaries_;
  std::uint64_t mask_;
};

Value StoreScan::value_of(const Op &op, const StaticDispatch &found) const {
  const unsigned bits = ir::bits_of(op.width);
  switch (op.code) {
  case Opcode::constant:
    return {.kind = Value::Kind::constant, .number = op.imm & mask_};
  case Opcode::get:
    if (op.kind < registers_.size() && bits == machine_.bits())
      return registers_[op.kind].kind == Value::Kind::constant
                 ? registers_[op.kind]
                 : Value{.kind = Value::Kind::offset, .base = static_cast<ir::Register>(op.kind)};
    return {};
  case Opcode::add: {
    const Value a = operand(op, op.a), b = operand(op, op.b);
    if (a.kind == Value::Kind::unknown || b.kind == Value::Kind::unknown ||
        (a.kind == Value::Kind::offset && b.kind == Value::Kind::offset))
      return {};
    const Value &based = a.kind == Value::Kind::offset ? a : b;
    return {.kind = based.kind, .base = based.base, .number = (a.number + b.number) & mask_};
  }
  case Opcode::mul:
  case Opcode::shl: { // the place of an entry, where the compiler did not optimise
    const Value a = operand(op, op.a), b = operand(op, op.b);
    if (a.kind != Value::Kind::constant || b.kind != Value::Kind::constant || (op.code == Opcode::shl && b.number > 3))
      return {};
    const std::uint64_t factor = op.code == Opcode::shl ? std::uint64_t{1} << b.number : b.number;
    return {.kind = Value::Kind::constant, .number = (a.number * factor) & mask_};
  }
  case Opcode::load: { // an entry that was stored before: one routine for several requests
    const auto major = bits == machine_.bits() ? major_at(operand(op, op.a)) : std::nullopt;
    if (!major || found.major[*major] == 0)
      return {};
    return {.kind = Value::Kind::constant, .number = found.major[*major]};
  }
  default:
    return {};
  }
}

/// The IRP_MJ_* whose entry lies at a place, if it is an entry's.
std::optional<std::size_t> StoreScan::major_at(const Value &at) const {
  const std::uint64_t first = kernel::layout::DRIVER_OBJECT::MajorFunction.at(machine_.word()),
                      step = machine_.bits() / 8;
  const ir::Architecture architecture = machine_.architecture();
  const ir::Register frame =
      architecture == ir::Architecture::arm64 ? ir::Register{ir::arm64::x29} : ir::Register{ir::x86::rbp};
  const bool based = at.kind == Value::Kind::offset && at.base != ir::stack_pointer(architecture) && at.base != frame;
  if (!based || at.number < first || (at.number - first) % step != 0 ||
      (at.number - first) / step > irp_mj_maximum_function)
    return std::nullopt;
  return static_cast<std::size_t>((at.number - first) / step);
}

void StoreScan::note_store(const Value &at, const Value &value, std::uint64_t pc, StaticDispatch &found) const {
  const auto major = major_at(at);
  if (!major || value.kind != Value::Kind::constant || !machine_.program().function_at(value.number))
    return;
  found.major[*major] = value.number;
  found.filled_at = found.filled_at == 0 ? pc : found.filled_at;
}

void StoreScan::instruction(const ir::Instruction &instruction, StaticDispatch &found) {
  const auto ops = machine_.program().body().ops_of(instruction);
  temporaries_.assign(ops.size(), {});
  for (std::size_t i = 0; i < ops.size(); ++i) {
    const Op &op = ops[i];
    if (op.code == Opcode::put && op.kind < registers_.size()) {
      const Value value = operand(op, op.a);
      registers_[op.kind] = value.kind == Value::Kind::constant ? value : Value{};
    } else if (op.code == Opcode::store && ir::bits_of(op.width) == machine_.bits()) {
      note_store(operand(op, op.a), operand(op, op.b), instruction.address, found);
    }
    temporaries_[i] = value_of(op, found);
  }
}

StaticDispatch StoreScan::scan(const code::Function &function) {
  StaticDispatch found;
  std::fill(registers_.begin(), registers_.end(), Value{});
  for (const ir::BlockId id : machine_.program().blocks_of(function)) {
    const ir::Block &block = machine_.program().body().block(id);
    for (const ir::Instruction &each : machine_.program().body().instructions_of(block))
      instruction(each, found);
    // A call leaves nothing in the registers that it need not keep.
    if (const Op *end = machine_.program().body().terminator(block); end && end->code == Opcode::call)
      for (ir::Register r = 0; r < registers_.size(); ++r)
        if (const auto kept = ir::preserved_registers(machine_.architecture());
            std::find(kept.begin(), kept.end(), r) == kept.end())
          registers_[r] = {};
  }
  return found;
}

bool takes_requests(const StaticDispatch &found) {
  return found.major[irp_mj_create] != 0 || found.major[irp_mj_device_control] != 0 ||
         found.major[irp_mj_internal_device_control] != 0;
}

auto filled(const StaticDispatch &found) {
  return std::count_if(found.major.begin(), found.major.end(), [](std::uint64_t routine) { return routine != 0; });
}

} // namespace

std::optional<StaticDispatch> static_dispatch(const Machine &machine) {
  std::optional<StaticDispatch> best;
  StoreScan scan(machine);
  for (const code::Function &function : machine.program().functions()) {
    const StaticDispatch found = scan.scan(function);
    if (takes_requests(found) && filled(found) >= 2 && (!best || filled(found) > filled(*best)))
      best = found;
  }
  return best;
}

} // namespace ringfence::driver
