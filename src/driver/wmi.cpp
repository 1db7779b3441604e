// WMI: IRP_MJ_SYSTEM_CONTROL goes to the WMI library, which calls the driver's routines for its blocks. Buffers are the
// system's copies of the caller's bytes. wmilib.h: WMILIB_CONTEXT.

#include "routes.h"

#include <ringfence/kernel/layouts.h>

#include <algorithm>

namespace ringfence::driver {

using kernel::CallbackRole;
using symbolic::Expr;
using symbolic::Fill;
using symbolic::ObjectKind;
using symbolic::PathEnd;
using symbolic::State;

namespace {

/// How the library calls one of its routines, behind (DeviceObject, Irp, GuidIndex).
struct Signature {
  std::string_view field; ///< of WMILIB_CONTEXT
  std::string_view entry; ///< name of the entry point
  std::string_view route;
  std::string_view arguments; ///< i: an index; c: the code; n: input length; m: output length; l: lengths of the
                              ///< instances; b: buffer
};

constexpr Signature signatures[] = {
    {"QueryWmiDataBlock", "WmiQueryDataBlock", "wmi:query", "iilmb"},
    {"SetWmiDataBlock", "WmiSetDataBlock", "wmi:set-block", "inb"},
    {"SetWmiDataItem", "WmiSetDataItem", "wmi:set-item", "iinb"},
    {"ExecuteWmiMethod", "WmiExecuteMethod", "wmi:method", "icnmb"},
    {"WmiFunctionControl", "WmiFunctionControl", "wmi:control", "ii"},
};

Request make_call(Routes &routes, std::uint64_t device, std::uint64_t routine, const Signature &signature) {
  constexpr std::uint64_t lengths_size = 0x400;
  World &world = routes.world;
  Machine &machine = world.machine();
  auto &pool = world.pool();
  const unsigned bits = machine.bits();
  Request r = make_request(world, routes.heap, irp_mj_system_control, device, routine);
  r.code = r.input_length = r.output_length = Expr(0);
  const auto base = [&](symbolic::ObjectId id) { return machine.pointer(machine.objects()[id].base); };
  const auto wide = [&](Expr e) { return bits == 32 ? e : pool.zext(e, bits); };
  std::vector<Expr> arguments = {machine.pointer(device), machine.pointer(r.irp_address),
                                 wide(pool.symbol(32, symbolic::label_kernel, "GuidIndex"))};
  for (const char kind : signature.arguments)
    switch (kind) {
    case 'c':
      arguments.push_back(wide(r.code = pool.symbol(32, symbolic::label_code, "MethodId")));
      break;
    case 'n':
      arguments.push_back(wide(r.input_length = pool.symbol(32, symbolic::label_length, "BufferSize")));
      break;
    case 'm':
      arguments.push_back(wide(r.output_length = pool.symbol(32, symbolic::label_length, "BufferAvail")));
      break;
    case 'l':
      arguments.push_back(
          base(machine.new_object("InstanceLengthArray", lengths_size, ObjectKind::kernel, Fill::zero, 0)));
      break;
    case 'b':
      arguments.push_back(base(r.system_buffer));
      break;
    default:
      arguments.push_back(wide(pool.symbol(32, symbolic::label_input, "index")));
    }
  const State memory = r.state;
  r.state = world.call_state(memory, routine, arguments);
  if (r.code != Expr(0))
    r.prefix = signature.route;
  return r;
}

} // namespace

void follow_wmi(Routes &routes) {
  const std::uint64_t device = routes.device;
  if (routes.system_control == 0)
    return;
  World &world = routes.world;
  std::vector<const Event *> handlers;
  Request request = make_request(world, routes.heap, irp_mj_system_control, device, routes.system_control);
  world.run(request.state, {.instructions = routes.budget.dispatch / 4, .paths = 100}, [&](State &state, PathEnd) {
    for (const Event *event : world.log_of(state))
      if (event->kind == EventKind::callback && event->role == CallbackRole::wmi &&
          std::ranges::none_of(handlers, [&](const Event *h) { return h->a == event->a && h->text2 == event->text2; }))
        handlers.push_back(event);
  });
  for (const Event *event : handlers) {
    const auto signature = std::ranges::find(signatures, std::string_view(event->text2), &Signature::field);
    if (signature == std::end(signatures) || !world.machine().is_code(event->a))
      continue;
    routes.add_entry_point(signature->entry, event->a);
    Request call = make_call(routes, device, event->a, *signature);
    if (call.code != Expr(0))
      routes.run(std::move(call));
    else
      routes.run_route(std::move(call), signature->route);
  }
}

} // namespace ringfence::driver
