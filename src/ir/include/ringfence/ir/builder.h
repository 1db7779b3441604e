// Builder: appends the operations of one instruction after the other to a Body. Values carry their width; constants
// are folded and ride as the immediate of the operation that uses them. Never fails in the middle: an instruction
// with more than kMaxOpsPerInstruction operations sets overflowed(), and the lifter replaces it by `unknown`.
#pragma once

#include <ringfence/ir/body.h>

namespace ringfence::ir {

/// A value of the instruction being built: an operation, or a constant not yet written.
struct Value {
  std::uint64_t imm = 0;
  std::uint8_t ref = kNone; ///< operation index; kImmediate for a constant
  Width width = Width::none;
  bool is_constant() const { return ref == kImmediate; }
  explicit operator bool() const { return ref != kNone; }
};

class Builder {
public:
  explicit Builder(Body &body) : body_(body), address_width_(address_width(body.architecture)) {}

  Body &body() { return body_; }
  Width address_width_of_machine() const { return address_width_; }

  // Frames
  void begin_block(std::uint64_t address);
  void begin_instruction(std::uint64_t address, unsigned length);
  /// Ends the instruction; `flags` is an InstructionFlag mask.
  void end_instruction(std::uint16_t flags = 0);
  /// Drops the operations of the current instruction.
  void discard_instruction();
  /// Ends the block at the end of its last instruction and returns its id. Precondition: it has an instruction.
  BlockId end_block();
  bool overflowed() const { return overflowed_; }

  // Values
  Value constant(Width width, std::uint64_t imm) const { return {imm & mask_of(width), kImmediate, width}; }
  Value undefined(Width width);
  Value get(Register number);
  void put(Register number, Value value);
  /// Of the eight vector registers from `first` on, the one with the number `index` (w8) modulo 8.
  Value get_indexed(Register first, Value index);
  void put_indexed(Register first, Value index, Value value);
  Value binary(Opcode code, Value a, Value b);
  Value compare(Opcode code, Value a, Value b);
  Value not_(Value a);
  Value unary(Opcode code, Value a);
  Value add(Value a, Value b) { return binary(Opcode::add, a, b); }
  Value sub(Value a, Value b) { return binary(Opcode::sub, a, b); }
  Value and_(Value a, Value b) { return binary(Opcode::and_, a, b); }
  Value or_(Value a, Value b) { return binary(Opcode::or_, a, b); }
  Value xor_(Value a, Value b) { return binary(Opcode::xor_, a, b); }
  Value zext(Value a, Width to);
  Value sext(Value a, Width to);
  Value trunc(Value a, Width to);
  /// zext or trunc, or the value itself.
  Value resize(Value a, Width to);
  Value extract(Value a, unsigned low_bit, Width to);
  Value insert(Value whole, Value part, unsigned low_bit);
  Value concat(Value high, Value low);
  Value select(Value condition, Value yes, Value no);
  Value lane(LaneOp op, Width lane_width, Value a, Value b = {}, std::uint64_t imm = 0);
  /// `control` is the x87 control word of operations that round extended values.
  Value fp(FpOp op, Width width, Value a, Value b = {}, Value control = {});

  // Flags
  Value flags(FlagKind kind, Value a, Value b = {}, Value c = {});
  Value flags_with(Value flags, FlagBit bit, Value value);
  Value flags_undefine(Value flags, unsigned mask);
  Value condition(Value flags, Condition condition);
  Value flags_word(Value flags, FlagLayout layout);

  // Memory and the outside world
  Value load(Width width, Value address, unsigned attributes = 0);
  void store(Value address, Value value, unsigned attributes = 0);
  Value bulk(BulkOp op, Width element, Value a, Value b, Value c, Value direction);
  /// `width` is the result's or the data's width where SysOp says so, else none.
  Value sys(SysOp op, Width width, Value a = {}, Value b = {}, Value c = {});
  void unknown(std::uint64_t mnemonic);
  void check(TrapKind kind, Value condition);

  // Terminators
  void jump(Value target);
  void branch(Value condition, std::uint64_t target);
  void call(Value target);
  void ret(Value target, std::uint64_t popped);
  void trap(TrapKind kind, std::uint64_t code = 0);

private:
  Value emit(Opcode code, Width width, unsigned kind, Value a = {}, Value b = {}, Value c = {}, Value d = {},
             std::uint64_t imm = 0);
  std::uint8_t operand(Value value, std::uint64_t &imm, bool &imm_used);

  Body &body_;
  Width address_width_;
  Instruction instruction_;
  Block block_;
  bool overflowed_ = false;
};

} // namespace ringfence::ir
