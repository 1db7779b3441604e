#include "opens.h"

#include <algorithm>

namespace ringfence::driver {

using symbolic::Expr;
using symbolic::ObjectId;
using symbolic::PathFacts;
using symbolic::State;

namespace {

/// Memory that requests on other handles see, and of which the driver's start left one value.
bool is_shared(World &world, const State &boot, ObjectId file_object, const AfterState::Cell &cell) {
  constexpr std::uint64_t widest = 16;
  if (cell.object == file_object)
    return false;
  const Expr before = boot.memory.load(world.pool(), world.machine().objects(), cell.object, cell.offset,
                                       static_cast<unsigned>(std::min(cell.size, widest)));
  return world.pool().is_constant(before);
}

bool is_of_caller(World &world, const AfterState::Cell &cell) {
  return (world.pool().labels(cell.value) & symbolic::labels_of_caller) != 0;
}

/// The fewer conditions a path has, the more opens take it.
std::size_t demands(const AfterState &state) { return state.state.facts.conditions().size(); }

} // namespace

void OpenStates::add(World &world, const Request &open, const State &ended, const PathFacts &facts) {
  if (world.is_kernel_request(ended))
    return;
  const bool checked = world.newest_event(ended, [](const Event &e) { return e.kind == EventKind::gate; }) != nullptr;
  has_free_ = has_free_ || !checked;
  needs_name_ = needs_name_ && facts.range(world.pool(), open.name_length).low != 0;
  (checked ? checked_ : free_).add(world, open, open.state, ended, facts);
}

std::vector<AfterState> OpenStates::take() { return has_free_ ? free_.take() : checked_.take(); }

void Opens::add(World &world, std::uint64_t device, ObjectId file_object, const State &boot, OpenStates opens) {
  Device &opened = devices_[device];
  std::vector<AfterState> left = opens.take();
  const auto any_cell = [&](const AfterState &state, auto wanted) {
    return std::any_of(state.changed.begin(), state.changed.end(), wanted);
  };
  const auto shared = [&](const AfterState::Cell &cell) { return is_shared(world, boot, file_object, cell); };
  auto usual = left.end();
  for (auto state = left.begin(); state != left.end(); ++state)
    if ((opens.needs_name() || any_cell(*state, shared)) && (usual == left.end() || demands(*state) < demands(*usual)))
      usual = state;
  if (usual != left.end()) {
    opened.usual = std::move(*usual);
    left.erase(usual);
  }
  for (AfterState &state : left)
    if (any_cell(state, shared) ||
        any_cell(state, [&](const AfterState::Cell &cell) { return is_of_caller(world, cell); }))
      opened.others.push_back(std::move(state));
}

const AfterState *Opens::before_requests(std::uint64_t device) const {
  const auto at = devices_.find(device);
  return at != devices_.end() && at->second.usual ? &*at->second.usual : nullptr;
}

void Opens::put_behind(const AfterState &open, Request &request) {
  request.state.facts = open.state.facts;
  request.earlier = open.requests;
}

std::optional<StatefulRoute> Opens::route(std::uint64_t device) const {
  const auto at = devices_.find(device);
  if (at == devices_.end() || at->second.others.empty())
    return std::nullopt;
  return StatefulRoute{.name = at->second.others.front().requests.back().name,
                       .major = irp_mj_create,
                       .code = {},
                       .reads = {},
                       .after = at->second.others};
}

} // namespace ringfence::driver
