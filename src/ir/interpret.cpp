// The loop of the concrete interpreter. Values of up to 64 bits live in scalar_, wider ones in
// wide_, flag records in flags_, all indexed by the operation's number in its instruction.
#include <ringfence/ir/interpret.h>

#include <ringfence/base/span_reader.h>

#include "evaluate.h"
#include "extended_float.h"
#include "scalar_float.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace ringfence::ir {

Wide World::undefined(Width, std::uint64_t) { return {}; }

/// One instruction's execution: operand access by type, and the operations that are not a pure
/// function of two words.
struct Interpreter::Frame {
  Interpreter &machine;
  const Instruction &instruction;
  std::uint64_t &fuel;
  Step step;

  std::uint64_t word(const Op &op, std::uint8_t reference) const {
    return reference == kImmediate ? op.imm : reference == kNone ? 0 : machine.scalar_[reference];
  }
  Wide wide(const Op &op, std::uint8_t reference, Width width) const {
    if (reference < kImmediate && is_wide(width))
      return machine.wide_[reference];
    return Wide{{word(op, reference)}};
  }
  const FlagsRecord &flags(std::uint8_t reference) const { return machine.flags_[reference]; }
  void set(unsigned index, Width width, const Wide &value) {
    if (is_wide(width))
      machine.wide_[index] = truncated(value, width);
    else
      machine.scalar_[index] = value.word[0] & mask_of(width);
  }

  bool stop(Outcome outcome) {
    step.outcome = outcome;
    return false;
  }
  bool trap(TrapKind kind, std::uint64_t code) {
    step.trap = kind;
    step.trap_code = code;
    return stop(Outcome::trapped);
  }
  bool fault(Outcome outcome, std::uint64_t address, unsigned size) {
    step.fault_address = address;
    step.fault_size = size;
    return stop(outcome);
  }

  /// Accesses of at most eight bytes, which nearly all are.
  bool read_word(std::uint64_t address, unsigned size, std::uint64_t &value) {
    std::array<std::byte, 8> bytes{};
    if (!machine.memory_.read(address, std::span(bytes).first(size)))
      return fault(Outcome::memory_read, address, size);
    value = load_little_endian<std::uint64_t>(bytes.data());
    return true;
  }
  bool write_word(std::uint64_t address, unsigned size, std::uint64_t value) {
    std::array<std::byte, 8> bytes;
    if constexpr (std::endian::native == std::endian::little)
      std::memcpy(bytes.data(), &value, sizeof value);
    else
      for (unsigned i = 0; i < bytes.size(); ++i)
        bytes[i] = static_cast<std::byte>(value >> (8 * i) & 0xff);
    if (!machine.memory_.write(address, std::span<const std::byte>(bytes).first(size)))
      return fault(Outcome::memory_write, address, size);
    return true;
  }
  bool read(std::uint64_t address, unsigned size, Wide &value) {
    std::array<std::byte, 64> bytes;
    if (!machine.memory_.read(address, std::span(bytes).first(size)))
      return fault(Outcome::memory_read, address, size);
    for (unsigned i = 0; i < size; ++i)
      value.word[i / 8] |= std::to_integer<std::uint64_t>(bytes[i]) << (8 * (i % 8));
    return true;
  }
  bool write(std::uint64_t address, unsigned size, const Wide &value) {
    std::array<std::byte, 64> bytes;
    for (unsigned i = 0; i < size; ++i)
      bytes[i] = static_cast<std::byte>(value.word[i / 8] >> (8 * (i % 8)) & 0xff);
    if (!machine.memory_.write(address, std::span<const std::byte>(bytes).first(size)))
      return fault(Outcome::memory_write, address, size);
    return true;
  }

  bool run(const Op &op, unsigned index);
  bool run_register(const Op &op, unsigned index);
  bool run_wide(const Op &op, unsigned index);
  bool run_flags(const Op &op, unsigned index);
  bool run_fp(const Op &op, unsigned index);
  bool run_bulk(const Op &op, unsigned index);
  bool bulk_element(const Op &op, std::uint64_t a, std::uint64_t b, unsigned size, Wide &last_a, Wide &last_b);
  bool run_sys(const Op &op, unsigned index);
  bool run_terminator(const Op &op);
};

Interpreter::Interpreter(Architecture architecture, Memory &memory, World &world)
    : architecture_(architecture), memory_(memory), world_(world), wide_(256), flags_(256) {}

void Interpreter::set_scalar(Register number, std::uint64_t value) {
  if (number < kFirstVectorRegister)
    registers_.scalar[number] = value & mask_of(register_width(architecture_, number));
}

/// Flags and vector registers; scalars are handled where they are met.
bool Interpreter::Frame::run_register(const Op &op, unsigned index) {
  RegisterState &registers = machine.registers_;
  const bool reads = op.code == Opcode::get || op.code == Opcode::get_indexed;
  if (op.width == Width::flags) {
    if (reads)
      machine.flags_[index] = registers.flags;
    else
      registers.flags = flags(op.a);
  } else {
    const bool is_indexed = op.code == Opcode::get_indexed || op.code == Opcode::put_indexed;
    const auto number = static_cast<std::size_t>(op.kind - kFirstVectorRegister) +
                        (is_indexed ? static_cast<std::size_t>(word(op, op.a) & 7) : 0);
    auto &vector = registers.vector[number];
    if (reads) {
      machine.wide_[index] = Wide{{vector[0], vector[1]}};
    } else {
      const Wide value = wide(op, is_indexed ? op.b : op.a, op.width);
      vector = {value.word[0], value.word[1]};
    }
  }
  return true;
}

bool Interpreter::Frame::run_wide(const Op &op, unsigned index) {
  const auto source = static_cast<Width>(op.kind);
  switch (op.code) {
  case Opcode::constant:
    set(index, op.width, Wide{{op.imm}});
    return true;
  case Opcode::eq:
  case Opcode::ne:
  case Opcode::ult:
  case Opcode::ule:
  case Opcode::slt:
  case Opcode::sle:
    machine.scalar_[index] = compared(op.code, wide(op, op.a, op.width), wide(op, op.b, op.width), op.width);
    return true;
  case Opcode::zext:
  case Opcode::trunc:
    set(index, op.width, wide(op, op.a, source));
    return true;
  case Opcode::sext:
    set(index, op.width, wide_sign_extend(wide(op, op.a, source), source, op.width));
    return true;
  case Opcode::extract:
    set(index, op.width, wide_shr(wide(op, op.a, source), static_cast<unsigned>(op.imm), source));
    return true;
  case Opcode::insert: {
    Wide value = wide(op, op.a, op.width);
    const Wide part = wide(op, op.b, source);
    const unsigned lane = std::min(bits_of(source), 64u);
    if (op.imm % lane == 0 && lane > 1) {
      for (unsigned i = 0; i < bits_of(source) / lane; ++i)
        set_lane(value, lane, static_cast<unsigned>(op.imm) / lane + i, part.word[i]);
    } else {
      for (unsigned i = 0; i < bits_of(source); ++i)
        set_lane(value, 1, static_cast<unsigned>(op.imm) + i, part.word[i / 64] >> (i % 64) & 1);
    }
    set(index, op.width, value);
    return true;
  }
  case Opcode::concat: {
    Wide value = wide_shl(wide(op, op.a, source), bits_of(source), op.width);
    const Wide low = wide(op, op.b, source);
    for (unsigned i = 0; i < 8; ++i)
      value.word[i] |= low.word[i];
    set(index, op.width, value);
    return true;
  }
  case Opcode::lane: {
    const Wide b = op.b == kNone ? Wide{} : wide(op, op.b, lane_operand(op));
    set(index, result_width(op), evaluate_lane(op, wide(op, op.a, op.width), b));
    return true;
  }
  default:
    set(index, op.width, wide_arithmetic(op, wide(op, op.a, op.width), wide(op, op.b, op.width)));
    return true;
  }
}

bool Interpreter::Frame::run_flags(const Op &op, unsigned index) {
  switch (op.code) {
  case Opcode::flags: {
    FlagsRecord &record = machine.flags_[index];
    record = {word(op, op.a), word(op, op.b), static_cast<FlagKind>(op.kind), op.width, false, 0, 0, 0};
    if (record.kind == FlagKind::inc || record.kind == FlagKind::dec) {
      record.carry_in = record.b & 1;
      record.b = 0;
    } else if (op.c != kNone) {
      record.carry_in = word(op, op.c) & 1;
    }
    return true;
  }
  case Opcode::flags_with: {
    FlagsRecord record = flags(op.a);
    const auto bit = static_cast<std::uint8_t>(op.kind);
    record.known = static_cast<std::uint8_t>(record.known | bit);
    record.undefined = static_cast<std::uint8_t>(record.undefined & ~bit);
    record.known_bits = static_cast<std::uint8_t>((record.known_bits & ~bit) | (word(op, op.b) & 1 ? bit : 0));
    machine.flags_[index] = record;
    return true;
  }
  case Opcode::flags_undefine: {
    FlagsRecord record = flags(op.a);
    record.undefined = static_cast<std::uint8_t>(record.undefined | op.kind);
    machine.flags_[index] = record;
    return true;
  }
  case Opcode::condition:
    machine.scalar_[index] = evaluate(flags(op.a), static_cast<Condition>(op.kind));
    return true;
  default:
    machine.scalar_[index] = word_from_flags(flag_bits(flags(op.a)), static_cast<FlagLayout>(op.kind));
    return true;
  }
}

bool Interpreter::Frame::run_fp(const Op &op, unsigned index) {
  const auto which = static_cast<FpOp>(op.kind);
  std::uint64_t result = 0;
  if (op.width == Width::w128 || which >= FpOp::extend) {
    const Width first = which == FpOp::from_i64 || which == FpOp::extend ? Width::w64 : Width::w128;
    const bool two = op.c != kNone || which == FpOp::compare;
    const Wide second = two ? wide(op, op.b, Width::w128) : Wide{};
    const std::uint64_t control = word(op, two ? op.c : op.b);
    const Wide value =
        evaluate_extended(which, bits_of(op.width), wide(op, op.a, first), second, static_cast<std::uint16_t>(control));
    if (is_wide(result_width(op))) {
      set(index, Width::w128, value);
      return true;
    }
    result = value.word[0];
  } else {
    result = evaluate_fp(which, bits_of(op.width), word(op, op.a), word(op, op.b));
  }
  if (which == FpOp::compare)
    machine.flags_[index] = {
        word_from_flags(static_cast<unsigned>(result), FlagLayout::x86), 0, FlagKind::word, Width::w32, false, 0, 0, 0};
  else
    machine.scalar_[index] = result & mask_of(result_width(op));
  return true;
}

/// One element at addresses a and b; for comparisons, last_a and last_b are what was compared.
bool Interpreter::Frame::bulk_element(const Op &op, std::uint64_t a, std::uint64_t b, unsigned size, Wide &last_a,
                                      Wide &last_b) {
  last_a = {};
  last_b = {};
  switch (static_cast<BulkOp>(op.kind)) {
  case BulkOp::copy:
    return read(b, size, last_b) && write(a, size, last_b);
  case BulkOp::fill:
    return write(a, size, Wide{{b}});
  case BulkOp::compare_equal:
  case BulkOp::compare_unequal:
    return read(a, size, last_a) && read(b, size, last_b);
  case BulkOp::scan_equal:
  case BulkOp::scan_unequal:
    last_b = Wide{{b}};
    return read(a, size, last_a);
  case BulkOp::in: {
    const std::uint64_t inputs[] = {b};
    if (!machine.world_.sys(SysOp::in, op.width, inputs, last_a))
      return stop(Outcome::sys_refused);
    return write(a, size, last_a);
  }
  default: {
    if (!read(a, size, last_a))
      return false;
    const std::uint64_t inputs[] = {b, last_a.word[0]};
    Wide ignored;
    return machine.world_.sys(SysOp::out, op.width, inputs, ignored) || stop(Outcome::sys_refused);
  }
  }
}

bool Interpreter::Frame::run_bulk(const Op &op, unsigned index) {
  const auto kind = static_cast<BulkOp>(op.kind);
  const unsigned size = bytes_of(op.width);
  const std::uint64_t mask = mask_of(address_width(machine.architecture_));
  const std::uint64_t step_size = word(op, op.d) & 1 ? std::uint64_t{0} - size : size;
  const bool moves_b = kind == BulkOp::copy || kind == BulkOp::compare_equal || kind == BulkOp::compare_unequal;
  std::uint64_t a = word(op, op.a), b = word(op, op.b), left = word(op, op.c);
  Wide last_a, last_b;
  for (; left != 0; --left) {
    if (fuel == 0)
      return stop(Outcome::out_of_fuel);
    --fuel;
    if (!bulk_element(op, a, b, size, last_a, last_b))
      return false;
    ++step.progress;
    a = (a + step_size) & mask;
    if (moves_b)
      b = (b + step_size) & mask;
    const bool is_equal = last_a.word[0] == last_b.word[0];
    const bool while_equal = kind == BulkOp::compare_equal || kind == BulkOp::scan_equal;
    const bool while_unequal = kind == BulkOp::compare_unequal || kind == BulkOp::scan_unequal;
    if ((while_equal && !is_equal) || (while_unequal && is_equal)) {
      --left;
      break;
    }
  }
  if (result_width(op) != Width::none)
    machine.wide_[index] = Wide{{left, last_a.word[0], last_b.word[0]}};
  step.progress = 0;
  return true;
}

bool Interpreter::Frame::run_sys(const Op &op, unsigned index) {
  const std::array<std::uint64_t, 3> inputs = {word(op, op.a), word(op, op.b), word(op, op.c)};
  const std::size_t count = op.a == kNone ? 0 : op.b == kNone ? 1 : op.c == kNone ? 2 : 3;
  Wide result;
  if (!machine.world_.sys(static_cast<SysOp>(op.kind), op.width, std::span(inputs).first(count), result))
    return stop(Outcome::sys_refused);
  if (result_width(op) != Width::none)
    set(index, op.width, result);
  return true;
}

bool Interpreter::Frame::run_terminator(const Op &op) {
  const std::uint64_t next = instruction.end() & mask_of(address_width(machine.architecture_));
  std::uint64_t &pc = machine.registers_.instruction_pointer;
  switch (op.code) {
  case Opcode::jump:
    pc = word(op, op.a);
    return stop(Outcome::running);
  case Opcode::branch:
    pc = word(op, op.a) & 1 ? op.imm : next;
    return stop(Outcome::running);
  case Opcode::call:
    pc = word(op, op.a);
    step.return_address = next;
    return stop(Outcome::called);
  case Opcode::ret:
    pc = word(op, op.a);
    return stop(Outcome::returned);
  default:
    return trap(static_cast<TrapKind>(op.kind), op.imm);
  }
}

/// False when the operation ends the instruction; step says how.
bool Interpreter::Frame::run(const Op &op, unsigned index) {
  switch (op.code) {
  case Opcode::constant:
    if (is_wide(op.width))
      return run_wide(op, index);
    machine.scalar_[index] = op.imm;
    return true;
  case Opcode::undefined:
    if (op.width == Width::flags) {
      machine.flags_[index] = {0, 0, FlagKind::word, Width::w32, false, 0, 0, kAllFlags};
      return true;
    }
    set(index, op.width, machine.world_.undefined(op.width, instruction.address));
    return true;
  case Opcode::get:
    if (op.width > Width::w64)
      return run_register(op, index);
    machine.scalar_[index] = machine.registers_.scalar[op.kind];
    return true;
  case Opcode::put:
    if (op.width > Width::w64)
      return run_register(op, index);
    machine.registers_.scalar[op.kind] = word(op, op.a);
    return true;
  case Opcode::get_indexed:
  case Opcode::put_indexed:
    return run_register(op, index);
  case Opcode::add:
    if (is_wide(op.width))
      return run_wide(op, index);
    machine.scalar_[index] = (word(op, op.a) + word(op, op.b)) & mask_of(op.width);
    return true;
  case Opcode::zext:
  case Opcode::sext:
  case Opcode::trunc:
  case Opcode::extract:
  case Opcode::concat:
    if (is_wide(op.width) || is_wide(static_cast<Width>(op.kind)))
      return run_wide(op, index);
    break;
  case Opcode::select: {
    const std::uint8_t chosen = word(op, op.a) & 1 ? op.b : op.c;
    if (op.width <= Width::w64)
      machine.scalar_[index] = word(op, chosen);
    else if (op.width == Width::flags)
      machine.flags_[index] = flags(chosen);
    else
      set(index, op.width, wide(op, chosen, op.width));
    return true;
  }
  case Opcode::lane:
    return run_wide(op, index); // also 64-bit (MMX) lanes
  case Opcode::fp:
    return run_fp(op, index);
  case Opcode::flags:
  case Opcode::flags_with:
  case Opcode::flags_undefine:
  case Opcode::condition:
  case Opcode::flags_word:
    return run_flags(op, index);
  case Opcode::load: {
    if (op.width <= Width::w64)
      return read_word(word(op, op.a), bytes_of(op.width), machine.scalar_[index]);
    Wide value;
    if (!read(word(op, op.a), bytes_of(op.width), value))
      return false;
    set(index, op.width, value);
    return true;
  }
  case Opcode::store:
    if (op.width <= Width::w64)
      return write_word(word(op, op.a), bytes_of(op.width), word(op, op.b));
    return write(word(op, op.a), bytes_of(op.width), wide(op, op.b, op.width));
  case Opcode::bulk:
    return run_bulk(op, index);
  case Opcode::sys:
    return run_sys(op, index);
  case Opcode::unknown:
    return machine.stop_at_unknown_ ? stop(Outcome::unknown) : true;
  case Opcode::check:
    return (word(op, op.a) & 1) == 0 || trap(static_cast<TrapKind>(op.kind), 0);
  case Opcode::jump:
  case Opcode::branch:
  case Opcode::call:
  case Opcode::ret:
  case Opcode::trap:
    return run_terminator(op);
  case Opcode::count:
    return stop(Outcome::malformed);
  default:
    if (is_wide(op.width))
      return run_wide(op, index);
    break;
  }
  const Width result = op.code >= Opcode::eq && op.code <= Opcode::sle ? Width::w1 : op.width;
  machine.scalar_[index] = scalar_result(op, word(op, op.a), word(op, op.b)) & mask_of(result);
  return true;
}

Step Interpreter::execute(std::span<const Op> ops, const Instruction &instruction, std::uint64_t &fuel) {
  Frame frame{*this, instruction, fuel, {}};
  frame.step.address = instruction.address;
  registers_.instruction_pointer = instruction.end() & mask_of(address_width(architecture_));
  for (unsigned index = 0; index < ops.size(); ++index) {
    if (fuel == 0) {
      frame.step.outcome = Outcome::out_of_fuel;
      break;
    }
    --fuel;
    if (!frame.run(ops[index], index))
      break;
  }
  const Outcome outcome = frame.step.outcome;
  if (outcome != Outcome::running && outcome != Outcome::called && outcome != Outcome::returned)
    registers_.instruction_pointer = instruction.address;
  return frame.step;
}

Step Interpreter::run_instruction(const Body &body, const Instruction &instruction, std::uint64_t &fuel) {
  return execute(body.ops_of(instruction), instruction, fuel);
}

Step Interpreter::run(const Body &body, const Block &block, std::uint64_t &fuel) {
  Step step;
  for (const Instruction &instruction : body.instructions_of(block)) {
    step = execute(body.ops_of(instruction), instruction, fuel);
    if (step.outcome != Outcome::running)
      return step;
  }
  return step;
}

} // namespace ringfence::ir
