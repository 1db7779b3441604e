// One decoded x86 or x64 instruction while it is being lifted: operand access over ir::Builder, and the type of a
// semantics function. Internal to the room; includes Zydis, as every category file does.
#pragma once

#include <ringfence/ir/builder.h>
#include <ringfence/ir/flags.h>

#include <Zydis/Zydis.h>

#include <array>
#include <span>

namespace ringfence::lift {

using ir::Condition;
using ir::FlagKind;
using ir::Opcode;
using ir::SysOp;
using ir::TrapKind;
using ir::Value;
using ir::Width;
namespace reg = ir::x86;

/// Where a machine register's bits are.
struct RegisterBits {
  ir::Register number = 0;
  Width width = Width::none; ///< none: not a register of the register file
  unsigned low_bit = 0;
};
RegisterBits locate(ZydisRegister name);

/// A place an operand names, its address computed once.
struct Location {
  const ZydisDecodedOperand *operand = nullptr;
  Value address; ///< of a memory operand
  Width width = Width::none;
  bool in_memory() const { return static_cast<bool>(address); }
};

class X86Instruction {
public:
  X86Instruction(ir::Builder &build, const ZydisDecodedInstruction &decoded,
                 std::span<const ZydisDecodedOperand> operands, std::uint64_t address)
      : b(build), decoded_(decoded), operands_(operands), address_(address) {}

  ir::Builder &b;

  const ZydisDecodedInstruction &decoded() const { return decoded_; }
  std::uint64_t address() const { return address_; }
  /// Address of the next instruction, in the machine's address width.
  std::uint64_t next() const { return (address_ + decoded_.length) & ir::mask_of(word()); }
  bool long_mode() const { return decoded_.machine_mode == ZYDIS_MACHINE_MODE_LONG_64; }
  /// Width of the machine's registers and addresses.
  Width word() const { return long_mode() ? Width::w64 : Width::w32; }
  /// Effective operand and address size.
  Width operand_size() const { return ir::width_of_bits(decoded_.operand_width); }
  Width address_size() const { return ir::width_of_bits(decoded_.address_width); }
  bool has(ZydisInstructionAttributes attribute) const { return (decoded_.attributes & attribute) != 0; }

  unsigned visible_operands() const { return decoded_.operand_count_visible; }
  std::span<const ZydisDecodedOperand> all_operands() const { return operands_; }
  const ZydisDecodedOperand &operand(unsigned index) const { return operands_[index]; }
  bool is_register(unsigned index) const { return operands_[index].type == ZYDIS_OPERAND_TYPE_REGISTER; }
  bool is_memory(unsigned index) const { return operands_[index].type == ZYDIS_OPERAND_TYPE_MEMORY; }
  bool is_immediate(unsigned index) const { return operands_[index].type == ZYDIS_OPERAND_TYPE_IMMEDIATE; }
  bool same_register(unsigned one, unsigned other) const;
  /// Width of an operand: its size, for immediates that of operand 0.
  Width width(unsigned index) const;
  std::uint64_t immediate(unsigned index) const { return operands_[index].imm.value.u; }
  /// Memory attributes of the instruction: locked for a lock prefix.
  unsigned attributes() const { return has(ZYDIS_ATTRIB_HAS_LOCK) ? unsigned{ir::kLocked} : 0u; }

  // Values
  Value constant(Width width, std::uint64_t value) const { return b.constant(width, value); }
  Value bit(bool value) const { return b.constant(Width::w1, value); }
  /// Address of a memory operand as the instruction computes it, without the segment's base, in address_size().
  Value offset_of(const ZydisDecodedOperand &operand);
  /// The linear address, in word().
  Value address_of(const ZydisDecodedOperand &operand);
  Value read_register(ZydisRegister name);
  /// Writes part of a register; a 32-bit write in long mode clears the upper half.
  void write_register(ZydisRegister name, Value value);
  Location place(unsigned index);
  Value read(const Location &from);
  void write(const Location &to, Value value);
  Value read(unsigned index) { return read(place(index)); }
  void write(unsigned index, Value value) { write(place(index), value); }

  // General registers by number, in a given width
  Value read_general(ir::Register number, Width width);
  void write_general(ir::Register number, Value value);

  // Flags
  Value flags() { return b.get(reg::flags); }
  void set_flags(Value record) { b.put(reg::flags, record); }
  void set_flags(FlagKind kind, Value first, Value second = {}, Value third = {}) {
    set_flags(b.flags(kind, first, second, third));
  }
  Value condition(Condition which) { return b.condition(flags(), which); }

  // The stack
  /// Stores `value` below the stack pointer and moves it. The push happens in the machine's width of the value.
  void push(Value value);
  Value pop(Width width);

  /// No semantics: an `unknown` operation, everything the decoder says it writes becomes undefined.
  void unsupported();
  /// Everything the decoder says the instruction writes becomes undefined.
  void havoc_outputs();
  bool is_unsupported() const { return unsupported_; }
  /// What every instruction with an MMX register does beside its work: TOP is 0 and no register empty.
  void enter_mmx_mode();
  /// True when an MMX register was read or written.
  bool uses_mmx() const { return uses_mmx_; }
  /// True when an operand was met that the register file does not hold: the caller then calls unsupported().
  bool failed() const { return failed_; }
  /// Ends the block with a trap.
  void trap(TrapKind kind, std::uint64_t code = 0) { b.trap(kind, code); }

private:
  void havoc_register(ZydisRegister name);
  void havoc_memory(Value address, unsigned bytes);

  const ZydisDecodedInstruction &decoded_;
  std::span<const ZydisDecodedOperand> operands_;
  std::uint64_t address_;
  bool unsupported_ = false, failed_ = false, uses_mmx_ = false;
};

/// Semantics of a mnemonic. `variant` tells the mnemonics of one function apart; its meaning is the function's.
using Semantics = void (*)(X86Instruction &, unsigned variant);

struct MnemonicSemantics {
  ZydisMnemonic mnemonic;
  Semantics lift;
  unsigned variant = 0;
};

/// The categories: one file each.
std::span<const MnemonicSemantics> x86_move_semantics();
std::span<const MnemonicSemantics> x86_arithmetic_semantics();
std::span<const MnemonicSemantics> x86_shift_semantics();
std::span<const MnemonicSemantics> x86_bit_semantics();
std::span<const MnemonicSemantics> x86_multiply_semantics();
std::span<const MnemonicSemantics> x86_control_semantics();
std::span<const MnemonicSemantics> x86_stack_semantics();
std::span<const MnemonicSemantics> x86_string_semantics();
std::span<const MnemonicSemantics> x86_atomic_semantics();
std::span<const MnemonicSemantics> x86_system_semantics();
std::span<const MnemonicSemantics> x86_vector_move_semantics();
std::span<const MnemonicSemantics> x86_vector_integer_semantics();
std::span<const MnemonicSemantics> x86_float_semantics();
std::span<const MnemonicSemantics> x86_legacy_semantics();
std::span<const MnemonicSemantics> x86_fpu_semantics();
std::span<const MnemonicSemantics> x86_fpu_state_semantics();

/// The condition of jcc, setcc or cmovcc, given as their variant.
constexpr unsigned variant_of(Condition condition) { return static_cast<unsigned>(condition); }

} // namespace ringfence::lift
