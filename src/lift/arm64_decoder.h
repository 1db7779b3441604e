// One decoded ARM64 instruction, as the semantics see it, and the decoder behind it. The implementation is the one
// translation unit of the room that includes LLVM; nothing of LLVM shows here.
#pragma once

#include <ringfence/base/span_reader.h>

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>

namespace ringfence::lift {

/// A register operand. Number 31 with neither flag is x31 of the encoding and never occurs.
struct Arm64Register {
  std::uint16_t bits = 0; ///< 32, 64; 8 to 128 for the vector registers; 0: a register without a place here
  std::uint8_t number = 0;
  bool is_zero = false, is_stack = false, is_vector = false;
};

struct Arm64Operand {
  bool is_register = false;
  Arm64Register reg;
  std::int64_t immediate = 0;
};

inline constexpr unsigned kMaxArm64Operands = 8;

struct Arm64Instruction {
  unsigned opcode = 0; ///< the decoder's number
  unsigned count = 0;
  std::array<Arm64Operand, kMaxArm64Operands> operands;
};

class Arm64Decoder {
public:
  virtual ~Arm64Decoder() = default;
  /// The instruction in the first four bytes; false when they are none, or when it has more operands than fit.
  virtual bool decode(Bytes bytes, std::uint64_t address, Arm64Instruction &instruction) = 0;
  /// The decoder's name of an opcode ("ADDXri"); empty beyond the last.
  virtual std::string_view name_of(unsigned opcode) const = 0;
  virtual unsigned opcode_count() const = 0;
};

/// Null when the decoder cannot be built.
std::unique_ptr<Arm64Decoder> make_arm64_decoder();

} // namespace ringfence::lift
