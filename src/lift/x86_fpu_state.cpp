// The x87's control, status and tag words, and the images that save and restore it: fnstenv, fnsave, fxsave and back.
// Instruction and data pointers and the last opcode are not kept: their fields in an image are undefined, as are its
// reserved ones. Intel SDM volume 1, 8.1.10 and 10.5; images with a 16-bit operand size have no semantics here.
#include "x86_fpu.h"

namespace ringfence::lift {
namespace {

constexpr unsigned kEnvironmentBytes = 28, kRegisterBytes = 10;

void load_control(X86Instruction &x, unsigned) { x.b.put(reg::fpu_control, x.read(0)); }
void store_control(X86Instruction &x, unsigned) { x.write(0, x.b.get(reg::fpu_control)); }
void store_status(X86Instruction &x, unsigned) { x.write(0, fpu_status_word(x, FpuStack(x))); }

/// fnclex: the condition codes are undefined afterwards.
void clear_exceptions(X86Instruction &x, unsigned) {
  x.b.put(reg::fpu_status, x.b.and_(x.b.undefined(Width::w16), x.constant(Width::w16, kC0 | kC1 | kC2 | kC3)));
}

void initialise(X86Instruction &x, unsigned) { fpu_initialise(x); }

/// emms: all registers are empty; TOP stays.
void empty_registers(X86Instruction &x, unsigned) { x.b.put(reg::fpu_tag, x.constant(Width::w8, 0)); }

/// Two bits a register: 0 a number, 1 zero, 2 anything else, 3 empty.
Value full_tags(X86Instruction &x, FpuStack &stack) {
  const auto word = [&](unsigned value) { return x.constant(Width::w16, value); };
  Value tags = word(0);
  for (unsigned i = 0; i < 8; ++i) {
    const Value value = x.b.get(static_cast<ir::Register>(reg::fpr0 + i));
    const Value kind = x.b.and_(x.b.fp(ir::FpOp::examine, Width::w128, value), word(kC0 | kC2 | kC3));
    const Value other = x.b.select(x.b.compare(Opcode::eq, kind, word(kC3)), word(1), word(2));
    const Value full = x.b.select(x.b.compare(Opcode::eq, kind, word(kC2)), word(0), other);
    const Value tag = x.b.select(stack.holds_value(x.constant(Width::w8, i)), full, word(3));
    tags = x.b.or_(tags, x.b.binary(Opcode::shl, tag, word(2 * i)));
  }
  return tags;
}

void store_environment(X86Instruction &x, Value address, FpuStack &stack) {
  const auto store_word = [&](unsigned offset, Value value) {
    x.b.store(address_behind(x, address, offset), value);
    x.b.store(address_behind(x, address, offset + 2), x.b.undefined(Width::w16));
  };
  store_word(0, x.b.get(reg::fpu_control));
  store_word(4, fpu_status_word(x, stack));
  store_word(8, full_tags(x, stack));
  for (unsigned offset = 12; offset < kEnvironmentBytes; offset += 4)
    x.b.store(address_behind(x, address, offset), x.b.undefined(Width::w32));
}

/// fnstenv (variant 0), fnsave (variant 1): the registers too, and then as fninit.
void save(X86Instruction &x, unsigned with_registers) {
  const ZydisDecodedOperand &to = x.operand(memory_operand(x));
  if (to.size != 8 * (kEnvironmentBytes + (with_registers ? 8 * kRegisterBytes : 0)))
    return x.unsupported();
  FpuStack stack(x);
  const Value address = x.address_of(to);
  store_environment(x, address, stack);
  if (!with_registers) // all exceptions are masked afterwards
    return x.b.put(reg::fpu_control, x.b.or_(x.b.get(reg::fpu_control), x.constant(Width::w16, 0x3f)));
  for (unsigned i = 0; i < 8; ++i)
    store_extended(x, address_behind(x, address, kEnvironmentBytes + i * kRegisterBytes),
                   x.b.get_indexed(reg::fpr0, stack.at(i)));
  fpu_initialise(x);
}

void put_status_word(X86Instruction &x, FpuStack &stack, Value word) {
  stack.set_top(x.b.trunc(
      x.b.and_(x.b.binary(Opcode::shr, word, x.constant(Width::w16, 11)), x.constant(Width::w16, 7)), Width::w8));
  // B is not stored, it shows what ES is.
  const Value busy = x.b.binary(Opcode::shl, x.b.and_(word, x.constant(Width::w16, 0x80)), x.constant(Width::w16, 8));
  x.b.put(reg::fpu_status, x.b.or_(x.b.and_(word, x.constant(Width::w16, 0x47ff)), busy));
}

/// fldenv (variant 0), frstor (variant 1).
void restore(X86Instruction &x, unsigned with_registers) {
  const ZydisDecodedOperand &from = x.operand(memory_operand(x));
  if (from.size != 8 * (kEnvironmentBytes + (with_registers ? 8 * kRegisterBytes : 0)))
    return x.unsupported();
  FpuStack stack(x);
  const Value address = x.address_of(from);
  const Value control = x.b.load(Width::w16, address);
  const Value status = x.b.load(Width::w16, address_behind(x, address, 4));
  const Value tags = x.b.load(Width::w16, address_behind(x, address, 8));
  std::array<Value, 8> values;
  for (unsigned i = 0; with_registers && i < 8; ++i)
    values[i] = load_extended(x, address_behind(x, address, kEnvironmentBytes + i * kRegisterBytes));
  x.b.put(reg::fpu_control, control);
  put_status_word(x, stack, status);
  Value full = x.constant(Width::w8, 0);
  for (unsigned i = 0; i < 8; ++i) {
    const Value tag = x.b.and_(tags, x.constant(Width::w16, 3u << 2 * i));
    const Value is_full = x.b.compare(Opcode::ne, tag, x.constant(Width::w16, 3u << 2 * i));
    full = x.b.or_(full, x.b.binary(Opcode::shl, x.b.zext(is_full, Width::w8), x.constant(Width::w8, i)));
  }
  stack.set_tag(full);
  for (unsigned i = 0; with_registers && i < 8; ++i)
    x.b.put_indexed(reg::fpr0, stack.at(i), values[i]);
  stack.finish();
}

constexpr unsigned kStackAt = 32, kVectorsAt = 160, kSlot = 16;

Value aligned_image(X86Instruction &x, unsigned index) {
  const Value address = x.address_of(x.operand(index));
  const Value low = x.b.and_(address, x.constant(x.word(), 15));
  x.b.check(TrapKind::general_protection, x.b.compare(Opcode::ne, low, x.constant(x.word(), 0)));
  return address;
}

unsigned vector_registers(const X86Instruction &x) { return x.long_mode() ? 16 : 8; }

/// fxsave: the registers in the order of the stack, the abridged tags, the SSE state; nothing else changes.
void save_extended(X86Instruction &x, unsigned) {
  FpuStack stack(x);
  const Value address = aligned_image(x, 0);
  const auto store = [&](unsigned offset, Value value) { x.b.store(address_behind(x, address, offset), value); };
  store(0, x.b.get(reg::fpu_control));
  store(2, fpu_status_word(x, stack));
  store(4, x.b.zext(stack.tag(), Width::w16));
  store(6, x.b.undefined(Width::w16));
  store(8, x.b.undefined(Width::w128));
  store(24, x.b.get(reg::mxcsr));
  store(28, x.b.undefined(Width::w32)); // which bits of MXCSR the processor has
  for (unsigned i = 0; i < 8; ++i) {
    const Value value = x.b.get_indexed(reg::fpr0, stack.at(i));
    const Value padded = x.b.insert(x.b.undefined(Width::w128), x.b.trunc(value, Width::w64), 0);
    store(kStackAt + kSlot * i, x.b.insert(padded, x.b.extract(value, 64, Width::w16), 64));
  }
  for (unsigned i = 0; i < vector_registers(x); ++i)
    store(kVectorsAt + kSlot * i, x.b.get(static_cast<ir::Register>(reg::xmm0 + i)));
}

void restore_extended(X86Instruction &x, unsigned) {
  FpuStack stack(x);
  const Value address = aligned_image(x, 0);
  const auto load = [&](Width width, unsigned offset) { return x.b.load(width, address_behind(x, address, offset)); };
  const Value control = load(Width::w16, 0), status = load(Width::w16, 2), tag = load(Width::w8, 4);
  const Value mxcsr = load(Width::w32, 24);
  std::array<Value, 8> values;
  for (unsigned i = 0; i < 8; ++i)
    values[i] = load_extended(x, address_behind(x, address, kStackAt + kSlot * i));
  std::array<Value, 16> vectors;
  for (unsigned i = 0; i < vector_registers(x); ++i)
    vectors[i] = load(Width::w128, kVectorsAt + kSlot * i);
  x.b.put(reg::fpu_control, control);
  put_status_word(x, stack, status);
  stack.set_tag(tag);
  x.b.put(reg::mxcsr, mxcsr);
  for (unsigned i = 0; i < 8; ++i)
    x.b.put_indexed(reg::fpr0, stack.at(i), values[i]);
  for (unsigned i = 0; i < vector_registers(x); ++i)
    x.b.put(static_cast<ir::Register>(reg::xmm0 + i), vectors[i]);
  stack.finish();
}

constexpr auto kSemantics = std::to_array<MnemonicSemantics>({
    {ZYDIS_MNEMONIC_FLDCW, load_control},
    {ZYDIS_MNEMONIC_FNSTCW, store_control},
    {ZYDIS_MNEMONIC_FNSTSW, store_status},
    {ZYDIS_MNEMONIC_FNCLEX, clear_exceptions},
    {ZYDIS_MNEMONIC_FNINIT, initialise},
    {ZYDIS_MNEMONIC_EMMS, empty_registers},
    {ZYDIS_MNEMONIC_FEMMS, empty_registers},
    {ZYDIS_MNEMONIC_FNSTENV, save, 0},
    {ZYDIS_MNEMONIC_FNSAVE, save, 1},
    {ZYDIS_MNEMONIC_FLDENV, restore, 0},
    {ZYDIS_MNEMONIC_FRSTOR, restore, 1},
    {ZYDIS_MNEMONIC_FXSAVE, save_extended},
    {ZYDIS_MNEMONIC_FXSAVE64, save_extended},
    {ZYDIS_MNEMONIC_FXRSTOR, restore_extended},
    {ZYDIS_MNEMONIC_FXRSTOR64, restore_extended},
});

} // namespace

std::span<const MnemonicSemantics> x86_fpu_state_semantics() { return kSemantics; }

} // namespace ringfence::lift
