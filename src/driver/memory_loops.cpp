// Stores that a loop repeats as often as the caller likes: whether some number of rounds that the conditions of a round
// admit takes one of them behind the end of its object. Nothing is said where the number also depends on something that
// is not the caller's, or where the ranges cannot tell.

#include "memory_safety.h"

#include <algorithm>
#include <array>

namespace ringfence::driver {

using symbolic::Expr;
using symbolic::ExprPool;
using symbolic::ObjectKind;
using symbolic::PathFacts;
using symbolic::State;

namespace {

/// True when the caller alone decides how many rounds there are.
bool is_callers_number(const ExprPool &pool, const PathFacts &facts, Expr rounds) {
  bool bounded = false, text_measured = false;
  for (const Expr condition : facts.conditions()) {
    std::vector<Expr> sources;
    collect_sources(pool, condition, sources);
    const bool counts = std::find(sources.begin(), sources.end(), rounds) != sources.end();
    bounded = bounded || (counts && sources.size() > 1);
    for (const Expr source : sources) {
      if (counts && source != rounds && (pool.labels(source) & caller_or_length) == 0)
        return false;
      const bool derived = pool[source].kind == symbolic::Kind::symbol &&
                           (pool.labels(source) & (symbolic::label_input | symbolic::label_user_memory)) != 0;
      text_measured = text_measured || (derived && source != rounds);
    }
  }
  return bounded || !text_measured; // text that was measured before is copied up to its end
}

} // namespace

void MemorySafetyObserver::repeated(World &world, State &path, const State &round,
                                    const symbolic::RepeatedStore &store) {
  if (!request_ || empty_)
    return;
  auto &pool = world.pool();
  const ObjectKind kind = world.machine().objects()[store.object].kind;
  const std::uint64_t size = world.machine().objects()[store.object].size;
  if ((kind != ObjectKind::stack && kind != ObjectKind::pool && kind != ObjectKind::input &&
       kind != ObjectKind::image) ||
      store.first >= size)
    return;
  const Expr extent = extent_of(world, path, store.object, store.first);
  if (extent == Expr(0) || pool.bits(extent) > 64 || !is_callers_number(pool, round.facts, store.rounds))
    return;
  const std::uint64_t slack = kind == ObjectKind::stack ? 0 : smallest_block(world.machine());
  const auto end = [&](std::uint64_t rounds) { return store.first + store.stride * rounds + store.bytes; };
  const auto after = [&](std::uint64_t rounds) {
    return pool.eq(store.rounds, pool.constant(rounds, pool.bits(store.rounds)));
  };
  const auto is = [&](Expr length, std::uint64_t value) {
    return pool.eq(length, pool.constant(value, pool.bits(length)));
  };
  const Bounds bounds(pool, round.facts);
  bool leaves = false;
  if (pool.is_constant(extent)) {
    const std::uint64_t room = std::max(pool.value(extent), slack);
    const std::uint64_t rounds = end(0) > room ? 0 : (room - end(0)) / store.stride + 1;
    leaves = rounds < world.executor().most_rounds() && bounds.admits({after(rounds)});
  } else {
    constexpr std::array<std::uint64_t, 6> tried = {0, 1, 2, 15, 255, 4095};
    const bool of_request = (pool.labels(extent) & ~std::uint32_t{symbolic::label_length}) == 0 &&
                            request_->input_length != Expr(0) && request_->output_length != Expr(0);
    for (const std::uint64_t rounds : tried) {
      const std::uint64_t less = end(rounds) - 1; // bytes that are one too few
      if (less < slack || leaves)
        continue;
      leaves = of_request
                   ? bounds.admits({after(rounds), is(request_->input_length, less), is(request_->output_length, less)})
                   : bounds.admits({after(rounds), pool.ule(extent, pool.constant(less, pool.bits(extent)))});
    }
  }
  if (leaves)
    report(world, path, overflow_of(kind), "number of rounds", Expr(0), store.pc);
}

} // namespace ringfence::driver
