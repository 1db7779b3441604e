// Communication ports of minifilters. A caller connects (the port's descriptor and ConnectNotify decide), then sends
// messages: MessageNotify gets the caller's own addresses for both buffers, not probed and not locked.
// fltkernel.h: FltCreateCommunicationPort, PFLT_CONNECT_NOTIFY, PFLT_MESSAGE_NOTIFY.

#include "routes.h"
#include "sequences.h"

namespace ringfence::driver {

using kernel::CallbackRole;
using symbolic::Expr;
using symbolic::Fill;
using symbolic::ObjectKind;
using symbolic::State;

namespace {

/// The cookie that ConnectNotify gave this connection, and the memory that it left.
struct Connection {
  State memory;
  Expr cookie;
};

/// The routine of a role that was registered by the same call as the port.
std::uint64_t routine_of(const Routes &routes, const Event &port, CallbackRole role) {
  for (const Event *event : routes.callbacks(role))
    if (event->pc == port.pc)
      return event->a;
  return 0;
}

/// The last that was done to the descriptor at an address before the port was made: SDDL and the routine that did it.
const Event *descriptor_of(const Routes &routes, const Event &port) {
  const Event *last = nullptr;
  for (const Event *event : routes.registered) {
    if (event == &port)
      break;
    if (event->kind == EventKind::descriptor && port.object != 0 && event->object == port.object)
      last = event;
  }
  return last;
}

Connection connect(Routes &routes, const Event &port, std::uint64_t routine, std::vector<std::string> &gates) {
  constexpr std::uint64_t most_context = 0x1000;
  World &world = routes.world;
  Machine &machine = world.machine();
  const unsigned bits = machine.bits();
  const Expr unknown = world.pool().symbol(bits, symbolic::label_kernel, "ConnectionCookie");
  if (routine == 0)
    return {routes.heap, unknown};
  const auto client = machine.new_object("ClientPort", 0x100, ObjectKind::kernel, Fill::lazy, symbolic::label_kernel);
  const auto context =
      machine.new_object("ConnectionContext", most_context, ObjectKind::input, Fill::lazy, symbolic::label_input);
  const auto cookie = machine.new_object("ConnectionCookie", bits / 8, ObjectKind::kernel, Fill::zero, 0);
  const auto base = [&](symbolic::ObjectId id) { return machine.pointer(machine.objects()[id].base); };
  const Expr arguments[] = {base(client), machine.pointer(port.b), base(context),
                            world.pool().symbol(bits, symbolic::label_length, "SizeOfContext"), base(cookie)};
  const auto connected =
      succeeded_path(world, world.call_state(routes.heap, routine, arguments), routes.budget.dispatch / 4, gates);
  if (!connected)
    return {routes.heap, unknown};
  Connection connection{*connected, machine.load(*connected, cookie, 0, bits / 8)};
  connection.memory.log = 0;
  return connection;
}

Request make_message(World &world, const Connection &connection, const std::string &port, std::uint64_t routine) {
  Machine &machine = world.machine();
  auto &pool = world.pool();
  const unsigned bits = machine.bits();
  Request r;
  r.first_object = symbolic::ObjectId(static_cast<std::uint32_t>(machine.objects().size()));
  r.type3_pointer = pool.symbol(bits, symbolic::label_user_pointer, "InputBuffer");
  r.user_buffer = pool.symbol(bits, symbolic::label_user_pointer, "OutputBuffer");
  r.input_length = pool.symbol(32, symbolic::label_length, "InputBufferLength");
  r.output_length = pool.symbol(32, symbolic::label_length, "OutputBufferLength");
  const auto returned = machine.new_object("ReturnOutputBufferLength", 4, ObjectKind::kernel, Fill::zero, 0);
  const auto wide = [&](Expr e) { return bits == 32 ? e : pool.zext(e, bits); };
  const Expr arguments[] = {connection.cookie,     r.type3_pointer,
                            wide(r.input_length),  r.user_buffer,
                            wide(r.output_length), machine.pointer(machine.objects()[returned].base)};
  r.state = world.call_state(connection.memory, routine, arguments);
  r.answer = Answer::returned_status;
  r.major = port_message;
  r.device = port;
  assume_sendable(world, r);
  return r;
}

/// What several messages on one connection reach.
void follow_messages(Routes &routes, const Connection &connection, std::vector<StatefulRoute> stateful,
                     Sequences::MakeRequest make) {
  if (!routes.budget.primitives)
    return;
  Sequences sequences(routes.world, routes.budget, connection.memory, std::move(make));
  for (StatefulRoute &route : stateful)
    sequences.add(std::move(route));
  sequences.run(routes.found);
  if (!sequences.cut_off().empty())
    routes.add_gap("the fuel for sequences of messages was spent before " + sequences.cut_off(), 0);
}

} // namespace

void follow_filter_ports(Routes &routes) {
  constexpr std::size_t most_ports = 16;
  std::size_t messages = 0;
  const Machine &machine = routes.world.machine();
  const std::vector<const Event *> registered = routes.registered;
  for (const Event *event : registered) {
    if (event->kind != EventKind::port_created)
      continue;
    if (routes.driver.ports.size() == most_ports)
      return routes.add_gap("more communication ports than are followed", event->pc);
    const std::uint64_t connecting = routine_of(routes, *event, CallbackRole::filter_connect);
    const std::uint64_t message = routine_of(routes, *event, CallbackRole::filter_message);
    const Event *descriptor = descriptor_of(routes, *event);
    FilterPort port{.name = event->text,
                    .sddl = descriptor ? descriptor->text : "",
                    .sddl_source = descriptor ? descriptor->text2 : "",
                    .max_connections = static_cast<std::uint32_t>(event->a),
                    .connect = machine.rva_of(connecting),
                    .message = machine.rva_of(message),
                    .connect_gates = {}};
    const Connection connection = connect(routes, *event, connecting, port.connect_gates);
    if (connecting != 0)
      routes.add_entry_point("ConnectNotify", connecting);
    if (message != 0) {
      routes.add_entry_point("MessageNotify", message);
      const std::size_t before = routes.found.size();
      const std::string name = messages++ == 0 ? "port:message" : "port:message#" + std::to_string(messages);
      std::vector<StatefulRoute> stateful =
          routes.run_route(make_message(routes.world, connection, event->text, message), name);
      follow_messages(routes, connection, std::move(stateful), [&](const State &from, std::uint8_t) {
        return make_message(routes.world, {from, connection.cookie}, event->text, message);
      });
      for (std::size_t i = before; i < routes.found.size(); ++i)
        routes.found[i].port = routes.driver.ports.size();
    }
    routes.driver.ports.push_back(std::move(port));
  }
}

} // namespace ringfence::driver
