// The few routines that no verb describes: library bodies that are linked into the driver, and calls whose callback
// runs before they return.

#include "world.h"

#include <ringfence/base/text.h>
#include <ringfence/kernel/layouts.h>

#include <algorithm>

namespace ringfence::driver {

using symbolic::Expr;
using symbolic::State;

namespace {

bool looks_like_sddl(std::string_view text) {
  return text.size() >= 2 && text[1] == ':' && (text[0] == 'D' || text[0] == 'O' || text[0] == 'G' || text[0] == 'S');
}

} // namespace

/// The analysed Windows is one current release: drivers choose names and routines by the version.
bool World::answer_version(State &state, const Import &import, std::uint64_t pc) {
  constexpr std::uint32_t major = 10, minor = 0, build = 19045, platform_nt = 2;
  const auto put = [&](Expr at, std::uint64_t offset, std::uint32_t value) {
    if (!pool().is_constant(at, 0))
      executor_.store(state, pool().add(at, pool().constant(offset, machine_.bits())), pool().constant(value, 32), pc);
  };
  if (import.name == "PsGetVersion") {
    put(executor_.argument(state, 0), 0, major);
    put(executor_.argument(state, 1), 0, minor);
    put(executor_.argument(state, 2), 0, build);
    executor_.return_from_call(state, machine_.pointer(1), import.api->x86_callee_pops);
    return true;
  }
  if (import.name == "RtlGetVersion") { // RTL_OSVERSIONINFOW: size, major, minor, build, platform
    const Expr at = executor_.argument(state, 0);
    put(at, 4, major);
    put(at, 8, minor);
    put(at, 12, build);
    put(at, 16, platform_nt);
    executor_.return_from_call(state, machine_.pointer(0), import.api->x86_callee_pops);
    return true;
  }
  return false;
}

/// The request goes on in DriverStartIo, at once when the device is idle: here it always is.
bool World::start_packet(State &state, const Import &import, std::uint64_t pc) {
  const auto word = machine_.word();
  const Expr routine = machine_.load(state, driver_object_id_, kernel::layout::DRIVER_OBJECT::DriverStartIo.at(word),
                                     machine_.bits() / 8);
  if (!pool().is_constant(routine) || !machine_.is_code(pool().value(routine)))
    return false;
  const Expr device = executor_.argument(state, 0), irp = executor_.argument(state, 1);
  executor_.store(state, pool().add(device, machine_.pointer(kernel::layout::DEVICE_OBJECT::CurrentIrp.at(word))), irp,
                  pc);
  log(state, {.kind = EventKind::pended, .pc = pc, .object = pool().is_constant(irp) ? pool().value(irp) : 0});
  const Expr arguments[] = {device, irp};
  enter_callback(state, pool().value(routine), arguments, import.api->x86_callee_pops, pc);
  return true;
}

/// What a routine of the system hands to a callback that it runs: by the role's parameters, with the context of the
/// registration in its place. Nothing else is known of what it tells, but for where it comes from.
std::vector<Expr> World::callback_arguments(State &state, const kernel::Api &api, const kernel::Effect &effect,
                                            std::uint64_t pc) {
  using kernel::CallbackRole;
  const auto operand_of = [&](kernel::Key key) {
    const kernel::Operand *found = effect.find(key);
    return fit(found ? value_of(state, api, *found, pc) : machine_.pointer(0), machine_.bits());
  };
  const Expr context = operand_of(kernel::Key::context);
  switch (effect.role) {
  case CallbackRole::dpc:
    return {operand_of(kernel::Key::object), context, executor_.argument(state, 1), executor_.argument(state, 2)};
  case CallbackRole::work_item:
    return {fresh(machine_.bits(), symbolic::label_kernel, "DeviceObject"), context};
  case CallbackRole::wdf_interrupt:
  case CallbackRole::wdf_object:
    return {operand_of(kernel::Key::object), context};
  case CallbackRole::registry_query:
  case CallbackRole::device_description:
    break;
  default:
    return {context};
  }
  const std::uint32_t told =
      effect.role == CallbackRole::registry_query ? symbolic::label_registry : symbolic::label_hardware;
  std::vector<Expr> arguments;
  for (const kernel::Parameter &parameter : kernel::signature_of(effect.role).parameters())
    arguments.push_back(parameter.name.view() == "Context" ? context
                                                           : fresh(machine_.bits(), told, parameter.name.view()));
  return arguments;
}

std::optional<World::CallResult> World::special(State &state, const Import &import, std::uint64_t pc) {
  const kernel::Api *api = import.api;
  if (!api)
    return std::nullopt;
  if (answer_version(state, import, pc))
    return CallResult::returned;
  if (const auto done = hand_to_thread(state, *api, pc))
    return done;
  if (import.name == "IoStartPacket" && start_packet(state, import, pc))
    return CallResult::returned;
  if (import.name.starts_with("IoStartNextPacket")) { // no other request waits
    executor_.return_from_call(state, machine_.pointer(0), api->x86_callee_pops);
    return CallResult::returned;
  }
  // A routine that runs a callback now (KeIpiGenericCall, KeSynchronizeExecution ...), or hands work to a queue that
  // the system drains: the code goes on in the callback, which returns to the caller of the routine.
  const kernel::Effect *effect = api->find_effect(kernel::Verb::call);
  if (!effect) {
    effect = api->find_effect(kernel::Verb::register_callback);
    using kernel::CallbackRole;
    if (api->find_effect(kernel::Verb::initialize)) // the object is only prepared: it runs when it is queued
      return std::nullopt;
    if (!effect || (effect->role != CallbackRole::dpc && effect->role != CallbackRole::work_item &&
                    effect->role != CallbackRole::worker_thread))
      return std::nullopt;
  }
  const kernel::Operand *callback = effect->find(kernel::Key::callback);
  if (!callback)
    return std::nullopt;
  const Expr routine = value_of(state, *api, *callback, pc);
  if (!pool().is_constant(routine) || !machine_.is_code(pool().value(routine)))
    return std::nullopt;
  const std::vector<Expr> arguments = callback_arguments(state, *api, *effect, pc);
  const kernel::Operand *given = effect->find(kernel::Key::context);
  const Expr context = fit(given ? value_of(state, *api, *given, pc) : machine_.pointer(0), machine_.bits());
  log(state, {.kind = EventKind::callback,
              .through = api->name.view(), // it runs, and is not only prepared
              .role = effect->role,
              .pc = pc,
              .a = pool().value(routine),
              .b = pool().is_constant(context) ? pool().value(context) : 0});
  enter_callback(state, pool().value(routine), arguments, api->x86_callee_pops, pc);
  return CallResult::returned;
}

/// Does at once what a memory routine of the driver does byte by byte, at the place of the call.
World::CallResult World::run_memory_routine(State &state, const MemoryRoutine &routine, std::uint64_t pc) {
  using code::IdiomKind;
  const Expr a = executor_.argument(state, 0), b = executor_.argument(state, 1), c = executor_.argument(state, 2);
  Expr result = routine.returns_destination ? a : fresh(machine_.bits(), 0, code::name_of(routine.kind));
  switch (routine.kind) {
  case IdiomKind::fill:
    executor_.fill(state, a, fit(b, 8), c, pc);
    break;
  case IdiomKind::zero:
    executor_.fill(state, a, pool().constant(0, 8), b, pc);
    break;
  case IdiomKind::copy:
  case IdiomKind::move:
    executor_.copy(state, a, b, c, pc);
    break;
  case IdiomKind::compare:
  case IdiomKind::match_length: {
    const std::uint32_t labels =
        pool().labels(executor_.load(state, a, 1, pc)) | pool().labels(executor_.load(state, b, 1, pc));
    result = fresh(machine_.bits(), labels, code::name_of(routine.kind));
    break;
  }
  case IdiomKind::string_length:
  case IdiomKind::wide_length:
    result = fit(text_length(state, a, routine.kind == IdiomKind::wide_length), machine_.bits());
    break;
  }
  executor_.return_from_call(state, result, routine.popped);
  return CallResult::returned;
}

/// Continues in a callback of the driver in place of the outside routine that was called: the callback returns to the
/// routine's caller, with the stack as the routine would have left it.
void World::enter_callback(State &state, std::uint64_t routine, std::span<const Expr> arguments, unsigned popped,
                           std::uint64_t pc) {
  constexpr ir::Register registers64[] = {ir::x86::rcx, ir::x86::rdx, ir::x86::r8, ir::x86::r9};
  constexpr unsigned most_passed = 6;
  const unsigned count = static_cast<unsigned>(arguments.size());
  if (machine_.architecture() == ir::Architecture::x86) {
    const Expr sp = state.scalar[ir::x86::rsp];
    const Expr back = executor_.load(state, sp, 4, pc);
    const Expr frame = pool().add(sp, pool().constant(std::uint64_t{popped} - 4u * count, 32));
    executor_.store(state, frame, back, pc);
    for (unsigned i = 0; i < count; ++i)
      executor_.store(state, pool().add(frame, pool().constant(4u * (i + 1), 32)), arguments[i], pc);
    state.scalar[ir::x86::rsp] = frame;
  } else if (machine_.architecture() == ir::Architecture::arm64) {
    for (unsigned i = 0; i < std::min(count, 8u); ++i)
      state.scalar[ir::arm64::x0 + i] = arguments[i];
  } else {
    for (unsigned i = 0; i < count; ++i)
      if (i < std::size(registers64))
        state.scalar[registers64[i]] = arguments[i];
      else if (i < most_passed) // where the routine's own arguments were
        executor_.store(state, pool().add(state.scalar[ir::x86::rsp], pool().constant(8u * (i + 1), 64)), arguments[i],
                        pc);
  }
  state.ip = routine;
  state.frames.push_back({.function = routine, .call_site = pc});
}

/// IoCreateDeviceSecure is linked statically from wdmsec.lib: it has no import. A routine of the driver that is called
/// with the driver object, a device name, an SDDL text and a place for the new device is taken for it, whatever its
/// body.
std::optional<World::CallResult> World::library_routine(State &state, std::uint64_t target, std::uint64_t) {
  const auto argument = [&](unsigned i) -> std::optional<std::uint64_t> {
    const Expr e = executor_.argument(state, i);
    return pool().is_constant(e) ? std::optional(pool().value(e)) : std::nullopt;
  };
  if (driver_object_ == 0 || argument(0) != driver_object_ || !machine_.is_code(target))
    return std::nullopt;
  /// A ULONG argument: the upper half of its stack slot is not written.
  const auto number = [&](unsigned i) -> std::uint64_t {
    const Expr e = fit(executor_.argument(state, i), 32);
    return pool().is_constant(e) ? pool().value(e) : 0;
  };
  const auto sddl_at = argument(6), result_at = argument(8);
  if (!sddl_at || !result_at || *sddl_at == 0 || *result_at == 0 || !machine_.objects().at(*sddl_at) ||
      !machine_.objects().at(*result_at))
    return std::nullopt;
  const auto sddl = machine_.read_unicode_string(state, *sddl_at);
  if (!sddl || !looks_like_sddl(*sddl))
    return std::nullopt;
  const auto name_at = argument(2);
  const Expr device = make_device(state, executor_.argument(state, 3), executor_.argument(state, 4), number(1));
  log(state, {.kind = EventKind::device_created,
              .through = "IoCreateDeviceSecure",
              .pc = target,
              .object = pool().value(device),
              .a = number(3),
              .b = number(4),
              .c = number(5) & 0xff,
              .text = name_at && *name_at != 0 ? machine_.read_unicode_string(state, *name_at).value_or(std::string())
                                               : std::string(),
              .text2 = *sddl});
  if (const auto guid = argument(7); guid && *guid != 0)
    log_class_guid(state, pool().value(device), *guid);
  executor_.store(state, machine_.pointer(*result_at), device, 0);
  executor_.return_from_call(state, machine_.pointer(0), 9 * 4);
  return CallResult::returned;
}

} // namespace ringfence::driver
