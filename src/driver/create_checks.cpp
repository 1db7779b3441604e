#include "create_checks.h"

#include "choices.h"
#include "gates.h"

namespace ringfence::driver {

using symbolic::Expr;
using symbolic::PathEnd;
using symbolic::State;

namespace {

const Event *completion_of(const std::vector<const Event *> &events) {
  const Event *found = nullptr;
  for (const Event *event : events)
    if (event->kind == EventKind::completed)
      found = event;
  return found;
}

} // namespace

/// It refuses names when some path without a name succeeds, and every path on which there can be one fails.
CreateChecks check_create(World &world, Request request, std::uint64_t fuel, OpenStates &left) {
  CreateChecks out;
  GateTally gates;
  request.state.log = 0;
  bool opens_without_name = false, opens_with_name = false;
  world.run(request.state, {.instructions = fuel, .paths = 200}, [&](State &state, PathEnd end) {
    if (end == PathEnd::infeasible)
      return;
    const Event *completion = completion_of(world.log_of(state));
    const auto judge = [&](const symbolic::PathFacts &facts, std::uint64_t status) {
      const symbolic::Range length = facts.range(world.pool(), request.name_length);
      if (completion && is_failure(status))
        return;
      if (end == PathEnd::returned) {
        gates.add_success(world, state, facts);
        left.add(world, request, state, facts);
      }
      opens_without_name = opens_without_name || (completion && length.low == 0);
      opens_with_name = opens_with_name || length.high != 0;
    };
    for_each_choice(world.pool(), state.facts, completion ? Expr(static_cast<std::uint32_t>(completion->c)) : Expr(0),
                    judge);
  });
  out.gates = gates.deciding();
  out.rejects_names = opens_without_name && !opens_with_name;
  return out;
}

} // namespace ringfence::driver
