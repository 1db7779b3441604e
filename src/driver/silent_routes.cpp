// What happens to a driver between requests without bytes of a caller: the last handle is closed and the device opened
// again, and the kernel calls routines that the driver registered while it started (notifications, timers, threads).
// They use what requests left, and leave something themselves.

#include "sequences.h"

#include <algorithm>
#include <array>

namespace ringfence::driver {

using kernel::CallbackRole;
using symbolic::Expr;
using symbolic::PathEnd;
using symbolic::State;

namespace {

constexpr std::size_t most_calls = 8, most_ends = 4;
constexpr symbolic::Limits limits{.instructions = 6'000, .paths = 40};

/// Where a routine of the role gets the context that it was registered with; nothing: it is called where it is handed
/// over, or by what no caller brings about (a change of power, of processors).
std::optional<std::size_t> context_place(CallbackRole role) {
  switch (role) {
  case CallbackRole::process_notify:
  case CallbackRole::process_notify_ex:
  case CallbackRole::thread_notify:
  case CallbackRole::image_notify:
    return 8; // none
  case CallbackRole::registry_callback:
  case CallbackRole::object_callback:
  case CallbackRole::system_thread:
    return 0;
  case CallbackRole::dpc:
  case CallbackRole::timer:
  case CallbackRole::io_timer:
    return 1;
  default:
    return std::nullopt;
  }
}

Request make_kernel_call(World &world, const State &from, const Event &registered) {
  constexpr std::size_t arguments = 6;
  Machine &machine = world.machine();
  Request r;
  r.major = kernel_call;
  r.first_object = symbolic::ObjectId(static_cast<std::uint32_t>(machine.objects().size()));
  const std::size_t context = context_place(registered.role).value_or(arguments);
  std::array<Expr, arguments> given{};
  for (std::size_t i = 0; i < arguments; ++i)
    given[i] = i == context ? machine.pointer(registered.b)
                            : world.pool().symbol(machine.bits(), symbolic::label_kernel, "callback argument");
  r.state = world.call_state(from, registered.a, given);
  return r;
}

} // namespace

void Sequences::add_silent(const State &start, symbolic::ObjectId file_object,
                           std::span<const Event *const> registered) {
  start_ = &start;
  file_object_ = file_object;
  std::vector<std::uint64_t> known;
  for (const Event *event : registered) {
    const bool queued = event->role != CallbackRole::dpc || !event->through.empty(); // not only prepared
    const bool calls = event->kind == EventKind::callback && queued && context_place(event->role) &&
                       world_.machine().is_code(event->a);
    if (!calls || known.size() == most_calls || std::find(known.begin(), known.end(), event->a) != known.end())
      continue;
    known.push_back(event->a);
    routes_.push_back({.name = "callback:" + std::string(kernel::word_of(event->role)),
                       .major = kernel_call,
                       .code = {},
                       .reads = {},
                       .after = {},
                       .registered = event});
  }
  routes_.push_back({.name = "IRP_MJ_CLOSE", .major = closed_and_opened, .code = {}, .reads = {}, .after = {}});
}

/// What the silent routes read, and what they leave without any request before.
void Sequences::follow_silent() {
  const bool any = std::any_of(routes_.begin(), routes_.end(), [](const StatefulRoute &r) { return !r.after.empty(); });
  const bool others =
      std::any_of(routes_.begin(), routes_.end(), [](const StatefulRoute &r) { return !r.is_silent(); });
  std::vector<Ioctl> nobody;
  AfterState nothing;
  nothing.state = boot_;
  for (std::size_t i = 0; others && i < routes_.size(); ++i)
    if (routes_[i].major == kernel_call || (routes_[i].major == closed_and_opened && any))
      run_silent(i, nothing, nobody, routes_[i].major == kernel_call ? &routes_[i].after : nullptr);
}

void Sequences::run_silent(std::size_t number, const AfterState &after, std::vector<Ioctl> &ioctls,
                           std::vector<AfterState> *next) {
  if (routes_[number].major == closed_and_opened)
    return reopen(number, after, ioctls, next);
  Request request = make_kernel_call(world_, after.state, *routes_[number].registered);
  request.state.facts = after.state.facts;
  request.state.log = after.state.log;
  request.earlier = after.requests;
  CellReads reads;
  AfterStates left(routes_[number].name, std::nullopt);
  for (const State &ended : run_step(request, routes_[number], after, ioctls, reads))
    left.add(world_, request, boot_, ended, ended.facts);
  routes_[number].reads.join(reads);
  for (AfterState &state : left.take())
    if (next && next->size() < most_ends)
      next->push_back(std::move(state));
}

/// Runs one routine. The states of paths that end well, a few at most.
std::vector<State> Sequences::run_step(Request request, const StatefulRoute &route, const AfterState &after,
                                       std::vector<Ioctl> &ioctls, CellReads &reads) {
  RouteObserver observer;
  std::vector<State> ends;
  observer.begin(world_, request, std::nullopt);
  world_.set_observer(&observer);
  world_.record_reads(reads, request.state.memory);
  world_.run(request.state, limits, [&](State &ended, PathEnd end) {
    if (ends.size() < most_ends && ended_well(world_, ended, end, request))
      ends.push_back(ended);
  });
  world_.stop_recording();
  world_.set_observer(nullptr);
  if (Ioctl *const ioctl = after.requests.empty() ? nullptr : reported_at(route, after.requests, ioctls))
    report(route, request, observer, {}, *ioctl);
  return ends;
}

/// Cleanup and close of the handle, then an open: the requests behind it come on another file object.
void Sequences::reopen(std::size_t number, const AfterState &after, std::vector<Ioctl> &ioctls,
                       std::vector<AfterState> *next) {
  CellReads reads;
  std::vector<AfterState> at = {after};
  bool closes = false;
  const symbolic::ObjectId first(static_cast<std::uint32_t>(world_.machine().objects().size()));
  Request last;
  for (const auto &[major, name] :
       {std::pair(irp_mj_cleanup, "IRP_MJ_CLEANUP"), std::pair(irp_mj_close, "IRP_MJ_CLOSE"),
        std::pair(irp_mj_create, "IRP_MJ_CREATE")}) {
    if (major == irp_mj_create)
      for (AfterState &state : at)
        state.state.memory.take(file_object_, start_->memory);
    if (major == irp_mj_create && (!closes || !next))
      break;
    StatefulRoute route = {.name = name, .major = closed_and_opened, .code = {}, .reads = {}, .after = {}};
    std::vector<AfterState> behind;
    for (const AfterState &state : at) {
      auto request = make_(state.state, major);
      if (!request)
        continue;
      request->state.facts = state.state.facts;
      request->state.log = state.state.log;
      request->earlier = state.requests;
      assume_sendable(world_, *request);
      closes = true;
      for (State &ended : run_step(*request, route, state, ioctls, reads)) {
        AfterState one;
        one.requests = sequence_of(world_, *request, name, std::nullopt);
        one.state = std::move(ended);
        if (behind.size() < most_ends)
          behind.push_back(std::move(one));
      }
      last = std::move(*request);
    }
    if (!behind.empty())
      at = std::move(behind);
  }
  routes_[number].reads.join(reads);
  if (!closes || !next)
    return;
  last.first_object = first;
  for (const AfterState &state : at) {
    AfterStates left("IRP_MJ_CREATE", std::nullopt);
    last.earlier = state.requests;
    left.add(world_, last, boot_, state.state, state.state.facts);
    for (AfterState &one : left.take()) {
      one.requests = state.requests;
      if (next->size() < most_states)
        next->push_back(std::move(one));
    }
  }
}

} // namespace ringfence::driver
