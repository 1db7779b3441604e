// What paths read and write of memory that outlives a request, as far as sequences of requests are concerned.

#include "persistent_state.h"
#include "stale_blocks.h"

#include <algorithm>
#include <array>

namespace ringfence::driver {

using symbolic::Expr;
using symbolic::ObjectId;
using symbolic::State;

void World::reads_somewhere(State &state, ObjectId object, Expr offset, unsigned bytes) {
  if (!reads_)
    return;
  for (const Place &place : likely_reads_) {
    if (place.object != object || !state.facts.range(pool(), offset).contains(place.offset))
      continue;
    symbolic::PathFacts facts = state.facts;
    if (facts.assume(pool(), pool().eq(offset, pool().constant(place.offset, pool().bits(offset))), true)) {
      state.facts = std::move(facts);
      return add_read(state, object, place.offset, bytes);
    }
  }
  reads_->add(object, std::nullopt, bytes);
}

void World::add_read(const State &state, ObjectId object, std::optional<std::uint64_t> offset, std::uint64_t bytes) {
  constexpr std::uint64_t widest = 16;
  const bool touched = state.memory.content(object) != reads_base_.content(object);
  if (touched && offset && bytes <= widest && !reads_->contains(object, *offset, bytes) &&
      state.memory.load(pool(), machine_.objects(), object, *offset, static_cast<unsigned>(bytes)) !=
          reads_base_.load(pool(), machine_.objects(), object, *offset, static_cast<unsigned>(bytes)))
    return;
  reads_->add(object, offset, bytes);
}

/// What a copy reads, and a store at an index that is bounded and not known.
void World::note_state(State &state, const symbolic::Access &access) {
  const bool fixed = pool().is_constant(access.offset);
  if (access.count && !access.write) {
    const symbolic::Range count =
        pool().bits(*access.count) <= 64 ? state.facts.range(pool(), *access.count) : symbolic::Range{};
    const std::uint64_t bytes = std::min<std::uint64_t>(count.high, 0x10000) * access.bytes;
    add_read(state, access.object, fixed ? std::optional(pool().value(access.offset)) : std::nullopt, bytes);
    return;
  }
  if (!access.write || access.count || fixed || access.value == Expr(0))
    return;
  constexpr std::uint64_t widest_array = 0x2000;
  const symbolic::Object &object = machine_.objects()[access.object];
  const symbolic::Range range = state.facts.range(pool(), access.offset);
  const bool shared = object.kind == symbolic::ObjectKind::image || object.kind == symbolic::ObjectKind::kernel ||
                      object.kind == symbolic::ObjectKind::pool || object.kind == symbolic::ObjectKind::pointed;
  if (shared && range.high < object.size && range.high - range.low <= widest_array)
    log(state, {.kind = EventKind::note,
                .pc = access.pc,
                .object = access.object.value,
                .a = access.offset.value,
                .b = access.value.value,
                .text = std::string(slot_store)});
}

bool World::is_kept_note(std::string_view text) {
  constexpr std::array<std::string_view, 5> kept = {"mapped", "probed", "through pointer", "address-valid",
                                                    StaleBlocks::freed_note};
  return std::find(kept.begin(), kept.end(), text) != kept.end();
}

ObjectId World::file_object(std::uint64_t device) {
  const auto known = file_objects_.find(device);
  if (known != file_objects_.end())
    return known->second;
  const ObjectId object = machine_.new_object("FileObject", 0x100, symbolic::ObjectKind::kernel, symbolic::Fill::lazy,
                                              symbolic::label_file_object);
  file_objects_.emplace(device, object);
  return object;
}

std::string World::name_of_device(const State &state, std::uint64_t device) {
  const auto known = device_names_.find(device);
  if (known != device_names_.end())
    return known->second;
  const Event *made =
      newest_event(state, [&](const Event &e) { return e.kind == EventKind::device_created && e.object == device; });
  return made ? device_names_.emplace(device, made->text).first->second : std::string();
}

} // namespace ringfence::driver
