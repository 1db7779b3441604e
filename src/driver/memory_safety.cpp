#include "memory_safety.h"

#include <ringfence/base/text.h>
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

constexpr std::string_view defect_event = "memory", fetch_event = "fetch", missing_event = "missing-buffer";

std::string text_of(const Range &r, unsigned bits) {
  return r.is_full(bits) ? "any" : r.is_single() ? hex(r.low) : "[" + hex(r.low) + "," + hex(r.high) + "]";
}

} // namespace

void MemorySafetyObserver::begin(const Request &request, std::optional<std::uint32_t> code) {
  request_ = &request;
  code_ = code;
  common_ = false;
  defects_.clear();
  may_miss_buffer_ = empty_ = false;
}

void MemorySafetyObserver::begin_common(const Request &request) {
  begin(request, std::nullopt);
  common_ = true;
}

void MemorySafetyObserver::report(World &world, State &state, std::string_view kind, std::string_view argument,
                                  Expr value, std::uint64_t pc) {
  if (world.is_in_completion(state)) // how much the driver below has moved is bounded in ways that are not known
    return;
  const auto &pool = world.pool();
  const bool has_value = value != Expr(0) && pool.bits(value) <= 64;
  const Range range = has_value ? state.facts.range(pool, value) : Range{};
  if (common_)
    return world.log(state, {.kind = EventKind::note,
                             .pc = pc,
                             .a = has_value,
                             .b = range.low,
                             .c = range.high,
                             .text = std::string(defect_event),
                             .text2 = std::string(kind) + "\n" + std::string(argument)});
  Defect &defect = defects_[{pc, std::string(kind)}];
  defect.argument = argument;
  if (!has_value)
    return;
  defect.bits = std::max(defect.bits, pool.bits(value));
  constexpr std::size_t most = 8;
  if (std::find(defect.admitted.begin(), defect.admitted.end(), range) == defect.admitted.end() &&
      defect.admitted.size() < most)
    defect.admitted.push_back(range);
}

void MemorySafetyObserver::adopt(World &world, const State &state) {
  for (const Event *event : world.log_of(state)) {
    may_miss_buffer_ = may_miss_buffer_ || (event->kind == EventKind::note && event->text == missing_event);
    if (event->kind != EventKind::note || event->text != defect_event)
      continue;
    const std::size_t split = event->text2.find('\n');
    Defect &defect = defects_[{event->pc, event->text2.substr(0, split)}];
    defect.argument = event->text2.substr(split + 1);
    defect.bits = std::max(defect.bits, world.machine().bits());
    if (event->a != 0)
      defect.admitted.push_back({event->b, event->c, 0, 0});
  }
}

std::vector<Primitive> MemorySafetyObserver::take(World &world) {
  std::vector<Primitive> out;
  for (const auto &[key, defect] : defects_) {
    std::string admitted;
    for (const Range &r : defect.admitted)
      admitted += (admitted.empty() ? "" : " | ") + text_of(r, defect.bits);
    if (admitted.empty() || admitted.find("any") != std::string::npos)
      admitted = "any";
    if (const auto rva = world.machine().rva_of(key.first))
      out.push_back({.kind = key.second, .argument = defect.argument, .admitted = std::move(admitted), .sink = *rva});
  }
  return out;
}

void MemorySafetyObserver::import_called(World &world, State &state, const ImportCall &call) {
  if (!request_ || !call.import->api || empty_)
    return;
  const kernel::Api &api = *call.import->api;
  for (const kernel::Effect &effect : api.effects()) {
    if (effect.verb == kernel::Verb::complete_irp) {
      completed_twice(world, state, api, effect, call.pc);
      completed(world, state, api, effect, call.pc);
    }
    if (effect.verb == kernel::Verb::format)
      formats(world, state, api, effect, call.pc);
    if (effect.verb == kernel::Verb::describe_pages)
      note_description(world, state, api, effect, call.pc);
    if (effect.verb == kernel::Verb::probe)
      probed_without_handler(world, state, api, effect, call.pc);
    if (effect.verb == kernel::Verb::lock_pages)
      locked_without_handler(world, state, api, effect, call.pc);
    if (effect.verb == kernel::Verb::map)
      note_user_mapping(world, state, api, effect, call.pc);
    const bool pool_block = effect.kind == kernel::Kind::pool || effect.kind == kernel::Kind::pool_zeroed;
    if (effect.verb == kernel::Verb::allocate && pool_block && effect.find(kernel::Key::size)) {
      const Expr size = world.value_of(state, api, *effect.find(kernel::Key::size), call.pc);
      if (const auto part = Bounds(world.pool(), state.facts).wrapping_part(size))
        report(world, state, "integer-overflow", "size", *part, call.pc);
    }
  }
  handles(world, state, api, call.pc);
  pointer_arguments(world, state, api, call.pc);
  text_copies(world, state, api, call.pc);
}

/// Nothing on the path keeps a caller's address out of kernel memory.
bool MemorySafetyObserver::is_unchecked(World &world, const State &state, Expr address) const {
  auto &pool = world.pool();
  if ((pool.labels(address) & symbolic::labels_of_caller) == 0 || pool.is_constant(address) || pool.bits(address) > 64)
    return false;
  const Range now = state.facts.range(pool, address), before = symbolic::PathFacts().range(pool, address);
  const std::uint64_t admitted = now.high - now.low, all = before.high - before.low;
  return now.high > world.machine().user_limit() + 0x10000 && (admitted == all || admitted > all / 16) &&
         !Bounds(pool, state.facts).has_window(address);
}

/// As many bytes as are copied were probed: when there are none, the probe checks nothing and the copy touches nothing.
bool MemorySafetyObserver::is_probed(World &world, const State &state, Expr address, Expr bytes) {
  const Bounds bounds(world.pool(), state.facts);
  return world.newest_event(state, [&](const Event &e) {
    return e.kind == EventKind::note && e.text == "probed" && e.a == address.value && e.b != 0 &&
           bounds.at_most(bytes, 0, Expr(static_cast<std::uint32_t>(e.b)));
  }) != nullptr;
}

/// An address above user memory in an object that the driver knows, its own place and an offset of the caller's, is no
/// user pointer. True for one; it is reported when the offset can lead behind the object's end.
bool MemorySafetyObserver::own_place(World &world, State &state, Expr address, std::uint64_t pc) {
  auto &pool = world.pool();
  if (state.facts.range(pool, address).low <= world.machine().user_limit())
    return false;
  const symbolic::Executor::Place place = world.executor().resolve(state, address);
  const ObjectKind kind = world.machine().objects()[place.object].kind;
  if (kind == ObjectKind::user || kind == ObjectKind::arbitrary)
    return false;
  if (pool.is_constant(place.offset))
    return true;
  const Expr extent = extent_of(world, state, place.object, 0);
  if (extent != Expr(0) && Bounds(pool, state.facts).judge(place.offset, 1, extent, 0) == Fit::exceeds)
    report(world, state, overflow_of(kind), "index", place.offset, pc);
  return true;
}

/// Addresses of the caller's that an outside routine reads or writes for the driver.
void MemorySafetyObserver::pointer_arguments(World &world, State &state, const kernel::Api &api, std::uint64_t pc) {
  using kernel::Verb;
  if (world.is_kernel_request(state))
    return;
  for (const kernel::Effect &effect : api.effects()) {
    if (effect.verb == Verb::probe || effect.verb == Verb::sanitize)
      continue;
    const kernel::Operand *size = effect.find(kernel::Key::size);
    const Expr bytes = size ? world.value_of(state, api, *size, pc) : Expr(0);
    if (bytes != Expr(0) && world.pool().bits(bytes) <= 64 && state.facts.range(world.pool(), bytes).high == 0)
      continue; // nothing is touched
    for (const kernel::EffectOperand &each : effect.operands()) {
      const kernel::AccessPath *path = each.operand().path();
      if (!path || path->root != kernel::PathRoot::argument || path->dereferences == 0 ||
          path->index >= api.parameters().size())
        continue;
      const Expr address = world.parameter(state, api, path->index);
      const bool probed = bytes != Expr(0) && is_probed(world, state, address, bytes);
      if (!probed && is_unchecked(world, state, address) && !own_place(world, state, address, pc) &&
          !defects_.contains({pc, "handle-misuse"}))
        report(world, state, "user-pointer-unprobed", api.parameters()[path->index].name.view(), address, pc);
    }
  }
}

/// Copies of text: a bound is the bytes that are written; without one the caller's text decides.
void MemorySafetyObserver::text_copies(World &world, State &state, const kernel::Api &api, std::uint64_t pc) {
  using kernel::Key;
  using kernel::Kind;
  auto &pool = world.pool();
  const unsigned bits = world.machine().bits();
  for (const kernel::Effect &effect : api.effects()) {
    if (effect.verb != kernel::Verb::text || (effect.kind != Kind::copy && effect.kind != Kind::copy_wide))
      continue;
    const kernel::Operand *to = effect.find(Key::to), *from = effect.find(Key::from), *size = effect.find(Key::size);
    const auto target = to ? world.place_of(state, api, *to, pc) : std::nullopt;
    const auto source = from ? world.place_of(state, api, *from, pc) : std::nullopt;
    if (!target || !source)
      continue;
    Expr length(0);
    if (size)
      length = world.value_of(state, api, *size, pc);
    else if (world.executor().resolve(state, *source).object == request_->system_buffer && request_->irp_address != 0)
      length = request_->input_length; // up to the end, where nothing says that a zero is
    if (length == Expr(0))
      continue;
    const symbolic::Executor::Place place = world.executor().resolve(state, *target);
    length = pool.bits(length) > bits ? pool.extract(length, 0, bits) : pool.zext(length, bits);
    bulk_write(world, state,
               {.pc = pc,
                .address = *target,
                .bytes = 1,
                .count = length,
                .write = true,
                .object = place.object,
                .offset = place.offset,
                .other = *source});
  }
}

void MemorySafetyObserver::access(World &world, State &state, const Access &access) {
  if (!request_)
    return;
  if (empty_)
    return used_without_buffer(world, state, access);
  const ObjectKind kind = world.machine().objects()[access.object].kind; // the table may grow below
  switch (kind) {
  case ObjectKind::user:
  case ObjectKind::arbitrary:
    user_pointer(world, state, access);
    if (!access.write && world.pool().is_constant(access.offset)) {
      const Range r = access.count ? state.facts.range(world.pool(), *access.count) : Range::single(access.bytes);
      world.log(state, {.kind = EventKind::note,
                        .pc = access.pc,
                        .object = access.object.value,
                        .a = world.pool().value(access.offset),
                        .b = r.high,
                        .c = state.facts.conditions().size(),
                        .text = std::string(fetch_event)});
    }
    break;
  case ObjectKind::input:
    missing_buffer(world, state, access);
    break;
  case ObjectKind::kernel:
    note_information(world, state, access);
    break;
  default:
    break;
  }
  if (!access.write) {
    if (access.count)
      fetched_twice(world, state, *access.count, access.pc);
    return;
  }
  if (access.count)
    bulk_write(world, state, access);
  else
    single_write(world, state, access);
  if (is_output(access.object, kind))
    access.count ? copied_to_output(world, state, access) : written_to_output(world, state, access);
}

/// A caller's address used as it came. Addresses in a request of the kernel are the kernel's own.
void MemorySafetyObserver::user_pointer(World &world, State &state, const Access &access) {
  auto &pool = world.pool();
  if (world.is_kernel_request(state) || !is_unchecked(world, state, access.address) ||
      (access.count && access.bytes == 1 && is_probed(world, state, access.address, *access.count)))
    return;
  const Expr pointer = world.machine().objects()[access.object].pointer;
  const bool named =
      pool[pointer].kind == symbolic::Kind::symbol && (pool.labels(pointer) & symbolic::label_user_pointer) != 0;
  fetched_twice(world, state, access.address, access.pc);
  if (!first_on_path(world, state, access.write ? "unprobed write" : "unprobed read", access.object))
    return;
  report(world, state, "user-pointer-unprobed", named ? pool.symbol_name(pointer) : "addr", access.address, access.pc);
}

bool MemorySafetyObserver::is_new_on_path(World &world, const State &state, std::string_view what, ObjectId object) {
  return !world.newest_event_of(state, object,
                                [&](const Event &e) { return e.kind == EventKind::note && e.text == what; });
}

/// True the first time on a path; one defect at the first place says enough.
bool MemorySafetyObserver::first_on_path(World &world, State &state, std::string_view what, ObjectId object) {
  if (!is_new_on_path(world, state, what, object))
    return false;
  world.log(state, {.kind = EventKind::note, .object = object.value, .text = std::string(what)});
  return true;
}

/// `value` decides how much is copied, or where: its bytes in user memory were fetched at two places, with a check of
/// them in between, so that the caller may have changed what was checked.
void MemorySafetyObserver::fetched_twice(World &world, State &state, Expr value, std::uint64_t) {
  auto &pool = world.pool();
  if ((pool.labels(value) & (symbolic::label_user_memory | symbolic::label_arbitrary_read)) == 0)
    return;
  std::vector<Expr> sources;
  collect_sources(pool, value, sources);
  const auto checked_between = [&](Expr source, std::uint64_t first, std::uint64_t last) {
    for (std::uint64_t i = first; i < last; ++i) {
      std::vector<Expr> of_condition;
      collect_sources(pool, state.facts.conditions()[static_cast<std::size_t>(i)], of_condition);
      if (std::any_of(of_condition.begin(), of_condition.end(),
                      [&](Expr e) { return is_same_source(pool, e, source); }))
        return true;
    }
    return false;
  };
  std::erase_if(sources, [&](Expr source) { // before the log is read, which can be long
    return pool[source].kind != symbolic::Kind::slice || !checked_between(source, 0, state.facts.conditions().size());
  });
  if (sources.empty())
    return;
  const auto events = world.log_of(state);
  const auto fetches = [&](const Event *event, const symbolic::Node &n) {
    return event->kind == EventKind::note && event->text == fetch_event &&
           world.machine().objects()[ObjectId(static_cast<std::uint32_t>(event->object))].array ==
               symbolic::ArrayId(n.a) &&
           event->a < n.imm + n.bits / 8 && n.imm < event->a + event->b;
  };
  for (const Expr source : sources) {
    const symbolic::Node n = pool[source];
    const Event *first = nullptr;
    for (const Event *event : events) {
      if (!fetches(event, n))
        continue;
      if (!first)
        first = event;
      else if (event->pc != first->pc && checked_between(source, first->c, event->c))
        return report(world, state, "double-fetch", "addr", source, event->pc);
    }
  }
}

/// A buffer that the I/O manager does not make when the request has no bytes for it.
void MemorySafetyObserver::missing_buffer(World &world, State &state, const Access &access) {
  if (may_miss_buffer_ || request_->irp_address == 0)
    return;
  auto &pool = world.pool();
  const bool direct = code_ && ((*code_ & 3) == 1 || (*code_ & 3) == 2);
  const Bounds bounds(pool, state.facts);
  const auto is_zero = [&](Expr length) { return pool.eq(length, pool.constant(0, 32)); };
  bool missing = false;
  if (access.object == request_->mdl_buffer)
    missing = direct && bounds.admits({is_zero(request_->output_length)});
  else if (access.object == request_->system_buffer)
    missing = direct ? bounds.admits({is_zero(request_->input_length)})
                     : bounds.admits({is_zero(request_->input_length), is_zero(request_->output_length)});
  if (!missing || is_guarded(world, state, access.pc))
    return;
  if (common_)
    world.log(state, {.kind = EventKind::note, .pc = access.pc, .text = std::string(missing_event)});
  else
    may_miss_buffer_ = true;
}

/// An address near zero in a request that has no buffer. The path is marked: it is over here.
void MemorySafetyObserver::used_without_buffer(World &world, State &state, const Access &access) {
  constexpr std::uint64_t null_pages = 0x10000;
  if (state.tag != 0 || !world.pool().is_constant(access.address) || world.pool().value(access.address) >= null_pages ||
      is_guarded(world, state, access.pc))
    return;
  state.tag = 1;
  report(world, state, "null-deref",
         code_ && ((*code_ & 3) == 1 || (*code_ & 3) == 2) ? "SystemBuffer or MdlAddress" : "SystemBuffer", Expr(0),
         access.pc);
}

/// True when an exception at `pc` goes to an __except block of the driver.
bool MemorySafetyObserver::is_guarded(World &world, const State &state, std::uint64_t pc) {
  return world.machine().is_guarded(pc) ||
         std::any_of(state.frames.begin(), state.frames.end(),
                     [&](const symbolic::Frame &f) { return world.machine().is_guarded(f.call_site); });
}

/// The bytes that exist from the object's beginning on; Expr(0) when that is not known.
Expr MemorySafetyObserver::extent_of(World &world, State &state, ObjectId id, std::uint64_t offset) const {
  const Object &object = world.machine().objects()[id];
  if (object.kind == ObjectKind::stack) {
    const auto end = world.executor().frame_end(state, id, object.base + offset);
    return end ? world.machine().pointer(*end - object.base) : Expr(0);
  }
  if (id == request_->system_buffer && code_ && ((*code_ & 3) == 1 || (*code_ & 3) == 2))
    return request_->input_length;
  if (object.extent != Expr(0) && object.kind != ObjectKind::physical) // whose limits are the primitives' affair
    return object.extent;
  return object.kind == ObjectKind::pool || object.kind == ObjectKind::image ? world.machine().pointer(object.size)
                                                                             : Expr(0);
}

void MemorySafetyObserver::bulk_write(World &world, State &state, const Access &access) {
  auto &pool = world.pool();
  const ObjectKind kind = world.machine().objects()[access.object].kind;
  if (access.other == access.address)
    return; // onto itself
  fetched_twice(world, state, *access.count, access.pc);
  if (!pool.is_constant(*access.count) && access.object == request_->system_buffer)
    world.log(state, {.kind = EventKind::note,
                      .pc = access.pc,
                      .a = access.offset.value,
                      .b = access.count->value,
                      .text = std::string(bulk_event)});
  if (!pool.is_constant(access.offset))
    return single_write(world, state, access);
  const std::uint64_t offset = pool.value(access.offset);
  const Expr extent = extent_of(world, state, access.object, offset);
  if (extent == Expr(0))
    return;
  const Bounds bounds(pool, state.facts);
  const std::uint64_t slack = kind == ObjectKind::stack ? 0 : smallest_block(world.machine());
  if (bounds.judge(*access.count, offset, extent, slack) != Fit::exceeds)
    return;
  if (pool.is_constant(*access.count) && kind != ObjectKind::stack && pool.is_constant(extent))
    return; // how large a block of the analysis is need not be known to the byte
  if (bounds.arithmetic_wraps(*access.count, extent))
    report(world, state, "integer-overflow", "Length", *access.count, access.pc);
  world.log(state, {.kind = EventKind::note,
                    .pc = access.pc,
                    .object = access.object.value,
                    .a = offset,
                    .b = access.count->value,
                    .text = std::string(overflow_event)});
  report(world, state, overflow_of(kind), "Length", pool.is_constant(*access.count) ? extent : *access.count,
         access.pc);
}

void MemorySafetyObserver::single_write(World &world, State &state, const Access &access) {
  auto &pool = world.pool();
  const ObjectKind kind = world.machine().objects()[access.object].kind;
  if (kind != ObjectKind::stack && kind != ObjectKind::pool && kind != ObjectKind::input)
    return;
  const bool fixed = pool.is_constant(access.offset);
  const std::uint64_t offset = fixed ? pool.value(access.offset) : 0;
  const Expr extent = extent_of(world, state, access.object, offset);
  if (extent == Expr(0))
    return;
  const Bounds bounds(pool, state.facts);
  const std::uint64_t slack = kind == ObjectKind::stack ? 0 : smallest_block(world.machine());
  if (fixed) {
    if (pool.is_constant(extent) || !is_new_on_path(world, state, behind_the_end, access.object) ||
        bounds.judge(pool.constant(access.bytes, world.machine().bits()), offset, extent, slack) != Fit::exceeds)
      return;
    return first_on_path(world, state, behind_the_end, access.object)
               ? report(world, state, overflow_of(kind), "Length", Expr(0), access.pc)
               : void();
  }
  fetched_twice(world, state, access.offset, access.pc);
  if (bounds.judge(access.offset, access.bytes, extent, slack) == Fit::exceeds)
    report(world, state, overflow_of(kind), "index", access.offset, access.pc);
}

} // namespace ringfence::driver
