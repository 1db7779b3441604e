#include "stale_blocks.h"

#include <algorithm>

namespace ringfence::driver {

using symbolic::ObjectId;
using symbolic::State;

void StaleBlocks::begin(World &world, const Request &request) {
  before_ = freed_on(world, request.state);
  defects_.clear();
}

std::vector<ObjectId> StaleBlocks::freed_on(World &world, const State &state) {
  std::vector<ObjectId> out;
  for (const Event *event : world.log_of(state))
    if (event->kind == EventKind::note && event->text == freed_note)
      out.emplace_back(static_cast<std::uint32_t>(event->object));
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

bool StaleBlocks::is_freed(World &world, const State &state, ObjectId block) {
  const auto frees = [](const Event &e) { return e.kind == EventKind::note && e.text == freed_note; };
  return world.newest_event_of(state, block, frees) != nullptr;
}

bool StaleBlocks::was_freed(ObjectId block) const { return std::binary_search(before_.begin(), before_.end(), block); }

void StaleBlocks::import_called(World &world, State &state, const ImportCall &call) {
  const kernel::Effect *free = call.import->api ? call.import->api->find_effect(kernel::Verb::free) : nullptr;
  const kernel::Operand *at = free ? free->find(kernel::Key::at) : nullptr;
  if (!at)
    return;
  const symbolic::Expr address = world.value_of(state, *call.import->api, *at, call.pc);
  const auto &objects = world.machine().objects();
  const auto block = world.pool().is_constant(address) ? objects.at(world.pool().value(address)) : std::nullopt;
  if (!block || objects[*block].kind != symbolic::ObjectKind::pool ||
      objects[*block].base != world.pool().value(address))
    return;
  if (was_freed(*block))
    defects_.emplace(call.pc, "block freed twice");
  world.log(state, {.kind = EventKind::note, .pc = call.pc, .object = block->value, .text = std::string(freed_note)});
}

void StaleBlocks::access(World &world, State &, const symbolic::Access &access) {
  if (!before_.empty() && access.write && world.machine().objects()[access.object].kind == symbolic::ObjectKind::pool &&
      was_freed(access.object))
    defects_.emplace(access.pc, "freed block");
}

std::vector<Primitive> StaleBlocks::take(World &world) const {
  std::vector<Primitive> out;
  for (const auto &[pc, argument] : defects_)
    if (const auto rva = world.machine().rva_of(pc))
      out.push_back({.kind = "other", .argument = std::string(argument), .admitted = "any", .sink = *rva});
  return out;
}

} // namespace ringfence::driver
