// Work that a request leaves for somebody else: lists that the driver keeps, and system threads that take the request
// out. The path goes on in the thread where the request signals what it waits for, else when the routine has returned.

#include "wdf.h"
#include "world.h"

#include <ringfence/kernel/layouts.h>

#include <algorithm>

namespace ringfence::driver {

using kernel::Effect;
using kernel::Key;
using kernel::Kind;
using kernel::Verb;
using symbolic::Expr;
using symbolic::State;

/// A doubly linked list whose links are known is followed; what comes off any other one is unknown.
void World::apply_list(State &state, const kernel::Api &api, const Effect &effect, Outcome &outcome, std::uint64_t pc) {
  const unsigned bits = machine_.bits();
  const auto constant = [&](Expr e) -> std::uint64_t { return pool().is_constant(e) ? pool().value(e) : 0; };
  const kernel::Operand *operand_at = effect.find(Key::at);
  const auto place = operand_at ? place_of(state, api, *operand_at, pc) : std::nullopt;
  const std::uint64_t head = place ? constant(*place) : 0;
  const std::uint64_t entry = constant(operand(state, api, effect, Key::value, pc, 0));
  const auto link = [&](std::uint64_t at) { return machine_.read(state, at, bits / 8).value_or(0); };
  const auto set = [&](std::uint64_t at, std::uint64_t value) {
    executor_.store(state, machine_.pointer(at), machine_.pointer(value), pc);
  };
  const auto connect = [&](std::uint64_t before, std::uint64_t after) {
    set(before, after);
    set(after + bits / 8, before);
  };
  const auto produce = [&](Expr value) {
    if (effect.find(Key::result))
      write_operand(state, api, effect, Key::result, value, outcome, pc);
  };
  const std::uint64_t first = head != 0 ? link(head) : 0, last = head != 0 ? link(head + bits / 8) : 0;
  const bool known = first != 0 && last != 0 && machine_.objects().at(first) && machine_.objects().at(last);
  if ((effect.kind == Kind::insert_tail || effect.kind == Kind::insert_head) && known && entry != 0) {
    const bool tail = effect.kind == Kind::insert_tail;
    connect(entry, tail ? head : first);
    connect(tail ? last : head, entry);
    const std::uint64_t neighbour = tail ? last : first;
    return produce(machine_.pointer(neighbour == head ? 0 : neighbour));
  }
  if (effect.kind == Kind::remove_head && known && first != head) {
    connect(head, link(first));
    return produce(machine_.pointer(first));
  }
  if (effect.kind == Kind::remove_head && place) {
    // Earlier requests may have left an entry, and one is enough: what empties the list does the same with each. A
    // thread that has taken the path's own request out finds no other.
    const auto is_same = [&](const Event &e) { return e.kind == EventKind::entry_taken && e.a == place->value; };
    if ((known && (waits_ || is_in_thread(state))) || newest_event(state, is_same))
      return produce(machine_.pointer(0));
    log(state, {.kind = EventKind::entry_taken, .pc = pc, .a = place->value});
  }
  produce(fresh(bits, symbolic::label_persistent, api.name.view()));
}

bool World::is_in_completion(const State &state) const {
  return newest_event(state, [](const Event &e) { return e.kind == EventKind::completion_entered; }) != nullptr;
}

bool World::is_in_thread(const State &state) const {
  return newest_event(state, [](const Event &e) { return e.kind == EventKind::thread_entered; }) != nullptr;
}

std::vector<std::uint64_t> World::first_waits(State start, const symbolic::Limits &limits) {
  std::vector<std::uint64_t> waits;
  waits_ = &waits;
  run(std::move(start), limits, [](State &, symbolic::PathEnd) {});
  waits_ = nullptr;
  std::sort(waits.begin(), waits.end());
  waits.erase(std::unique(waits.begin(), waits.end()), waits.end());
  return waits;
}

/// A request that was kept, where no signal is given, goes on in the threads that look for work by themselves.
bool World::resume_in_threads(const State &state) {
  constexpr std::size_t most = 2;
  const auto polls = [](const WaitingThread &t) { return t.waits_for.empty(); };
  if (std::ranges::none_of(threads_, polls))
    return false;
  // Drivers that keep a request themselves mark it in place, and say so with what they return.
  constexpr std::uint64_t status_pending = 0x103;
  bool kept = pool().is_constant(pool().extract(state.scalar[0], 0, 32), status_pending);
  for (const Event *event : log_of(state)) {
    kept = kept || event->kind == EventKind::pended;
    if (event->kind == EventKind::completed || event->kind == EventKind::sent_down ||
        event->kind == EventKind::thread_entered)
      return false;
  }
  std::size_t entered = 0;
  for (const WaitingThread &thread : threads_)
    if (kept && polls(thread) && entered++ < most) {
      State own = state;
      log(own, {.kind = EventKind::thread_entered, .a = thread.routine});
      const Expr arguments[] = {machine_.pointer(thread.context)};
      executor_.push(continued(own, thread.routine, arguments));
    }
  return kept;
}

std::optional<State> World::completion_of(const State &ended) {
  namespace STACK = kernel::layout::IO_STACK_LOCATION;
  const auto word = machine_.word();
  const unsigned pointer = machine_.bits() / 8;
  const Event *sent = newest_event(ended, [](const Event &e) { return e.kind == EventKind::sent_down; });
  if (!sent || sent->object == 0)
    return std::nullopt;
  const auto own =
      machine_.read(ended, sent->object + kernel::layout::IRP::Tail_Overlay_CurrentStackLocation.at(word), pointer);
  const auto object = own ? machine_.objects().at(*own) : std::nullopt;
  if (!object ||
      !machine_.read(ended, *own + STACK::MajorFunction.at(word), 1)) // not the request, but one of the driver's own
    return std::nullopt;
  const std::uint64_t lower = *own - STACK::structure_size.at(word), base = machine_.objects()[*object].base;
  const auto routine = machine_.read(ended, lower + STACK::CompletionRoutine.at(word), pointer);
  if (machine_.objects().at(lower) != object || !routine || !machine_.is_code(*routine))
    return std::nullopt;
  const Expr arguments[] = {machine_.load(ended, *object, *own - base + STACK::DeviceObject.at(word), pointer),
                            machine_.pointer(sent->object),
                            machine_.load(ended, *object, lower - base + STACK::Context.at(word), pointer)};
  return continued(ended, *routine, arguments);
}

/// The path ends, and another one goes on where the driver below has done what the request asks for.
void World::resume_in_completion(const State &state) {
  constexpr unsigned most_times = 2; // what the paths of a run do differently is rarely seen by the routine
  auto next = is_in_completion(state) ? std::nullopt : completion_of(state);
  if (!next || completions_[next->ip]++ >= most_times)
    return;
  log(*next, {.kind = EventKind::completion_entered});
  answer_below(*next);
  executor_.push(std::move(*next));
}

/// The driver below has a status of its own, and has moved no more bytes than the request has.
void World::answer_below(State &state) {
  namespace IRP = kernel::layout::IRP;
  const auto word = machine_.word();
  const unsigned bits = machine_.bits();
  const std::uint64_t irp = newest_event(state, [](const Event &e) { return e.kind == EventKind::sent_down; })->object;
  const auto own = machine_.read(state, irp + IRP::Tail_Overlay_CurrentStackLocation.at(word), bits / 8);
  if (!own)
    return;
  const auto at = [&](std::uint64_t base, const kernel::PerWord &field) {
    return machine_.pointer(base + field.at(word));
  };
  const Expr length = executor_.load(state, at(*own, kernel::layout::IO_STACK_LOCATION::Parameters_Read_Length), 4, 0);
  const Expr moved = fresh(bits, symbolic::label_kernel, "bytes moved by the lower driver");
  executor_.store(state, at(irp, IRP::IoStatus_Status), fresh(32, symbolic::label_kernel, "status of the lower driver"),
                  0);
  executor_.store(state, at(irp, IRP::IoStatus_Information), moved, 0);
  state.facts.assume(pool(), pool().ule(moved, fit(length, bits)), true);
}

/// A signal for a thread of the driver: the path enters the thread, whose wait is over. It ends where the thread waits
/// again, for then it has done what the signal was for.
std::optional<World::CallResult> World::hand_to_thread(State &state, const kernel::Api &api, std::uint64_t pc) {
  constexpr std::uint64_t most_objects = 64;
  constexpr unsigned most_sleeps = 32;
  const auto address = [&](const Effect &effect, Key key) -> std::uint64_t {
    const Expr e = operand(state, api, effect, key, pc, 0);
    return pool().is_constant(e) ? pool().value(e) : 0;
  };
  if (const Effect *wait = api.find_effect(Verb::wait)) {
    const std::uint64_t at = address(*wait, Key::at),
                        count = wait->find(Key::count) ? std::min(address(*wait, Key::count), most_objects) : 0;
    if (waits_ && at != 0) {
      for (std::uint64_t i = 0; i < count; ++i) // an array of pointers
        waits_->push_back(machine_.read(state, at + i * (machine_.bits() / 8), machine_.bits() / 8).value_or(0));
      if (count == 0)
        waits_->push_back(at);
      return CallResult::end;
    }
    // What it waits for again and again is another thread's to change, and no other thread runs.
    log(state, {.kind = EventKind::slept, .pc = pc});
    if (events_[state.log].kind == EventKind::slept && events_[state.log].alike >= most_sleeps) {
      executor_.add_gap(symbolic::Gap::What::loop_bounded, pc);
      return CallResult::end;
    }
    if (threads_.empty() || !is_in_thread(state))
      return std::nullopt;
    const auto events = log_of(state);
    if (std::ranges::any_of(events, [](const Event *e) { return e->kind == EventKind::waited; }))
      return CallResult::end;
    log(state, {.kind = EventKind::waited, .pc = pc});
    return std::nullopt;
  }
  const Effect *signal = threads_.empty() ? nullptr : api.find_effect(Verb::release);
  if (!signal || (signal->kind != Kind::event && signal->kind != Kind::semaphore) || is_in_thread(state) ||
      framework_->is_forwarding(state)) // the thread finds the request in its queue when the callback has returned
    return std::nullopt;
  const std::uint64_t object = address(*signal, Key::at);
  const auto thread = std::ranges::find_if(
      threads_, [&](const WaitingThread &t) { return object != 0 && std::ranges::binary_search(t.waits_for, object); });
  if (thread == threads_.end())
    return std::nullopt;
  log(state, {.kind = EventKind::thread_entered, .pc = pc, .a = thread->routine});
  const Expr arguments[] = {machine_.pointer(thread->context)};
  enter_callback(state, thread->routine, arguments, api.x86_callee_pops, pc);
  return CallResult::returned;
}

} // namespace ringfence::driver
