// x87 arithmetic, moves, comparisons and constants. Arithmetic is exact in the extended format, as the control word
// rounds it; transcendental functions and remainders have their effect on stack and tags and an undefined value.
#include "x86_fpu.h"

namespace ringfence::lift {

Value fpu_indefinite(X86Instruction &x) {
  return x.b.concat(x.constant(Width::w64, 0xffff), x.constant(Width::w64, 0xc000000000000000));
}

Value fpu_undefined(X86Instruction &x) {
  const Value high = x.b.zext(x.b.undefined(Width::w16), Width::w64);
  return x.b.concat(high, x.b.undefined(Width::w64));
}

Value FpuStack::read(unsigned i) {
  const Value number = at(i);
  return b_.select(holds_value(number), b_.get_indexed(reg::fpr0, number), fpu_indefinite(x_));
}

void FpuStack::write(unsigned i, Value value) {
  const Value number = at(i);
  b_.put_indexed(reg::fpr0, number, value);
  tag_ = b_.or_(tag_, bit(number));
}

void FpuStack::push(Value value) {
  rotate(7);
  b_.put_indexed(reg::fpr0, top_, b_.select(holds_value(top_), fpu_indefinite(x_), value));
  tag_ = b_.or_(tag_, bit(top_));
}

void FpuStack::pop() {
  clear_tag(top_);
  rotate(1);
}

void FpuStack::finish() {
  b_.put(reg::fpu_top, top_);
  b_.put(reg::fpu_tag, tag_);
}

Value fpu_status_word(X86Instruction &x, const FpuStack &stack) {
  const Value top = x.b.binary(Opcode::shl, x.b.zext(stack.top(), Width::w16), x.constant(Width::w16, 11));
  return x.b.or_(x.b.get(reg::fpu_status), top);
}

Value address_behind(X86Instruction &x, Value address, unsigned bytes) {
  return x.b.add(address, x.constant(x.word(), bytes));
}

Value load_extended(X86Instruction &x, Value address) {
  const Value significand = x.b.load(Width::w64, address);
  const Value exponent = x.b.load(Width::w16, address_behind(x, address, 8));
  return x.b.concat(x.b.zext(exponent, Width::w64), significand);
}

void store_extended(X86Instruction &x, Value address, Value value) {
  x.b.store(address, x.b.trunc(value, Width::w64));
  x.b.store(address_behind(x, address, 8), x.b.extract(value, 64, Width::w16));
}

void fpu_initialise(X86Instruction &x) {
  x.b.put(reg::fpu_control, x.constant(Width::w16, 0x37f));
  x.b.put(reg::fpu_status, x.constant(Width::w16, 0));
  x.b.put(reg::fpu_tag, x.constant(Width::w8, 0));
  x.b.put(reg::fpu_top, x.constant(Width::w8, 0));
}

unsigned memory_operand(const X86Instruction &x) {
  unsigned index = 0;
  while (index < x.all_operands().size() && !x.is_memory(index))
    ++index;
  return index;
}

namespace {

using ir::FpOp;

/// The status word afterwards: the bits of `kept` stay, exceptions may be added, `conditions` are set, the rest is
/// zero.
void settle_status(X86Instruction &x, unsigned kept, unsigned undefined, Value conditions = {}) {
  const auto mask = [&](Value value, unsigned bits) { return x.b.and_(value, x.constant(Width::w16, bits)); };
  Value status = mask(x.b.get(reg::fpu_status), kept);
  if (undefined != 0)
    status = x.b.or_(status, mask(x.b.undefined(Width::w16), undefined));
  x.b.put(reg::fpu_status, conditions ? x.b.or_(status, conditions) : status);
}

/// After most instructions: exceptions may have been added, the condition codes are undefined.
void finish(X86Instruction &x, FpuStack &stack) {
  stack.finish();
  settle_status(x, kFpuExceptions, kFpuExceptions | kC0 | kC1 | kC2 | kC3);
}

bool has_memory(const X86Instruction &x) { return memory_operand(x) < x.all_operands().size(); }
unsigned stack_number(const X86Instruction &x) { return x.decoded().raw.modrm.rm; }

Value load_float(X86Instruction &x) {
  const ZydisDecodedOperand &from = x.operand(memory_operand(x));
  const Value address = x.address_of(from);
  if (from.size == 80)
    return load_extended(x, address);
  const Width width = ir::width_of_bits(from.size);
  return x.b.fp(FpOp::extend, width, x.b.load(width, address));
}

Value load_integer(X86Instruction &x) {
  const ZydisDecodedOperand &from = x.operand(memory_operand(x));
  const Value value = x.b.load(ir::width_of_bits(from.size), x.address_of(from));
  return x.b.fp(FpOp::from_i64, Width::w128, x.b.sext(value, Width::w64));
}

/// Variants: an operation in the low byte and these.
constexpr unsigned kReversed = 0x100, kPop = 0x200, kPopTwice = 0x400, kInteger = 0x800, kToFlags = 0x1000,
                   kTruncate = 0x2000;
constexpr unsigned number(FpOp op) { return static_cast<unsigned>(op); }

void pop(FpuStack &stack, unsigned variant) {
  if (variant & (kPop | kPopTwice))
    stack.pop();
  if (variant & kPopTwice)
    stack.pop();
}

/// fadd, fsub, fsubr, fmul, fdiv, fdivr, with memory, st(i) or into st(i).
void arithmetic(X86Instruction &x, unsigned variant) {
  FpuStack stack(x);
  unsigned to = 0;
  Value source;
  if (has_memory(x)) {
    source = variant & kInteger ? load_integer(x) : load_float(x);
  } else {
    const bool into_top = x.decoded().opcode == 0xd8;
    to = into_top ? 0 : stack_number(x);
    source = stack.read(into_top ? stack_number(x) : 0);
  }
  Value first = stack.read(to);
  if (variant & kReversed)
    std::swap(first, source);
  const auto op = static_cast<FpOp>(variant & 0xff);
  stack.write(to, x.b.fp(op, Width::w128, first, source, x.b.get(reg::fpu_control)));
  pop(stack, variant);
  finish(x, stack);
}

/// fsqrt, frndint.
void one_operand(X86Instruction &x, unsigned op) {
  FpuStack stack(x);
  stack.write(0, x.b.fp(static_cast<FpOp>(op), Width::w128, stack.read(0), {}, x.b.get(reg::fpu_control)));
  finish(x, stack);
}

/// fchs, fabs: the sign of whatever is there.
void change_sign(X86Instruction &x, unsigned is_absolute) {
  FpuStack stack(x);
  const Value value = stack.read(0), word = x.b.extract(value, 64, Width::w16);
  const Value changed =
      is_absolute ? x.b.and_(word, x.constant(Width::w16, 0x7fff)) : x.b.xor_(word, x.constant(Width::w16, 0x8000));
  stack.write(0, x.b.insert(value, changed, 64));
  finish(x, stack);
}

/// fcom, fucom and their kin, ftst, fcomi: C3, C2 and C0, or ZF, PF and CF.
void compare(X86Instruction &x, unsigned variant) {
  FpuStack stack(x);
  const Value second = x.decoded().mnemonic == ZYDIS_MNEMONIC_FTST
                           ? x.b.concat(x.constant(Width::w64, 0), x.constant(Width::w64, 0))
                       : has_memory(x) ? (variant & kInteger ? load_integer(x) : load_float(x))
                                       : stack.read(stack_number(x));
  const Value record = x.b.fp(FpOp::compare, Width::w128, stack.read(0), second);
  pop(stack, variant);
  stack.finish();
  if (variant & kToFlags) {
    x.set_flags(x.b.flags_undefine(record, ir::kOverflow | ir::kSign | ir::kAdjust));
    return settle_status(x, kFpuExceptions | kC0 | kC2 | kC3, kFpuExceptions);
  }
  const Value word = x.b.trunc(x.b.flags_word(record, ir::FlagLayout::x86), Width::w16);
  settle_status(x, kFpuExceptions, kFpuExceptions, x.b.binary(Opcode::shl, word, x.constant(Width::w16, 8)));
}

void examine(X86Instruction &x, unsigned) {
  FpuStack stack(x);
  const Value word = x.b.fp(FpOp::examine, Width::w128, x.b.get_indexed(reg::fpr0, stack.top()));
  const Value empty = x.b.or_(x.b.and_(word, x.constant(Width::w16, kC1)), x.constant(Width::w16, kC3 | kC0));
  settle_status(x, kFpuExceptions, 0, x.b.select(stack.holds_value(stack.top()), word, empty));
}

void load(X86Instruction &x, unsigned variant) {
  FpuStack stack(x);
  stack.push(has_memory(x) ? (variant & kInteger ? load_integer(x) : load_float(x)) : stack.read(stack_number(x)));
  finish(x, stack);
}

void store(X86Instruction &x, unsigned variant) {
  FpuStack stack(x);
  const Value value = stack.read(0);
  if (has_memory(x)) {
    const ZydisDecodedOperand &to = x.operand(memory_operand(x));
    const Value address = x.address_of(to);
    if (to.size == 80)
      store_extended(x, address, value);
    else
      x.b.store(address, x.b.fp(FpOp::reduce, ir::width_of_bits(to.size), value, {}, x.b.get(reg::fpu_control)));
  } else {
    stack.write(stack_number(x), value);
  }
  pop(stack, variant);
  finish(x, stack);
}

/// fist, fistp, fisttp: what does not fit is stored as the most negative integer.
void store_integer(X86Instruction &x, unsigned variant) {
  FpuStack stack(x);
  const ZydisDecodedOperand &to = x.operand(memory_operand(x));
  const Width width = ir::width_of_bits(to.size);
  const Value control = variant & kTruncate ? x.constant(Width::w16, 0xc00) : x.b.get(reg::fpu_control);
  Value value = x.b.fp(FpOp::to_i64, Width::w128, stack.read(0), {}, control);
  if (width != Width::w64) {
    const Value low = x.b.trunc(value, width);
    const Value fits = x.b.compare(Opcode::eq, x.b.sext(low, Width::w64), value);
    value = x.b.select(fits, low, x.constant(width, std::uint64_t{1} << (to.size - 1)));
  }
  x.b.store(x.address_of(to), value);
  pop(stack, variant);
  finish(x, stack);
}

void exchange(X86Instruction &x, unsigned) {
  FpuStack stack(x);
  const unsigned other = stack_number(x);
  const Value first = stack.read(0), second = stack.read(other);
  stack.write(0, second);
  stack.write(other, first);
  finish(x, stack);
}

void move_if(X86Instruction &x, unsigned condition) {
  FpuStack stack(x);
  const Value holds = x.condition(static_cast<Condition>(condition));
  stack.write(0, x.b.select(holds, stack.read(stack_number(x)), stack.read(0)));
  finish(x, stack);
}

/// The constants, rounded to nearest; what another rounding gives differs by one in the last place.
struct Constant {
  std::uint64_t exponent, significand;
  enum : std::uint8_t {
    exact,
    above,
    below
  } nearest_is = exact; ///< the value rounded to nearest, against the true one
};
constexpr auto kConstants = std::to_array<Constant>({
    {0, 0},
    {0x3fff, 0x8000000000000000},
    {0x4000, 0xd49a784bcd1b8afe, Constant::below}, // log2 10
    {0x3fff, 0xb8aa3b295c17f0bc, Constant::above}, // log2 e
    {0x4000, 0xc90fdaa22168c235, Constant::above}, // pi
    {0x3ffd, 0x9a209a84fbcff799, Constant::above}, // log10 2
    {0x3ffe, 0xb17217f7d1cf79ac, Constant::above}, // ln 2
});

void load_constant(X86Instruction &x, unsigned index) {
  FpuStack stack(x);
  const Constant &constant = kConstants[index];
  Value significand = x.constant(Width::w64, constant.significand);
  if (constant.nearest_is != Constant::exact) {
    const Value control = x.b.get(reg::fpu_control);
    const Value rounding = x.b.and_(control, x.constant(Width::w16, 0xc00));
    const bool is_above = constant.nearest_is == Constant::above;
    const Value differs = is_above ? x.b.extract(control, 10, Width::w1) // down or to zero
                                   : x.b.compare(Opcode::eq, rounding, x.constant(Width::w16, 0x800));
    const Value one = x.b.zext(differs, Width::w64);
    significand = is_above ? x.b.sub(significand, one) : x.b.add(significand, one);
  }
  stack.push(x.b.concat(x.constant(Width::w64, constant.exponent), significand));
  finish(x, stack);
}

/// Functions whose value is not modelled: f2xm1, fscale, fsin, fcos, fprem, fprem1 in place; fyl2x, fyl2xp1, fpatan
/// into st(1) with a pop.
void function(X86Instruction &x, unsigned variant) {
  FpuStack stack(x);
  stack.write(variant & kPop ? 1 : 0, fpu_undefined(x));
  pop(stack, variant);
  finish(x, stack);
}

/// fsincos, fptan: a second result is pushed, but nothing happens (C2) from 2^63 on.
void function_pair(X86Instruction &x, unsigned) {
  FpuStack stack(x);
  const Value old = stack.read(0), old_top = stack.top(), old_tag = stack.tag();
  const Value exponent = x.b.and_(x.b.extract(old, 64, Width::w16), x.constant(Width::w16, 0x7fff));
  const Value is_large = x.b.compare(Opcode::ule, x.constant(Width::w16, 0x403e), exponent);
  const Value is_number = x.b.compare(Opcode::ne, exponent, x.constant(Width::w16, 0x7fff));
  const Value is_out = x.b.and_(is_large, is_number);
  const Value first = x.b.select(is_out, old, fpu_undefined(x));
  const Value behind = x.b.get_indexed(reg::fpr0, stack.at(7));
  stack.write(0, first);
  stack.push(x.b.select(is_out, behind, fpu_undefined(x)));
  stack.set_top(x.b.select(is_out, old_top, stack.top()));
  stack.set_tag(x.b.select(is_out, old_tag, stack.tag()));
  stack.finish();
  settle_status(x, kFpuExceptions, kFpuExceptions | kC0 | kC1 | kC3,
                x.b.binary(Opcode::shl, x.b.zext(is_out, Width::w16), x.constant(Width::w16, 10)));
}

/// fxtract: exponent and significand.
void split(X86Instruction &x, unsigned) {
  FpuStack stack(x);
  stack.write(0, fpu_undefined(x));
  stack.push(fpu_undefined(x));
  finish(x, stack);
}

void set_free(X86Instruction &x, unsigned variant) {
  FpuStack stack(x);
  stack.clear_tag(stack.at(stack_number(x)));
  pop(stack, variant);
  finish(x, stack);
}

void rotate(X86Instruction &x, unsigned by) {
  FpuStack stack(x);
  stack.rotate(by);
  finish(x, stack);
}

void nothing(X86Instruction &, unsigned) {}

constexpr auto kSemantics = std::to_array<MnemonicSemantics>({
    {ZYDIS_MNEMONIC_FADD, arithmetic, number(FpOp::add)},
    {ZYDIS_MNEMONIC_FADDP, arithmetic, number(FpOp::add) | kPop},
    {ZYDIS_MNEMONIC_FIADD, arithmetic, number(FpOp::add) | kInteger},
    {ZYDIS_MNEMONIC_FSUB, arithmetic, number(FpOp::sub)},
    {ZYDIS_MNEMONIC_FSUBP, arithmetic, number(FpOp::sub) | kPop},
    {ZYDIS_MNEMONIC_FISUB, arithmetic, number(FpOp::sub) | kInteger},
    {ZYDIS_MNEMONIC_FSUBR, arithmetic, number(FpOp::sub) | kReversed},
    {ZYDIS_MNEMONIC_FSUBRP, arithmetic, number(FpOp::sub) | kReversed | kPop},
    {ZYDIS_MNEMONIC_FISUBR, arithmetic, number(FpOp::sub) | kReversed | kInteger},
    {ZYDIS_MNEMONIC_FMUL, arithmetic, number(FpOp::mul)},
    {ZYDIS_MNEMONIC_FMULP, arithmetic, number(FpOp::mul) | kPop},
    {ZYDIS_MNEMONIC_FIMUL, arithmetic, number(FpOp::mul) | kInteger},
    {ZYDIS_MNEMONIC_FDIV, arithmetic, number(FpOp::div)},
    {ZYDIS_MNEMONIC_FDIVP, arithmetic, number(FpOp::div) | kPop},
    {ZYDIS_MNEMONIC_FIDIV, arithmetic, number(FpOp::div) | kInteger},
    {ZYDIS_MNEMONIC_FDIVR, arithmetic, number(FpOp::div) | kReversed},
    {ZYDIS_MNEMONIC_FDIVRP, arithmetic, number(FpOp::div) | kReversed | kPop},
    {ZYDIS_MNEMONIC_FIDIVR, arithmetic, number(FpOp::div) | kReversed | kInteger},
    {ZYDIS_MNEMONIC_FSQRT, one_operand, number(FpOp::sqrt)},
    {ZYDIS_MNEMONIC_FRNDINT, one_operand, number(FpOp::round)},
    {ZYDIS_MNEMONIC_FCHS, change_sign, 0},
    {ZYDIS_MNEMONIC_FABS, change_sign, 1},
    {ZYDIS_MNEMONIC_FCOM, compare},
    {ZYDIS_MNEMONIC_FCOMP, compare, kPop},
    {ZYDIS_MNEMONIC_FCOMPP, compare, kPopTwice},
    {ZYDIS_MNEMONIC_FUCOM, compare},
    {ZYDIS_MNEMONIC_FUCOMP, compare, kPop},
    {ZYDIS_MNEMONIC_FUCOMPP, compare, kPopTwice},
    {ZYDIS_MNEMONIC_FICOM, compare, kInteger},
    {ZYDIS_MNEMONIC_FICOMP, compare, kInteger | kPop},
    {ZYDIS_MNEMONIC_FTST, compare},
    {ZYDIS_MNEMONIC_FCOMI, compare, kToFlags},
    {ZYDIS_MNEMONIC_FCOMIP, compare, kToFlags | kPop},
    {ZYDIS_MNEMONIC_FUCOMI, compare, kToFlags},
    {ZYDIS_MNEMONIC_FUCOMIP, compare, kToFlags | kPop},
    {ZYDIS_MNEMONIC_FXAM, examine},
    {ZYDIS_MNEMONIC_FLD, load},
    {ZYDIS_MNEMONIC_FILD, load, kInteger},
    {ZYDIS_MNEMONIC_FST, store},
    {ZYDIS_MNEMONIC_FSTP, store, kPop},
    {ZYDIS_MNEMONIC_FIST, store_integer},
    {ZYDIS_MNEMONIC_FISTP, store_integer, kPop},
    {ZYDIS_MNEMONIC_FISTTP, store_integer, kPop | kTruncate},
    {ZYDIS_MNEMONIC_FXCH, exchange},
    {ZYDIS_MNEMONIC_FCMOVB, move_if, variant_of(Condition::b)},
    {ZYDIS_MNEMONIC_FCMOVE, move_if, variant_of(Condition::e)},
    {ZYDIS_MNEMONIC_FCMOVBE, move_if, variant_of(Condition::be)},
    {ZYDIS_MNEMONIC_FCMOVU, move_if, variant_of(Condition::p)},
    {ZYDIS_MNEMONIC_FCMOVNB, move_if, variant_of(Condition::ae)},
    {ZYDIS_MNEMONIC_FCMOVNE, move_if, variant_of(Condition::ne)},
    {ZYDIS_MNEMONIC_FCMOVNBE, move_if, variant_of(Condition::a)},
    {ZYDIS_MNEMONIC_FCMOVNU, move_if, variant_of(Condition::np)},
    {ZYDIS_MNEMONIC_FLDZ, load_constant, 0},
    {ZYDIS_MNEMONIC_FLD1, load_constant, 1},
    {ZYDIS_MNEMONIC_FLDL2T, load_constant, 2},
    {ZYDIS_MNEMONIC_FLDL2E, load_constant, 3},
    {ZYDIS_MNEMONIC_FLDPI, load_constant, 4},
    {ZYDIS_MNEMONIC_FLDLG2, load_constant, 5},
    {ZYDIS_MNEMONIC_FLDLN2, load_constant, 6},
    {ZYDIS_MNEMONIC_F2XM1, function},
    {ZYDIS_MNEMONIC_FSCALE, function},
    {ZYDIS_MNEMONIC_FSIN, function},
    {ZYDIS_MNEMONIC_FCOS, function},
    {ZYDIS_MNEMONIC_FPREM, function},
    {ZYDIS_MNEMONIC_FPREM1, function},
    {ZYDIS_MNEMONIC_FYL2X, function, kPop},
    {ZYDIS_MNEMONIC_FYL2XP1, function, kPop},
    {ZYDIS_MNEMONIC_FPATAN, function, kPop},
    {ZYDIS_MNEMONIC_FSINCOS, function_pair},
    {ZYDIS_MNEMONIC_FPTAN, function_pair},
    {ZYDIS_MNEMONIC_FXTRACT, split},
    {ZYDIS_MNEMONIC_FFREE, set_free},
    {ZYDIS_MNEMONIC_FFREEP, set_free, kPop},
    {ZYDIS_MNEMONIC_FDECSTP, rotate, 7},
    {ZYDIS_MNEMONIC_FINCSTP, rotate, 1},
    {ZYDIS_MNEMONIC_FNOP, nothing},
    {ZYDIS_MNEMONIC_FWAIT, nothing},
});

} // namespace

std::span<const MnemonicSemantics> x86_fpu_semantics() { return kSemantics; }

} // namespace ringfence::lift
