#include "ioctl_recovery.h"

#include "bounds.h"
#include "choices.h"
#include "code_values.h"
#include "trace_observer.h"

#include <ringfence/base/text.h>
#include <ringfence/kernel/layouts.h>

#include <algorithm>
#include <functional>

namespace ringfence::driver {

using symbolic::PathEnd;
using symbolic::State;

Observer *IoctlRecovery::watched(RouteObserver &usual, std::optional<std::uint32_t> code) {
  if (!budget_.primitives)
    return nullptr;
  return world_.tracer() ? world_.tracer()->around(usual, request_, code) : &usual;
}

/// Adds the blocks of a path from its end backwards, down to where it forked from one that was added before.
void IoctlRecovery::add_blocks(Behaviour &behaviour, std::uint32_t trace, std::uint32_t decided) const {
  const symbolic::Executor &executor = world_.executor();
  for (; trace != 0 && trace != decided && behaviour.walked.insert(trace); trace = executor.before(trace)) {
    const std::uint64_t block = executor.last_block(trace);
    std::uint64_t &recent = behaviour.recent_blocks[(block ^ block >> 6) % behaviour.recent_blocks.size()];
    if (recent != block)
      behaviour.blocks.insert(block);
    recent = block;
  }
}

/// The oldest block of a path that paths of no particular code do not have; those of the paths that were added are
/// known.
std::optional<std::uint64_t> IoctlRecovery::first_own_block(const Behaviour &behaviour, std::uint32_t trace) const {
  const symbolic::Executor &executor = world_.executor();
  std::optional<std::uint64_t> first;
  for (; trace != 0 && !behaviour.walked.contains(trace); trace = executor.before(trace))
    if (const std::uint64_t block = executor.last_block(trace); !default_.blocks.contains(block))
      first = block;
  return first;
}

void IoctlRecovery::record(Behaviour &behaviour, const State &state, PathEnd end, std::uint32_t decided) {
  add_blocks(behaviour, state.trace, decided);
  bool completes = false, forwards = false, pends = false;
  behaviour.commands.add(world_, state, request_);
  behaviour.lost = behaviour.lost || end == PathEnd::no_code || end == PathEnd::no_fuel;
  symbolic::Expr status(0); ///< of the request, where the routine completed it
  world_.for_each_event(state, [&](const Event &event) {
    if (event.kind == EventKind::completed && !completes) {
      completes = true;
      status = symbolic::Expr(static_cast<std::uint32_t>(event.c));
    }
    forwards = forwards || event.kind == EventKind::sent_down;
    pends = pends || event.kind == EventKind::pended;
  });
  constexpr std::uint64_t status_pending = 0x103;
  // Drivers that queue a request themselves mark it in place and say so with what they return.
  if (end == PathEnd::returned && !completes && !forwards && request_.answer == Answer::completion &&
      world_.pool().is_constant(world_.pool().extract(state.scalar[0], 0, 32), status_pending))
    pends = true;
  // A thread that has dealt with the request does not return: its path ends where it waits for the next one.
  const bool ended = end == PathEnd::returned || (end == PathEnd::stopped && completes);
  const auto outcome = [&](const symbolic::PathFacts &facts, std::uint64_t value) {
    behaviour.statuses.insert(value);
    if (ended && !is_failure(value))
      add_success(behaviour, state, facts);
  };
  if (status != symbolic::Expr(0)) {
    const symbolic::Range range = state.facts.range(world_.pool(), status);
    if (range.is_single())
      outcome(state.facts, range.low);
    else
      for_each_choice(world_.pool(), state.facts, status, outcome);
  } else if (const auto answer = answer_of(world_, state, request_); answer && end == PathEnd::returned) {
    completes = true;
    outcome(state.facts, *answer);
  } else if (end == PathEnd::returned) {
    behaviour.open = behaviour.open || (!completes && !forwards && !pends);
    add_success(behaviour, state, state.facts);
  }
  behaviour.completes = behaviour.completes || completes;
  behaviour.forwards = behaviour.forwards || forwards;
  behaviour.pends = behaviour.pends || (pends && !completes);
  behaviour.deferred = behaviour.deferred || (pends && !completes && !forwards && end == PathEnd::returned);
  if (is_refused(behaviour) || &behaviour == &default_)
    for (const symbolic::Expr condition : state.facts.conditions())
      if (const std::uint32_t labels = world_.pool().labels(condition);
          (labels & caller_or_length) != 0 && (labels & symbolic::label_code) == 0)
        behaviour.examined.insert(condition.value);
}

/// The lengths with which a path that succeeds can be taken, and the checks that its caller passed.
void IoctlRecovery::add_success(Behaviour &behaviour, const State &state, const symbolic::PathFacts &facts) {
  behaviour.gates.add_success(world_, state, facts);
  if (&behaviour != &default_)
    behaviour.after.add(world_, request_, boot_, state, facts);
  if (world_.is_kernel_request(state)) // the lengths that the caller has to meet are those of user mode
    return;
  const auto smaller = [&](std::optional<std::uint64_t> &least, symbolic::Expr length, std::uint64_t header) {
    if (length == symbolic::Expr(0))
      return;
    const std::uint64_t low = std::max(facts.range(world_.pool(), length).low, header) - header;
    least = least ? std::min(*least, low) : low;
  };
  smaller(behaviour.input_min, request_.input_length, request_.header);
  smaller(behaviour.output_min, request_.output_length, 0);
}

/// True when every path of the code completes the request with a failure. A path that leaves it open, to a queue say,
/// counts when no unknown code is left so.
bool IoctlRecovery::is_refused(const Behaviour &code) const {
  return code.completes && !code.lost && !code.pends && !code.forwards && (!code.open || default_.open) &&
         std::all_of(code.statuses.begin(), code.statuses.end(), is_failure);
}

/// The blocks in which unknown codes are refused: no code that the driver serves comes through them.
void IoctlRecovery::find_refusal(const std::map<std::uint32_t, Behaviour> &behaviours) {
  refusal_ = default_.blocks;
  for (const auto &[code, behaviour] : behaviours)
    if (!is_refused(behaviour))
      for (const std::uint64_t block : behaviour.blocks)
        refusal_.erase(block);
}

/// True when the code's own blocks look at what the caller sent, or call a routine of the driver.
bool IoctlRecovery::acts(const Behaviour &code) const {
  if (!std::includes(default_.examined.begin(), default_.examined.end(), code.examined.begin(), code.examined.end()))
    return true;
  Machine &machine = world_.machine();
  const auto end_of = [&](std::uint64_t address) -> const ir::Op * {
    const ir::Block *block = machine.block_at(address);
    return block ? machine.body().terminator(*block) : nullptr;
  };
  return std::any_of(code.blocks.begin(), code.blocks.end(), [&](std::uint64_t address) {
    const ir::Op *end = default_.blocks.contains(address) ? nullptr : end_of(address);
    if (!end || end->code != ir::Opcode::call || end->a != ir::kImmediate)
      return false;
    const ir::Op *stub = end_of(end->imm); // of an import: one computed jump
    return !stub || stub->code != ir::Opcode::jump || stub->a == ir::kImmediate;
  });
}

/// True for a value that the driver looks up, for a trace's text say, and then refuses where it refuses every unknown
/// one.
bool IoctlRecovery::is_only_named(const Behaviour &code) const {
  const auto is_refusal = [&](std::uint64_t block) { return refusal_.contains(block); };
  return is_refused(code) && !code.steered && code.statuses == default_.statuses &&
         (!acts(code) || std::any_of(code.blocks.begin(), code.blocks.end(), is_refusal));
}

bool IoctlRecovery::differs(const Behaviour &code) const {
  if (is_only_named(code))
    return false;
  if (!std::includes(default_.blocks.begin(), default_.blocks.end(), code.blocks.begin(), code.blocks.end()))
    return true;
  return !std::includes(default_.statuses.begin(), default_.statuses.end(), code.statuses.begin(),
                        code.statuses.end()) ||
         code.forwards != default_.forwards;
}

Ioctl IoctlRecovery::describe(std::uint32_t code, const Behaviour &b) const {
  Ioctl ioctl{.code = code,
              .route = request_.prefix.empty() ? "" : request_.prefix + ":" + hex(code, 8),
              .handler = world_.machine().rva_of(b.first_block).value_or(Rva(0)),
              .gates = b.gates.deciding()};
  ioctl.status = is_refused(b)                ? CodeStatus::rejected
                 : b.forwards && !b.completes ? CodeStatus::forwarded
                                              : CodeStatus::handled;
  if (unresolved_check_)
    ioctl.gates.push_back("a check of the caller that was not followed");
  ioctl.input_min = b.input_min;
  ioctl.output_min = b.output_min;
  ioctl.commands = b.commands.best();
  ioctl.deferred = b.deferred;
  return ioctl;
}

/// Values of a computed jump that no case covers go to one target, which most of the table names: it is the default,
/// although the out-of-range branch may go elsewhere.
std::optional<std::uint64_t> IoctlRecovery::default_target(const Parked &parked) {
  constexpr std::size_t fewest = 4;
  std::map<std::uint64_t, std::size_t> uses;
  std::size_t entries = 0;
  for (const auto &[code, states] : parked)
    if (from_table(states.front())) {
      ++uses[states.front().ip];
      ++entries;
    }
  for (const auto &[target, count] : uses)
    if (count >= fewest && count * 2 > entries)
      return target;
  return std::nullopt;
}

/// True when a computed jump has led here.
bool IoctlRecovery::from_table(const State &state) {
  Machine &machine = world_.machine();
  const ir::Block *last = machine.block_at(world_.executor().last_block(state.trace));
  const ir::Op *end = last ? machine.body().terminator(*last) : nullptr;
  return end && end->code == ir::Opcode::jump && end->a != ir::kNone;
}

/// True when a branch of the path, or what it completed the request with, was read from a table that the code indexes.
bool IoctlRecovery::depends_on_table(const State &state) const {
  const auto &pool = world_.pool();
  const auto is_read = [&](auto &&self, symbolic::Expr e, unsigned depth) -> bool {
    const symbolic::Node &n = pool[e];
    if ((n.labels & symbolic::label_code) == 0 || depth > 8)
      return false;
    if (n.kind == symbolic::Kind::read)
      return true;
    return (n.a != 0 && self(self, symbolic::Expr(n.a), depth + 1)) ||
           (n.b != 0 && self(self, symbolic::Expr(n.b), depth + 1)) ||
           (n.c != 0 && self(self, symbolic::Expr(n.c), depth + 1));
  };
  for (const symbolic::Expr condition : state.facts.conditions())
    if (is_read(is_read, condition, 0))
      return true;
  for (const Event *event : world_.log_of(state))
    if (event->kind == EventKind::completed &&
        is_read(is_read, symbolic::Expr(static_cast<std::uint32_t>(event->c)), 0))
      return true;
  return false;
}

/// Runs the dispatch routine with a symbolic code; the paths on which it became one value, by that value.
IoctlRecovery::Parked IoctlRecovery::explore_dispatch() {
  constexpr std::uint64_t few = 512;
  Parked parked;
  auto &pool = world_.pool();
  default_ = Behaviour({}, std::nullopt);
  narrow_.clear();
  default_primitives_.begin_common(world_, request_);
  world_.set_observer(watched(default_primitives_, std::nullopt));
  world_.record_reads(default_.reads, request_.state.memory);
  world_.run(
      request_.state,
      {.instructions = budget_.dispatch, .most = budget_.dispatch * budget_.patience, .paths = 2000, .turns = true},
      [&](State &state, PathEnd end) {
        const symbolic::Range r = state.facts.range(pool, request_.code);
        if (r.high - r.low >= few || narrow_.size() >= few || !depends_on_table(state)) {
          default_primitives_.adopt(world_, state);
          return record(default_, state, end, 0);
        }
        for (std::uint64_t v = r.low; v <= r.high; ++v)
          if (r.contains(v))
            narrow_.insert(static_cast<std::uint32_t>(v));
      },
      [&](State &state) {
        const auto code = code_of_path(pool, state.facts, request_.code, request_.device_type);
        if (!code)
          return true;
        if (parked.size() >= budget_.codes && !parked.contains(*code)) {
          world_.executor().add_gap(symbolic::Gap::What::too_many_paths, state.ip);
          return true;
        }
        // The calls it is in were charged for all codes together; from here on the code has its own fuel.
        State own = state;
        if (!own.facts.assume(pool, pool.eq(request_.code, pool.constant(*code, 32)), true))
          return true;
        for (symbolic::Frame &frame : own.frames)
          frame.record.reset();
        parked[*code].push_back(std::move(own));
        return false;
      });
  world_.stop_recording();
  world_.set_observer(nullptr);
  return parked;
}

/// Adds the values that no branch has singled out, each from the routine's entry, and runs the others' paths again
/// without them.
void IoctlRecovery::try_values(Parked &parked) {
  auto &pool = world_.pool();
  std::set<std::uint32_t> values = compared_values(pool, first_expression_, request_.code, request_.device_type);
  values.insert(narrow_.begin(), narrow_.end());
  std::erase_if(values, [&](std::uint32_t v) {
    return parked.contains(v) || parked.size() + narrow_.size() > 2 * budget_.codes;
  });
  if (values.empty())
    return;
  const State start = request_.state;
  for (const std::uint32_t value : values) {
    const symbolic::Expr is = pool.eq(request_.code, pool.constant(value, 32));
    State own = start;
    if (own.facts.assume(pool, is, true))
      parked[value].push_back(std::move(own));
    request_.state.facts.assume(pool, is, false);
  }
  const std::set<std::uint32_t> narrow = narrow_;
  explore_dispatch();
  narrow_ = narrow;
  request_.state = start;
}

IoctlRecovery::Behaviour IoctlRecovery::run_code(std::uint32_t code, std::vector<State> states) {
  constexpr std::uint32_t longest_name = 24;
  Behaviour behaviour(hex(code, 8), code);
  primitives_.begin(world_, request_, code);
  world_.set_observer(watched(primitives_, code));
  world_.record_reads(behaviour.reads, request_.state.memory);
  behaviour.first_block = states.front().ip;
  const std::uint64_t share = budget_.code / states.size();
  // Codes by the hundred that all lead far share what a driver may cost.
  const std::uint64_t patience = world_.executor().instructions_used() < budget_.all ? budget_.patience : 1;
  const auto follow = [&](symbolic::Limits limits) {
    for (const State &state : states) {
      primitives_.adopt(world_, state);
      const std::uint32_t decided = state.trace;
      world_.run(state, limits, [&](State &ended, PathEnd end) {
        if (decided == 0 && behaviour.first_block == request_.state.ip)
          behaviour.first_block = first_own_block(behaviour, ended.trace).value_or(behaviour.first_block);
        record(behaviour, ended, end, decided);
      });
    }
  };
  const symbolic::Limits limits{.instructions = share, .most = share * patience, .paths = 200};
  world_.executor().take_bounded_by();
  follow(limits);
  const bool is_served = std::any_of(behaviour.statuses.begin(), behaviour.statuses.end(), std::not_fn(is_failure));
  if (behaviour.completes && !is_served && (world_.executor().take_bounded_by() & caller_or_length) != 0) {
    symbolic::Limits patient = limits; // a name is compared or hashed before the command is known
    patient.branch_repeats = longest_name;
    patient.fewer_rounds_first = false;
    follow(patient);
  }
  behaviour.walked = {};
  world_.stop_recording();
  if (primitives_.may_miss_buffer())
    run_without_buffer(code);
  world_.set_observer(nullptr);
  primitives_of_[code] = primitives_.take(world_, request_);
  behaviour.steered = !primitives_of_[code].empty();
  return behaviour;
}

/// The same code in a request without bytes, which has no buffer: does the driver look before it uses one?
void IoctlRecovery::run_without_buffer(std::uint32_t code) {
  namespace IRP = kernel::layout::IRP;
  constexpr std::uint64_t fuel = 4'000;
  Machine &machine = world_.machine();
  auto &pool = world_.pool();
  State state = request_.state;
  for (const kernel::PerWord &field : {IRP::AssociatedIrp_SystemBuffer, IRP::MdlAddress})
    machine.store(state, request_.irp, field.at(machine.word()), 0, machine.bits() / 8);
  const auto is = [&](symbolic::Expr e, std::uint32_t value) {
    return state.facts.assume(pool, pool.eq(e, pool.constant(value, 32)), true);
  };
  if (!is(request_.code, code) || !is(request_.input_length, 0) || !is(request_.output_length, 0))
    return;
  primitives_.begin_empty();
  world_.set_observer(&primitives_);
  world_.run(
      std::move(state), {.instructions = fuel, .paths = 40}, [](State &, PathEnd) {},
      [](State &side) { return side.tag == 0; });
}

void IoctlRecovery::run_default_target(const State &state) {
  if (default_.blocks.contains(state.ip))
    return;
  world_.set_observer(watched(default_primitives_, std::nullopt));
  world_.run(state, {.instructions = budget_.code, .paths = 400}, [&](State &ended, PathEnd end) {
    default_primitives_.adopt(world_, ended);
    record(default_, ended, end, 0);
  });
  world_.set_observer(nullptr);
}

/// Of the values of a table those that most entries share: its default, although values outside of it may go elsewhere.
std::set<std::uint32_t> IoctlRecovery::shared_values(const std::map<std::uint32_t, Behaviour> &behaviours) const {
  std::map<std::pair<std::set<std::uint64_t>, std::set<std::uint64_t>>, std::set<std::uint32_t>> groups;
  for (const std::uint32_t value : narrow_)
    if (const auto at = behaviours.find(value); at != behaviours.end())
      groups[{at->second.blocks, at->second.statuses}].insert(value);
  for (const auto &[key, values] : groups)
    if (values.size() * 2 > narrow_.size() && values.size() > 2)
      return values;
  return {};
}

void IoctlRecovery::run(Request request) {
  request_ = std::move(request);
  request_.state.log = 0;
  first_expression_ = world_.pool().size();
  unresolved_check_ = false;
  primitives_of_.clear();
  Parked parked = explore_dispatch();
  try_values(parked);
  if (parked.empty() &&
      request_.handle != 0) { // a check of the caller that no path passes hides the codes: leave checks out
    world_.set_skipped_calls(request_.handle);
    parked = explore_dispatch();
    world_.set_skipped_calls({});
    unresolved_check_ = !parked.empty();
  }
  std::map<std::uint32_t, Behaviour> behaviours;
  const auto shared_target = default_target(parked);
  for (auto &[code, states] : parked) {
    if (states.front().ip == shared_target)
      run_default_target(states.front());
    else
      behaviours.emplace(code, run_code(code, std::move(states)));
  }
  find_refusal(behaviours);
  const std::set<std::uint32_t> shared = shared_values(behaviours);
  for (auto &[code, behaviour] : behaviours) {
    if (shared.contains(code) || !differs(behaviour))
      continue;
    found_.push_back(describe(code, behaviour));
    found_.back().primitives = std::move(primitives_of_[code]);
    stateful_.push_back({.name = hex(code, 8),
                         .major = request_.major,
                         .code = code,
                         .reads = std::move(behaviour.reads),
                         .after = behaviour.after.take()});
    stateful_.back().reads.join(default_.reads);
  }
  add_default_route();
}

/// Requests whose code matches nothing are a route of their own when they still do something.
void IoctlRecovery::add_default_route() {
  std::vector<Primitive> primitives = default_primitives_.take(world_, request_);
  if (primitives.empty())
    return;
  Ioctl route = describe(0, default_);
  route.route = request_.prefix.empty() ? "default" : request_.prefix + ":default";
  route.handler = primitives.front().sink;
  route.primitives = std::move(primitives);
  found_.push_back(std::move(route));
}

void IoctlRecovery::run_route(Request request, std::string_view name, bool shared) {
  constexpr std::uint32_t read_access = 1u << 14, write_access = 2u << 14; // CTL_CODE's place of RequiredAccess
  request_ = std::move(request);
  request_.state.log = 0;
  Behaviour behaviour(name, std::nullopt);
  behaviour.first_block = request_.state.ip;
  world_.record_reads(behaviour.reads, request_.state.memory);
  primitives_.begin(world_, request_, std::nullopt);
  if (budget_.primitives)
    world_.set_observer(world_.tracer() ? world_.tracer()->around_route(primitives_, name) : &primitives_);
  world_.run(request_.state,
             {.instructions = budget_.dispatch, .most = budget_.dispatch * budget_.patience, .paths = 400},
             [&](State &ended, PathEnd end) { record(behaviour, ended, end, 0); });
  world_.stop_recording();
  world_.set_observer(nullptr);
  stateful_.push_back({.name = std::string(name),
                       .major = request_.major,
                       .code = {},
                       .reads = std::move(behaviour.reads),
                       .after = behaviour.after.take()});
  Ioctl route = describe(name == "IRP_MJ_READ" ? read_access : name == "IRP_MJ_WRITE" ? write_access : 0, behaviour);
  route.route = name;
  route.primitives = primitives_.take(world_, request_);
  if (route.primitives.empty() && (shared || route.status != CodeStatus::handled))
    return;
  found_.push_back(std::move(route));
}

} // namespace ringfence::driver
