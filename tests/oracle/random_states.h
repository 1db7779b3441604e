// Random machine states that make an instruction do something: its memory operands land in the arena most of the time,
// counts stay small, divisions often fit, values are often the ones at which arithmetic changes its mind.
#pragma once

#include "instruction_samples.h"
#include "oracle_protocol.h"

#include <Zydis/Zydis.h>

#include <string>

namespace oracle {

class RandomStates {
public:
  RandomStates(const Sample &sample, std::uint64_t seed);
  MachineState next();
  std::string mnemonic() const { return ZydisMnemonicGetString(decoded_.mnemonic); }
  /// The mnemonic, with " m" behind it when an operand is in memory: what known differences name.
  std::string label() const {
    for (unsigned i = 0; i < decoded_.operand_count_visible; ++i)
      if (operands_[i].type == ZYDIS_OPERAND_TYPE_MEMORY)
        return mnemonic() + " m";
    return mnemonic();
  }
  /// True when an operand is an MMX register.
  bool uses_mmx() const {
    for (unsigned i = 0; i < decoded_.operand_count_visible; ++i)
      if (operands_[i].type == ZYDIS_OPERAND_TYPE_REGISTER && operands_[i].reg.value >= ZYDIS_REGISTER_MM0 &&
          operands_[i].reg.value <= ZYDIS_REGISTER_MM7)
        return true;
    return false;
  }
  /// True for x87 instructions.
  bool uses_fpu() const {
    return decoded_.meta.category == ZYDIS_CATEGORY_X87_ALU || decoded_.meta.category == ZYDIS_CATEGORY_FCMOV;
  }
  /// True when the oracle must run the instruction until it is left: it repeats itself.
  bool repeats() const {
    return (decoded_.attributes & (ZYDIS_ATTRIB_HAS_REP | ZYDIS_ATTRIB_HAS_REPE | ZYDIS_ATTRIB_HAS_REPNE)) != 0;
  }

private:
  std::uint64_t random();
  std::uint64_t value();
  std::uint64_t vector_half();
  void fpu_value(std::uint64_t (&value)[2]);
  void fpu(MachineState &state);
  void aim(MachineState &state, const ZydisDecodedOperand &operand);

  const Sample &sample_;
  ZydisDecodedInstruction decoded_{};
  ZydisDecodedOperand operands_[ZYDIS_MAX_OPERAND_COUNT] = {};
  std::uint64_t seed_;
};

} // namespace oracle
