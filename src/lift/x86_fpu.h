// The x87 register stack while one instruction is lifted: which register st(i) is, whether it holds anything, what a
// push or pop changes. Registers, tags and TOP are the architecture's own, so that mm i is the low half of fpr i.
// Exceptions are taken for masked: an empty register reads as the indefinite NaN, a push onto a full one stores it.
// The exception bits of the status word and C1 are undefined after every instruction that can report one, as are
// C0, C2 and C3 where the manual says so. Intel SDM volume 1, 8.1.
#pragma once

#include "x86_instruction.h"

namespace ringfence::lift {

/// Fields of the status word.
inline constexpr unsigned kFpuExceptions = 0x80ff, kC0 = 0x100, kC1 = 0x200, kC2 = 0x400, kC3 = 0x4000;

class FpuStack {
public:
  explicit FpuStack(X86Instruction &x) : x_(x), b_(x.b), top_(x.b.get(reg::fpu_top)), tag_(x.b.get(reg::fpu_tag)) {}

  Value top() const { return top_; }
  Value tag() const { return tag_; }
  /// The number of the register that is st(i), 0 to 7.
  Value at(unsigned i) { return i == 0 ? top_ : low_three(b_.add(top_, byte(i))); }
  Value holds_value(Value number) { return b_.trunc(b_.binary(Opcode::shr, tag_, number), Width::w1); }
  /// st(i) as an instruction's source.
  Value read(unsigned i);
  void write(unsigned i, Value value);
  void push(Value value);
  void pop();
  void set_top(Value top) { top_ = top; }
  void set_tag(Value tag) { tag_ = tag; }
  void clear_tag(Value number) { tag_ = b_.and_(tag_, b_.not_(bit(number))); }
  void rotate(unsigned by) { top_ = low_three(b_.add(top_, byte(by))); }
  /// Puts TOP and tags.
  void finish();

private:
  Value byte(unsigned value) const { return x_.constant(Width::w8, value); }
  Value low_three(Value number) { return b_.and_(number, byte(7)); }
  Value bit(Value number) { return b_.binary(Opcode::shl, byte(1), number); }

  X86Instruction &x_;
  ir::Builder &b_;
  Value top_, tag_;
};

/// The indefinite NaN, and a value of the extended format that is not modelled.
Value fpu_indefinite(X86Instruction &x);
Value fpu_undefined(X86Instruction &x);
/// The status word as it is stored: with TOP.
Value fpu_status_word(X86Instruction &x, const FpuStack &stack);
/// A value in extended format at an address: 80 bits.
Value load_extended(X86Instruction &x, Value address);
void store_extended(X86Instruction &x, Value address, Value value);
Value address_behind(X86Instruction &x, Value address, unsigned bytes);
/// Control word 37Fh, an empty stack, a clear status word.
void fpu_initialise(X86Instruction &x);
/// The number of the operand in memory, or the number of operands.
unsigned memory_operand(const X86Instruction &x);

} // namespace ringfence::lift
