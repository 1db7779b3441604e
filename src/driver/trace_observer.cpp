#include "trace_observer.h"

#include "constraint.h"
#include "path_checks.h"

#include <ringfence/base/text.h>

#include <algorithm>

namespace ringfence::driver {

using symbolic::Expr;
using symbolic::PathEnd;
using symbolic::State;

namespace {

constexpr std::size_t most_kept = 512;
constexpr std::size_t shown_checks = 4;

std::string_view name_of(PathEnd end) {
  switch (end) {
  case PathEnd::returned:
    return "returned without completing the request";
  case PathEnd::stopped:
    return "ended by a routine that does not return, or handed over";
  case PathEnd::trapped:
    return "ended at a trap instruction or a certain division by zero";
  case PathEnd::no_code:
    return "gave up: control left the code";
  case PathEnd::no_fuel:
    return "gave up: the fuel or the paths of this code were used up";
  case PathEnd::infeasible:
    return "its checks contradict each other";
  }
  return "ended";
}

/// Where a value that is not the caller's comes from.
std::string origin_of(std::uint32_t labels) {
  constexpr std::pair<std::uint32_t, std::string_view> words[] = {
      {symbolic::label_length, "the length of a buffer of the request"},
      {symbolic::label_code, "the control code"},
      {symbolic::label_file_object, "the file object of the open"},
      {symbolic::label_process, "the identity of the calling process"},
      {symbolic::label_registry, "a value in the registry"},
      {symbolic::label_hardware, "the hardware"},
      {symbolic::label_physical, "memory of a device"},
      {symbolic::label_persistent, "what the driver keeps between requests"},
      {symbolic::label_kernel_address, "an address of the kernel's"},
      {symbolic::label_kernel, "a structure of the kernel"},
      {symbolic::label_unknown, "the result of something that is not modelled"},
  };
  std::string out;
  for (const auto &[label, word] : words)
    if ((labels & label) != 0)
      out += (out.empty() ? "" : ", ") + std::string(word);
  return out.empty() ? "the driver itself" : out;
}

bool is_same_family(std::string_view a, std::string_view b) {
  const auto is_memory = [](std::string_view kind) {
    return kind.starts_with("physical-memory") || kind.starts_with("kernel-memory");
  };
  return a == b || (is_memory(a) && is_memory(b));
}

} // namespace

bool TraceObserver::wants(const Request &request, std::optional<std::uint32_t> code) const {
  const TraceSubject &subject = trace_.subject;
  if (!request.prefix.empty())
    return subject.route.starts_with(request.prefix + ":") &&
           (!code || subject.route == request.prefix + ":" + hex(*code, 8));
  return subject.code ? !code || *code == *subject.code : subject.route == "default" && !code;
}

Observer *TraceObserver::around(Observer &usual, const Request &request, std::optional<std::uint32_t> code) {
  usual_ = wants(request, code) ? &usual : nullptr;
  if (!usual_)
    return &usual;
  trace_.followed = true;
  const auto number =
      trace_.subject.code
          ? std::optional<std::uint64_t>(*trace_.subject.code)
          : parse_unsigned(std::string_view(trace_.subject.route)
                               .substr(std::min(request.prefix.size() + 1, trace_.subject.route.size())));
  code_ = code || !number ? Expr(0) : request.code;
  wanted_ = static_cast<std::uint32_t>(number.value_or(0));
  return this;
}

Observer *TraceObserver::around_route(Observer &usual, std::string_view route) {
  usual_ = !trace_.subject.code && trace_.subject.route == route ? &usual : nullptr;
  if (!usual_)
    return &usual;
  trace_.followed = true;
  code_ = Expr(0);
  return this;
}

bool TraceObserver::is_wanted(World &world, const State &state) {
  if (!usual_)
    return false;
  if (code_ == Expr(0))
    return true;
  symbolic::PathFacts facts = state.facts;
  return facts.assume(world.pool(), world.pool().eq(code_, world.pool().constant(wanted_, world.pool().bits(code_))),
                      true);
}

void TraceObserver::import_called(World &world, State &state, const ImportCall &call) {
  if (const auto at = world.machine().rva_of(call.pc);
      at && !call.import->api && calls_.size() < most_kept && is_wanted(world, state))
    calls_.try_emplace({call.pc, call.import->name}, TracedCall{call.import->name, *at});
  usual_->import_called(world, state, call);
}

void TraceObserver::indirect_call(World &world, State &state, Expr target, std::uint64_t pc) {
  if (const auto at = world.machine().rva_of(pc); at && calls_.size() < most_kept && is_wanted(world, state))
    calls_.try_emplace({pc, std::string()}, TracedCall{{}, *at});
  usual_->indirect_call(world, state, target, pc);
}

void TraceObserver::access(World &world, State &state, const symbolic::Access &access) {
  const symbolic::Object &object = world.machine().objects()[access.object];
  if (object.kind == symbolic::ObjectKind::physical)
    if (const auto at = world.machine().rva_of(access.pc); at && seen_.size() < most_kept && is_wanted(world, state)) {
      const char *kind = access.write ? "physical-memory-write" : "physical-memory-read";
      TracedOperation &operation = seen_[{access.pc, kind, hex(object.tag)}].operation;
      operation.kind = kind;
      operation.argument = "mapping made at " + hex(object.tag);
      operation.at = *at;
      operation.why = "it goes through a mapping whose address the caller of this code does not choose";
      ++operation.paths;
    }
  usual_->access(world, state, access);
}

void TraceObserver::explain(World &world, const State &state, const OperationMet &met, Seen &seen) const {
  auto &pool = world.pool();
  TracedOperation &operation = seen.operation;
  const bool callers = (pool.labels(met.value) & caller_labels) != 0;
  const Judgement judged = met.why.empty() ? judge(world, state, state.facts, met.value) : Judgement{};
  if (seen.chosen && !judged.from_caller) // a path on which the caller chooses says more
    return;
  seen.chosen = judged.from_caller;
  operation.value = pool.to_string(met.value);
  operation.checks = callers ? checks_on_path(world, state.trace, met.value) : std::vector<PathCheck>();
  const symbolic::Range range = pool.bits(met.value) <= 64 ? state.facts.range(pool, met.value) : symbolic::Range();
  if (!met.why.empty())
    operation.why = std::string(met.why);
  else if (pool.is_constant(met.value))
    operation.why = "its operand is the constant " + hex(pool.value(met.value));
  else if (callers && pool.bits(met.value) <= 64 && range.is_single())
    operation.why = "the checks on the way leave one value, " + hex(range.low);
  else if (judged.values.size() == 1)
    operation.why = "a table of the driver leaves one value, " + hex(judged.values.front());
  else if (!callers)
    operation.why = "its operand comes from " + origin_of(pool.labels(met.value));
}

void TraceObserver::operation_met(World &world, const State &state, const OperationMet &met) {
  const auto at = world.machine().rva_of(met.pc);
  if (!at || !is_wanted(world, state))
    return;
  const Key key{met.pc, std::string(met.kind), std::string(met.argument)};
  if (seen_.size() >= most_kept && !seen_.contains(key))
    return;
  Seen &seen = seen_[key];
  TracedOperation &operation = seen.operation;
  operation.kind = met.kind;
  operation.argument = met.argument;
  operation.at = *at;
  constexpr std::size_t explained = 64; // paths of one place that are looked at
  if (++operation.paths <= explained)
    explain(world, state, met, seen);
}

void TraceObserver::operation_dropped(World &, std::string_view kind, std::uint64_t pc, std::string_view why) {
  if (usual_)
    dropped_.try_emplace({pc, std::string(kind)}, why);
}

TracedEnd TraceObserver::end_of(World &world, const State &state, PathEnd end) const {
  TracedEnd out{.how = std::string(name_of(end)),
                .status = {},
                .at = world.machine().rva_of(world.executor().last_block(state.trace)),
                .after = {},
                .paths = 0};
  const Event *completed = nullptr, *sent = nullptr, *pended = nullptr;
  for (const Event *event : world.log_of(state)) {
    completed = event->kind == EventKind::completed ? event : completed;
    sent = event->kind == EventKind::sent_down ? event : sent;
    pended = event->kind == EventKind::pended ? event : pended;
  }
  if (const Event *said = completed ? completed : sent ? sent : end == PathEnd::returned ? pended : nullptr) {
    out.how = completed
                  ? (completed->a == ~std::uint64_t{0} ? "completed with a status that is not one value," : "completed")
              : sent ? "sent to another driver"
                     : "kept for later, and what completes it was not followed";
    out.at = world.machine().rva_of(said->pc);
    if (completed && completed->a != ~std::uint64_t{0})
      out.status = static_cast<std::uint32_t>(completed->a);
  }
  return out;
}

void TraceObserver::finished(World &world, State &state, PathEnd end) {
  if (end != PathEnd::infeasible && is_wanted(world, state)) {
    const auto blocks = world.executor().trace_of(state.trace);
    if (!blocks.empty())
      entries_.insert(blocks.front());
    blocks_.insert(blocks.begin(), blocks.end());
    TracedEnd one = end_of(world, state, end);
    const auto key = std::tuple(one.how, one.status, one.at);
    if (ends_.size() < most_kept || ends_.contains(key)) {
      const auto [at, fresh] = ends_.try_emplace(key, one);
      if (fresh) {
        at->second.after = checks_on_path(world, state.trace);
        if (at->second.after.size() > shown_checks)
          at->second.after.erase(at->second.after.begin(), at->second.after.end() - shown_checks);
      }
      ++at->second.paths;
    }
  }
  usual_->finished(world, state, end);
}

Trace TraceObserver::take(World &world, const Driver &driver) {
  const auto &subject = trace_.subject;
  const auto found = std::find_if(driver.ioctls.begin(), driver.ioctls.end(), [&](const Ioctl &i) {
    return subject.code ? i.route.empty() && i.code == *subject.code : i.route == subject.route;
  });
  trace_.told_apart = found != driver.ioctls.end();
  if (trace_.told_apart)
    trace_.status = found->status;
  const auto primitive_at = [&](Rva at, std::string_view kind) -> const Primitive * {
    if (trace_.told_apart)
      for (const Primitive &p : found->primitives)
        if (p.sink == at && is_same_family(p.kind, kind))
          return &p;
    return nullptr;
  };
  std::set<std::string> judged; // places of mappings that are operations of their own
  for (const auto &[key, seen] : seen_)
    judged.insert(hex(seen.operation.at.value));
  for (auto &[key, seen] : seen_) {
    TracedOperation &operation = seen.operation;
    if (operation.argument.starts_with("mapping") && judged.contains(std::get<2>(key)))
      continue;
    const auto dropped = dropped_.find({std::get<0>(key), operation.kind});
    if (const Primitive *p = primitive_at(operation.at, operation.kind); p && seen.chosen) {
      operation.outcome = p->constrained ? TracedOutcome::confined : TracedOutcome::reported;
      operation.kind = p->kind;
      operation.admitted = p->admitted;
      operation.why = p->constrained    ? "the driver confines it"
                      : p->trap.empty() ? "nothing confines it"
                                        : "a check looks at it and does not confine it: " + p->trap;
    } else if (seen.chosen) {
      operation.outcome = TracedOutcome::left_out;
      operation.why = dropped != dropped_.end()
                          ? dropped->second
                          : "on the paths of this code it was judged together with another operation at this place";
    }
    trace_.operations.push_back(std::move(operation));
  }
  for (auto &[key, end] : ends_)
    trace_.ends.push_back(std::move(end));
  std::stable_sort(trace_.ends.begin(), trace_.ends.end(),
                   [](const TracedEnd &a, const TracedEnd &b) { return a.paths > b.paths; });
  for (auto &[key, call] : calls_)
    trace_.not_modelled.push_back(std::move(call));
  const auto ran_through = [&](std::uint64_t address) {
    const auto next = blocks_.upper_bound(address);
    if (next == blocks_.begin())
      return false;
    const ir::Block *block = world.machine().block_at(*std::prev(next));
    return block && address < block->end;
  };
  for (const symbolic::Gap &gap : world.executor().gaps())
    if (ran_through(gap.address))
      trace_.gaps.push_back({symbolic::name_of(gap.what), world.machine().rva_of(gap.address)});
  for (const std::uint64_t entry : entries_)
    if (const auto rva = world.machine().rva_of(entry)) {
      const auto named = std::find_if(driver.entry_points.begin(), driver.entry_points.end(),
                                      [&](const EntryPoint &e) { return e.rva == *rva; });
      trace_.entries.push_back((named == driver.entry_points.end() ? std::string("routine") : named->major) + " at " +
                               hex(rva->value));
    }
  trace_.blocks = blocks_.size();
  return std::move(trace_);
}

} // namespace ringfence::driver
