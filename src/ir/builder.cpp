// Appends operations and folds constants. Folding covers what the lifter produces with constants:
// addresses, masks, widths; everything else is left to the consumers.
#include <ringfence/ir/builder.h>

#include "shape.h"

#include <cassert>

namespace ringfence::ir {
namespace {

std::uint64_t sign_extended(std::uint64_t value, Width from) {
  const unsigned bits = bits_of(from);
  if (bits == 0 || bits >= 64)
    return value;
  const std::uint64_t sign = std::uint64_t{1} << (bits - 1);
  return (value ^ sign) - sign;
}

bool commutes(Opcode code) {
  switch (code) {
  case Opcode::add:
  case Opcode::mul:
  case Opcode::and_:
  case Opcode::or_:
  case Opcode::xor_:
  case Opcode::eq:
  case Opcode::ne:
    return true;
  default:
    return false;
  }
}

} // namespace

void Builder::begin_block(std::uint64_t address) {
  block_ = {};
  block_.address = address;
  block_.end = address;
  block_.first_instruction = static_cast<std::uint32_t>(body_.instructions.size());
  block_.first_op = static_cast<std::uint32_t>(body_.ops.size());
}

void Builder::begin_instruction(std::uint64_t address, unsigned length) {
  instruction_ = {};
  instruction_.address = address;
  instruction_.length = static_cast<std::uint8_t>(length);
  instruction_.first_op = static_cast<std::uint32_t>(body_.ops.size());
  overflowed_ = false;
}

void Builder::discard_instruction() {
  body_.ops.resize(instruction_.first_op);
  overflowed_ = false;
}

void Builder::end_instruction(std::uint16_t flags) {
  instruction_.op_count = static_cast<std::uint8_t>(body_.ops.size() - instruction_.first_op);
  instruction_.flags = flags;
  block_.end = instruction_.end();
  body_.instructions.push_back(instruction_);
}

BlockId Builder::end_block() {
  block_.instruction_count = static_cast<std::uint32_t>(body_.instructions.size()) - block_.first_instruction;
  block_.op_count = static_cast<std::uint32_t>(body_.ops.size()) - block_.first_op;
  assert(block_.instruction_count > 0);
  body_.blocks.push_back(block_);
  return BlockId(static_cast<std::uint32_t>(body_.blocks.size() - 1));
}

std::uint8_t Builder::operand(Value value, std::uint64_t &imm, bool &imm_used) {
  if (value.ref != kImmediate)
    return value.ref;
  if (!imm_used) {
    imm_used = true;
    imm = value.imm;
    return kImmediate;
  }
  return emit(Opcode::constant, value.width, 0, {}, {}, {}, {}, value.imm).ref;
}

Value Builder::emit(Opcode code, Width width, unsigned kind, Value a, Value b, Value c, Value d, std::uint64_t imm) {
  // An operation whose imm is an attribute takes no immediate operand.
  bool imm_used = shape_of(code).has_immediate;
  Op op{code, width, static_cast<std::uint16_t>(kind)};
  op.imm = imm;
  op.b = operand(b, op.imm, imm_used);
  op.a = operand(a, op.imm, imm_used);
  op.c = operand(c, op.imm, imm_used);
  op.d = operand(d, op.imm, imm_used);
  const std::size_t index = body_.ops.size() - instruction_.first_op;
  if (index >= kMaxOpsPerInstruction) {
    overflowed_ = true;
    return {0, 0, result_width(op)};
  }
  body_.ops.push_back(op);
  return {0, static_cast<std::uint8_t>(index), result_width(op)};
}

Value Builder::undefined(Width width) { return emit(Opcode::undefined, width, 0); }

Value Builder::get(Register number) { return emit(Opcode::get, register_width(body_.architecture, number), number); }

void Builder::put(Register number, Value value) {
  assert(value.width == register_width(body_.architecture, number));
  emit(Opcode::put, value.width, number, value);
}

Value Builder::get_indexed(Register first, Value index) {
  if (index.is_constant())
    return get(static_cast<Register>(first + index.imm % 8));
  return emit(Opcode::get_indexed, register_width(body_.architecture, first), first, index);
}

void Builder::put_indexed(Register first, Value index, Value value) {
  if (index.is_constant())
    return put(static_cast<Register>(first + index.imm % 8), value);
  emit(Opcode::put_indexed, value.width, first, index, value);
}

Value Builder::binary(Opcode code, Value a, Value b) {
  assert(a.width == b.width);
  if (a.is_constant() && commutes(code))
    std::swap(a, b);
  if (b.is_constant() && !is_wide(a.width)) {
    const bool neutral =
        b.imm == 0 && (code == Opcode::add || code == Opcode::sub || code == Opcode::or_ || code == Opcode::xor_ ||
                       code == Opcode::shl || code == Opcode::shr || code == Opcode::sar);
    if (neutral)
      return a;
    if (a.is_constant()) {
      switch (code) {
      case Opcode::add:
        return constant(a.width, a.imm + b.imm);
      case Opcode::sub:
        return constant(a.width, a.imm - b.imm);
      case Opcode::mul:
        return constant(a.width, a.imm * b.imm);
      case Opcode::and_:
        return constant(a.width, a.imm & b.imm);
      case Opcode::or_:
        return constant(a.width, a.imm | b.imm);
      case Opcode::xor_:
        return constant(a.width, a.imm ^ b.imm);
      case Opcode::shl:
        return constant(a.width, b.imm >= 64 ? 0 : a.imm << b.imm);
      case Opcode::shr:
        return constant(a.width, b.imm >= 64 ? 0 : a.imm >> b.imm);
      default:
        break;
      }
    }
  }
  return emit(code, a.width, 0, a, b);
}

Value Builder::compare(Opcode code, Value a, Value b) {
  assert(a.width == b.width);
  if (a.is_constant() && commutes(code))
    std::swap(a, b);
  if (a.is_constant() && b.is_constant() && !is_wide(a.width)) {
    switch (code) {
    case Opcode::eq:
      return constant(Width::w1, a.imm == b.imm);
    case Opcode::ne:
      return constant(Width::w1, a.imm != b.imm);
    case Opcode::ult:
      return constant(Width::w1, a.imm < b.imm);
    case Opcode::ule:
      return constant(Width::w1, a.imm <= b.imm);
    default:
      break;
    }
  }
  return emit(code, a.width, 0, a, b);
}

Value Builder::not_(Value a) {
  if (a.is_constant() && !is_wide(a.width))
    return constant(a.width, ~a.imm);
  return emit(Opcode::not_, a.width, 0, a);
}

Value Builder::unary(Opcode code, Value a) { return emit(code, a.width, 0, a); }

Value Builder::zext(Value a, Width to) {
  if (a.width == to)
    return a;
  if (a.is_constant())
    return {a.imm, kImmediate, to};
  return emit(Opcode::zext, to, static_cast<unsigned>(a.width), a);
}

Value Builder::sext(Value a, Width to) {
  if (a.width == to)
    return a;
  if (a.is_constant() && !is_wide(to))
    return constant(to, sign_extended(a.imm, a.width));
  return emit(Opcode::sext, to, static_cast<unsigned>(a.width), a);
}

Value Builder::trunc(Value a, Width to) {
  if (a.width == to)
    return a;
  if (a.is_constant())
    return constant(to, a.imm);
  return emit(Opcode::trunc, to, static_cast<unsigned>(a.width), a);
}

Value Builder::resize(Value a, Width to) { return bits_of(a.width) < bits_of(to) ? zext(a, to) : trunc(a, to); }

Value Builder::extract(Value a, unsigned low_bit, Width to) {
  if (low_bit == 0)
    return trunc(a, to);
  if (a.is_constant())
    return constant(to, low_bit >= 64 ? 0 : a.imm >> low_bit);
  return emit(Opcode::extract, to, static_cast<unsigned>(a.width), a, {}, {}, {}, low_bit);
}

Value Builder::insert(Value whole, Value part, unsigned low_bit) {
  if (whole.width == part.width)
    return part;
  return emit(Opcode::insert, whole.width, static_cast<unsigned>(part.width), whole, part, {}, {}, low_bit);
}

Value Builder::concat(Value high, Value low) {
  assert(high.width == low.width);
  const Width to = width_of_bits(2 * bits_of(high.width));
  if (high.is_constant() && low.is_constant() && !is_wide(to))
    return constant(to, high.imm << bits_of(low.width) | low.imm);
  return emit(Opcode::concat, to, static_cast<unsigned>(high.width), high, low);
}

Value Builder::select(Value condition, Value yes, Value no) {
  assert(yes.width == no.width);
  if (condition.is_constant())
    return condition.imm ? yes : no;
  return emit(Opcode::select, yes.width, 0, condition, yes, no);
}

Value Builder::lane(LaneOp op, Width lane_width, Value a, Value b, std::uint64_t imm) {
  return emit(Opcode::lane, a.width, lane_kind(op, lane_width), a, b, {}, {}, imm);
}

Value Builder::fp(FpOp op, Width width, Value a, Value b, Value control) {
  return emit(Opcode::fp, width, static_cast<unsigned>(op), a, b ? b : control, b ? control : Value{});
}

Value Builder::flags(FlagKind kind, Value a, Value b, Value c) {
  return emit(Opcode::flags, a.width, static_cast<unsigned>(kind), a, b, c);
}

Value Builder::flags_with(Value flags, FlagBit bit, Value value) {
  return emit(Opcode::flags_with, Width::none, bit, flags, value);
}

Value Builder::flags_undefine(Value flags, unsigned mask) {
  return emit(Opcode::flags_undefine, Width::none, mask, flags);
}

Value Builder::condition(Value flags, Condition condition) {
  return emit(Opcode::condition, Width::none, static_cast<unsigned>(condition), flags);
}

Value Builder::flags_word(Value flags, FlagLayout layout) {
  return emit(Opcode::flags_word, Width::none, static_cast<unsigned>(layout), flags);
}

Value Builder::load(Width width, Value address, unsigned attributes) {
  return emit(Opcode::load, width, attributes, address);
}

void Builder::store(Value address, Value value, unsigned attributes) {
  emit(Opcode::store, value.width, attributes, address, value);
}

Value Builder::bulk(BulkOp op, Width element, Value a, Value b, Value c, Value direction) {
  return emit(Opcode::bulk, element, static_cast<unsigned>(op), a, b, c, direction);
}

Value Builder::sys(SysOp op, Width width, Value a, Value b, Value c) {
  return emit(Opcode::sys, width, static_cast<unsigned>(op), a, b, c);
}

void Builder::unknown(std::uint64_t mnemonic) { emit(Opcode::unknown, Width::none, 0, {}, {}, {}, {}, mnemonic); }

void Builder::check(TrapKind kind, Value condition) {
  if (condition.is_constant() && condition.imm == 0)
    return;
  emit(Opcode::check, Width::none, static_cast<unsigned>(kind), condition);
}

void Builder::jump(Value target) { emit(Opcode::jump, Width::none, 0, target); }

void Builder::branch(Value condition, std::uint64_t target) {
  if (condition.is_constant() && condition.imm != 0) {
    jump(constant(address_width_, target));
    return;
  }
  if (condition.is_constant())
    return;
  emit(Opcode::branch, Width::none, 0, condition, {}, {}, {}, target);
}

void Builder::call(Value target) { emit(Opcode::call, Width::none, 0, target); }

void Builder::ret(Value target, std::uint64_t popped) { emit(Opcode::ret, Width::none, 0, target, {}, {}, {}, popped); }

void Builder::trap(TrapKind kind, std::uint64_t code) {
  emit(Opcode::trap, Width::none, static_cast<unsigned>(kind), {}, {}, {}, {}, code);
}

} // namespace ringfence::ir
