// What a request makes the driver do that it must not: complete it twice, use its text as a format or print it without
// a bound, lock its pages where nobody catches what that raises.

#include "memory_safety.h"

#include <algorithm>

namespace ringfence::driver {

using kernel::Key;
using symbolic::Expr;
using symbolic::ObjectKind;
using symbolic::State;

namespace {

constexpr std::string_view completed_event = "completed", described_event = "caller's pages";
constexpr std::uint64_t longest = 0x10000; ///< text in user memory ends where the caller likes

/// The slots of the arguments that a format prints as text of any length.
std::vector<unsigned> unbounded_texts(std::u16string_view format, unsigned pointer_bytes) {
  std::vector<unsigned> out;
  unsigned slot = 0;
  for (std::size_t i = 0; i < format.size(); ++i) {
    if (format[i] != u'%')
      continue;
    bool precise = false, wide = false, counted = false;
    for (++i; i < format.size(); ++i) {
      const char16_t c = format[i];
      slot += c == u'*' ? 1 : 0;
      precise = precise || c == u'.';
      wide = wide || c == u'I' || (c == u'l' && i > 0 && format[i - 1] == u'l');
      counted = c == u'w' || c == u'Z';
      if (std::u16string_view(u"-+ #0123456789.*hlwIL").find(c) == std::u16string_view::npos)
        break;
    }
    if (i >= format.size() || format[i] == u'%')
      continue;
    if ((format[i] == u's' || format[i] == u'S') && !precise && !counted)
      out.push_back(slot);
    slot += wide && pointer_bytes == 4 ? 2 : 1;
  }
  return out;
}

} // namespace

/// A second completion of the request on the same path: it belongs to nobody by then.
void MemorySafetyObserver::completed_twice(World &world, State &state, const kernel::Api &api,
                                           const kernel::Effect &effect, std::uint64_t pc) {
  const kernel::Operand *at = effect.find(Key::at);
  const Expr whom = at ? world.value_of(state, api, *at, pc) : Expr(0);
  if (!at || request_->irp_address == 0 || !world.pool().is_constant(whom, request_->irp_address))
    return;
  const auto same = [&](const Event &e) {
    return e.kind == EventKind::note && e.object == request_->irp_address && e.text == completed_event;
  };
  if (world.newest_event(state, same))
    return report(world, state, "other", "Irp", Expr(0), pc);
  world.log(state,
            {.kind = EventKind::note, .pc = pc, .object = request_->irp_address, .text = std::string(completed_event)});
}

/// MmProbeAndLockPages raises for pages that are not there. x86 handlers are not known.
void MemorySafetyObserver::locked_without_handler(World &world, State &state, const kernel::Api &api,
                                                  const kernel::Effect &effect, std::uint64_t pc) {
  const kernel::Operand *mode = effect.find(Key::mode);
  const Expr value = mode ? world.value_of(state, api, *mode, pc) : Expr(0);
  auto &pool = world.pool();
  if (!mode || world.machine().bits() == 32 || pool.bits(value) < 8 ||
      !pool.is_constant(pool.extract(value, 0, 8), 1) || is_guarded(world, state, pc))
    return;
  if (world.newest_event(state, [](const Event &e) { return e.kind == EventKind::note && e.text == described_event; }))
    report(world, state, "other", "MemoryDescriptorList", Expr(0), pc);
}

/// A probe that fails raises an exception: without a handler (a __finally is none) the system stops. Where handlers are
/// on x86 is not known.
void MemorySafetyObserver::probed_without_handler(World &world, State &state, const kernel::Api &api,
                                                  const kernel::Effect &effect, std::uint64_t pc) {
  const kernel::Operand *at = effect.find(Key::at);
  const Expr address = at ? world.value_of(state, api, *at, pc) : Expr(0);
  const bool raises = api.returns.type == kernel::TypeClass::void_; // the others say it in their result
  if (!at || !raises || world.machine().bits() == 32 || world.is_kernel_request(state) ||
      (world.pool().labels(address) & symbolic::labels_of_caller) == 0 || is_guarded(world, state, pc))
    return;
  report(world, state, "other", "Address", Expr(0), pc);
}

/// Remembers an MDL for an address of the caller's.
void MemorySafetyObserver::note_description(World &world, State &state, const kernel::Api &api,
                                            const kernel::Effect &effect, std::uint64_t pc) {
  const kernel::Operand *from = effect.find(Key::from);
  const Expr address = from ? world.value_of(state, api, *from, pc) : Expr(0);
  if (from && (world.pool().labels(address) & symbolic::labels_of_caller) != 0)
    world.log(state, {.kind = EventKind::note, .pc = pc, .text = std::string(described_event)});
}

/// How long the caller's text at an address may be, in bytes; nothing when it is not the caller's.
std::optional<Expr> MemorySafetyObserver::longest_text(World &world, State &state, Expr address) const {
  if (world.pool().bits(address) != world.machine().bits())
    return std::nullopt;
  const symbolic::Executor::Place place = world.executor().resolve(state, address);
  const ObjectKind kind = world.machine().objects()[place.object].kind;
  if (place.object == request_->system_buffer && request_->irp_address != 0)
    return request_->input_length; // up to the end, where nothing says that a zero is
  const bool callers = (world.pool().labels(address) & symbolic::labels_of_caller) != 0;
  if ((kind == ObjectKind::user || kind == ObjectKind::arbitrary) && callers)
    return world.machine().pointer(longest);
  return std::nullopt;
}

/// The caller's text as a format, and what a format without a bound writes.
void MemorySafetyObserver::formats(World &world, State &state, const kernel::Api &api, const kernel::Effect &effect,
                                   std::uint64_t pc) {
  const kernel::Operand *format = effect.find(Key::format);
  if (!format)
    return;
  auto &pool = world.pool();
  const Expr pattern = world.value_of(state, api, *format, pc);
  if (const auto length = longest_text(world, state, pattern)) {
    report(world, state, "other", "Format", Expr(0), pc);
    return formatted_into(world, state, api, effect, *length, pattern, pc);
  }
  const unsigned unit = effect.kind == kernel::Kind::wide ? 2 : 1, bytes = world.machine().bits() / 8;
  constexpr std::size_t most = 512;
  const kernel::Operand *arguments = effect.find(Key::arguments);
  if (!effect.find(Key::to) || effect.find(Key::size) || !arguments || !arguments->path() || !pool.is_constant(pattern))
    return;
  const auto text = world.machine().read_units(state, pool.value(pattern), unit, most);
  if (!text)
    return;
  const bool listed = arguments->path()->root == kernel::PathRoot::varargs;
  const auto first = static_cast<unsigned>(api.parameters().size());
  for (const unsigned slot : unbounded_texts(*text, bytes)) {
    const Expr argument = listed
                              ? world.executor().argument(state, first + slot)
                              : world.executor().load(state,
                                                      pool.add(world.value_of(state, api, *arguments, pc),
                                                               pool.constant(std::uint64_t{slot} * bytes, bytes * 8)),
                                                      bytes, 0);
    if (const auto length = longest_text(world, state, argument))
      return formatted_into(world, state, api, effect, *length, argument, pc);
  }
}

/// `length` bytes of text, at the least, go where no size says how much room there is.
void MemorySafetyObserver::formatted_into(World &world, State &state, const kernel::Api &api,
                                          const kernel::Effect &effect, Expr length, Expr text, std::uint64_t pc) {
  const kernel::Operand *to = effect.find(Key::to);
  const auto target = to && !effect.find(Key::size) ? world.place_of(state, api, *to, pc) : std::nullopt;
  if (!target)
    return;
  auto &pool = world.pool();
  const unsigned bits = world.machine().bits();
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
              .other = text});
}

} // namespace ringfence::driver
