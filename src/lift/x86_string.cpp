// String instructions. Without a prefix they are a load and a store; with rep they are one bulk operation beside
// explicit arithmetic for the final registers. The counter and the pointers have the address size; DF gives the
// direction. The source's segment may be overridden, the destination's (ES) may not.
#include "x86_instruction.h"
#include "x86_vector.h"

namespace ringfence::lift {
namespace {

bool repeats(const X86Instruction &x) {
  return x.has(ZYDIS_ATTRIB_HAS_REP) || x.has(ZYDIS_ATTRIB_HAS_REPE) || x.has(ZYDIS_ATTRIB_HAS_REPNE);
}

/// The element's bytes, negated when DF is set, at `size`.
Value step_of(X86Instruction &x, Value direction, unsigned bytes, Width size) {
  return x.b.select(direction, x.constant(size, std::uint64_t{0} - bytes), x.constant(size, bytes));
}

/// Linear address of a string pointer register.
Value linear(X86Instruction &x, Value offset, bool is_source) {
  Value address = x.b.zext(offset, x.word());
  if (is_source && x.has(ZYDIS_ATTRIB_HAS_SEGMENT_FS))
    address = x.b.add(x.b.get(reg::fs_base), address);
  if (is_source && x.has(ZYDIS_ATTRIB_HAS_SEGMENT_GS))
    address = x.b.add(x.b.get(reg::gs_base), address);
  return address;
}

void advance(X86Instruction &x, ir::Register number, Value offset, Value distance) {
  x.write_general(number, x.b.add(offset, distance));
}

/// What one string instruction works with.
struct StringState {
  Width element, size;
  Value direction, step, source, destination, count;
};

StringState begin(X86Instruction &x, unsigned bits) {
  StringState s;
  s.element = ir::width_of_bits(bits);
  s.size = x.address_size();
  s.direction = x.b.get(reg::df);
  s.step = step_of(x, s.direction, bits / 8, s.size);
  return s;
}

Value distance_of(X86Instruction &x, const StringState &s, Value done) { return x.b.binary(Opcode::mul, done, s.step); }

/// Runs `operation` over all elements when the instruction repeats, else `once`. Returns how far the pointers move.
template <class Once>
Value repeat_or(X86Instruction &x, StringState &s, ir::BulkOp operation, Value to, Value from, Once once) {
  if (!repeats(x)) {
    once();
    return s.step;
  }
  s.count = x.read_general(reg::rcx, s.size);
  x.b.bulk(operation, s.element, to, from, x.b.zext(s.count, x.word()), s.direction);
  const Value distance = distance_of(x, s, s.count);
  x.write_general(reg::rcx, x.constant(s.size, 0));
  return distance;
}

void movs(X86Instruction &x, unsigned bits) {
  StringState s = begin(x, bits);
  s.source = x.read_general(reg::rsi, s.size);
  s.destination = x.read_general(reg::rdi, s.size);
  const Value from = linear(x, s.source, true), to = linear(x, s.destination, false);
  const Value distance = repeat_or(x, s, ir::BulkOp::copy, to, from, [&] { x.b.store(to, x.b.load(s.element, from)); });
  advance(x, reg::rsi, s.source, distance);
  advance(x, reg::rdi, s.destination, distance);
}

void stos(X86Instruction &x, unsigned bits) {
  StringState s = begin(x, bits);
  s.destination = x.read_general(reg::rdi, s.size);
  const Value to = linear(x, s.destination, false), value = x.read_general(reg::rax, s.element);
  const Value distance = repeat_or(x, s, ir::BulkOp::fill, to, value, [&] { x.b.store(to, value); });
  advance(x, reg::rdi, s.destination, distance);
}

void lods(X86Instruction &x, unsigned bits) {
  if (repeats(x))
    return x.unsupported();
  StringState s = begin(x, bits);
  s.source = x.read_general(reg::rsi, s.size);
  x.write_general(reg::rax, x.b.load(s.element, linear(x, s.source, true)));
  advance(x, reg::rsi, s.source, s.step);
}

/// Final registers and flags of a repeated comparison; `result` is that of the bulk operation.
void end_comparison(X86Instruction &x, const StringState &s, Value result, Value second, bool moves_source) {
  const Value left = x.b.resize(x.b.trunc(result, Width::w64), s.size);
  const Value last = x.b.resize(x.b.extract(result, 64, Width::w64), s.element);
  const Value distance = distance_of(x, s, x.b.sub(s.count, left));
  const Value none_done = x.b.compare(Opcode::eq, s.count, x.constant(s.size, 0));
  const Value record = moves_source ? x.b.flags(FlagKind::sub, last, second) : x.b.flags(FlagKind::sub, second, last);
  const Value old = x.flags();
  x.set_flags(x.b.select(none_done, old, record));
  x.write_general(reg::rcx, left);
  if (moves_source)
    advance(x, reg::rsi, s.source, distance);
  advance(x, reg::rdi, s.destination, distance);
}

/// cmps: flags of [rsi] - [rdi].
void cmps(X86Instruction &x, unsigned bits) {
  StringState s = begin(x, bits);
  s.source = x.read_general(reg::rsi, s.size);
  s.destination = x.read_general(reg::rdi, s.size);
  const Value first = linear(x, s.source, true), second = linear(x, s.destination, false);
  if (!repeats(x)) {
    x.set_flags(FlagKind::sub, x.b.load(s.element, first), x.b.load(s.element, second));
    advance(x, reg::rsi, s.source, s.step);
    return advance(x, reg::rdi, s.destination, s.step);
  }
  s.count = x.read_general(reg::rcx, s.size);
  const auto kind = x.has(ZYDIS_ATTRIB_HAS_REPNE) ? ir::BulkOp::compare_unequal : ir::BulkOp::compare_equal;
  const Value result = x.b.bulk(kind, s.element, first, second, x.b.zext(s.count, x.word()), s.direction);
  end_comparison(x, s, result, x.b.resize(x.b.extract(result, 128, Width::w64), s.element), true);
}

/// scas: flags of the accumulator - [rdi].
void scas(X86Instruction &x, unsigned bits) {
  StringState s = begin(x, bits);
  s.destination = x.read_general(reg::rdi, s.size);
  const Value at = linear(x, s.destination, false), value = x.read_general(reg::rax, s.element);
  if (!repeats(x)) {
    x.set_flags(FlagKind::sub, value, x.b.load(s.element, at));
    return advance(x, reg::rdi, s.destination, s.step);
  }
  s.count = x.read_general(reg::rcx, s.size);
  const auto kind = x.has(ZYDIS_ATTRIB_HAS_REPNE) ? ir::BulkOp::scan_unequal : ir::BulkOp::scan_equal;
  const Value result = x.b.bulk(kind, s.element, at, value, x.b.zext(s.count, x.word()), s.direction);
  end_comparison(x, s, result, value, false);
}

void ins(X86Instruction &x, unsigned bits) {
  StringState s = begin(x, bits);
  s.destination = x.read_general(reg::rdi, s.size);
  const Value to = linear(x, s.destination, false), port = x.read_general(reg::rdx, Width::w16);
  const Value distance =
      repeat_or(x, s, ir::BulkOp::in, to, port, [&] { x.b.store(to, x.b.sys(SysOp::in, s.element, port)); });
  advance(x, reg::rdi, s.destination, distance);
}

void outs(X86Instruction &x, unsigned bits) {
  StringState s = begin(x, bits);
  s.source = x.read_general(reg::rsi, s.size);
  const Value from = linear(x, s.source, true), port = x.read_general(reg::rdx, Width::w16);
  const Value distance = repeat_or(x, s, ir::BulkOp::out, from, port,
                                   [&] { x.b.sys(SysOp::out, s.element, port, x.b.load(s.element, from)); });
  advance(x, reg::rsi, s.source, distance);
}

constexpr auto kSemantics = std::to_array<MnemonicSemantics>({
    {ZYDIS_MNEMONIC_MOVSB, movs, 8},  {ZYDIS_MNEMONIC_MOVSW, movs, 16}, {ZYDIS_MNEMONIC_MOVSQ, movs, 64},
    {ZYDIS_MNEMONIC_STOSB, stos, 8},  {ZYDIS_MNEMONIC_STOSW, stos, 16}, {ZYDIS_MNEMONIC_STOSD, stos, 32},
    {ZYDIS_MNEMONIC_STOSQ, stos, 64}, {ZYDIS_MNEMONIC_LODSB, lods, 8},  {ZYDIS_MNEMONIC_LODSW, lods, 16},
    {ZYDIS_MNEMONIC_LODSD, lods, 32}, {ZYDIS_MNEMONIC_LODSQ, lods, 64}, {ZYDIS_MNEMONIC_CMPSB, cmps, 8},
    {ZYDIS_MNEMONIC_CMPSW, cmps, 16}, {ZYDIS_MNEMONIC_CMPSQ, cmps, 64}, {ZYDIS_MNEMONIC_SCASB, scas, 8},
    {ZYDIS_MNEMONIC_SCASW, scas, 16}, {ZYDIS_MNEMONIC_SCASD, scas, 32}, {ZYDIS_MNEMONIC_SCASQ, scas, 64},
    {ZYDIS_MNEMONIC_INSB, ins, 8},    {ZYDIS_MNEMONIC_INSW, ins, 16},   {ZYDIS_MNEMONIC_INSD, ins, 32},
    {ZYDIS_MNEMONIC_OUTSB, outs, 8},  {ZYDIS_MNEMONIC_OUTSW, outs, 16}, {ZYDIS_MNEMONIC_OUTSD, outs, 32},
});

} // namespace

/// movsd and cmpsd are also SSE mnemonics: x86_vector_move.cpp and x86_float.cpp come here for the string forms.
void lift_movs_doubleword(X86Instruction &x) { movs(x, 32); }
void lift_cmps_doubleword(X86Instruction &x) { cmps(x, 32); }

std::span<const MnemonicSemantics> x86_string_semantics() { return kSemantics; }

} // namespace ringfence::lift
