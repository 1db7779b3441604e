#include "sequences.h"

#include "argument_paths.h"

#include <ringfence/base/text.h>

#include <algorithm>
#include <tuple>

namespace ringfence::driver {

using symbolic::PathEnd;
using symbolic::State;

namespace {

constexpr std::size_t longest = 3;       ///< requests of a sequence
constexpr std::size_t most_prepared = 4; ///< requests put between one state and one route

} // namespace

bool ended_well(World &world, const State &state, PathEnd end, const Request &request) {
  std::optional<std::uint64_t> status;
  for (const Event *event : world.log_of(state))
    if (event->kind == EventKind::completed)
      status = event->a;
  if (!status)
    status = answer_of(world, state, request);
  const bool ended = end == PathEnd::returned || (end == PathEnd::stopped && status);
  return ended && !(status && is_failure(*status));
}

/// What a route finds changed where it reads; empty when it reads nothing of it.
std::string Sequences::what_it_sees(const CellReads &reads, const AfterState &after, unsigned &rank) {
  std::string out;
  rank = 1;
  const auto &objects = world_.machine().objects();
  for (const AfterState::Cell &cell : after.changed) {
    if (!reads.contains(cell.object, cell.offset, cell.size))
      continue;
    const std::string shape = shape_of(world_, after, cell.value);
    out += objects[cell.object].name + "+" + hex(cell.offset) + "=" + shape + ";";
    if (!world_.pool().is_constant(cell.value) || shape.starts_with("object"))
      rank = 0;
  }
  if (after.requests.back().major == kernel_call) // what the caller leaves himself comes first
    rank += 2;
  return out;
}

std::vector<Sequences::Job> Sequences::jobs_for(const std::vector<AfterState> &states) {
  std::vector<Job> jobs;
  for (std::size_t r = 0; r < routes_.size(); ++r)
    for (std::size_t s = 0; s < states.size(); ++s) {
      Job job{.rank = 0, .route = r, .state = s};
      const std::string seen = what_it_sees(routes_[r].reads, states[s], job.rank);
      if (!seen.empty() && seen_[r].insert(seen).second)
        jobs.push_back(job);
    }
  std::stable_sort(jobs.begin(), jobs.end(), [](const Job &a, const Job &b) { return a.rank < b.rank; });
  return jobs;
}

void Sequences::run(std::vector<Ioctl> &ioctls) {
  seen_.assign(routes_.size(), {});
  first_instruction_ = world_.executor().instructions_used();
  const std::uint64_t fuel = std::clamp(first_instruction_ / 2, budget_.few_sequences, budget_.sequences);
  follow_silent();
  std::vector<AfterState> states;
  for (StatefulRoute &route : routes_)
    states.insert(states.end(), route.after.begin(), route.after.end());
  std::vector<symbolic::Gap> gaps =
      world_.executor().exchange_gaps({}); // what single requests leave open is said already
  for (std::size_t length = 2; length <= longest && !states.empty(); ++length) {
    std::vector<AfterState> next;
    for (const Job &job : jobs_for(states)) {
      if (world_.executor().instructions_used() - first_instruction_ > fuel) {
        if (length == 2 && cut_off_.empty())
          cut_off_ = routes_[job.route].name;
        break;
      }
      run_job(job.route, states[job.state], ioctls, length < longest ? &next : nullptr, length < longest);
    }
    states = std::move(next);
    prepared_.clear();
  }
  world_.executor().exchange_gaps(std::move(gaps));
}

void Sequences::Outcome::meet(World &world, const Request &request, const State &state) {
  if (world.is_kernel_request(state)) // the lengths that the caller has to meet are those of user mode
    return;
  const auto smaller = [&](std::optional<std::uint64_t> &least, symbolic::Expr length) {
    if (length == symbolic::Expr(0))
      return;
    const std::uint64_t low = state.facts.range(world.pool(), length).low;
    least = least ? std::min(*least, low) : low;
  };
  smaller(input_min, request.input_length);
  smaller(output_min, request.output_length);
}

void Sequences::run_job(std::size_t number, const AfterState &after, std::vector<Ioctl> &ioctls,
                        std::vector<AfterState> *next, bool prepares) {
  StatefulRoute &route = routes_[number];
  if (route.is_silent())
    return run_silent(number, after, ioctls, next);
  std::optional<Request> request = make_(after.state, route.major);
  if (!request)
    return;
  auto &pool = world_.pool();
  request->state.facts = after.state.facts;
  request->state.log = after.state.log;
  request->earlier = after.requests;
  assume_sendable(world_, *request);
  if (route.code && !request->state.facts.assume(pool, pool.eq(request->code, pool.constant(*route.code, 32)), true))
    return;
  std::vector<World::Place> places;
  for (const AfterState::Cell &cell : after.changed)
    places.push_back({cell.object, cell.offset});
  RouteObserver observer;
  CellReads reads;
  AfterStates left(route.name, route.code);
  Outcome outcome;
  observer.begin(world_, *request, route.code);
  world_.set_observer(&observer);
  world_.set_likely_reads(std::move(places));
  world_.record_reads(reads, request->state.memory);
  world_.run(request->state, {.instructions = budget_.sequence, .paths = 40}, [&](State &ended, PathEnd end) {
    if (!ended_well(world_, ended, end, *request))
      return;
    outcome.succeeds = true;
    outcome.meet(world_, *request, ended);
    if (next)
      left.add(world_, *request, boot_, ended, ended.facts);
  });
  world_.stop_recording();
  world_.set_likely_reads({});
  world_.set_observer(nullptr);
  if (Ioctl *const ioctl = reported_at(route, after.requests, ioctls))
    report(route, *request, observer, outcome, *ioctl);
  if (!next)
    return;
  for (AfterState &state : left.take())
    if (next->size() < most_states)
      next->push_back(std::move(state));
  route.reads.join(reads);
  if (prepares)
    prepare(after, reads, ioctls, *next);
}

/// The route read something after `after` that other routes change as well: they come between.
void Sequences::prepare(const AfterState &after, const CellReads &reads, std::vector<Ioctl> &ioctls,
                        std::vector<AfterState> &next) {
  std::size_t made = 0;
  for (std::size_t other = 0; other < routes_.size() && made < most_prepared; ++other) {
    const auto matters = [&](const AfterState &state) {
      return std::any_of(state.changed.begin(), state.changed.end(),
                         [&](const auto &cell) { return reads.contains(cell.object, cell.offset, cell.size); });
    };
    if (std::none_of(routes_[other].after.begin(), routes_[other].after.end(), matters) ||
        !prepared_.insert({other, &after}).second)
      continue;
    run_job(other, after, ioctls, &next, false);
    ++made;
  }
}

/// What the privileged operation at the same place says as well.
bool Sequences::is_said(const Primitive &primitive, const std::vector<Primitive> &others) {
  const bool of_pointer = primitive.kind == "user-pointer-unprobed" || primitive.kind == "double-fetch" ||
                          primitive.kind == "handle-misuse";
  return of_pointer && std::any_of(others.begin(), others.end(), [&](const Primitive &p) {
           return p.sink == primitive.sink && p.kind != primitive.kind;
         });
}

Ioctl *Sequences::reported_at(const StatefulRoute &route, std::span<const EarlierRequest> earlier,
                              std::vector<Ioctl> &ioctls) {
  auto ioctl = ioctls.end();
  if (!route.is_silent())
    ioctl = std::find_if(ioctls.begin(), ioctls.end(), [&](const Ioctl &i) {
      return route.code ? i.route.empty() && i.code == *route.code : i.route == route.name;
    });
  for (std::size_t i = earlier.size(); route.is_silent() && i > 0 && ioctl == ioctls.end(); --i)
    ioctl = std::find_if(ioctls.begin(), ioctls.end(), [&](const Ioctl &one) {
      const EarlierRequest &e = earlier[i - 1];
      return one.route.empty() ? e.major == irp_mj_device_control && one.code == e.code : one.route == e.name;
    });
  return ioctl == ioctls.end() ? nullptr : &*ioctl;
}

void Sequences::report(const StatefulRoute &route, const Request &request, RouteObserver &observer,
                       const Outcome &outcome, Ioctl &ioctl) {
  const std::span<const EarlierRequest> earlier = request.earlier;
  const std::vector<Primitive> found = observer.take(world_, request, ioctl.primitives);
  if (outcome.succeeds && ioctl.status == CodeStatus::rejected)
    ioctl.status = CodeStatus::handled;
  const auto least = [](std::optional<std::uint64_t> &a, const std::optional<std::uint64_t> &b) {
    a = a && b ? std::min(*a, *b) : a ? a : b;
  };
  least(ioctl.input_min, outcome.input_min);
  least(ioctl.output_min, outcome.output_min);
  for (Primitive primitive : found) {
    if (same_among(ioctl.primitives, primitive) || is_said(primitive, found) || is_said(primitive, ioctl.primitives))
      continue;
    for (std::size_t at = unnamed_; at < earlier.size(); ++at)
      primitive.sequence.push_back(earlier[at].name);
    primitive.sequence.push_back(route.name);
    if (ioctl.status == CodeStatus::rejected)
      ioctl.status = CodeStatus::handled;
    const auto confined = std::find_if(ioctl.primitives.begin(), ioctl.primitives.end(), [&](const Primitive &p) {
      return p.kind == primitive.kind && p.sink == primitive.sink;
    });
    if (confined != ioctl.primitives.end())
      *confined = std::move(primitive);
    else
      ioctl.primitives.push_back(std::move(primitive));
  }
  std::stable_sort(ioctl.primitives.begin(), ioctl.primitives.end(), [](const Primitive &a, const Primitive &b) {
    return std::tie(a.sink, a.kind) < std::tie(b.sink, b.kind);
  });
}

} // namespace ringfence::driver
