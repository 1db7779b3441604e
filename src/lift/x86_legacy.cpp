// What compilers no longer emit and old drivers hold: decimal adjustments, far pointers, bounds, and what selectors
// say. Intel SDM volume 2: AAA, AAD, AAM, AAS, DAA, DAS, ARPL, BOUND, LAR, LDS, LSL.
#include "x86_instruction.h"

namespace ringfence::lift {
namespace {

Value byte(X86Instruction &x, unsigned value) { return x.constant(Width::w8, value); }
Value above(X86Instruction &x, Value value, unsigned limit) { return x.b.compare(Opcode::ult, byte(x, limit), value); }

/// Zero, sign and parity of a byte, overflow undefined, carry and adjust as given (undefined where they are not).
void set_decimal_flags(X86Instruction &x, Value result, Value carry = {}, Value adjust = {}) {
  Value record = x.b.flags_undefine(x.b.flags(FlagKind::logic, result), ir::kOverflow);
  record = carry ? x.b.flags_with(record, ir::kCarry, carry) : x.b.flags_undefine(record, ir::kCarry);
  x.set_flags(adjust ? x.b.flags_with(record, ir::kAdjust, adjust) : record);
}

/// aaa (variant 0), aas (variant 1).
void adjust_ascii(X86Instruction &x, unsigned subtracts) {
  const Value ax = x.read_general(reg::rax, Width::w16);
  const Value digit = x.b.and_(x.b.trunc(ax, Width::w8), byte(x, 15));
  const Value carries = x.b.or_(above(x, digit, 9), x.condition(Condition::adjust));
  const Value six = x.constant(Width::w16, 0x106);
  const Value moved = subtracts ? x.b.sub(ax, six) : x.b.add(ax, six);
  x.write_general(reg::rax, x.b.and_(x.b.select(carries, moved, ax), x.constant(Width::w16, 0xff0f)));
  const Value record = x.b.flags_with(x.b.flags_with(x.flags(), ir::kCarry, carries), ir::kAdjust, carries);
  x.set_flags(x.b.flags_undefine(record, ir::kOverflow | ir::kSign | ir::kZero | ir::kParity));
}

/// daa (variant 0), das (variant 1).
void adjust_decimal(X86Instruction &x, unsigned subtracts) {
  const Value old = x.read_general(reg::rax, Width::w8);
  const Value adjusts = x.b.or_(above(x, x.b.and_(old, byte(x, 15)), 9), x.condition(Condition::adjust));
  const Value old_carry = x.condition(Condition::b);
  const Value carries = x.b.or_(above(x, old, 0x99), old_carry);
  const auto moved = [&](Value value, unsigned by) {
    return subtracts ? x.b.sub(value, byte(x, by)) : x.b.add(value, byte(x, by));
  };
  const Value low = x.b.select(adjusts, moved(old, 6), old);
  const Value result = x.b.select(carries, moved(low, 0x60), low);
  // das: a borrow of the low digit stays in the carry even where the high digit needs no adjustment.
  const Value borrows = x.b.and_(adjusts, x.b.compare(Opcode::ult, old, byte(x, 6)));
  x.write_general(reg::rax, result);
  set_decimal_flags(x, result, subtracts ? x.b.or_(carries, borrows) : carries, adjusts);
}

/// aam: the base is the immediate.
void split_digits(X86Instruction &x, unsigned) {
  const Value base = byte(x, static_cast<unsigned>(x.immediate(0)) & 0xff);
  x.b.check(TrapKind::divide_error, x.bit(base.imm == 0));
  const Value al = x.read_general(reg::rax, Width::w8);
  const Value high = x.b.binary(Opcode::udiv, al, base), low = x.b.binary(Opcode::urem, al, base);
  x.write_general(reg::rax, x.b.concat(high, low));
  set_decimal_flags(x, low);
}

/// aad.
void join_digits(X86Instruction &x, unsigned) {
  const Value base = byte(x, static_cast<unsigned>(x.immediate(0)) & 0xff);
  const Value high = x.read_register(ZYDIS_REGISTER_AH);
  const Value sum = x.b.add(x.read_general(reg::rax, Width::w8), x.b.binary(Opcode::mul, high, base));
  x.write_general(reg::rax, x.b.zext(sum, Width::w16));
  set_decimal_flags(x, sum);
}

void adjust_privilege(X86Instruction &x, unsigned) {
  const Location to = x.place(0);
  const Value first = x.read(to), second = x.read(1), low = x.constant(Width::w16, 3);
  const Value lower = x.b.compare(Opcode::ult, x.b.and_(first, low), x.b.and_(second, low));
  const Value raised = x.b.or_(x.b.and_(first, x.constant(Width::w16, 0xfffc)), x.b.and_(second, low));
  x.write(to, x.b.select(lower, raised, first));
  x.set_flags(x.b.flags_with(x.flags(), ir::kZero, lower));
}

/// The two limits stand in memory, signed.
void check_bounds(X86Instruction &x, unsigned) {
  const Value index = x.read(0), address = x.address_of(x.operand(1));
  const Value lower = x.b.load(index.width, address);
  const Value upper = x.b.load(index.width, x.b.add(address, x.constant(x.word(), ir::bytes_of(index.width))));
  x.b.check(TrapKind::bound, x.b.or_(x.b.compare(Opcode::slt, index, lower), x.b.compare(Opcode::slt, upper, index)));
}

/// lds, les, lfs, lgs, lss: an offset of the operand size and a selector behind it.
void load_far_pointer(X86Instruction &x, unsigned segment) {
  const Value address = x.address_of(x.operand(1));
  const Width size = x.width(0);
  const Value offset = x.b.load(size, address);
  const Value selector = x.b.load(Width::w16, x.b.add(address, x.constant(x.word(), ir::bytes_of(size))));
  x.b.sys(SysOp::load_segment, Width::none, x.constant(Width::w32, segment - unsigned{reg::es}), selector);
  x.b.put(static_cast<ir::Register>(segment), selector);
  if (segment == reg::fs || segment == reg::gs)
    x.b.put(static_cast<ir::Register>(segment == reg::fs ? reg::fs_base : reg::gs_base), x.b.undefined(x.word()));
  x.write(0, offset);
}

/// lar (variant 0), lsl (variant 1): nothing is written where the selector names no such segment.
void describe_segment(X86Instruction &x, unsigned limit) {
  const Value selector = x.b.trunc(x.read(1), Width::w16);
  const Value answer = x.b.sys(SysOp::describe_segment, Width::w64, selector, x.constant(Width::w32, limit));
  const Value exists = x.b.undefined(Width::w1);
  x.write(0, x.b.select(exists, x.b.trunc(answer, x.width(0)), x.read(0)));
  x.set_flags(x.b.flags_with(x.flags(), ir::kZero, exists));
}

/// salc, which no manual of Intel's names: al is 0 or FFh as the carry is.
void set_by_carry(X86Instruction &x, unsigned) {
  x.write_general(reg::rax, x.b.sext(x.condition(Condition::b), Width::w8));
}

constexpr auto kSemantics = std::to_array<MnemonicSemantics>({
    {ZYDIS_MNEMONIC_AAA, adjust_ascii, 0},
    {ZYDIS_MNEMONIC_AAS, adjust_ascii, 1},
    {ZYDIS_MNEMONIC_DAA, adjust_decimal, 0},
    {ZYDIS_MNEMONIC_DAS, adjust_decimal, 1},
    {ZYDIS_MNEMONIC_AAM, split_digits},
    {ZYDIS_MNEMONIC_AAD, join_digits},
    {ZYDIS_MNEMONIC_SALC, set_by_carry},
    {ZYDIS_MNEMONIC_ARPL, adjust_privilege},
    {ZYDIS_MNEMONIC_BOUND, check_bounds},
    {ZYDIS_MNEMONIC_LDS, load_far_pointer, reg::ds},
    {ZYDIS_MNEMONIC_LES, load_far_pointer, reg::es},
    {ZYDIS_MNEMONIC_LFS, load_far_pointer, reg::fs},
    {ZYDIS_MNEMONIC_LGS, load_far_pointer, reg::gs},
    {ZYDIS_MNEMONIC_LSS, load_far_pointer, reg::ss},
    {ZYDIS_MNEMONIC_LAR, describe_segment, 0},
    {ZYDIS_MNEMONIC_LSL, describe_segment, 1},
});

} // namespace

std::span<const MnemonicSemantics> x86_legacy_semantics() { return kSemantics; }

} // namespace ringfence::lift
