// One ARM64 instruction while it is being lifted. Internal to the room; no LLVM here.
#pragma once

#include "arm64_decoder.h"

#include <ringfence/ir/builder.h>

#include <span>

namespace ringfence::lift {

class Arm64Lift {
public:
  Arm64Lift(ir::Builder &build, const Arm64Instruction &decoded, std::uint64_t address)
      : b(build), decoded_(decoded), address_(address) {}

  ir::Builder &b;

  std::uint64_t address() const { return address_; }
  std::uint64_t next() const { return address_ + 4; }
  std::int64_t immediate(unsigned index) const { return decoded_.operands[index].immediate; }
  const Arm64Register &reg(unsigned index) const { return decoded_.operands[index].reg; }
  bool is_register(unsigned index) const { return decoded_.operands[index].is_register; }
  unsigned count() const { return decoded_.count; }
  ir::Width width(unsigned index) const { return ir::width_of_bits(reg(index).bits); }
  ir::Value constant(ir::Width width, std::uint64_t value) const { return b.constant(width, value); }

  /// A register operand in its own width; xzr and wzr are zero.
  ir::Value read(unsigned index);
  /// Writes clear the rest of the register; xzr and wzr swallow them.
  void write(unsigned index, ir::Value value);
  ir::Value flags() { return b.get(ir::arm64::flags); }
  void set_flags(ir::Value record) { b.put(ir::arm64::flags, record); }
  /// The condition field (0 eq ... 15) of the flags; 14 and 15 are always true.
  ir::Value condition(std::int64_t code);
  /// An operand without a place in the register file was met: the caller lifts the instruction as `unknown`.
  bool failed() const { return failed_; }

private:
  const Arm64Instruction &decoded_;
  std::uint64_t address_;
  bool failed_ = false;
};

using Arm64Semantics = void (*)(Arm64Lift &, unsigned variant);

struct Arm64NamedSemantics {
  std::string_view name; ///< the decoder's
  Arm64Semantics lift;
  unsigned variant = 0;
};

std::span<const Arm64NamedSemantics> arm64_data_semantics();
std::span<const Arm64NamedSemantics> arm64_memory_semantics();
std::span<const Arm64NamedSemantics> arm64_control_semantics();

} // namespace ringfence::lift
