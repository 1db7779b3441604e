#include "primitives.h"

#include "path_checks.h"
#include "trace_observer.h"

#include <ringfence/base/text.h>

#include <algorithm>

namespace ringfence::driver {

using symbolic::Expr;
using symbolic::Range;
using symbolic::State;

namespace {

constexpr unsigned physical_bits = 52; // MAXPHYADDR of every processor

/// Bits that an address of this kind can have at all: all of user space is no confinement of another process's memory.
unsigned address_bits(std::string_view kind, bool physical, unsigned pointer_bits) {
  if (physical)
    return physical_bits;
  const bool user_space_is_all = kind == "process-memory-rw" || kind == "arbitrary-call";
  return !user_space_is_all ? 64 : pointer_bits == 64 ? 47 : 31;
}

/// Labels of everything that outlives the path: output buffers, memory of the caller, globals, extensions.
std::uint32_t labels_that_get_out(World &world, const State &state) {
  auto &pool = world.pool();
  const auto &objects = world.machine().objects();
  std::uint32_t labels = 0;
  for (std::uint32_t id = 1; id < objects.size(); ++id) {
    const symbolic::ObjectId object(id);
    const symbolic::Content *content = state.memory.content(object);
    const auto kind = objects[object].kind;
    if (!content || kind == symbolic::ObjectKind::stack)
      continue;
    for (const auto &cell : content->cells)
      labels |= cell.value == Expr(0) ? pool.array_labels(cell.array) : pool.labels(cell.value);
    if (content->havoc)
      labels |= pool.array_labels(*content->havoc);
  }
  for (const Event *event : world.log_of(state))
    if (event->kind == EventKind::completed)
      labels |= pool.labels(Expr(static_cast<std::uint32_t>(event->b)));
  return labels;
}

/// The routine whose answer the path relies on although it confines nothing: MmIsAddressValid for an address, and the
/// check of a protected process, found by its number, when the number is used again for what is done to the process.
std::string trap_of_routine(World &world, const State &state, std::string_view kind, Expr value) {
  const bool address = kind.starts_with("kernel-memory") || kind == "process-memory-rw";
  if (address &&
      world.newest_event(state, [](const Event &e) { return e.kind == EventKind::note && e.text == "address-valid"; }))
    return "address-valid";
  if (!kind.starts_with("process-"))
    return {};
  const bool checked = world.newest_event(state, [&](const Event &e) {
    return e.kind == EventKind::gate && e.a != 0 && e.text.find("ProtectedProcess") != std::string::npos;
  });
  const bool by_number = world.newest_event(state, [&](const Event &e) {
    return e.kind == EventKind::opened && e.b != 0 && (e.text2 == "ZwOpenProcess" || e.text2 == "NtOpenProcess");
  });
  const bool opens_now = kind == "process-open" && world.choice_behind(value) == Expr(0); // the number itself
  return checked && (by_number || opens_now) ? "checked-by-number" : "";
}

} // namespace

void PrimitiveObserver::begin(const Request &request) {
  first_object_ = request.first_object;
  sinks_.clear();
  passes_.clear();
  accesses_.clear();
  user_succeeds_ = false;
}

void PrimitiveObserver::add(World &world, State &state, std::string_view kind, Operand operand, std::uint64_t pc) {
  auto &pool = world.pool();
  symbolic::PathFacts facts = state.facts;
  if (operand.mapping && !operand.is_virtual && pool.bits(operand.value) == 64 &&
      !facts.assume(pool, pool.ult(operand.value, pool.constant(std::uint64_t{1} << physical_bits, 64)), true))
    return; // there is no such memory
  if (operand.rounds != Expr(0) &&
      !facts.assume(pool, pool.eq(operand.rounds, pool.constant(0, pool.bits(operand.rounds))), false))
    return; // it is never done
  if (world.tracer())
    world.tracer()->operation_met(world, state, {kind, operand.name, operand.value, pc});
  Judgement judged = judge(world, state, facts, operand.value);
  if (!judged.from_caller)
    return;
  judged.window = judged.window || operand.recognised;
  Sink &sink = sinks_[{pc, std::string(kind)}];
  sink.paths.add(world, state, facts, operand.value);
  if (sink.trace == 0) {
    sink.trace = state.trace;
    sink.calls = calls_on_path(world, state);
  }
  sink.argument = std::move(operand.name);
  sink.bits = std::max(sink.bits, pool.bits(operand.value));
  sink.freedom = std::max(
      sink.freedom,
      std::min(judged.freedom, address_bits(kind, operand.mapping && !operand.is_virtual, world.machine().bits())));
  sink.mapping = operand.mapping;
  sink.is_virtual = operand.is_virtual;
  sink.window = sink.window || judged.window;
  sink.extent_free = sink.extent_free || !extent_is_confined(world, state, facts, operand.size);
  sink.kernel_only = sink.kernel_only && world.is_kernel_request(state);
  if (sink.base.empty())
    sink.base = judged.base;
  for (const std::uint64_t value : judged.values)
    sink.admitted.add_value(value);
  if (judged.values.empty() && !judged.window)
    sink.admitted.add(facts.range(pool, judged.part), facts.excluded(judged.part), pool.bits(judged.part));
  if (sink.trap.empty() && !judged.window)
    sink.trap = trap_of(world, state, judged.part);
  if (sink.trap.empty() && !judged.window)
    sink.trap = trap_of_routine(world, state, kind, operand.value);
}

void PrimitiveObserver::pass_over(World &world, const State &state, const OperationMet &met) const {
  if (world.tracer())
    world.tracer()->operation_met(world, state, met);
}

void PrimitiveObserver::finished(World &world, State &state, symbolic::PathEnd end) {
  if (end != symbolic::PathEnd::returned)
    return;
  for (const Event *event : world.log_of(state))
    if (event->kind == EventKind::completed && !world.is_kernel_request(state) &&
        (event->a & 0xc0000000u) != 0xc0000000u)
      user_succeeds_ = true;
  add_opened_handles(world, state);
  check_returns(world, state);
}

/// Bits of an object that the path has compared with constants, or of the bytes [from, to) of it: its type and size,
/// its signature. Few addresses have such bytes, and the caller cannot write them into the kernel's memory. Zeros are
/// everywhere.
unsigned PrimitiveObserver::recognised_bits(const symbolic::ExprPool &pool, const State &state,
                                            symbolic::ArrayId content, std::uint64_t from, std::uint64_t to) {
  unsigned known = 0;
  for (const Expr condition : state.facts.conditions()) {
    const symbolic::Node n = pool[condition];
    if (n.kind != symbolic::Kind::eq || !pool.is_constant(Expr(n.b)) || pool.is_constant(Expr(n.b), 0))
      continue;
    const symbolic::Node field = pool[Expr(n.a)];
    if (field.kind == symbolic::Kind::slice && symbolic::ArrayId(field.a) == content && field.imm < to &&
        from < field.imm + field.bits / 8)
      known += field.bits;
  }
  return known;
}

void PrimitiveObserver::expect_return(World &world, State &state, std::string_view kind, std::uint64_t pc,
                                      std::uint32_t labels, const symbolic::Access *access) {
  const auto sink = sinks_.find({pc, std::string(kind)});
  if (sink == sinks_.end())
    return;
  sink->second.reads = true;
  Event event{.kind = EventKind::note, .pc = pc, .a = labels, .text = "read", .text2 = std::string(kind)};
  if (access && !access->count && world.pool().is_constant(access->offset)) {
    event.object = world.machine().objects()[access->object].array.value;
    event.b = world.pool().value(access->offset);
    event.c = access->bytes;
  }
  world.log(state, std::move(event));
}

void PrimitiveObserver::check_returns(World &world, State &state) {
  const auto events = world.log_of(state);
  const auto is_read = [](const Event *e) { return e->kind == EventKind::note && e->text == "read"; };
  if (std::none_of(events.begin(), events.end(), is_read))
    return;
  const std::uint32_t out = labels_that_get_out(world, state);
  const auto only_compared = [&](const Event *e) { // by what an object is recognised
    const symbolic::ArrayId content(static_cast<std::uint32_t>(e->object));
    return e->c != 0 && recognised_bits(world.pool(), state, content) >= enough_to_recognise &&
           recognised_bits(world.pool(), state, content, e->b, e->b + e->c) > 0;
  };
  for (const Event *event : events)
    if (is_read(event))
      if (const auto sink = sinks_.find({event->pc, event->text2}); sink != sinks_.end()) {
        sink->second.seen_to_end = true;
        sink->second.returned = sink->second.returned || ((out & event->a) != 0 && !only_compared(event));
      }
}

Primitive PrimitiveObserver::describe(World &world, const std::string &kind, std::uint64_t pc, const Sink &sink) const {
  Primitive out{
      .kind = kind, .argument = sink.argument, .base = sink.base, .sink = world.machine().rva_of(pc).value_or(Rva(0))};
  const bool narrow = sink.admitted.empty() || is_confined(sink.admitted.extent(), sink.freedom);
  out.constrained = narrow && !sink.extent_free;
  out.checks = checks_on_path(world, sink.trace);
  out.calls = sink.calls;
  out.admitted = sink.admitted.empty() ? "window" : sink.admitted.text(sink.bits) + (sink.window ? " | window" : "");
  if (out.constrained)
    return out;
  out.trap = narrow               ? "end-not-checked"
             : sink.kernel_only   ? "requestor-mode"
             : !sink.trap.empty() ? sink.trap
                                  : std::string(sink.admitted.hole_kind());
  return out;
}

const Primitive *same_among(std::span<const Primitive> known, const Primitive &primitive) {
  const auto found = std::find_if(known.begin(), known.end(), [&](const Primitive &p) {
    return p.kind == primitive.kind && p.sink == primitive.sink && (primitive.constrained || !p.constrained);
  });
  return found == known.end() ? nullptr : &*found;
}

std::vector<Primitive> PrimitiveObserver::take(World &world, const Request &request, std::span<const Primitive> known) {
  std::vector<Primitive> out;
  for (const auto &[key, sink] : sinks_) {
    if (sink.kernel_only && user_succeeds_) { // requests of the kernel are spared a check that users meet
      if (world.tracer())
        world.tracer()->operation_dropped(
            world, key.second, key.first,
            "only requests of kernel mode get there, and those of user mode succeed without it");
      continue;
    }
    if (sink.reads && sink.seen_to_end &&
        !sink.returned) { // read for the driver's own use; through a wild pointer a defect still
      if (world.tracer())
        world.tracer()->operation_dropped(world, key.second, key.first,
                                          "nothing of what is read gets out of the request");
      if (key.second == "kernel-memory-read")
        out.push_back(describe(world, "user-pointer-unprobed", key.first, sink));
      continue;
    }
    const std::size_t first = out.size();
    const auto rva = world.machine().rva_of(key.first);
    const auto touched = sink.mapping && rva ? accesses_.find(rva->value) : accesses_.end();
    if (touched == accesses_.end()) {
      out.push_back(describe(world, key.second, key.first, sink));
    } else {
      if (touched->second.read)
        out.push_back(
            describe(world, sink.is_virtual ? "kernel-memory-read" : "physical-memory-read", key.first, sink));
      if (touched->second.written)
        out.push_back(
            describe(world, sink.is_virtual ? "kernel-memory-write" : "physical-memory-write", key.first, sink));
    }
    if (std::all_of(out.begin() + static_cast<std::ptrdiff_t>(first), out.end(),
                    [&](const Primitive &p) { return same_among(known, p) != nullptr; }))
      continue;
    const SolvedPaths paths = sink.paths.solve(world.solver(), world, request);
    const auto passes = passes_.find(key.first);
    const bool all_seen = passes == passes_.end() || passes->second <= most_passes;
    if (paths.refuted && all_seen) {
      out.resize(first);
      if (world.tracer())
        world.tracer()->operation_dropped(world, key.second, key.first,
                                          "the checks on each of its paths contradict each other");
    }
    for (std::size_t i = first; i < out.size(); ++i)
      out[i].solved = paths.solved;
  }
  return out;
}

} // namespace ringfence::driver
