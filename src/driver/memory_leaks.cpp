// What an answer discloses: addresses of kernel objects, bytes that nobody wrote, and bytes behind the object that was
// meant. A value put into a buffered answer counts when the request is completed with it still there, within
// IoStatus.Information, and with a status that makes the I/O manager copy the answer.

#include "memory_safety.h"

#include <ringfence/kernel/layouts.h>

#include <algorithm>

namespace ringfence::driver {

using symbolic::Access;
using symbolic::Expr;
using symbolic::Object;
using symbolic::ObjectId;
using symbolic::ObjectKind;
using symbolic::Range;
using symbolic::State;

namespace {

constexpr std::string_view exposed_event = "exposed", information_event = "information";
constexpr std::uint64_t most_copied = 0x400; ///< bytes of a copy that are looked at

} // namespace

bool MemorySafetyObserver::is_output(ObjectId id, ObjectKind kind) const {
  if (id == request_->system_buffer)
    return !code_ || buffered();
  return id == request_->mdl_buffer || kind == ObjectKind::user || kind == ObjectKind::arbitrary;
}

/// Bytes of a stack or pool object that no path has written.
bool MemorySafetyObserver::is_uninitialised(World &world, Expr value) {
  const auto &pool = world.pool();
  std::vector<Expr> sources;
  collect_sources(pool, value, sources);
  auto &objects = world.machine().objects();
  return std::any_of(sources.begin(), sources.end(), [&](Expr source) {
    const symbolic::Node n = pool[source];
    if (n.kind != symbolic::Kind::slice)
      return false;
    const auto owner = objects.owner_of(symbolic::ArrayId(n.a));
    return owner && (objects[*owner].kind == ObjectKind::stack ||
                     (objects[*owner].kind == ObjectKind::pool && *owner != request_->system_buffer));
  });
}

MemorySafetyObserver::Exposure MemorySafetyObserver::exposure_of(World &world, Expr value) {
  auto &pool = world.pool();
  const unsigned bits = pool.bits(value);
  if (bits < 32 || bits > 64)
    return Exposure::none;
  if (pool.is_constant(value)) {
    // The lower half of a 64-bit address tells as much.
    constexpr std::uint64_t upper_half = 0xffffa000'00000000u;
    const std::uint64_t at = pool.value(value) | (bits == 32 && world.machine().bits() == 64 ? upper_half : 0);
    const auto id = pool.value(value) == 0 ? std::nullopt : world.machine().objects().at(at);
    if (!id)
      return Exposure::none;
    const Object &object = world.machine().objects()[*id];
    const bool mapped_for_user = object.kind == ObjectKind::physical && user_mappings_.contains(object.tag);
    return object.kind == ObjectKind::image || mapped_for_user || user_views_.contains(at) ? Exposure::none
                                                                                           : Exposure::kernel_address;
  }
  if ((pool.labels(value) & symbolic::label_kernel_address) != 0)
    return Exposure::kernel_address;
  return is_uninitialised(world, value) ? Exposure::uninitialised : Exposure::none;
}

/// Addresses that the caller is meant to get: a view of a section, pages mapped for user mode.
void MemorySafetyObserver::note_user_mapping(World &world, State &state, const kernel::Api &api,
                                             const kernel::Effect &effect, std::uint64_t pc) {
  auto &pool = world.pool();
  if (effect.kind == kernel::Kind::section) {
    if (const auto rva = world.machine().rva_of(pc))
      user_mappings_.insert(rva->value);
    return;
  }
  const kernel::Operand *mode = effect.find(kernel::Key::mode), *at = effect.find(kernel::Key::at);
  if (effect.kind != kernel::Kind::mdl || !mode || !at || !pool.is_constant(world.value_of(state, api, *mode, pc), 1))
    return;
  const Expr mdl = world.value_of(state, api, *at, pc);
  if (!pool.is_constant(mdl))
    return;
  const auto start = world.machine().read(
      state, pool.value(mdl) + kernel::layout::MDL::StartVa.at(world.machine().word()), world.machine().bits() / 8);
  if (start)
    user_views_.insert(*start);
}

void MemorySafetyObserver::note_information(World &world, State &state, const Access &access) {
  const std::uint64_t place = kernel::layout::IRP::IoStatus_Information.at(world.machine().word());
  if (access.object == request_->irp && request_->irp_address != 0 && world.pool().is_constant(access.offset, place))
    world.log(state, {.kind = EventKind::note, .pc = access.pc, .text = std::string(information_event)});
}

void MemorySafetyObserver::exposed(World &world, State &state, const Access &access, std::uint64_t offset, Expr value) {
  if (access.object != request_->system_buffer)
    return report(world, state, "info-leak", "output", Expr(0), access.pc);
  world.log(
      state,
      {.kind = EventKind::note, .pc = access.pc, .a = offset, .b = value.value, .text = std::string(exposed_event)});
}

void MemorySafetyObserver::written_to_output(World &world, State &state, const Access &access) {
  auto &pool = world.pool();
  if (access.value == Expr(0))
    return;
  const unsigned bits = pool.bits(access.value);
  for (unsigned at = 0; at < bits; at += 64) { // a vector register holds several values
    const Expr part = bits <= 64 ? access.value : pool.extract(access.value, at, 64);
    if (exposure_of(world, part) != Exposure::none)
      exposed(world, state, access, (pool.is_constant(access.offset) ? pool.value(access.offset) : 0) + at / 8, part);
  }
}

void MemorySafetyObserver::copied_to_output(World &world, State &state, const Access &access) {
  auto &pool = world.pool();
  if (access.other == Expr(0))
    return;
  const symbolic::Executor::Place source = world.executor().resolve(state, access.other);
  const Object object = world.machine().objects()[source.object];
  if (!pool.is_constant(source.offset) || source.behind_pointer)
    return;
  const std::uint64_t from = pool.value(source.offset);
  const bool sized = object.kind == ObjectKind::stack || object.kind == ObjectKind::pool;
  const Expr extent = sized ? extent_of(world, state, source.object, from) : Expr(0);
  // A copy of the same length has overflowed the same variable before: its bytes are the caller's own.
  const bool own = world.newest_event_of(state, source.object, [&](const Event &e) {
    return e.kind == EventKind::note && e.text == overflow_event && e.a == from && e.b == access.count->value;
  }) != nullptr;
  if (extent != Expr(0) && !own && !pool.is_constant(*access.count) &&
      Bounds(pool, state.facts).judge(*access.count, from, extent, 0) == Fit::exceeds)
    report(world, state, "info-leak", "Length", *access.count, access.pc);
  const std::uint64_t length = std::min(state.facts.range(pool, *access.count).high, most_copied);
  const std::uint64_t room = extent != Expr(0) ? state.facts.range(pool, extent).high : object.size;
  const std::uint64_t to = pool.is_constant(access.offset) ? pool.value(access.offset) : 0;
  const unsigned word = world.machine().bits() / 8;
  for (std::uint64_t done = 0; done < length && from + done < room;) {
    const auto part = static_cast<unsigned>(length - done >= word ? word : length - done >= 4 ? 4 : 1);
    const Expr value = state.memory.load(pool, world.machine().objects(), source.object, from + done, part);
    const Exposure exposure = exposure_of(world, value);
    if (exposure == Exposure::kernel_address || (exposure == Exposure::uninitialised && sized))
      return exposed(world, state, access, to + done, value);
    done += part;
  }
}

void MemorySafetyObserver::completed(World &world, State &state, const kernel::Api &api, const kernel::Effect &effect,
                                     std::uint64_t pc) {
  namespace IRP = kernel::layout::IRP;
  if (!buffered() || request_->irp_address == 0)
    return;
  auto &pool = world.pool();
  const kernel::Operand *at = effect.find(kernel::Key::at);
  const Expr whom = at ? world.value_of(state, api, *at, pc) : Expr(0);
  const bool by_handle = at && request_->handle != request_->irp_address && pool.is_constant(whom, request_->handle);
  if (!at || (!by_handle && !pool.is_constant(whom, request_->irp_address)))
    return;
  const auto word = world.machine().word();
  const auto field = [&](const kernel::PerWord &place, unsigned bytes) {
    return world.machine().load(state, request_->irp, place.at(word), bytes);
  };
  Expr status = field(IRP::IoStatus_Status, 4),
       information = field(IRP::IoStatus_Information, world.machine().bits() / 8);
  if (by_handle) { // a framework's routine: they come with the call
    if (const kernel::Operand *given = effect.find(kernel::Key::value))
      status = pool.extract(world.value_of(state, api, *given, pc), 0, 32);
    if (const kernel::Operand *given = effect.find(kernel::Key::size))
      information = world.value_of(state, api, *given, pc);
  }
  if (pool.is_constant(status) && is_failure(pool.value(status)))
    return;
  const std::uint64_t answered = state.facts.range(pool, information).high;
  if (answered == 0)
    return;
  for (const Event *event : world.log_of(state)) {
    if (event->kind != EventKind::note || event->text != exposed_event || event->a >= answered)
      continue;
    const Expr value(static_cast<std::uint32_t>(event->b));
    if (world.machine().load(state, request_->system_buffer, event->a, pool.bits(value) / 8) == value)
      report(world, state, "info-leak", "output", Expr(0), event->pc);
  }
  unwritten_answer(world, state, information, pc);
}

/// Information that covers bytes which neither the request nor the driver put into the buffer.
void MemorySafetyObserver::unwritten_answer(World &world, State &state, Expr information, std::uint64_t pc) {
  auto &pool = world.pool();
  const symbolic::Content *content = state.memory.content(request_->system_buffer);
  if (content && content->havoc)
    return;
  const Range r = state.facts.range(pool, information);
  if (!r.is_single() && (pool.labels(information) & symbolic::label_length) == 0)
    return;
  std::uint64_t written = 0; // from the beginning on, without a hole
  if (content)
    for (const symbolic::Content::Cell &cell : content->cells) {
      if (cell.value == Expr(0) && pool.array_name(cell.array) == "SystemBuffer'")
        return; // written by a routine that says how much only at run time
      if (cell.offset <= written)
        written = std::max(written, cell.end());
    }
  if (written >= r.high)
    return;
  std::uint64_t place = pc;
  for (const Event *event : world.log_of(state)) {
    const Expr offset(static_cast<std::uint32_t>(event->a));
    if (event->kind == EventKind::note && event->text == bulk_event &&
        (!pool.is_constant(offset) || pool.value(offset) <= written))
      return; // how much was written is not known
    if (event->kind == EventKind::note && event->text == information_event)
      place = event->pc;
  }
  // The input does not reach the byte behind what was written, and the answer does.
  const auto number = [&](Expr like) { return pool.constant(written, pool.bits(like)); };
  if (!Bounds(pool, state.facts)
           .admits({pool.ule(request_->input_length, number(request_->input_length)),
                    pool.ult(number(request_->output_length), request_->output_length),
                    pool.ult(number(information), information)}))
    return;
  report(world, state, "info-leak", "Information", r.is_single() ? Expr(0) : information, place);
}

} // namespace ringfence::driver
