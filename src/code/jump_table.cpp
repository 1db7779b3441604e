// Jump tables: the jump's target as an expression along the path that led to it, the index found by the comparison
// that bounds it, and the targets by evaluating the expression for every index over the image's bytes. So direct,
// two-level, biased and relative tables need no patterns of their own.
#include "discovery.h"

#include <algorithm>

namespace ringfence::code {

namespace {

constexpr std::size_t kShortPath = 6;
constexpr std::size_t kLongPath = 64;
constexpr std::uint64_t kMaxEntries = 0x4000;
constexpr std::uint64_t kMaxGuessedEntries = 0x400;
constexpr std::uint64_t kMaxComputed = 64;          ///< targets of a jump that reads no table
constexpr std::size_t kMaxTableTargets = 1'000'000; ///< of the whole image

} // namespace

void Discovery::follow_path(ir::BlockId id, std::size_t length) {
  std::vector<std::uint32_t> path{id.value};
  while (path.size() < length) {
    const std::uint32_t before = predecessor(path.back());
    if (before == kNoBlock || trail_[path.back()].step == Step::handler)
      break;
    path.push_back(before);
  }
  path_.reset();
  for (std::size_t i = path.size(); i-- > 0;) {
    std::optional<bool> taken;
    bool after_call = false;
    if (i > 0) {
      const Step step = trail_[path[i - 1]].step;
      if (step == Step::taken || step == Step::fall_through)
        taken = step == Step::taken;
      after_call = step == Step::after_call;
    }
    path_.follow(body_.blocks[path[i]], taken);
    if (after_call)
      path_.clobber_by_call();
  }
}

bool Discovery::resolve_table(ir::BlockId id, std::uint32_t function, std::uint64_t at) {
  for (const std::size_t length : {kShortPath, kLongPath}) {
    follow_path(id, length);
    JumpTable table{.jump = Va(at), .function = FunctionId(function)};
    table.first_target = static_cast<std::uint32_t>(program_.table_targets_.size());
    if (!propose(table, at))
      continue;
    table.target_count = static_cast<std::uint32_t>(program_.table_targets_.size()) - table.first_target;
    table_of_.set(at, static_cast<std::uint32_t>(program_.tables_.size()));
    program_.tables_.push_back(table);
    return true;
  }
  return false;
}

/// Tries the comparisons, nearest first, then masks and byte loads, then any unknown value as the index.
bool Discovery::propose(JumpTable &table, std::uint64_t at) {
  const NodeId target = path_.target();
  if (target == kNoNode || path_.constant(target) || path_.loaded_from(target) ||
      program_.table_targets_.size() >= kMaxTableTargets)
    return false;
  const std::vector<Bound> bounds(path_.bounds().begin(), path_.bounds().end());
  for (std::size_t i = bounds.size(); i-- > 0;) {
    Bound bound = bounds[i];
    if (bound.low > bound.high || bound.high - bound.low >= kMaxEntries)
      continue;
    if (enumerate(table, at, bound, true)) {
      table.bounded = true;
      return true;
    }
  }
  for (const Bound &bound : path_.natural_bounds(target, kMaxGuessedEntries - 1))
    // Tables of unrolled copies begin at index 1: the entry before is no target.
    if (enumerate(table, at, bound, false) ||
        (bound.high > 1 && enumerate(table, at, {bound.node, 1, bound.high}, false)))
      return true;
  for (const Bound &bound : path_.natural_bounds(target, kMaxComputed - 1))
    if (enumerate_computed(table, at, bound))
      return true;
  const std::vector<NodeId> leaves = path_.leaves(target);
  for (std::size_t i = leaves.size(); i-- > 0;)
    if (enumerate(table, at, {leaves[i], 0, kMaxGuessedEntries - 1}, false))
      return true;
  return false;
}

/// A jump whose target is arithmetic on a masked index (into an unrolled sequence of stores): every index of the range
/// must lead to code of the same function.
bool Discovery::enumerate_computed(JumpTable &table, std::uint64_t at, Bound bound) {
  auto &targets = program_.table_targets_;
  const std::size_t first = targets.size();
  if (bound.high - bound.low < 1 || bound.high - bound.low >= kMaxComputed)
    return false;
  for (std::uint64_t index = bound.low; index <= bound.high; ++index) {
    std::uint64_t read = ~std::uint64_t{0};
    const auto value = path_.evaluate(path_.target(), bound.node, index, read);
    if (!value || read != ~std::uint64_t{0} || !valid_target(*value, at) ||
        (targets.size() > first && targets.back().value == *value)) {
      targets.resize(first);
      return false;
    }
    targets.push_back(Va(*value));
  }
  table.bounded = true;
  return true;
}

/// Appends the targets for every index of the range. A trusted range ends early only at an impossible target; without
/// one the table ends where its contents stop being targets, and has two entries at least.
bool Discovery::enumerate(JumpTable &table, std::uint64_t at, Bound bound, bool trusted) {
  const NodeId target = path_.target();
  auto &targets = program_.table_targets_;
  const std::size_t first = targets.size();
  std::uint64_t lowest = ~std::uint64_t{0}, nearest = ~std::uint64_t{0};
  bool varies = false;
  for (std::uint64_t index = bound.low;; ++index) {
    std::uint64_t read = ~std::uint64_t{0};
    const auto value = path_.evaluate(target, bound.node, index, read);
    if (!value || read == ~std::uint64_t{0} || !valid_target(*value, at))
      break;
    if (!trusted && (read >= nearest || (!long_mode_ && !relocated_within(read, read + 4) && lowest == read)))
      break;
    varies = varies || *value != (targets.size() > first ? targets[first].value : *value);
    lowest = std::min(lowest, read);
    if (*value > read)
      nearest = std::min(nearest, *value);
    targets.push_back(Va(*value));
    if (index == bound.high)
      break;
  }
  const std::size_t found = targets.size() - first;
  if (found == 0 || (!trusted && (found < 2 || !varies))) {
    targets.resize(first);
    return false;
  }
  table.table = Va(lowest);
  // What the lowest read begins is a table of at least one byte an entry; it is no code.
  table_bytes_.push_back({Va(lowest), Va(lowest + found)});
  return true;
}

bool Discovery::valid_target(std::uint64_t target, std::uint64_t at) {
  if (!cache_.is_code_address(target) || cache_.inside_instruction(target))
    return false;
  if (!long_mode_ || ranges_.empty())
    return true;
  Range *const here = range_of(at);
  Range *const there = range_of(target);
  if (!here)
    return true;
  return there != nullptr && primary_of(*here) == primary_of(*there);
}

} // namespace ringfence::code
