// A concrete flag record and what its kinds mean. The lifter stores operands, not bits; here the bits follow.
// The tables of FlagKind (op.h) are the specification: Intel SDM volume 1 appendix A, Arm ARM C5.2.
#pragma once

#include <ringfence/ir/op.h>

#include <cstdint>

namespace ringfence::ir {

/// Value of a flags-typed operation in the concrete interpreter.
struct FlagsRecord {
  std::uint64_t a = 0, b = 0;
  FlagKind kind = FlagKind::word;
  Width width = Width::w32;
  bool carry_in = false;       ///< operand c
  std::uint8_t known = 0;      ///< flags overridden by flags_with
  std::uint8_t known_bits = 0; ///< their values
  std::uint8_t undefined = 0;  ///< flags made undefined by flags_undefine
  friend bool operator==(const FlagsRecord &, const FlagsRecord &) = default;
};

/// The flags among `wanted` (FlagBit mask) that are one. An undefined flag has a definite, arbitrary value here.
unsigned flag_bits(const FlagsRecord &record, unsigned wanted = kAllFlags);
/// The flags whose value the manual leaves undefined.
unsigned undefined_flags(const FlagsRecord &record);
/// The condition's value.
bool evaluate(const FlagsRecord &record, Condition condition);
/// The flags a condition depends on (FlagBit mask).
unsigned flags_read_by(Condition condition);
/// The condition that is true exactly when `condition` is false (`adjust` has none and returns itself).
Condition negated(Condition condition);
/// Flags of mask `bits` in a machine word of `layout`, other bits zero; and back.
std::uint32_t word_from_flags(unsigned bits, FlagLayout layout);
unsigned flags_from_word(std::uint64_t word, FlagLayout layout);

} // namespace ringfence::ir
