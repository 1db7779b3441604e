// Exchanges: xchg (locked with memory, prefix or not), xadd, cmpxchg, cmpxchg8b, cmpxchg16b. The load and the store of
// a locked exchange carry the attribute `locked`.
#include "x86_instruction.h"

namespace ringfence::lift {
namespace {

void xchg(X86Instruction &x, unsigned) {
  if (x.is_memory(0) || x.is_memory(1)) {
    const unsigned memory = x.is_memory(0) ? 0 : 1;
    const Location place = x.place(memory);
    const Value old = x.b.load(place.width, place.address, ir::kLocked);
    const Value now = x.read(1 - memory);
    x.b.store(place.address, now, ir::kLocked);
    return x.write(1 - memory, old);
  }
  const Value first = x.read(0), second = x.read(1);
  x.write(0, second);
  x.write(1, first);
}

void xadd(X86Instruction &x, unsigned) {
  const Location to = x.place(0);
  const Value first = x.read(to), second = x.read(1);
  const Value sum = x.b.add(first, second);
  if (to.in_memory()) { // the store comes first: it may fault
    x.write(to, sum);
    x.write(1, first);
  } else { // xadd with one register twice leaves the sum
    x.write(1, first);
    x.write(to, sum);
  }
  x.set_flags(FlagKind::add, first, second);
}

/// The destination is written in every case: with its own value when the comparison fails.
void cmpxchg(X86Instruction &x, unsigned) {
  const Location to = x.place(0);
  const Value old = x.read(to), expected = x.read_general(reg::rax, to.width), wanted = x.read(1);
  const Value is_equal = x.b.compare(Opcode::eq, old, expected);
  if (to.width == Width::w32 && x.long_mode()) {
    // Only the register that is written is zero-extended.
    const Value rax = x.b.get(reg::rax);
    if (to.in_memory()) {
      x.write(to, x.b.select(is_equal, wanted, old));
    } else {
      const ir::Register number = locate(to.operand->reg.value).number;
      const Value whole = x.b.get(number);
      x.b.put(number, x.b.select(is_equal, x.b.zext(wanted, Width::w64), whole));
    }
    const bool is_accumulator = !to.in_memory() && locate(to.operand->reg.value).number == reg::rax;
    if (!is_accumulator)
      x.b.put(reg::rax, x.b.select(is_equal, rax, x.b.zext(old, Width::w64)));
  } else {
    x.write(to, x.b.select(is_equal, wanted, old));
    const bool is_accumulator = !to.in_memory() && locate(to.operand->reg.value).number == reg::rax &&
                                locate(to.operand->reg.value).low_bit == 0;
    if (!is_accumulator)
      x.write_general(reg::rax, x.b.select(is_equal, expected, old));
  }
  x.set_flags(FlagKind::sub, expected, old);
}

/// cmpxchg8b, cmpxchg16b: variant is the width of a half. Only ZF changes.
void cmpxchg_pair(X86Instruction &x, unsigned half_bits) {
  const Width half = ir::width_of_bits(half_bits), whole = ir::width_of_bits(2 * half_bits);
  const Value address = x.address_of(x.operand(0));
  if (half_bits == 64) {
    const Value low = x.b.and_(address, x.constant(x.word(), 15));
    x.b.check(TrapKind::general_protection, x.b.compare(Opcode::ne, low, x.constant(x.word(), 0)));
  }
  const Value old = x.b.load(whole, address, x.attributes());
  const Value high = x.read_general(reg::rdx, half), low = x.read_general(reg::rax, half);
  const Value is_equal = x.b.compare(Opcode::eq, old, x.b.concat(high, low));
  const Value wanted = x.b.concat(x.read_general(reg::rcx, half), x.read_general(reg::rbx, half));
  x.b.store(address, x.b.select(is_equal, wanted, old), x.attributes());
  const auto loaded = [&](ir::Register number, unsigned low_bit) {
    const Value value = x.b.zext(x.b.extract(old, low_bit, half), x.word());
    x.b.put(number, x.b.select(is_equal, x.b.get(number), value));
  };
  loaded(reg::rax, 0);
  loaded(reg::rdx, half_bits);
  x.set_flags(x.b.flags_with(x.flags(), ir::kZero, is_equal));
}

constexpr auto kSemantics = std::to_array<MnemonicSemantics>({
    {ZYDIS_MNEMONIC_XCHG, xchg},
    {ZYDIS_MNEMONIC_XADD, xadd},
    {ZYDIS_MNEMONIC_CMPXCHG, cmpxchg},
    {ZYDIS_MNEMONIC_CMPXCHG8B, cmpxchg_pair, 32},
    {ZYDIS_MNEMONIC_CMPXCHG16B, cmpxchg_pair, 64},
});

} // namespace

std::span<const MnemonicSemantics> x86_atomic_semantics() { return kSemantics; }

} // namespace ringfence::lift
