// The fast path of the driver object: routines that the I/O manager calls before it makes a request, with the caller's
// own addresses. FastIoDeviceControl returns FALSE for what it leaves to IRP_MJ_DEVICE_CONTROL. wdm.h:
// FAST_IO_DISPATCH.

#include "routes.h"

#include <ringfence/kernel/layouts.h>

namespace ringfence::driver {

using symbolic::Expr;
using symbolic::Fill;
using symbolic::ObjectKind;

namespace {

struct FastRequest {
  Request request;
  Expr file_object, wait, status, device;
};

FastRequest make_parts(Routes &routes, std::uint64_t device) {
  World &world = routes.world;
  Machine &machine = world.machine();
  auto &pool = world.pool();
  const unsigned bits = machine.bits();
  FastRequest f;
  Request &r = f.request;
  r.answer = Answer::returned_boolean;
  r.file_object = machine.new_object("FileObject", 0x100, ObjectKind::kernel, Fill::lazy, symbolic::label_file_object);
  r.status = machine.new_object("IoStatusBlock", 0x10, ObjectKind::kernel, Fill::zero, 0);
  r.type3_pointer = pool.symbol(bits, symbolic::label_user_pointer, "InputBuffer");
  r.user_buffer = pool.symbol(bits, symbolic::label_user_pointer, "OutputBuffer");
  r.input_length = pool.symbol(32, symbolic::label_length, "InputBufferLength");
  r.output_length = pool.symbol(32, symbolic::label_length, "OutputBufferLength");
  f.file_object = machine.pointer(machine.objects()[r.file_object].base);
  f.wait = machine.pointer(1);
  f.status = machine.pointer(machine.objects()[r.status].base);
  f.device = machine.pointer(device);
  return f;
}

Request make_control(Routes &routes, std::uint64_t device, std::uint64_t routine) {
  auto &pool = routes.world.pool();
  FastRequest f = make_parts(routes, device);
  const unsigned bits = routes.world.machine().bits();
  const auto wide = [&](Expr e) { return bits == 32 ? e : pool.zext(e, bits); };
  f.request.code = pool.symbol(32, symbolic::label_code, "IoControlCode");
  const Expr arguments[] = {f.file_object,
                            f.wait,
                            f.request.type3_pointer,
                            wide(f.request.input_length),
                            f.request.user_buffer,
                            wide(f.request.output_length),
                            wide(f.request.code),
                            f.status,
                            f.device};
  f.request.state = routes.world.call_state(routes.heap, routine, arguments);
  return f.request;
}

/// FastIoRead and FastIoWrite: (FileObject, FileOffset, Length, Wait, LockKey, Buffer, IoStatus, DeviceObject).
Request make_transfer(Routes &routes, std::uint64_t device, std::uint64_t routine, bool write) {
  auto &pool = routes.world.pool();
  Machine &machine = routes.world.machine();
  FastRequest f = make_parts(routes, device);
  const unsigned bits = machine.bits();
  const auto offset = machine.new_object("FileOffset", 8, ObjectKind::input, Fill::lazy, symbolic::label_input);
  const Expr length = write ? f.request.input_length : f.request.output_length;
  const Expr arguments[] = {f.file_object,
                            machine.pointer(machine.objects()[offset].base),
                            bits == 32 ? length : pool.zext(length, bits),
                            f.wait,
                            pool.symbol(bits, symbolic::label_input, "LockKey"),
                            write ? f.request.type3_pointer : f.request.user_buffer,
                            f.status,
                            f.device};
  f.request.state = routes.world.call_state(routes.heap, routine, arguments);
  (write ? f.request.output_length : f.request.input_length) = Expr(0);
  return f.request;
}

} // namespace

void follow_fast_io(Routes &routes) {
  const std::uint64_t device = routes.device;
  World &world = routes.world;
  Machine &machine = world.machine();
  const auto word = machine.word();
  const unsigned pointer = machine.bits() / 8;
  const Expr table = machine.load(routes.heap, world.driver_object_id(),
                                  kernel::layout::DRIVER_OBJECT::FastIoDispatch.at(word), pointer);
  const kernel::Structure *structure = kernel::find_structure("FAST_IO_DISPATCH");
  if (!world.pool().is_constant(table) || world.pool().value(table) == 0 || !structure)
    return;
  for (const kernel::Field &field : structure->fields()) {
    const auto routine = field.type.type == kernel::TypeClass::callback
                             ? machine.read(routes.heap, world.pool().value(table) + field.offset.at(word), pointer)
                             : std::nullopt;
    if (!routine || !machine.is_code(*routine))
      continue;
    const std::string_view name = field.path.view();
    routes.add_entry_point(name, *routine);
    if (name == "FastIoDeviceControl")
      routes.run(make_control(routes, device, *routine));
    else if (name == "FastIoRead" || name == "FastIoWrite")
      routes.run_route(make_transfer(routes, device, *routine, name == "FastIoWrite"), name);
  }
}

} // namespace ringfence::driver
