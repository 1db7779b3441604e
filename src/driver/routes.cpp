#include "routes.h"

#include <algorithm>

namespace ringfence::driver {

using symbolic::PathEnd;
using symbolic::State;

std::vector<const Event *> Routes::callbacks(kernel::CallbackRole role) const {
  std::vector<const Event *> out;
  for (const Event *event : registered)
    if (event->kind == EventKind::callback && event->role == role && world.machine().is_code(event->a))
      out.push_back(event);
  return out;
}

void Routes::add_entry_point(std::string_view name, std::uint64_t routine) {
  const auto rva = world.machine().rva_of(routine);
  if (!rva || !world.machine().is_code(routine) ||
      std::ranges::any_of(driver.entry_points, [&](const EntryPoint &e) { return e.major == name && e.rva == *rva; }))
    return;
  driver.entry_points.push_back({std::string(name), *rva});
}

void Routes::add_gap(std::string what, std::uint64_t routine) {
  driver.gaps.push_back({std::move(what), world.machine().rva_of(routine)});
}

void Routes::run(Request request) {
  IoctlRecovery recovery(world, budget, heap);
  recovery.run(std::move(request));
  for (Ioctl &ioctl : recovery.take())
    found.push_back(std::move(ioctl));
}

std::vector<StatefulRoute> Routes::run_route(Request request, std::string_view name) {
  IoctlRecovery recovery(world, budget, heap);
  const std::uint64_t routine = request.state.ip;
  recovery.run_route(std::move(request), name, false);
  std::vector<Ioctl> routes = recovery.take();
  if (routes.empty()) // no path of it was seen to succeed
    routes.push_back({.route = std::string(name),
                      .handler = world.machine().rva_of(routine).value_or(Rva(0)),
                      .status = CodeStatus::rejected});
  for (Ioctl &ioctl : routes)
    found.push_back(std::move(ioctl));
  return recovery.take_stateful();
}

std::optional<State> succeeded_path(World &world, State start, std::uint64_t fuel, std::vector<std::string> &gates) {
  std::optional<State> best;
  std::pair<std::size_t, std::uint64_t> most{};
  Request status_returned;
  status_returned.answer = Answer::returned_status;
  start.log = 0;
  world.run(std::move(start), {.instructions = fuel, .paths = 200}, [&](State &state, PathEnd end) {
    const auto events = world.log_of(state);
    for (const Event *event : events)
      if (event->kind == EventKind::gate && std::ranges::find(gates, event->text) == gates.end())
        gates.push_back(event->text);
    const auto status = answer_of(world, state, status_returned);
    const std::pair done{events.size(), state.steps};
    if (end != PathEnd::returned || !status || (*status != ~std::uint64_t{0} && (*status & 0x80000000u) != 0) ||
        (best && done <= most))
      return;
    best = state;
    most = done;
  });
  return best;
}

void follow_registered_routes(Routes &routes) {
  follow_filter_ports(routes);
  follow_fast_io(routes);
  follow_storport(routes);
  follow_wmi(routes);
  follow_oids(routes);
  follow_kernel_streaming(routes);
}

std::vector<WaitingThread> waiting_threads(World &world, const State &heap) {
  constexpr std::size_t most_threads = 8;
  constexpr symbolic::Limits limits{.instructions = 4'000, .paths = 20};
  std::vector<WaitingThread> threads;
  for (const Event *event : world.log_of(heap)) {
    const bool made = event->kind == EventKind::callback && event->role == kernel::CallbackRole::system_thread &&
                      world.machine().is_code(event->a);
    if (!made || threads.size() == most_threads || std::ranges::any_of(threads, [&](const WaitingThread &t) {
          return t.routine == event->a && t.context == event->b;
        }))
      continue;
    const symbolic::Expr arguments[] = {world.machine().pointer(event->b)};
    State start = world.call_state(heap, event->a, arguments);
    start.log = 0;
    threads.push_back(
        {.routine = event->a, .context = event->b, .waits_for = world.first_waits(std::move(start), limits)});
  }
  return threads;
}

} // namespace ringfence::driver
