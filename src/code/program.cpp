#include <ringfence/code/program.h>

#include <algorithm>

namespace ringfence::code {

std::string_view name_of(Origin origin) {
  switch (origin) {
  case Origin::entry_point:
    return "entry point";
  case Origin::exported:
    return "export";
  case Origin::tls_callback:
    return "TLS callback";
  case Origin::guard_table:
    return "guard table";
  case Origin::safe_seh:
    return "SafeSEH table";
  case Origin::call_target:
    return "call";
  case Origin::tail_call:
    return "tail call";
  case Origin::code_pointer:
    return "address taken";
  case Origin::data_pointer:
    return "pointer in data";
  case Origin::exception_handler:
    return "exception handler";
  case Origin::exception_filter:
    return "exception filter";
  }
  return "?";
}

std::string_view name_of(FunctionKind kind) {
  switch (kind) {
  case FunctionKind::ordinary:
    return "function";
  case FunctionKind::import_thunk:
    return "import thunk";
  case FunctionKind::jump_thunk:
    return "jump thunk";
  case FunctionKind::guard_check:
    return "guard check";
  case FunctionKind::guard_dispatch:
    return "guard dispatch";
  case FunctionKind::retpoline:
    return "retpoline";
  }
  return "?";
}

std::string_view name_of(Ending ending) {
  switch (ending) {
  case Ending::fall_through:
    return "falls through";
  case Ending::jump:
    return "jump";
  case Ending::branch:
    return "branch";
  case Ending::table_jump:
    return "table jump";
  case Ending::call:
    return "call";
  case Ending::call_no_return:
    return "call without return";
  case Ending::tail_call:
    return "tail call";
  case Ending::import_jump:
    return "jump to import";
  case Ending::indirect_jump:
    return "indirect jump";
  case Ending::return_:
    return "return";
  case Ending::trap:
    return "trap";
  case Ending::stop:
    return "dead end";
  }
  return "?";
}

std::string_view name_of(CallKind kind) {
  switch (kind) {
  case CallKind::direct:
    return "direct";
  case CallKind::import:
    return "import";
  case CallKind::indirect:
    return "indirect";
  case CallKind::guard_dispatch:
    return "guard dispatch";
  case CallKind::guard_check:
    return "guard check";
  }
  return "?";
}

std::optional<FunctionId> Program::function_at(std::uint64_t va) const {
  const auto found = std::lower_bound(functions_.begin(), functions_.end(), Va(va),
                                      [](const Function &function, Va at) { return function.entry < at; });
  if (found == functions_.end() || found->entry != Va(va))
    return std::nullopt;
  return FunctionId(static_cast<std::uint32_t>(found - functions_.begin()));
}

std::optional<FunctionId> Program::function_of(std::uint64_t va) const {
  const auto block = cache_.block_of_instruction(va);
  const Flow *const flow = block ? flow_of(*block) : nullptr;
  return flow && flow->function != kNoFunction ? std::optional(flow->function) : std::nullopt;
}

const CallSite *Program::call_at(std::uint64_t va) const {
  const auto found =
      std::lower_bound(calls_.begin(), calls_.end(), Va(va), [](const CallSite &call, Va at) { return call.at < at; });
  return found != calls_.end() && found->at == Va(va) ? &*found : nullptr;
}

const JumpTable *Program::table_at(std::uint64_t va) const {
  const auto found = std::lower_bound(tables_.begin(), tables_.end(), Va(va),
                                      [](const JumpTable &table, Va at) { return table.jump < at; });
  return found != tables_.end() && found->jump == Va(va) ? &*found : nullptr;
}

std::uint32_t Program::import_at(std::uint64_t va) const {
  const auto found = std::lower_bound(import_slots_.begin(), import_slots_.end(), va,
                                      [](const ImportSlot &slot, std::uint64_t at) { return slot.va < at; });
  return found != import_slots_.end() && found->va == va ? found->symbol : kNoSymbol;
}

} // namespace ringfence::code
