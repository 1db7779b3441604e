// NDIS drivers: OID requests, which a miniport or filter gets for settings and statistics. The OID is the request's
// code. Before NDIS 6 a miniport has a routine for queries and one for settings. Devices that they make with
// NdisRegisterDeviceEx are devices like any other, with a dispatch table of their own (discover.cpp). ndis.h:
// NDIS_OID_REQUEST.

#include "routes.h"

#include <ringfence/kernel/layouts.h>

namespace ringfence::driver {

using kernel::CallbackRole;
using symbolic::Expr;
using symbolic::Fill;
using symbolic::ObjectKind;

namespace {

Request make_oid(Routes &routes, std::uint64_t routine) {
  constexpr std::uint64_t buffer_size = 0x10000, context_size = 0x8000;
  namespace OID = kernel::layout::NDIS_OID_REQUEST;
  World &world = routes.world;
  Machine &machine = world.machine();
  auto &pool = world.pool();
  const auto word = machine.word();
  Request r;
  r.prefix = "OID";
  r.answer = Answer::returned_status;
  r.code = pool.symbol(32, symbolic::label_code, "Oid");
  r.input_length = pool.symbol(32, symbolic::label_length, "InformationBufferLength");
  r.system_buffer =
      machine.new_object("InformationBuffer", buffer_size, ObjectKind::input, Fill::lazy, symbolic::label_input);
  const auto request = machine.new_object("OidRequest", OID::structure_size.at(word) + 0x100, ObjectKind::kernel,
                                          Fill::lazy, symbolic::label_kernel);
  const auto context =
      machine.new_object("AdapterContext", context_size, ObjectKind::kernel, Fill::lazy, symbolic::label_persistent);
  r.handle = machine.objects()[request].base;
  const Expr arguments[] = {machine.pointer(machine.objects()[context].base), machine.pointer(r.handle)};
  r.state = world.call_state(routes.heap, routine, arguments);
  machine.store(r.state, request, OID::RequestType.at(word), pool.symbol(32, symbolic::label_kernel, "RequestType"));
  machine.store(r.state, request, OID::DATA_QUERY_INFORMATION_Oid.at(word), r.code);
  machine.store(r.state, request, OID::DATA_QUERY_INFORMATION_InformationBuffer.at(word),
                machine.objects()[r.system_buffer].base, machine.bits() / 8);
  machine.store(r.state, request, OID::DATA_QUERY_INFORMATION_InformationBufferLength.at(word), r.input_length);
  return r;
}

/// QueryInformationHandler and SetInformationHandler of NDIS 5: (MiniportAdapterContext, Oid, InformationBuffer,
/// InformationBufferLength, BytesWritten or BytesRead, BytesNeeded).
Request make_plain_oid(Routes &routes, std::uint64_t routine) {
  constexpr std::uint64_t buffer_size = 0x10000, context_size = 0x8000;
  World &world = routes.world;
  Machine &machine = world.machine();
  auto &pool = world.pool();
  Request r;
  r.prefix = "OID";
  r.answer = Answer::returned_status;
  r.code = pool.symbol(32, symbolic::label_code, "Oid");
  r.input_length = pool.symbol(32, symbolic::label_length, "InformationBufferLength");
  r.system_buffer =
      machine.new_object("InformationBuffer", buffer_size, ObjectKind::input, Fill::lazy, symbolic::label_input);
  const auto counts = machine.new_object("Counts", 0x10, ObjectKind::kernel, Fill::zero, 0);
  const auto context =
      machine.new_object("AdapterContext", context_size, ObjectKind::kernel, Fill::lazy, symbolic::label_persistent);
  const auto base = [&](symbolic::ObjectId id) { return machine.objects()[id].base; };
  const auto wide = [&](Expr e) { return machine.bits() == 32 ? e : pool.zext(e, machine.bits()); };
  const Expr arguments[] = {machine.pointer(base(context)),         wide(r.code),
                            machine.pointer(base(r.system_buffer)), wide(r.input_length),
                            machine.pointer(base(counts)),          machine.pointer(base(counts) + 8)};
  r.handle = base(r.system_buffer);
  r.state = world.call_state(routes.heap, routine, arguments);
  return r;
}

bool is_plain(std::string_view name) { return name == "QueryInformationHandler" || name == "SetInformationHandler"; }

} // namespace

void follow_oids(Routes &routes) {
  // A miniport knows hundreds of OIDs, most of which only report a number.
  Budget small = routes.budget;
  small.dispatch /= 2;
  small.code /= 8;
  for (const Event *event : routes.callbacks(CallbackRole::ndis_handlers)) {
    const bool plain = is_plain(event->text2);
    if (!plain && (!event->text2.ends_with("OidRequestHandler") || event->text2.starts_with("Cancel")))
      continue;
    routes.add_entry_point(event->text2, event->a);
    IoctlRecovery recovery(routes.world, small, routes.heap);
    recovery.run(plain ? make_plain_oid(routes, event->a) : make_oid(routes, event->a));
    for (Ioctl &ioctl : recovery.take())
      routes.found.push_back(std::move(ioctl));
  }
}

} // namespace ringfence::driver
