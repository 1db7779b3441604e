#include "discovery.h"

#include <algorithm>
#include <array>

namespace ringfence::code {

using ir::Opcode;

namespace {

constexpr std::size_t kMaxBlocks = 4'000'000;
constexpr std::size_t kMaxRegisterSearch = 64; ///< blocks

} // namespace

bool never_returns(std::string_view import_name) {
  constexpr auto names = std::to_array<std::string_view>(
      {"ExRaiseAccessViolation", "ExRaiseDatatypeMisalignment", "ExRaiseStatus", "KeBugCheck", "KeBugCheckEx",
       "RtlFailFast", "RtlRaiseStatus", "_CxxThrowException", "__report_gsfailure", "abort", "longjmp"});
  return std::binary_search(names.begin(), names.end(), import_name);
}

Discovery::Discovery(Program &program)
    : program_(program), cache_(program.cache_), body_(program.cache_.body()), image_(program.image()),
      long_mode_(body_.architecture != ir::Architecture::x86), path_(body_, image_) {}

void Discovery::run(Seeds seeds) {
  if (cache_.code_begin() == cache_.code_end())
    return;
  read_image();
  seed_functions();
  walk();
  accept_candidates();
  if (seeds == Seeds::all) {
    seed_data_pointers();
    accept_candidates();
  }
  finish();
}

std::uint32_t Discovery::enter_function(std::uint64_t va, Origin origin) {
  if (const auto known = function_at_.find(va))
    return *known;
  const auto id = static_cast<std::uint32_t>(program_.functions_.size());
  Function function;
  function.entry = Va(va);
  function.origin = origin;
  program_.functions_.push_back(function);
  walked_.push_back({});
  handlers_.emplace_back();
  function_at_.set(va, id);
  return id;
}

void Discovery::push(Item item) { stack_.push_back(item); }

/// The function's entry on top, its completion below it.
void Discovery::push_function(std::uint32_t function) {
  push({.kind = Item::Kind::close, .function = function});
  push({.va = program_.functions_[function].entry.value, .function = function});
}

void Discovery::walk() {
  while (!stack_.empty()) {
    if (body_.blocks.size() >= kMaxBlocks) {
      program_.statistics_.truncated = true;
      stack_.clear();
      return;
    }
    const Item item = stack_.back();
    stack_.pop_back();
    switch (item.kind) {
    case Item::Kind::visit:
      visit(item);
      break;
    case Item::Kind::close:
      walked_[item.function].complete = true;
      break;
    case Item::Kind::tail_done:
      if (!walked_[item.callee].complete || walked_[item.callee].may_return)
        walked_[item.function].may_return = true;
      break;
    case Item::Kind::after_call:
      if ((!walked_[item.callee].complete || walked_[item.callee].may_return) &&
          !runs_into_other(item.va, last_instruction(ir::BlockId(tail_of(item.parent))))) {
        Item next = item;
        next.kind = Item::Kind::visit;
        next.step = Step::after_call;
        visit(next);
      } else {
        trail_[tail_of(item.parent)].ending = Ending::call_no_return;
      }
      break;
    }
  }
}

/// True when the code after a call belongs to another function by its unwind data: the call did not return.
bool Discovery::runs_into_other(std::uint64_t next, std::uint64_t from) {
  if (!long_mode_ || ranges_.empty())
    return false;
  Range *const here = range_of(from);
  Range *const there = range_of(next);
  return here && (!there || (there != here && primary_of(*there) != primary_of(*here)));
}

void Discovery::dead_end(std::uint64_t from, std::uint64_t at) {
  program_.dead_ends_.push_back({Va(from), Va(at), cache_.refusal()});
}

void Discovery::visit(const Item &item) {
  const auto located = cache_.locate(item.va);
  trail_.resize(body_.blocks.size());
  if (!located) {
    const std::uint32_t parent = item.parent == kNoBlock ? kNoBlock : tail_of(item.parent);
    dead_end(parent == kNoBlock ? item.va : body_.blocks[parent].address, item.va);
    return;
  }
  const ir::BlockId id = located->id;
  Trail &trail = trail_[id.value];
  if (located->cut_from) {
    Trail &whole = trail_[located->cut_from->value];
    trail = whole;
    trail.parent = located->cut_from->value;
    trail.step = Step::fall_through;
    trail.handler_start = false;
    whole.tail = id.value;
    whole.ending = Ending::fall_through;
  }
  if (item.step == Step::handler && !trail.handler_start) {
    trail.handler_start = true;
    handlers_[item.function].push_back(id.value);
  }
  if (trail.function != kNoBlock) {
    // Shared with another function: its own ending is taken to be a return.
    if (trail.function != item.function)
      walked_[item.function].may_return = true;
    return;
  }
  trail.parent = item.parent;
  trail.step = item.step;
  trail.function = item.function;
  if (Range *range = long_mode_ ? range_of(item.va) : nullptr; range && !range->visited)
    visit_range(*range, item.function, id);
  note_pointers(body_.block(id));
  end_block(id, item.function);
}

std::uint64_t Discovery::last_instruction(ir::BlockId id) const {
  const ir::Block &block = body_.block(id);
  return block.instruction_count == 0
             ? block.address
             : body_.instructions[block.first_instruction + block.instruction_count - 1].address;
}

std::uint32_t Discovery::tail_of(std::uint32_t block) const {
  while (trail_[block].tail != kNoBlock)
    block = trail_[block].tail;
  return block;
}

/// The block from whose end this one was first reached; kNoBlock for a function's first.
std::uint32_t Discovery::predecessor(std::uint32_t block) const {
  std::uint32_t at = trail_[block].parent;
  while (at != kNoBlock && trail_[at].tail != kNoBlock && trail_[at].tail != block)
    at = trail_[at].tail;
  return at;
}

void Discovery::end_block(ir::BlockId id, std::uint32_t function) {
  const ir::Block block = body_.block(id);
  const ir::Op *const end = body_.terminator(block);
  Trail &trail = trail_[id.value];
  if (!end) {
    trail.ending = Ending::fall_through;
    push({.step = Step::fall_through, .va = block.end, .function = function, .parent = id.value});
    return;
  }
  switch (end->code) {
  case Opcode::jump:
    end_jump(id, function, *end);
    break;
  case Opcode::branch:
    trail.ending = Ending::branch;
    flow_to(end->imm, id, function, Step::taken);
    push({.step = Step::fall_through, .va = block.end, .function = function, .parent = id.value});
    break;
  case Opcode::call:
    end_call(id, function, *end);
    break;
  case Opcode::ret:
    trail.ending = Ending::return_;
    walked_[function].may_return = true;
    break;
  default: {
    const auto kind = static_cast<ir::TrapKind>(end->kind);
    trail.ending = Ending::trap;
    if (kind == ir::TrapKind::undecodable) {
      trail.ending = Ending::stop;
      program_.dead_ends_.push_back({Va(block.address), Va(last_instruction(id)), Refusal::undecodable});
    } else if (kind == ir::TrapKind::breakpoint || kind == ir::TrapKind::syscall || kind == ir::TrapKind::far) {
      // A debugger break, or a transfer that comes back; padding behind it is not entered.
      const auto next = cache_.code_from(block.end);
      if (!next.empty() && next[0] != std::byte{0xcc} && !function_at_.find(block.end))
        push({.step = Step::fall_through, .va = block.end, .function = function, .parent = id.value});
      walked_[function].may_return = true;
    } else if (kind == ir::TrapKind::iret || kind == ir::TrapKind::sysret) {
      walked_[function].may_return = true;
    }
    break;
  }
  }
}

/// A direct transfer within the function, or out of it.
void Discovery::flow_to(std::uint64_t va, ir::BlockId from, std::uint32_t function, Step step) {
  if (leaves_function(va, body_.block(from).address, function)) {
    const bool fresh = !function_at_.find(va);
    const std::uint32_t callee = enter_function(va, Origin::tail_call);
    tail_to(callee, fresh, from, function);
    return;
  }
  push({.step = step, .va = va, .function = function, .parent = from.value});
}

void Discovery::tail_to(std::uint32_t callee, bool fresh, ir::BlockId from, std::uint32_t function) {
  push({.kind = Item::Kind::tail_done, .function = function, .parent = from.value, .callee = callee});
  if (fresh)
    push_function(callee);
}

/// True when a jump to `target` is a tail call.
bool Discovery::leaves_function(std::uint64_t target, std::uint64_t from, std::uint32_t function) {
  if (target == program_.functions_[function].entry.value)
    return false;
  if (function_at_.find(target))
    return true;
  if (!long_mode_ || ranges_.empty() || !cache_.is_code_address(target))
    return false;
  Range *const here = range_of(from);
  Range *const there = range_of(target);
  if (!here)
    return there != nullptr && there->begin == target && primary_of(*there) == target;
  if (!there)
    return true;
  return there->begin == target && primary_of(*there) == target && primary_of(*here) != target;
}

void Discovery::end_jump(ir::BlockId id, std::uint32_t function, const ir::Op &op) {
  trail_[id.value].ending = Ending::jump;
  const std::uint64_t at = last_instruction(id);
  const Target target = target_of(id, op);
  if (target.kind == Target::Kind::constant)
    flow_to(target.va, id, function, Step::jump);
  else if (target.kind == Target::Kind::slot)
    through_slot_jump(id, function, at, target.va);
  else
    indirect_jump(id, function, at);
}

void Discovery::through_slot_jump(ir::BlockId id, std::uint32_t function, std::uint64_t at, std::uint64_t slot) {
  const std::uint32_t symbol = program_.import_at(slot);
  if (symbol != kNoSymbol) {
    const bool returns = !never_returns(image_.imports().symbols[symbol].name);
    trail_[id.value].ending = Ending::import_jump;
    walked_[function].may_return |= returns;
    program_.calls_.push_back({.at = Va(at),
                               .caller = FunctionId(function),
                               .kind = CallKind::import,
                               .tail = true,
                               .returns = returns,
                               .import_symbol = symbol});
    return;
  }
  trail_[id.value].ending = Ending::indirect_jump;
  walked_[function].may_return = true;
  const CallKind kind = slot == guard_check_      ? CallKind::guard_check
                        : slot == guard_dispatch_ ? CallKind::guard_dispatch
                                                  : CallKind::indirect;
  program_.calls_.push_back({.at = Va(at), .caller = FunctionId(function), .kind = kind, .tail = true});
  if (kind == CallKind::indirect)
    program_.unresolved_.push_back({Va(at), FunctionId(function), true});
}

void Discovery::indirect_jump(ir::BlockId id, std::uint32_t function, std::uint64_t at) {
  if (resolve_table(id, function, at)) {
    trail_[id.value].ending = Ending::table_jump;
    const JumpTable table = program_.tables_.back();
    for (std::uint32_t i = 0; i < table.target_count; ++i)
      push({.step = Step::table,
            .va = program_.table_targets_[table.first_target + i].value,
            .function = function,
            .parent = id.value});
    return;
  }
  trail_[id.value].ending = Ending::indirect_jump;
  walked_[function].may_return = true;
  program_.calls_.push_back({.at = Va(at), .caller = FunctionId(function), .kind = CallKind::indirect, .tail = true});
  // Without an index it is a tail call through a pointer.
  program_.unresolved_.push_back({Va(at), FunctionId(function), !path_.scaled(path_.target())});
}

void Discovery::direct_call(ir::BlockId id, std::uint32_t function, std::uint64_t at, std::uint64_t target) {
  const std::uint64_t next = body_.block(id).end;
  if (target == next) { // call $+5: takes its own address
    trail_[id.value].ending = Ending::jump;
    push({.step = Step::jump, .va = next, .function = function, .parent = id.value});
    return;
  }
  if (!cache_.is_code_address(target)) {
    (void)cache_.code_from(target);
    dead_end(at, target);
    push({.step = Step::after_call, .va = next, .function = function, .parent = id.value});
    return;
  }
  const bool fresh = !function_at_.find(target);
  const std::uint32_t callee = enter_function(target, Origin::call_target);
  program_.calls_.push_back({.at = Va(at), .caller = FunctionId(function), .callee = FunctionId(callee)});
  push({.kind = Item::Kind::after_call, .va = next, .function = function, .parent = id.value, .callee = callee});
  if (fresh)
    push_function(callee);
}

void Discovery::end_call(ir::BlockId id, std::uint32_t function, const ir::Op &op) {
  trail_[id.value].ending = Ending::call;
  const std::uint64_t at = last_instruction(id), next = body_.block(id).end;
  const Target target = target_of(id, op);
  if (target.kind == Target::Kind::constant)
    return direct_call(id, function, at, target.va);
  CallSite call{.at = Va(at), .caller = FunctionId(function), .kind = CallKind::indirect};
  if (target.kind == Target::Kind::slot) {
    call.import_symbol = program_.import_at(target.va);
    if (call.import_symbol != kNoSymbol) {
      call.kind = CallKind::import;
      call.returns = !never_returns(image_.imports().symbols[call.import_symbol].name);
    } else if (target.va == guard_check_ && guard_check_ != 0) {
      call.kind = CallKind::guard_check;
    } else if (target.va == guard_dispatch_ && guard_dispatch_ != 0) {
      call.kind = CallKind::guard_dispatch;
    }
  }
  program_.calls_.push_back(call);
  if (call.kind == CallKind::indirect)
    program_.unresolved_.push_back({Va(at), FunctionId(function), true});
  if (call.returns && !runs_into_other(next, at))
    push({.step = Step::after_call, .va = next, .function = function, .parent = id.value});
  else
    trail_[id.value].ending = Ending::call_no_return;
}

/// A jump's or call's target where it is a constant, or read from a constant address.
Discovery::Target Discovery::target_of(ir::BlockId id, const ir::Op &op) const {
  if (op.a == ir::kImmediate)
    return {Target::Kind::constant, op.imm};
  const ir::Block &block = body_.block(id);
  const auto ops = body_.ops_of(body_.instructions[block.first_instruction + block.instruction_count - 1]);
  if (op.a >= ops.size())
    return {};
  const ir::Op &source = ops[op.a];
  if (source.code == Opcode::load && source.a == ir::kImmediate)
    return {Target::Kind::slot, source.imm};
  if (source.code == Opcode::get && source.kind < ir::kFirstVectorRegister)
    return register_value(id, source.kind);
  return {};
}

/// The value of a register at the end of a block: looks for its last write along the path that first led here.
Discovery::Target Discovery::register_value(ir::BlockId id, ir::Register number) const {
  using namespace ir::x86;
  std::uint32_t at = id.value;
  bool first = true;
  for (std::size_t steps = 0; steps < kMaxRegisterSearch && at != kNoBlock; ++steps) {
    const ir::Block &block = body_.blocks[at];
    const auto instructions = body_.instructions_of(block);
    for (std::size_t i = instructions.size() - (first && !instructions.empty() ? 1 : 0); i-- > 0;) {
      const auto ops = body_.ops_of(instructions[i]);
      for (std::size_t k = ops.size(); k-- > 0;) {
        const ir::Op &op = ops[k];
        if (op.code != Opcode::put || op.kind != number)
          continue;
        if (op.a == ir::kImmediate)
          return {Target::Kind::constant, op.imm};
        const ir::Op &source = ops[op.a];
        if (source.code == Opcode::load && source.a == ir::kImmediate)
          return {Target::Kind::slot, source.imm};
        if (source.code != Opcode::get || source.kind >= ir::kFirstVectorRegister)
          return {};
        number = source.kind;
        break;
      }
    }
    first = false;
    const Trail &trail = trail_[at];
    const bool is_volatile = number == rax || number == rcx || number == rdx || (number >= r8 && number <= r11);
    if ((trail.step == Step::after_call && is_volatile) || trail.step == Step::handler || trail.step == Step::start)
      return {};
    at = predecessor(at);
  }
  return {};
}

void Discovery::note_pointers(const ir::Block &block) {
  for (const ir::Instruction &instruction : body_.instructions_of(block)) {
    if (instruction.flags & ir::kUnknownSemantics)
      program_.unknown_.push_back(Va(instruction.address));
    for (const ir::Op &op : body_.ops_of(instruction)) {
      const bool value = (op.code == Opcode::put && op.a == ir::kImmediate) || op.code == Opcode::constant ||
                         (op.code == Opcode::store && op.b == ir::kImmediate);
      if (value)
        note_constant(instruction, op.imm, op.code == Opcode::store);
    }
  }
}

/// A constant that an instruction moves: a code pointer when it lies in code and the encoding says it is an address.
void Discovery::note_constant(const ir::Instruction &instruction, std::uint64_t value, bool stored) {
  if (value >= cache_.code_begin() && value < cache_.code_end()) {
    const auto bytes = cache_.code_from(instruction.address);
    bool address = relocated_within(instruction.address, instruction.end());
    if (!address && long_mode_ && instruction.length >= 5 && bytes.size() >= instruction.length) {
      const auto displacement = load_little_endian<std::uint32_t>(bytes.data() + instruction.length - 4);
      address = instruction.end() + static_cast<std::uint64_t>(static_cast<std::int32_t>(displacement)) == value;
    }
    if (address && cache_.is_code_address(value)) {
      add_candidate(value, instruction.address, Origin::code_pointer);
      return;
    }
  }
  if (!long_mode_ && stored && relocated_within(instruction.address, instruction.end())) {
    const auto block = cache_.block_of_instruction(instruction.address);
    if (block)
      scope_table_x86(value, trail_[block->value].function, block->value);
  }
}

} // namespace ringfence::code
