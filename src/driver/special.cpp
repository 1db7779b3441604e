// The few routines that no verb describes: library bodies that are linked into the driver, and calls whose callback
// runs before they return.

#include "world.h"

#include <ringfence/base/text.h>

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

std::optional<World::CallResult> World::special(State &state, const Import &import, std::uint64_t pc) {
  const kernel::Api *api = import.api;
  if (!api)
    return std::nullopt;
  if (answer_version(state, import, pc))
    return CallResult::returned;
  // A routine that runs a callback now (KeIpiGenericCall, KeSynchronizeExecution, RtlRunOnceExecuteOnce ...): the code
  // goes on in the callback, which returns to the caller of the routine.
  if (const kernel::Effect *call = api->find_effect(kernel::Verb::call)) {
    const kernel::Operand *callback = call->find(kernel::Key::callback);
    const kernel::Operand *context = call->find(kernel::Key::context);
    if (!callback)
      return std::nullopt;
    const Expr routine = value_of(state, *api, *callback, pc);
    if (!pool().is_constant(routine) || !machine_.is_code(pool().value(routine)))
      return std::nullopt;
    const unsigned bits = machine_.bits();
    const Expr argument = context ? value_of(state, *api, *context, pc) : machine_.pointer(0);
    if (bits == 64) {
      state.scalar[machine_.architecture() == ir::Architecture::arm64 ? ir::Register{ir::arm64::x0} : ir::Register{ir::x86::rcx}] = fit(argument, 64);
    } else {
      // The callback pops its own arguments: give it a frame that ends where the routine's frame ends.
      const Expr sp = state.scalar[ir::x86::rsp];
      const Expr back = executor_.load(state, sp, 4, pc);
      const auto &signature = kernel::signature_of(call->role);
      const Expr top = pool().add(sp, pool().constant(api->x86_callee_pops, 32));
      const Expr frame = pool().sub(top, pool().constant(4u * signature.parameter_count, 32));
      executor_.store(state, pool().add(frame, pool().constant(4, 32)), fit(argument, 32), pc);
      executor_.store(state, frame, back, pc);
      state.scalar[ir::x86::rsp] = frame;
    }
    log(state, {.kind = EventKind::callback, .role = call->role, .pc = pc, .a = pool().value(routine)});
    state.ip = pool().value(routine);
    state.frames.push_back({.function = state.ip, .call_site = pc});
    return CallResult::returned;
  }
  return std::nullopt;
}

/// IoCreateDeviceSecure is linked statically from wdmsec.lib: it has no import. A routine of the driver that is called
/// with the driver object, a device name, an SDDL text and a place for the new device is taken for it, whatever its body.
std::optional<World::CallResult> World::library_routine(State &state, std::uint64_t target, std::uint64_t) {
  const auto argument = [&](unsigned i) -> std::optional<std::uint64_t> {
    const Expr e = executor_.argument(state, i);
    return pool().is_constant(e) ? std::optional(pool().value(e)) : std::nullopt;
  };
  if (driver_object_ == 0 || argument(0) != driver_object_ || !machine_.is_code(target))
    return std::nullopt;
  const auto sddl_at = argument(6), result_at = argument(8);
  if (!sddl_at || !result_at || *sddl_at == 0 || *result_at == 0 || !machine_.objects().at(*sddl_at) || !machine_.objects().at(*result_at))
    return std::nullopt;
  const auto sddl = machine_.read_unicode_string(state, *sddl_at);
  if (!sddl || !looks_like_sddl(*sddl))
    return std::nullopt;
  const auto name_at = argument(2);
  const Expr device = make_device(state, executor_.argument(state, 3), executor_.argument(state, 4), argument(1).value_or(16));
  log(state, {.kind = EventKind::device_created, .pc = target, .object = pool().value(device), .a = argument(3).value_or(0), .b = argument(4).value_or(0) & 0xffffffffu,
              .c = argument(5).value_or(0) & 0xff, .text = name_at && *name_at != 0 ? machine_.read_unicode_string(state, *name_at).value_or(std::string()) : std::string(), .text2 = *sddl});
  executor_.store(state, machine_.pointer(*result_at), device, 0);
  executor_.return_from_call(state, machine_.pointer(0), 9 * 4);
  return CallResult::returned;
}

} // namespace ringfence::driver
