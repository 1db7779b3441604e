// Body: the arena of lifted code. Three flat vectors; a block is a range of instructions, an instruction a range of
// operations. Blocks are only appended; ids and op indices stay valid for the life of the body.
// Invariant (checked by verify.h): instructions of a block are contiguous in memory order, operations of an
// instruction contiguous in `ops`; a terminator is the last operation of its block, a block without one falls through.
#pragma once

#include <ringfence/base/strong.h>
#include <ringfence/ir/op.h>
#include <ringfence/ir/registers.h>

#include <optional>
#include <span>
#include <vector>

namespace ringfence::ir {

using BlockId = Strong<struct BlockTag, std::uint32_t>;

struct Instruction {
  std::uint64_t address = 0;
  std::uint32_t first_op = 0; ///< index in Body::ops
  std::uint8_t op_count = 0;  ///< a nop has none
  std::uint8_t length = 0;    ///< bytes
  std::uint16_t flags = 0;    ///< InstructionFlag mask
  std::uint64_t end() const { return address + length; }
  friend bool operator==(const Instruction &, const Instruction &) = default;
};

enum InstructionFlag : std::uint16_t {
  kUnknownSemantics = 1, ///< holds an `unknown` operation
};

struct Block {
  std::uint64_t address = 0; ///< of the first instruction
  std::uint64_t end = 0;     ///< after the last instruction: the other target of a branch, the return address of a call
  std::uint32_t first_instruction = 0;
  std::uint32_t instruction_count = 0;
  std::uint32_t first_op = 0;
  std::uint32_t op_count = 0;
  friend bool operator==(const Block &, const Block &) = default;
};

struct Body {
  Architecture architecture = Architecture::x64;
  std::vector<Op> ops;
  std::vector<Instruction> instructions;
  std::vector<Block> blocks;

  const Block &block(BlockId id) const { return blocks[id.value]; }
  std::span<const Op> ops_of(const Block &b) const { return std::span(ops).subspan(b.first_op, b.op_count); }
  std::span<const Op> ops_of(const Instruction &i) const { return std::span(ops).subspan(i.first_op, i.op_count); }
  std::span<const Instruction> instructions_of(const Block &b) const {
    return std::span(instructions).subspan(b.first_instruction, b.instruction_count);
  }
  /// The block's terminator; null when the block falls through to Block::end.
  const Op *terminator(const Block &b) const {
    if (b.op_count == 0)
      return nullptr;
    const Op &last = ops[b.first_op + b.op_count - 1];
    return is_terminator(last.code) ? &last : nullptr;
  }
  /// Cuts a block before its instruction at `address`: the first part keeps the id and falls through, the second
  /// is appended to `blocks`. Nothing is moved. Returns the new id, or nothing when no inner instruction starts there.
  std::optional<BlockId> split(BlockId id, std::uint64_t address);
};

} // namespace ringfence::ir
