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
  if (effect.verb == Verb::map && effect.kind == Kind::physical)
    return Judged{Key::at, "physical-address"};
  return std::nullopt;
}

constexpr std::uint64_t user_mode = 1; // MODE of wdm.h

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
    if (const auto judged = judged_operand(effect))
      call_sites_.add({.routine = import.name, .at = *at, .kind = std::string(judged->kind), .value = constant(effect, judged->key), .for_user = for_user});
}

void World::log_class_guid(State &state, std::uint64_t device, std::uint64_t guid) {
  log(state, {.kind = EventKind::note, .object = device, .text = "class GUID", .text2 = machine_.read_guid(state, guid).value_or(std::string())});
}

} // namespace ringfence::driver
