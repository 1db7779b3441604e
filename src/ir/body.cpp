#include <ringfence/ir/body.h>

#include <algorithm>

namespace ringfence::ir {

std::optional<BlockId> Body::split(BlockId id, std::uint64_t address) {
  if (id.value >= blocks.size())
    return std::nullopt;
  Block &first = blocks[id.value];
  const auto inner = instructions_of(first);
  const auto found = std::lower_bound(inner.begin(), inner.end(), address,
                                      [](const Instruction &i, std::uint64_t at) { return i.address < at; });
  if (found == inner.begin() || found == inner.end() || found->address != address)
    return std::nullopt;
  const auto kept = static_cast<std::uint32_t>(found - inner.begin());
  Block second = first;
  second.address = address;
  second.first_instruction = first.first_instruction + kept;
  second.instruction_count = first.instruction_count - kept;
  second.first_op = found->first_op;
  second.op_count = first.first_op + first.op_count - found->first_op;
  first.end = address;
  first.instruction_count = kept;
  first.op_count = found->first_op - first.first_op;
  blocks.push_back(second);
  return BlockId(static_cast<std::uint32_t>(blocks.size() - 1));
}

} // namespace ringfence::ir
