// What every architecture's lifter shares: decoding and lifting one instruction after the other until the block ends.
// A lifter adds how one instruction is decoded and what it means.
#pragma once

#include <ringfence/ir/builder.h>
#include <ringfence/lift/lift.h>

namespace ringfence::lift {

class BlockLifter : public Lifter {
public:
  Result<LiftedBlock> lift_block(Bytes bytes, std::uint64_t address, std::uint64_t stop_before, ir::Body &body) final;
  unsigned instruction_length(Bytes bytes) final { return decode(bytes, 0); }

protected:
  explicit BlockLifter(ir::Architecture architecture) : architecture_(architecture) {}

private:
  /// Length of the instruction at bytes[0], of which lift_decoded() then speaks; 0 when the bytes are none.
  virtual unsigned decode(Bytes bytes, std::uint64_t address) = 0;
  /// Emits the operations of the decoded instruction; returns its InstructionFlag mask.
  virtual std::uint16_t lift_decoded(ir::Builder &build, std::uint64_t address) = 0;

  ir::Architecture architecture_;
};

} // namespace ringfence::lift
