// Control flow of the executor: paths, branches, calls, computed jumps.

#include "few_values.h"

#include <ringfence/symbolic/executor.h>

#include <algorithm>

namespace ringfence::symbolic {

using ir::Op;
using ir::Opcode;

const char *name_of(Gap::What what) {
  switch (what) {
  case Gap::What::unresolved_jump:
    return "unresolved indirect jump";
  case Gap::What::unresolved_call:
    return "unresolved indirect call";
  case Gap::What::unknown_instruction:
    return "unknown instruction";
  case Gap::What::loop_bounded:
    return "loop followed a bounded number of times";
  case Gap::What::too_many_paths:
    return "too many paths";
  case Gap::What::fuel:
    return "fuel spent";
  case Gap::What::depth:
    return "calls too deep";
  case Gap::What::call_given_up:
    return "call given up: too much to follow";
  }
  return "gap";
}

namespace {

constexpr std::uint64_t stack_size = 0x10000, stack_above = 0x1000; ///< of a path, and of it above the entry's frame

} // namespace

Executor::Executor(ir::Architecture architecture, ExprPool &pool, ObjectTable &objects, CodeSource &code, Host &host)
    : architecture_(architecture), pool_(pool), objects_(objects), code_(code), host_(host), temporary_(256),
      temporary_flags_(256) {
  trace_.push_back({}); // the beginning
}

Expr Executor::unknown(unsigned bits, const char *name) { return pool_.symbol(bits, label_unknown, name); }

State Executor::initial_state() {
  State state;
  const unsigned bits = pointer_bits();
  for (ir::Register r = 0; r < ir::kFirstVectorRegister; ++r) {
    const unsigned width = ir::bits_of(ir::register_width(architecture_, r));
    state.scalar[r] = width == 0 ? Expr(0) : pool_.symbol(width, 0, ir::register_name(architecture_, r));
  }
  for (std::size_t v = 0; v < state.vector.size(); ++v)
    state.vector[v] = pool_.constant(0, 128);
  if (architecture_ != ir::Architecture::arm64) {
    state.scalar[ir::x86::df] = pool_.truth(false);
    // At a function's first instruction the x87 stack is empty.
    state.scalar[ir::x86::fpu_top] = state.scalar[ir::x86::fpu_tag] = pool_.constant(0, 8);
  }
  state.flags = {.a = pool_.constant(0, 32), .b = pool_.constant(0, 32), .c = pool_.truth(false)};
  // At a function's first instruction the stack is 16-byte aligned but for the return address (Windows x64).
  const std::uint64_t used = stack_above + bits / 8;
  const ObjectId stack =
      objects_.allocate({.kind = ObjectKind::stack, .fill = Fill::lazy, .size = stack_size, .name = "stack"}, 0);
  const std::uint64_t sp = objects_[stack].base + stack_size - used;
  state.scalar[ir::stack_pointer(architecture_)] = pool_.constant(sp, bits);
  state.memory.store(pool_, stack, stack_size - used,
                     pool_.constant(bits == 32 ? kReturnAddress32 : kReturnAddress64, bits));
  return state;
}

std::optional<std::uint64_t> Executor::frame_end(const State &state, ObjectId stack, std::uint64_t address) const {
  const Object &object = objects_[stack];
  std::uint64_t nearest = object.base + stack_size - stack_above - pointer_bits() / 8;
  for (const Frame &frame : state.frames)
    if (frame.stack >= address && frame.stack < nearest)
      nearest = frame.stack;
  return nearest >= address ? std::optional(nearest) : std::nullopt;
}

void Executor::add_gap(Gap::What what, std::uint64_t address) { gaps_.push_back({what, address}); }

std::vector<Gap> Executor::gaps() const {
  std::vector<Gap> out = gaps_;
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

std::vector<std::uint64_t> Executor::trace_of(std::uint32_t trace) const {
  std::vector<std::uint64_t> out;
  for (; trace != 0; trace = trace_[trace].previous)
    if (trace_[trace].condition == Expr(0))
      out.push_back(trace_[trace].address);
  std::reverse(out.begin(), out.end());
  return out;
}

std::uint64_t Executor::last_block(std::uint32_t trace) const {
  while (trace != 0 && trace_[trace].condition != Expr(0))
    trace = trace_[trace].previous;
  return trace_[trace].address;
}

std::vector<Executor::Check> Executor::checks_of(std::uint32_t trace) const {
  std::vector<Check> out;
  for (; trace != 0; trace = trace_[trace].previous)
    if (trace_[trace].condition != Expr(0))
      out.push_back({trace_[trace].address, trace_[trace].condition});
  std::reverse(out.begin(), out.end());
  return out;
}

void Executor::finish(State &state, PathEnd end) {
  if (rehearsal_)
    return;
  if (state.newest == 0)
    ++ended_;
  path_ended_ = true;
  host_.finished(*this, state, end);
}

void Executor::push(State state) { push(std::make_unique<State>(std::move(state))); }

void Executor::push(std::unique_ptr<State> state) {
  if (rehearsal_)
    return;
  if (pending_.size() <= state->rounds)
    pending_.resize(state->rounds + 1);
  Waiting &waiting = pending_[state->rounds];
  waiting.ips.push_back(state->ip);
  waiting.states.push_back(std::move(state));
}

std::unique_ptr<State> Executor::take(Waiting &waiting, std::size_t which) {
  std::unique_ptr<State> state = std::move(waiting.states[which]);
  waiting.states.erase(waiting.states.begin() + static_cast<std::ptrdiff_t>(which));
  waiting.ips.erase(waiting.ips.begin() + static_cast<std::ptrdiff_t>(which));
  if (which < waiting.known)
    --waiting.known;
  return state;
}

/// Of very many paths that wait, those between the oldest and the youngest would be the last to have a turn: they end.
void Executor::drop_surplus() {
  for (Waiting &waiting : pending_)
    while (waiting.states.size() > limits_.waiting) {
      const std::unique_ptr<State> state = take(waiting, waiting.states.size() / 2);
      add_gap(Gap::What::too_many_paths, state->ip);
      host_.finished(*this, *state, PathEnd::no_fuel);
    }
}

std::unique_ptr<State> Executor::take_pending() {
  // Where combinations of known blocks have taken a while, what another alternative leads to is learned first.
  const bool is_stuck = used_ + limits_.instructions / 4 * 3 >= stop_at_;
  unsigned looked_at = 0;
  const unsigned most_looked_at = is_stuck ? 256 : 0;
  for (Waiting &waiting : pending_) {
    for (std::size_t at = waiting.ips.size(); at-- > waiting.known && looked_at < most_looked_at;) {
      if (waiting.ips[at] == seen_block)
        continue;
      if (!seen_.contains(waiting.ips[at]))
        return take(waiting, at);
      waiting.ips[at] = seen_block;
      ++looked_at;
    }
    if (looked_at < most_looked_at)
      waiting.known = waiting.ips.size();
  }
  for (Waiting &waiting : pending_)
    if (!waiting.states.empty())
      return take(waiting, is_stuck && limits_.turns && (turn_ ^= 1) != 0 ? 0 : waiting.states.size() - 1);
  return nullptr;
}

void Executor::run(State start, const Limits &limits) {
  limits_ = limits;
  began_at_ = used_;
  stop_at_ = used_ + limits.instructions;
  alone_until_ = stop_at_;
  never_after_ = used_ + std::max(limits.most, limits.instructions);
  ended_ = 0;
  seen_.clear();
  rehearsed_.clear();
  names_.clear();
  turn_ = 0;
  pending_.clear();
  push(std::move(start));
  while (const std::unique_ptr<State> next = take_pending()) {
    drop_surplus();
    State &state = *next;
    if (is_given_up(state))
      continue;
    // A fork into code that no path has seen goes on behind the fuel, too: its first block grants new fuel.
    const bool into_new = limits.most != 0 && used_ < never_after_ && !seen_.contains(state.ip);
    if (!into_new && (ended_ >= limits.paths || is_fuel_spent())) {
      add_gap(is_fuel_spent() ? Gap::What::fuel : Gap::What::too_many_paths, state.ip);
      give_up_unreturned(state);
      finish(state, PathEnd::no_fuel);
      continue;
    }
    Flow flow = Flow::moved;
    std::uint64_t previous = 0;
    std::uint32_t passes = 0;
    while (flow == Flow::moved) {
      const ir::Block *found = code_.block_at(state.ip);
      if (!found) {
        add_gap(Gap::What::unresolved_jump, last_block(state.trace));
        finish(state, PathEnd::no_code);
        break;
      }
      trace_.push_back({.previous = state.trace, .address = state.ip});
      state.trace = static_cast<std::uint32_t>(trace_.size() - 1);
      note_block(state);
      const ir::Block block = *found; // following a call may lift code and move the blocks
      passes = state.ip == previous ? passes + 1 : 0;
      previous = state.ip;
      if (passes > limits_.loop_passes) {
        leave_loop(state, block);
        continue;
      }
      const std::uint64_t before = used_;
      flow = execute_block(state, block);
      if (!charge_calls(state, used_ - before) && flow == Flow::moved)
        break;
      if (flow == Flow::moved && is_fuel_spent()) {
        add_gap(Gap::What::fuel, state.ip);
        give_up_unreturned(state);
        finish(state, PathEnd::no_fuel);
        break;
      }
    }
  }
}

void Executor::limit(std::uint64_t most) {
  never_after_ = std::min(never_after_, std::max(began_at_ + most, used_));
  stop_at_ = std::min(stop_at_, never_after_);
  alone_until_ = std::min(alone_until_, never_after_);
}

/// A block that no path of the run has seen before is what the fuel is for: it is granted again.
void Executor::note_block(State &state) {
  if (limits_.most == 0 || !seen_.insert(state.ip).second)
    return;
  state.newest = state.steps + 1;
  stop_at_ = std::min(used_ + limits_.instructions, never_after_);
  alone_until_ = std::min(used_ + limits_.instructions * 4, never_after_);
  path_ended_ = false;
  for (const Frame &frame : state.frames)
    if (frame.record)
      frame.record->used = 0;
}

/// Goes on behind a block that has jumped to itself too often: what it computes is unknown, what it has stored stays.
void Executor::leave_loop(State &state, const ir::Block &block) {
  add_gap(Gap::What::loop_bounded, block.address);
  for (const ir::Op &op : code_.body().ops_of(block))
    if (op.code == Opcode::put && op.kind < ir::kFirstVectorRegister && op.width != ir::Width::flags &&
        op.kind != ir::stack_pointer(architecture_))
      state.scalar[op.kind] = unknown(ir::bits_of(op.width), "after the loop");
  state.ip = block.end;
}

/// Goes on behind a call that is too much to follow, with what it may have stored and its result unknown.
void Executor::give_up(const Frame &frame) {
  CallRecord &record = *frame.record;
  record.given_up = true;
  add_gap(Gap::What::call_given_up, frame.call_site);
  State after = std::move(*record.before);
  record.before.reset();
  if (record.returned != 0) // the code behind the call has been seen
    return;
  forget_stores(after, record.stores, frame.stack);
  return_from_call(after, unknown(pointer_bits(), "given up"), code_.popped_by(frame.function));
  push(std::move(after));
}

/// Where fuel runs out inside a call that has never returned, the code behind it is worth more than the rest of it.
void Executor::give_up_unreturned(const State &state) {
  if (limits_.most == 0 || used_ >= never_after_)
    return;
  for (std::size_t i = state.frames.size(); i-- > 0;) {
    const CallRecord *record = state.frames[i].record.get();
    if (record && record->before && record->returned == 0 && !seen_.contains(state.frames[i].return_address))
      return give_up(state.frames[i]);
  }
}

/// Charges the calls that the path is in, outermost first. False when one of them was given up: the path is over.
bool Executor::charge_calls(State &state, std::uint64_t instructions) {
  std::uint64_t share = std::max(limits_.most, limits_.instructions) / 2;
  for (std::size_t i = 0; i < state.frames.size(); ++i, share = std::max<std::uint64_t>(share / 2, 600)) {
    CallRecord *record = state.frames[i].record.get();
    if (!record)
      continue;
    record->used += instructions;
    if (record->given_up)
      return false;
    if (record->used <= share || !record->before)
      continue;
    give_up(state.frames[i]);
    return false;
  }
  return true;
}

/// Makes unknown what the paths of a call have stored, from the `first` entry of the list on: the call may have done
/// any of it, or nothing. Pointers into known objects stay: what they are for is worth more than what else they may be.
/// Below `stack` are the call's own frames.
void Executor::forget_stores(State &after, std::size_t first, std::uint64_t stack) {
  std::vector<Store> places(stores_.begin() + static_cast<std::ptrdiff_t>(first), stores_.end());
  std::sort(places.begin(), places.end());
  places.erase(std::unique(places.begin(), places.end()), places.end());
  for (const Store &place : places) {
    const Object &object = objects_[place.object];
    if ((object.kind == ObjectKind::stack && object.base + place.offset <= stack) || place.bytes > 16)
      continue;
    const Expr old = after.memory.load(pool_, objects_, place.object, place.offset, place.bytes);
    if (pool_.is_constant(old) && place.bytes <= 8 && objects_.at(pool_.value(old)))
      continue;
    after.memory.store(pool_, place.object, place.offset, unknown(place.bytes * 8, "given up"));
  }
}

/// Ends a call whose return address was overwritten on the path (text of unknown length in a local variable, a copy
/// that nothing bounds): execution goes on as if the frame had held. The registers that a callee keeps are the caller's
/// again.
void Executor::return_through(State &state, const Frame &frame) {
  if (!frame.record || !frame.record->before)
    return;
  for (const ir::Register r : ir::preserved_registers(architecture_))
    state.scalar[r] = frame.record->before->scalar[r];
}

/// Whether a call that returns has done nothing but to choose a text of the driver's by what an outside routine or the
/// machine said: a status's name for a log. Code that prints it does the same with every other one.
bool Executor::is_name(const State &state, const CallRecord &record) const {
  const State &before = *record.before;
  const Expr result =
      state.scalar[architecture_ == ir::Architecture::arm64 ? ir::Register(ir::arm64::x0) : ir::Register(ir::x86::rax)];
  if (!pool_.is_constant(result) || state.log != before.log)
    return false;
  const std::uint64_t address = pool_.value(result);
  const auto object = objects_.at(address);
  if (!object || objects_[*object].kind != ObjectKind::image)
    return false;
  const auto is_letter = [&](std::uint64_t at) {
    const Expr c = state.memory.load(pool_, objects_, *object, address - objects_[*object].base + at, 1);
    return pool_.is_constant(c) && pool_.value(c) >= 0x20 && pool_.value(c) < 0x7f;
  };
  const unsigned width = is_letter(1) ? 1 : 2;
  for (unsigned i = 0; i < 4; ++i)
    if (!is_letter(i * width))
      return false;
  constexpr std::uint32_t said_from_outside = label_unknown | label_kernel | label_hardware | label_registry;
  const std::vector<Expr> &conditions = state.facts.conditions();
  for (std::size_t i = before.facts.conditions().size(); i < conditions.size(); ++i)
    if ((pool_.labels(conditions[i]) & ~said_from_outside) != 0)
      return false;
  const std::vector<ObjectId> changed = state.memory.changed_since(before.memory);
  return std::all_of(changed.begin(), changed.end(),
                     [&](ObjectId id) { return objects_[id].kind == ObjectKind::stack; });
}

/// Counts a text that a call of a routine chose. False: the call has chosen enough of them, and is given up.
bool Executor::take_name(std::uint64_t function, CallRecord &record) {
  const bool is_known = names_[function]++ >= limits_.names_of_routine;
  if (++record.names <= (is_known ? 1 : limits_.names_of_call))
    return true;
  record.given_up = true;
  record.before.reset();
  return false;
}

/// Whether the path is in a call that was given up since it began to wait.
bool Executor::is_given_up(const State &state) {
  return std::any_of(state.frames.begin(), state.frames.end(),
                     [](const Frame &frame) { return frame.record && frame.record->given_up; });
}

Executor::Flow Executor::execute_block(State &state, const ir::Block &block) {
  const std::uint32_t first = block.first_instruction, count = block.instruction_count;
  const std::uint64_t end = block.end;
  for (std::uint32_t i = 0; i < count; ++i) {
    // Following a call may lift code and move the body's vectors: nothing is kept across instructions.
    const ir::Instruction instruction = code_.body().instructions[first + i];
    const Flow flow = execute(state, block, instruction);
    ++used_;
    ++state.steps;
    if (flow != Flow::next)
      return flow;
  }
  state.ip = end;
  return Flow::moved;
}

Executor::Flow Executor::execute(State &state, const ir::Block &block, const ir::Instruction &instruction) {
  const std::span<const Op> ops = code_.body().ops_of(instruction);
  for (std::size_t i = 0; i < ops.size(); ++i) {
    const Op op = ops[i];
    if (ir::is_terminator(op.code))
      return control(state, op, block, instruction);
    if (op.code == Opcode::check) {
      const Expr trap = operand(op, op.a, 1);
      if (!state.facts.assume(pool_, trap, false)) {
        finish(state, PathEnd::trapped);
        return Flow::ended;
      }
      continue;
    }
    compute(state, op, i, instruction.address);
  }
  return Flow::next;
}

Executor::Flow Executor::control(State &state, const Op &op, const ir::Block &block,
                                 const ir::Instruction &instruction) {
  const std::uint64_t pc = instruction.address;
  const unsigned bits = pointer_bits();
  switch (op.code) {
  case Opcode::jump:
    return go_to(state, op.a == ir::kNone ? pool_.constant(op.imm, bits) : operand(op, op.a, bits), pc, false);
  case Opcode::branch:
    return branch(state, op, block, pc);
  case Opcode::call:
    return go_to(state, op.a == ir::kNone ? pool_.constant(op.imm, bits) : operand(op, op.a, bits), pc, true);
  case Opcode::ret: {
    Expr target = operand(op, op.a, bits);
    if (rehearsal_ && state.frames.size() <= rehearsal_->frames)
      return Flow::ended;
    if (!state.frames.empty()) {
      const std::uint64_t back = state.frames.back().return_address;
      if (!pool_.is_constant(target) ||
          (pool_.value(target) != back && !code_.block_at(pool_.value(target)) && code_.block_at(back))) {
        return_through(state, state.frames.back());
        target = pool_.constant(back, bits);
      }
      const std::shared_ptr<CallRecord> record = state.frames.back().record;
      const std::uint64_t entered = state.frames.back().entered, function = state.frames.back().function;
      state.frames.pop_back();
      const bool brings_news = state.newest > entered;
      if (record && !record->given_up)
        ++record->returned;
      if (record && record->before && is_name(state, *record) && !take_name(function, *record))
        add_gap(Gap::What::too_many_paths, function);
      if (record && (record->given_up || (!brings_news && ++record->stale > limits_.paths_of_call))) {
        if (!record->given_up)
          add_gap(Gap::What::too_many_paths, pc);
        finish(state, PathEnd::no_fuel);
        return Flow::ended;
      }
    }
    if (!pool_.is_constant(target)) {
      add_gap(Gap::What::unresolved_jump, pc);
      finish(state, PathEnd::no_code);
      return Flow::ended;
    }
    state.ip = pool_.value(target);
    if (state.ip == (bits == 32 ? kReturnAddress32 : kReturnAddress64)) {
      finish(state, PathEnd::returned);
      return Flow::ended;
    }
    return Flow::moved;
  }
  default:
    finish(state, PathEnd::trapped);
    return Flow::ended;
  }
}

Executor::Flow Executor::branch(State &state, const Op &op, const ir::Block &block, std::uint64_t pc) {
  const Expr condition = operand(op, op.a, 1);
  if (const auto decided = state.facts.decide(pool_, condition)) {
    state.ip = *decided ? op.imm : block.end;
    return Flow::moved;
  }
  if (rehearsal_)
    return rehearse_branch(state, condition, op.imm, block.end);
  const auto depth = static_cast<std::uint32_t>(state.frames.size());
  const std::uint64_t call_site = state.frames.empty() ? 0 : state.frames.back().call_site;
  auto count = std::find_if(state.branches.begin(), state.branches.end(), [&](const BranchCount &c) {
    return c.address == pc && c.depth == depth && c.call_site == call_site;
  });
  if (count == state.branches.end())
    count = state.branches.insert(state.branches.end(), {.address = pc, .call_site = call_site, .depth = depth});
  if (count->taken + count->not_taken != 0)
    if (const auto values = few_values(pool_, state.facts, condition); values && values->size() == 1) {
      state.ip = values->front() != 0 ? op.imm : block.end;
      return Flow::moved;
    }
  bool follow_taken = true, follow_next = true;
  if (count->taken >= limits_.branch_repeats || count->not_taken >= limits_.branch_repeats) {
    // The same undecided branch again and again is a loop: leave it by the side that was taken less often.
    if (rehearsed_.insert(pc).second)
      rehearse_loop(state);
    add_gap(Gap::What::loop_bounded, pc);
    bounded_by_ |= pool_.labels(condition);
    follow_taken = count->taken < count->not_taken;
    follow_next = !follow_taken;
  }
  const auto index = static_cast<std::size_t>(count - state.branches.begin());
  const std::uint32_t rounds = limits_.fewer_rounds_first
                                   ? std::max<std::uint32_t>(state.rounds, count->taken + count->not_taken)
                                   : state.rounds;
  const bool goes_round = rounds > state.rounds;
  state.rounds = rounds;
  const auto side = [&](State &one, bool taken) {
    ++(taken ? one.branches[index].taken : one.branches[index].not_taken);
    one.ip = taken ? op.imm : block.end;
    const std::size_t known = one.facts.conditions().size();
    if (!one.facts.assume(pool_, condition, taken))
      return false;
    if (one.facts.conditions().size() > known) {
      trace_.push_back({.previous = one.trace, .condition = one.facts.conditions()[known], .address = pc});
      one.trace = static_cast<std::uint32_t>(trace_.size() - 1);
    }
    return host_.keep(*this, one);
  };
  if (follow_taken && follow_next) {
    auto other = std::make_unique<State>(state);
    other->newest = 0;
    if (side(*other, true))
      push(std::move(other));
    follow_taken = false;
  }
  if (!side(state, follow_taken))
    return Flow::ended;
  if (!goes_round)
    return Flow::moved;
  push(std::move(state)); // it goes on when every path of fewer rounds has been followed
  return Flow::ended;
}

Executor::Flow Executor::go_to(State &state, Expr target, std::uint64_t pc, bool is_call) {
  const std::uint64_t return_address = [&] {
    if (!is_call)
      return std::uint64_t{0};
    const ir::Architecture a = architecture_;
    const Expr slot = a == ir::Architecture::arm64
                          ? state.scalar[ir::arm64::x30]
                          : load(state, state.scalar[ir::stack_pointer(a)], pointer_bits() / 8, pc);
    return pool_.is_constant(slot) ? pool_.value(slot) : std::uint64_t{0};
  }();
  if (!pool_.is_constant(target)) {
    if (const Range range = state.facts.range(pool_, target); range.is_single())
      target = pool_.constant(range.low, pointer_bits());
  }
  if (pool_.is_constant(target)) {
    if (is_call)
      return enter_call(state, pool_.value(target), return_address, pc);
    // A jump out of the code is a tail call: the return address of the caller is on the stack already.
    const std::uint64_t to = pool_.value(target);
    switch (host_.call(*this, state, to, pc, false)) {
    case Host::CallResult::enter:
      state.ip = to;
      return Flow::moved;
    case Host::CallResult::returned:
      if (!state.frames.empty())
        state.frames.pop_back();
      if (state.ip == (pointer_bits() == 32 ? kReturnAddress32 : kReturnAddress64)) {
        finish(state, PathEnd::returned);
        return Flow::ended;
      }
      return Flow::moved;
    case Host::CallResult::end:
      finish(state, PathEnd::stopped);
      return Flow::ended;
    }
  }
  const Flow flow = jump_table(state, target, pc, is_call ? std::optional(return_address) : std::nullopt);
  if (flow != Flow::next)
    return flow;
  if (host_.indirect_call(*this, state, target, pc)) {
    if (!is_call && !state.frames.empty()) // it has returned to the caller of the routine that jumped
      state.frames.pop_back();
    if (!is_call && state.ip == (pointer_bits() == 32 ? kReturnAddress32 : kReturnAddress64)) {
      finish(state, PathEnd::returned);
      return Flow::ended;
    }
    return Flow::moved;
  }
  finish(state, PathEnd::stopped);
  return Flow::ended;
}

Executor::Flow Executor::enter_call(State &state, std::uint64_t target, std::uint64_t return_address,
                                    std::uint64_t pc) {
  switch (host_.call(*this, state, target, pc, true)) {
  case Host::CallResult::returned:
    return Flow::moved;
  case Host::CallResult::end:
    finish(state, PathEnd::stopped);
    return Flow::ended;
  case Host::CallResult::enter:
    break;
  }
  if (state.frames.size() >= limits_.call_depth) {
    add_gap(Gap::What::depth, pc);
    finish(state, PathEnd::no_fuel);
    return Flow::ended;
  }
  const auto again =
      std::count_if(state.frames.begin(), state.frames.end(), [&](const Frame &f) { return f.function == target; });
  if (again >= limits_.recursion) {
    add_gap(Gap::What::call_given_up, pc);
    state.ip = target;
    return_from_call(state, unknown(pointer_bits(), "given up"), code_.popped_by(target));
    return Flow::moved;
  }
  auto record = std::make_shared<CallRecord>();
  record->before = std::make_unique<State>(state);
  record->stores = stores_.size();
  const Expr stack = state.scalar[ir::stack_pointer(architecture_)];
  state.frames.push_back(
      {target, return_address, pc, state.steps, pool_.is_constant(stack) ? pool_.value(stack) : 0, std::move(record)});
  state.ip = target;
  return Flow::moved;
}

void Executor::return_from_call(State &state, Expr result, unsigned argument_bytes) {
  const unsigned bits = pointer_bits();
  if (architecture_ == ir::Architecture::arm64) {
    state.scalar[ir::arm64::x0] = result;
    const Expr link = state.scalar[ir::arm64::x30];
    state.ip = pool_.is_constant(link) ? pool_.value(link) : 0;
    return;
  }
  const Expr sp = state.scalar[ir::x86::rsp];
  const Expr back = load(state, sp, bits / 8, 0);
  state.scalar[ir::x86::rsp] = pool_.add(sp, pool_.constant(bits / 8 + (bits == 32 ? argument_bytes : 0), bits));
  state.scalar[ir::x86::rax] = result;
  state.ip = pool_.is_constant(back) ? pool_.value(back) : 0;
}

Expr Executor::argument(State &state, unsigned index) {
  const unsigned bits = pointer_bits();
  if (architecture_ == ir::Architecture::arm64 && index < 8)
    return state.scalar[ir::arm64::x0 + index];
  if (architecture_ == ir::Architecture::arm64)
    return load(state, pool_.add(state.scalar[ir::arm64::sp], pool_.constant((index - 8) * 8, 64)), 8, 0);
  constexpr ir::Register registers[] = {ir::x86::rcx, ir::x86::rdx, ir::x86::r8, ir::x86::r9};
  if (bits == 64 && index < 4)
    return state.scalar[registers[index]];
  const std::uint64_t offset = bits / 8 * (index + 1);
  return load(state, pool_.add(state.scalar[ir::x86::rsp], pool_.constant(offset, bits)), bits / 8, 0);
}

} // namespace ringfence::symbolic
