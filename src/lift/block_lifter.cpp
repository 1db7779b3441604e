#include "block_lifter.h"

#include <algorithm>

namespace ringfence::lift {

Result<LiftedBlock> BlockLifter::lift_block(Bytes bytes, std::uint64_t address, std::uint64_t stop_before,
                                            ir::Body &body) {
  if (bytes.empty())
    return Error{ErrorCode::invalid, 0, "expected the bytes of a block, found none"};
  if (body.blocks.empty())
    body.architecture = architecture_;
  if (body.architecture != architecture_)
    return Error{ErrorCode::invalid, 0, "the body belongs to another architecture"};
  ir::Builder build(body);
  build.begin_block(address);
  LiftedBlock result;
  result.end = BlockEnd::limit;
  std::size_t at = 0;
  for (std::uint32_t count = 0; count < kMaxInstructionsPerBlock; ++count) {
    if (count > 0 && address + at >= stop_before) {
      result.end = BlockEnd::boundary;
      break;
    }
    if (at == bytes.size()) {
      result.end = BlockEnd::bytes_end;
      break;
    }
    const unsigned length = decode(bytes.subspan(at), address + at);
    build.begin_instruction(address + at, std::max(length, 1u));
    if (length == 0) {
      build.trap(ir::TrapKind::undecodable);
      build.end_instruction();
      result.end = BlockEnd::undecodable;
      break;
    }
    build.end_instruction(lift_decoded(build, address + at));
    at += length;
    if (body.instructions.back().op_count != 0 && ir::is_terminator(body.ops.back().code)) {
      result.end = BlockEnd::terminator;
      break;
    }
  }
  result.id = build.end_block();
  return result;
}

} // namespace ringfence::lift
