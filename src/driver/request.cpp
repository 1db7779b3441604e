#include "request.h"

#include <ringfence/kernel/layouts.h>

namespace ringfence::driver {

using symbolic::Expr;
using symbolic::Fill;
using symbolic::ObjectKind;
using symbolic::State;

std::optional<std::uint64_t> answer_of(World &world, const State &state, const Request &request) {
  constexpr std::uint64_t invalid_device_request = 0xc0000010, not_constant = ~std::uint64_t{0};
  auto &pool = world.pool();
  const auto value_of = [&](Expr e) {
    const symbolic::Range range = state.facts.range(pool, e);
    return range.is_single() ? range.low : not_constant;
  };
  const auto returned = [&](unsigned bits) {
    return value_of(pool.extract(state.scalar[0], 0, bits));
  }; // rax, eax and x0 have number 0
  const auto stored = [&](std::uint64_t offset, unsigned bytes) {
    return value_of(world.machine().load(state, request.status, offset, bytes));
  };
  switch (request.answer) {
  case Answer::completion:
    return std::nullopt;
  case Answer::returned_status:
    return returned(32);
  case Answer::returned_boolean:
    return returned(8) == 0 ? invalid_device_request : stored(0, 4);
  case Answer::irp_status:
    return value_of(
        world.machine().load(state, request.irp, kernel::layout::IRP::IoStatus_Status.at(world.machine().word()), 4));
  case Answer::srb_status:
    break;
  }
  constexpr std::uint64_t status_mask = 0x3f, pending = 0,
                          success = 1; // the bits above say what the port driver has to do
  const std::uint64_t status = stored(kernel::layout::SCSI_REQUEST_BLOCK::SrbStatus.at(world.machine().word()), 1);
  if (status == not_constant || (status & status_mask) == pending)
    return not_constant;
  return (status & status_mask) == success ? 0 : invalid_device_request;
}

void assume_sendable(World &world, Request &request) {
  auto &pool = world.pool();
  // The filter manager probes both addresses, but for buffers of no bytes; they are not locked and not captured.
  if (request.major == port_message)
    for (const Expr buffer : {request.type3_pointer, request.user_buffer})
      request.state.facts.assume(pool, pool.ult(buffer, world.machine().pointer(world.machine().user_limit())), true);
  if (request.major != irp_mj_create)
    return;
  request.state.facts.assume(pool, pool.eq(pool.extract(request.name_length, 0, 1), pool.constant(0, 1)), true);
}

witness::Inputs inputs_of(World &world, const Request &request, std::optional<std::uint32_t> code) {
  constexpr std::uint32_t method_mask = 3, method_neither = 3; // the low two bits of a control code
  const auto &objects = world.machine().objects();
  witness::Inputs inputs{
      .bytes = {}, .code = request.code, .input_length = request.input_length, .output_length = request.output_length};
  if (request.major == irp_mj_create) {
    inputs = {.bytes = {objects[request.name_buffer].array},
              .code = symbolic::Expr(0),
              .input_length = request.name_length,
              .output_length = symbolic::Expr(0),
              .is_text = true};
  } else if (request.major == irp_mj_cleanup || request.major == irp_mj_close || request.major == kernel_call) {
    inputs = {};
  } else if (request.major == irp_mj_write) { // which of them depends on the device's flags
    inputs = {.bytes = {objects[request.system_buffer].array, objects[request.mdl_buffer].array},
              .code = symbolic::Expr(0),
              .input_length = request.input_length,
              .output_length = symbolic::Expr(0)};
    if (const auto behind = objects.existing_behind(request.user_buffer))
      inputs.bytes.push_back(objects[*behind].array);
  } else if (request.major == port_message) {
    inputs.code = symbolic::Expr(0);
    if (const auto behind = objects.existing_behind(request.type3_pointer))
      inputs.bytes.push_back(objects[*behind].array);
  } else if (request.major == irp_mj_read) {
    inputs = {.bytes = {},
              .code = symbolic::Expr(0),
              .input_length = symbolic::Expr(0),
              .output_length = request.output_length};
  } else if (!code || (*code & method_mask) != method_neither)
    inputs.bytes.push_back(objects[request.system_buffer].array);
  else if (const auto behind = objects.existing_behind(request.type3_pointer))
    inputs.bytes.push_back(objects[*behind].array);
  return inputs;
}

std::vector<EarlierRequest> sequence_of(World &world, const Request &request, std::string_view name,
                                        std::optional<std::uint32_t> code) {
  std::vector<EarlierRequest> out = request.earlier;
  out.push_back({std::string(name), request.major, code.value_or(0), inputs_of(world, request, code)});
  return out;
}

Request make_request(World &world, const State &from, std::uint8_t major, std::uint64_t device, std::uint64_t routine) {
  namespace IRP = kernel::layout::IRP;
  namespace STACK = kernel::layout::IO_STACK_LOCATION;
  namespace MDL = kernel::layout::MDL;
  namespace FILE_OBJECT = kernel::layout::FILE_OBJECT;
  Machine &machine = world.machine();
  auto &pool = machine.pool();
  const auto word = machine.word();
  const unsigned bits = machine.bits();
  constexpr std::uint64_t buffer_size = 0x10000;
  const std::uint64_t location_size = STACK::structure_size.at(word), location = location_size * 3;

  Request r;
  r.major = major;
  r.device = world.name_of_device(from, device);
  r.file_object = world.file_object(device);
  r.first_object = symbolic::ObjectId(static_cast<std::uint32_t>(machine.objects().size()));
  r.irp = machine.new_object("Irp", IRP::structure_size.at(word) + 0x100, ObjectKind::kernel, Fill::lazy,
                             symbolic::label_kernel);
  r.stack_location =
      machine.new_object("IoStackLocation", location_size * 6, ObjectKind::kernel, Fill::lazy, symbolic::label_kernel);
  // The buffer of a read is where the answer goes: it holds nothing of the caller's.
  r.system_buffer =
      major == irp_mj_read
          ? machine.new_object("SystemBuffer", buffer_size, ObjectKind::pool, Fill::lazy, symbolic::label_kernel)
          : machine.new_object("SystemBuffer", buffer_size, ObjectKind::input, Fill::lazy, symbolic::label_input);
  r.mdl_buffer = machine.new_object("MdlBuffer", buffer_size, ObjectKind::input, Fill::lazy, symbolic::label_input);
  const auto mdl = machine.new_object("Mdl", MDL::structure_size.at(word) + 0x20, ObjectKind::kernel, Fill::lazy,
                                      symbolic::label_kernel);
  const auto base = [&](symbolic::ObjectId id) { return machine.objects()[id].base; };
  r.irp_address = r.handle = base(r.irp);

  const Expr arguments[] = {machine.pointer(device), machine.pointer(r.irp_address)};
  r.state = world.call_state(from, routine, arguments);
  State &state = r.state;
  r.code = pool.symbol(32, symbolic::label_code, "IoControlCode");
  r.input_length = pool.symbol(32, symbolic::label_length, "InputBufferLength");
  r.output_length = pool.symbol(32, symbolic::label_length, "OutputBufferLength");
  r.type3_pointer = pool.symbol(bits, symbolic::label_user_pointer, "Type3InputBuffer");
  r.user_buffer = pool.symbol(bits, symbolic::label_user_pointer, "UserBuffer");

  if (const auto object = machine.objects().at(device))
    if (const Expr type = machine.load(state, *object, kernel::layout::DEVICE_OBJECT::DeviceType.at(word), 4);
        pool.is_constant(type))
      r.device_type = static_cast<std::uint32_t>(pool.value(type));

  machine.objects()[r.system_buffer].extent =
      pool.ite(pool.ult(r.output_length, r.input_length), r.input_length, r.output_length);
  machine.objects()[r.mdl_buffer].extent = major == irp_mj_write ? r.input_length : r.output_length;

  const auto irp = [&](const kernel::PerWord &field, Expr value) {
    machine.store(state, r.irp, field.at(word), value);
  };
  irp(IRP::AssociatedIrp_SystemBuffer, machine.pointer(base(r.system_buffer)));
  irp(IRP::MdlAddress, machine.pointer(base(mdl)));
  irp(IRP::UserBuffer, r.user_buffer);
  const Expr user_mode =
      pool.symbol(1, symbolic::label_kernel, "RequestorMode"); // drivers of the kernel send requests as well
  world.set_requestor_mode(user_mode);
  irp(IRP::RequestorMode, pool.zext(user_mode, 8));
  irp(IRP::StackCount, pool.constant(2, 8));
  irp(IRP::CurrentLocation, pool.constant(2, 8));
  irp(IRP::Cancel, pool.constant(0, 8));
  irp(IRP::IoStatus_Status, pool.constant(0, 32));
  irp(IRP::IoStatus_Information, pool.constant(0, bits));
  irp(IRP::Tail_Overlay_CurrentStackLocation, machine.pointer(base(r.stack_location) + location));

  const auto at = [&](const kernel::PerWord &field, Expr value) {
    machine.store(state, r.stack_location, location + field.at(word), value);
  };
  at(STACK::MajorFunction, pool.constant(major, 8));
  at(STACK::MinorFunction, pool.constant(0, 8));
  at(STACK::DeviceObject, machine.pointer(device));
  at(STACK::FileObject, machine.pointer(base(r.file_object)));
  if (major == irp_mj_create) {
    r.name_length = pool.symbol(16, symbolic::label_file_object, "FileNameLength");
    constexpr std::uint64_t longest_name = 0x10000;
    r.name_buffer = machine.new_object("FileName", longest_name, ObjectKind::input, Fill::lazy, symbolic::label_input);
    machine.store(state, r.file_object, FILE_OBJECT::FileName_Length.at(word), r.name_length);
    machine.store(state, r.file_object, FILE_OBJECT::FileName_Buffer.at(word), machine.pointer(base(r.name_buffer)));
    assume_sendable(world, r);
  }
  if (major == irp_mj_device_control || major == irp_mj_internal_device_control) {
    at(STACK::Parameters_DeviceIoControl_OutputBufferLength, r.output_length);
    at(STACK::Parameters_DeviceIoControl_InputBufferLength, r.input_length);
    at(STACK::Parameters_DeviceIoControl_IoControlCode, r.code);
    at(STACK::Parameters_DeviceIoControl_Type3InputBuffer, r.type3_pointer);
  } else if (major == irp_mj_read || major == irp_mj_write) {
    at(STACK::Parameters_Read_Length, major == irp_mj_read ? r.output_length : r.input_length);
    at(STACK::Parameters_Read_ByteOffset, pool.symbol(64, symbolic::label_input, "ByteOffset"));
  }
  const auto mdl_field = [&](const kernel::PerWord &field, Expr value) {
    machine.store(state, mdl, field.at(word), value);
  };
  mdl_field(MDL::MappedSystemVa, machine.pointer(base(r.mdl_buffer)));
  mdl_field(MDL::StartVa, machine.pointer(base(r.mdl_buffer)));
  mdl_field(MDL::ByteOffset, pool.constant(0, 32));
  mdl_field(MDL::MdlFlags, pool.constant(0x5, 16));
  mdl_field(MDL::ByteCount, major == irp_mj_write ? r.input_length : r.output_length);
  return r;
}

} // namespace ringfence::driver
