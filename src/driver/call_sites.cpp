#include "world.h"

namespace ringfence::driver {

using kernel::Key;
using kernel::Kind;
using kernel::Verb;
using symbolic::Expr;
using symbolic::State;

namespace {

/// The operand of an effect that rules judge, and the word it is recorded under.
struct Judged {
  Key key;
  std::string_view kind;
};

std::optional<Judged> judged_operand(const kernel::Effect &effect) {
  if (effect.verb == Verb::integrity)
    return Judged{Key::at, kernel::word_of(effect.kind)};
  if (effect.verb == Verb::query && effect.kind == Kind::system_information)
    return Judged{Key::type, "system-information"};
  if (effect.verb == Verb::system && effect.kind == Kind::set_information)
    return Judged{Key::type, "system-information"};
  if (effect.verb == Verb::map && effect.kind == Kind::physical)
    return Judged{Key::at, "physical-address"};
  return std::nullopt;
}

constexpr std::uint64_t user_mode = 1; // MODE of wdm.h
constexpr std::uint64_t smi_command_port = 0xb2, smi_status_port = 0xb3;

} // namespace

/// Operands are read without a place, so that no observer takes the look for an access of the driver.
void World::record_call(State &state, const Import &import, std::uint64_t pc) {
  const auto at = machine_.rva_of(pc);
  if (!at)
    return;
  call_sites_.add({.routine = import.name, .at = *at});
  if (!import.api)
    return;
  const auto constant = [&](const kernel::Effect &effect, Key key) -> std::optional<std::uint64_t> {
    const kernel::Operand *found = effect.find(key);
    const Expr value = found ? value_of(state, *import.api, *found, 0) : Expr(0);
    return found && pool().is_constant(value) ? std::optional(pool().value(value)) : std::nullopt;
  };
  const kernel::Effect *map = import.api->find_effect(Verb::map);
  const bool for_user = map && (constant(*map, Key::mode).value_or(0) & 0xff) == user_mode;
  for (const kernel::Effect &effect : import.api->effects())
    if (const auto code = aliased_code(state, *import.api, effect))
      call_sites_.add({.routine = import.name, .at = *at, .kind = "alias-of-code", .value = code});
  for (const kernel::Effect &effect : import.api->effects())
    if (const auto judged = judged_operand(effect))
      call_sites_.add({.routine = import.name,
                       .at = *at,
                       .kind = std::string(judged->kind),
                       .value = constant(effect, judged->key),
                       .for_user = for_user});
}

/// The address of code, where one is handed over to be described or mapped as data.
std::optional<std::uint64_t> World::aliased_code(State &state, const kernel::Api &api, const kernel::Effect &effect) {
  const kernel::Operand *found = effect.verb == Verb::describe_pages                         ? effect.find(Key::from)
                                 : effect.verb == Verb::map && effect.kind == Kind::physical ? effect.find(Key::at)
                                                                                             : nullptr;
  if (!found)
    return std::nullopt;
  Expr address = value_of(state, api, *found, 0);
  if (effect.verb == Verb::map)
    address = virtual_of(address);
  if (address == Expr(0) || !pool().is_constant(address))
    return std::nullopt;
  const std::uint64_t value = pool().value(address);
  return machine_.is_code(value) || machine_.import_at(value) ? std::optional(value) : std::nullopt;
}

/// Writes of the registers that protect memory, with the bits that are known to be clear in what is written, and
/// commands to the firmware.
void World::record_instruction(const State &state, ir::SysOp op, std::span<const Expr> inputs, std::uint64_t pc) {
  const auto at = machine_.rva_of(pc);
  if (!at || inputs.size() < 2)
    return;
  if (op == ir::SysOp::write_cr && pool().is_constant(inputs[0]) &&
      (pool().value(inputs[0]) == 0 || pool().value(inputs[0]) == 4)) {
    const std::string number = std::to_string(pool().value(inputs[0]));
    const symbolic::Range range = state.facts.range(pool(), inputs[1]);
    call_sites_.add(
        {.routine = "mov cr" + number, .at = *at, .kind = "cr" + number, .value = range.zeros & 0xffffffff});
  } else if (op == ir::SysOp::out &&
             (pool().is_constant(inputs[0], smi_command_port) || pool().is_constant(inputs[0], smi_status_port))) {
    const bool callers = (pool().labels(inputs[1]) & symbolic::labels_of_caller) != 0 &&
                         !state.facts.range(pool(), inputs[1]).is_single();
    call_sites_.add(
        {.routine = "out", .at = *at, .kind = "smi-port", .value = pool().value(inputs[0]), .for_user = callers});
  }
}

/// A call that goes to memory without code.
void World::record_data_call(std::uint64_t target, std::uint64_t pc) {
  if (const auto at = machine_.rva_of(pc); at && target != 0 && machine_.objects().at(target))
    call_sites_.add({.routine = "call", .at = *at, .kind = "call-into-data"});
}

void World::log_class_guid(State &state, std::uint64_t device, std::uint64_t guid) {
  log(state, {.kind = EventKind::note,
              .object = device,
              .text = "class GUID",
              .text2 = machine_.read_guid(state, guid).value_or(std::string())});
}

} // namespace ringfence::driver
