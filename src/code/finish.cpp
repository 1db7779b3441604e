// From the walk to the Program: edges under complete knowledge of where functions start, blocks and extents of every
// function, kinds of thunks, calls joined with their callees, everything sorted by address.
#include "discovery.h"

#include <algorithm>

namespace ringfence::code {

using ir::Opcode;

void Discovery::finish() {
  trail_.resize(body_.blocks.size());
  connect();
  collect_blocks();
  classify();
  order();
  count();
}

void Discovery::connect() {
  program_.flow_.resize(body_.blocks.size());
  program_.successors_.reserve(body_.blocks.size() * 2);
  for (std::uint32_t i = 0; i < program_.flow_.size(); ++i)
    connect_block(i);
}

void Discovery::connect_block(std::uint32_t index) {
  Flow &flow = program_.flow_[index];
  const Trail &trail = trail_[index];
  auto &successors = program_.successors_;
  flow.first_successor = static_cast<std::uint32_t>(successors.size());
  if (trail.function == kNoBlock)
    return;
  flow.function = FunctionId(trail.function);
  flow.ending = trail.ending;
  flow.handler_start = trail.handler_start;
  const std::uint64_t entry = program_.functions_[trail.function].entry.value;
  const ir::Block &block = body_.blocks[index];
  const auto add = [&](std::uint64_t va) {
    const auto known = cache_.known_block(va);
    if (!known || trail_[known->value].function == kNoBlock)
      return false;
    if (std::find(successors.begin() + flow.first_successor, successors.end(), *known) == successors.end())
      successors.push_back(*known);
    return true;
  };
  const auto transfer = [&](std::uint64_t va) {
    const auto callee = va == entry ? std::nullopt : function_at_.find(va);
    if (!callee)
      return add(va);
    program_.calls_.push_back({.at = Va(last_instruction(ir::BlockId(index))),
                               .caller = flow.function,
                               .callee = FunctionId(*callee),
                               .tail = true});
    return false;
  };
  const ir::Op *const end = body_.terminator(block);
  switch (trail.ending) {
  case Ending::fall_through:
    if (!add(block.end))
      flow.ending = Ending::stop;
    break;
  case Ending::jump:
    if (end && end->code == Opcode::call) {
      add(block.end);
    } else if (end) {
      const Target target = target_of(ir::BlockId(index), *end);
      if (!transfer(target.va))
        flow.ending = function_at_.find(target.va) ? Ending::tail_call : Ending::stop;
    }
    break;
  case Ending::branch:
    add(block.end);
    if (end)
      transfer(end->imm);
    break;
  case Ending::table_jump:
    if (const auto table = table_of_.find(last_instruction(ir::BlockId(index))))
      for (const Va target : program_.targets_of(program_.tables_[*table]))
        add(target.value);
    break;
  case Ending::call:
  case Ending::trap:
    add(block.end);
    break;
  default:
    break;
  }
  flow.successor_count = static_cast<std::uint32_t>(successors.size()) - flow.first_successor;
}

void Discovery::collect_blocks() {
  std::vector<std::uint32_t> stamp(body_.blocks.size(), kNoBlock);
  for (std::uint32_t i = 0; i < program_.functions_.size(); ++i)
    collect_function(i, stamp);
}

/// Handler blocks hang on the blocks of their function, not on an edge: they are added by their owner.
void Discovery::collect_function(std::uint32_t index, std::vector<std::uint32_t> &stamp) {
  Function &function = program_.functions_[index];
  auto &all = program_.function_blocks_;
  function.first_block = static_cast<std::uint32_t>(all.size());
  function.first_extent = static_cast<std::uint32_t>(program_.extents_.size());
  const auto enter = [&](ir::BlockId id) {
    if (stamp[id.value] == index)
      return;
    stamp[id.value] = index;
    all.push_back(id);
  };
  if (const auto entry = cache_.known_block(function.entry.value); entry && trail_[entry->value].function != kNoBlock)
    enter(*entry);
  for (const std::uint32_t handler : handlers_[index])
    enter(ir::BlockId(handler));
  for (std::size_t next = function.first_block; next < all.size(); ++next)
    for (const ir::BlockId successor : program_.successors_of(program_.flow_[all[next].value]))
      enter(successor);
  const auto begin = all.begin() + function.first_block;
  std::sort(begin, all.end(),
            [&](ir::BlockId a, ir::BlockId b) { return body_.block(a).address < body_.block(b).address; });
  function.block_count = static_cast<std::uint32_t>(all.size()) - function.first_block;
  for (const ir::BlockId id : program_.blocks_of(function)) {
    const ir::Block &block = body_.block(id);
    function.instruction_count += block.instruction_count;
    function.shares_blocks = function.shares_blocks || trail_[id.value].function != index;
    auto &extents = program_.extents_;
    if (extents.size() > function.first_extent && block.address <= extents.back().end.value)
      extents.back().end = std::max(extents.back().end, Va(block.end));
    else
      extents.push_back({Va(block.address), Va(block.end)});
  }
  function.extent_count = static_cast<std::uint32_t>(program_.extents_.size()) - function.first_extent;
}

void Discovery::classify() {
  std::sort(program_.calls_.begin(), program_.calls_.end(),
            [](const CallSite &a, const CallSite &b) { return a.at < b.at; });
  for (std::uint32_t i = 0; i < program_.functions_.size(); ++i) {
    program_.functions_[i].returns = walked_[i].may_return || !walked_[i].complete;
    classify_function(i);
  }
  for (CallSite &call : program_.calls_) {
    if (call.callee == kNoFunction)
      continue;
    // A chain of thunks leads to one of another kind at most; 8 is far beyond what a linker makes.
    const Function *callee = &program_.functions_[call.callee.value];
    for (unsigned depth = 0; depth < 8 && callee->kind == FunctionKind::jump_thunk; ++depth) {
      const auto next = function_at_.find(callee->thunk_target.value);
      if (!next)
        break;
      callee = &program_.functions_[*next];
    }
    call.returns = callee->returns;
    if (callee->kind == FunctionKind::import_thunk) {
      call.kind = CallKind::import;
      call.import_symbol = callee->import_symbol;
    } else if (callee->kind == FunctionKind::guard_dispatch || callee->kind == FunctionKind::retpoline) {
      call.kind = CallKind::guard_dispatch;
    } else if (callee->kind == FunctionKind::guard_check) {
      call.kind = CallKind::guard_check;
    }
  }
}

/// Thunks are functions of one block.
void Discovery::classify_function(std::uint32_t index) {
  Function &function = program_.functions_[index];
  if (function.block_count != 1)
    return;
  const ir::BlockId id = program_.function_blocks_[function.first_block];
  const ir::Block &block = body_.block(id);
  const ir::Op *const end = body_.terminator(block);
  if (!end)
    return;
  const bool single = block.instruction_count == 1;
  if (end->code == Opcode::jump && single) {
    const auto ops = body_.ops_of(body_.instructions[block.first_instruction]);
    const bool by_register = end->a < ops.size() && ops[end->a].code == Opcode::get;
    const Target target = target_of(id, *end);
    const std::uint32_t symbol = target.kind == Target::Kind::slot ? program_.import_at(target.va) : kNoSymbol;
    if (symbol != kNoSymbol) {
      function.kind = FunctionKind::import_thunk;
      function.import_symbol = symbol;
    } else if (target.kind == Target::Kind::constant) {
      function.kind = FunctionKind::jump_thunk;
      function.thunk_target = Va(target.va);
    } else if (target.kind == Target::Kind::slot && target.va == guard_check_) {
      function.kind = FunctionKind::guard_check;
    } else if ((target.kind == Target::Kind::slot && target.va == guard_dispatch_) || (long_mode_ && by_register)) {
      function.kind = FunctionKind::guard_dispatch;
    }
    return;
  }
  // mov [rsp], reg; ret
  if (end->code != Opcode::ret || block.instruction_count != 2)
    return;
  const auto ops = body_.ops_of(body_.instructions[block.first_instruction]);
  const ir::Op *const store = ops.empty() ? nullptr : &ops.back();
  if (store && store->code == Opcode::store && store->a < ops.size() && store->b < ops.size() &&
      ops[store->a].code == Opcode::get && ops[store->a].kind == ir::stack_pointer(body_.architecture) &&
      ops[store->b].code == Opcode::get)
    function.kind = FunctionKind::retpoline;
}

/// Functions by entry; everything that names one follows.
void Discovery::order() {
  auto &functions = program_.functions_;
  std::vector<std::uint32_t> by_entry(functions.size());
  for (std::uint32_t i = 0; i < by_entry.size(); ++i)
    by_entry[i] = i;
  std::sort(by_entry.begin(), by_entry.end(),
            [&](std::uint32_t a, std::uint32_t b) { return functions[a].entry < functions[b].entry; });
  std::vector<std::uint32_t> now(functions.size());
  std::vector<Function> sorted;
  sorted.reserve(functions.size());
  for (const std::uint32_t old : by_entry) {
    now[old] = static_cast<std::uint32_t>(sorted.size());
    sorted.push_back(functions[old]);
  }
  functions = std::move(sorted);
  const auto renumber = [&](FunctionId &id) {
    if (id != kNoFunction)
      id = FunctionId(now[id.value]);
  };
  for (Flow &flow : program_.flow_)
    renumber(flow.function);
  for (CallSite &call : program_.calls_) {
    renumber(call.caller);
    renumber(call.callee);
  }
  for (JumpTable &table : program_.tables_)
    renumber(table.function);
  for (Unresolved &one : program_.unresolved_)
    renumber(one.function);
  std::sort(program_.tables_.begin(), program_.tables_.end(),
            [](const JumpTable &a, const JumpTable &b) { return a.jump < b.jump; });
  std::sort(program_.unresolved_.begin(), program_.unresolved_.end(),
            [](const Unresolved &a, const Unresolved &b) { return a.at < b.at; });
  std::sort(program_.dead_ends_.begin(), program_.dead_ends_.end(),
            [](const DeadEnd &a, const DeadEnd &b) { return a.at != b.at ? a.at < b.at : a.from < b.from; });
  std::sort(program_.unknown_.begin(), program_.unknown_.end());
  // What a thunk jumps to is its purpose, not a gap.
  std::erase_if(program_.unresolved_,
                [&](const Unresolved &one) { return functions[one.function.value].kind != FunctionKind::ordinary; });
}

void Discovery::count() {
  Statistics &s = program_.statistics_;
  s.functions = static_cast<std::uint32_t>(program_.functions_.size());
  for (std::uint32_t i = 0; i < program_.flow_.size(); ++i) {
    if (program_.flow_[i].function == kNoFunction)
      continue;
    const ir::Block &block = body_.blocks[i];
    ++s.blocks;
    s.instructions += block.instruction_count;
    s.code_bytes += block.end - block.address;
  }
  s.unknown_instructions = static_cast<std::uint32_t>(program_.unknown_.size());
  for (const CallSite &call : program_.calls_) {
    s.direct_calls += call.kind == CallKind::direct;
    s.import_calls += call.kind == CallKind::import;
    s.indirect_calls += call.kind == CallKind::indirect || call.kind == CallKind::guard_dispatch;
  }
  s.jump_tables = static_cast<std::uint32_t>(program_.tables_.size());
  for (const Unresolved &one : program_.unresolved_)
    s.unresolved_jumps += !one.call;
}

} // namespace ringfence::code
