// What a driver asks of a request: its buffers, lengths, parameters, IRP; how it ends.

#include "argument_paths.h"
#include "wdf.h"

#include <ringfence/kernel/layouts.h>

#include <algorithm>

namespace ringfence::driver {

using kernel::Key;
using kernel::Kind;
using kernel::Verb;
using symbolic::Expr;
using symbolic::Fill;
using symbolic::ObjectId;
using symbolic::ObjectKind;
using symbolic::State;

namespace {

constexpr std::uint32_t method_buffered = 0, method_neither = 3; // the low bits of a control code
constexpr std::uint32_t status_buffer_too_small = 0xc0000023, status_invalid_device_request = 0xc0000010,
                        status_no_more_entries = 0x8000001a;

} // namespace

/// The transfer method of a control request, as far as the path knows the code.
std::optional<std::uint32_t> Framework::method_of(const State &state, std::uint64_t request) {
  const symbolic::Range code = state.facts.range(world_.pool(), get(state, request, wdf_slot::code, 4));
  return code.is_single() ? std::optional(static_cast<std::uint32_t>(code.low & 3)) : std::nullopt;
}

std::uint64_t Framework::new_memory(State &state, Expr buffer, Expr size) {
  const std::uint64_t handle = new_handle(state, WdfType::memory, "WdfMemory", 0);
  put(state, handle, wdf_slot::buffer, world_.fit(buffer, world_.machine().bits()));
  put(state, handle, wdf_slot::size, world_.fit(size, world_.machine().bits()));
  return handle;
}

bool Framework::request_effect(Call &call) {
  using namespace wdf_slot;
  if (call.effect.verb == Verb::call_driver) { // only the caller's request counts as forwarded
    const std::uint64_t sent = handle_of(call, Key::at, WdfType::request);
    if (sent != 0 && value(call.state, sent, is_incoming) != 0)
      world_.log(call.state, {.kind = EventKind::sent_down, .pc = call.pc, .object = value(call.state, sent, irp)});
    result(call, world_.fresh(world_.machine().bits(), symbolic::label_kernel, "answer of the lower driver"));
    return true;
  }
  if (call.effect.kind == Kind::next_request || call.effect.kind == Kind::found_request) {
    const std::uint64_t queue = handle_of(call, Key::at, WdfType::queue);
    const std::uint64_t request = queue != 0 ? value(call.state, queue, waiting) : 0;
    result(call, pointer(request));
    if (request == 0)
      fail(call, status_no_more_entries);
    else if (call.effect.kind == Kind::next_request)
      put(call.state, queue, waiting, 0);
    return true;
  }
  if (call.effect.kind == Kind::forward_to_queue || call.effect.kind == Kind::dispatch_preprocessed)
    return forward(call);
  const std::uint64_t request = handle_of(call, Key::at, WdfType::request);
  if (request == 0 || value(call.state, request, is_incoming) == 0)
    return call.effect.verb == Verb::complete_irp;
  const auto give = [&](std::uint64_t slot) {
    result(call, get(call.state, request, slot, world_.machine().bits() / 8));
    return true;
  };
  if (call.effect.verb == Verb::complete_irp) {
    complete(call);
    return true;
  }
  switch (call.effect.kind) {
  case Kind::input_buffer:
    retrieve(call, true, false, false, false);
    return true;
  case Kind::output_buffer:
    retrieve(call, false, false, false, false);
    return true;
  case Kind::unsafe_input_buffer:
    retrieve(call, true, true, false, false);
    return true;
  case Kind::unsafe_output_buffer:
    retrieve(call, false, true, false, false);
    return true;
  case Kind::input_memory:
    retrieve(call, true, false, true, false);
    return true;
  case Kind::output_memory:
    retrieve(call, false, false, true, false);
    return true;
  case Kind::input_mdl:
    retrieve(call, true, false, false, true);
    return true;
  case Kind::output_mdl:
    retrieve(call, false, false, false, true);
    return true;
  case Kind::lock_user_read:
  case Kind::lock_user_write:
    lock_user(call);
    return true;
  case Kind::request_parameters:
    parameters(call);
    return true;
  case Kind::request_file_object:
    return give(file_object);
  case Kind::request_irp:
    return give(irp);
  case Kind::request_queue:
    return give(request_queue);
  case Kind::set_information:
  case Kind::get_information: {
    namespace IRP = kernel::layout::IRP;
    const Expr at = pointer(value(call.state, request, irp) + IRP::IoStatus_Information.at(world_.machine().word()));
    if (call.effect.kind == Kind::set_information)
      world_.executor().store(call.state, at, world_.fit(operand(call, Key::value), world_.machine().bits()), 0);
    else
      result(call, world_.executor().load(call.state, at, world_.machine().bits() / 8, 0));
    return true;
  }
  case Kind::requeue:
    world_.log(call.state, {.kind = EventKind::pended, .pc = call.pc, .object = value(call.state, request, irp)});
    return true;
  case Kind::mark_cancelable:
  case Kind::unmark_cancelable:
    return true;
  default:
    return false;
  }
}

/// The buffers of a request: which memory they are depends on the transfer method; a buffer of no bytes, or of fewer
/// than the driver asks for, is refused.
void Framework::retrieve(Call &call, bool input, bool unsafe, bool as_memory, bool as_mdl) {
  using namespace wdf_slot;
  auto &pool = world_.pool();
  const unsigned bits = world_.machine().bits(), bytes = bits / 8;
  State &state = call.state;
  const std::uint64_t request = constant(call, Key::at), major_function = value(state, request, request_major);
  const auto method = method_of(state, request);
  const bool control = major_function == irp_mj_device_control || major_function == irp_mj_internal_device_control;
  const bool has_buffer = control || (input ? major_function == irp_mj_write : major_function == irp_mj_read);
  const bool neither = control && method == method_neither;
  if (!has_buffer || (control && method && neither != unsafe))
    return fail(call, status_invalid_device_request);
  const bool direct = control ? !input && method && *method != method_buffered
                              : value(state, value(state, request, request_device), io_type) == 3; // WdfDeviceIoDirect
  const Expr length = widened(get(state, request, input ? input_length : output_length, 4));
  const Expr least = widened(world_.fit(call.effect.find(Key::size) ? operand(call, Key::size) : pointer(0), bits));
  if (!demand(call, pool.not_(pool.eq(length, pool.constant(0, bits))), status_buffer_too_small) ||
      !demand(call, pool.ule(least, length), status_buffer_too_small))
    return;
  const Expr buffer_at = unsafe ? get(state, request, control && input ? type3 : user_buffer, bytes)
                                : get(state, request, direct ? mdl_buffer : system_buffer, bytes);
  if (as_memory)
    return result(call, pointer(new_memory(state, buffer_at, length)));
  if (as_mdl) {
    namespace MDL = kernel::layout::MDL;
    Machine &machine = world_.machine();
    if (direct)
      return result(call, get(state, request, mdl, bytes));
    const ObjectId list = machine.new_object("Mdl", MDL::structure_size.at(machine.word()) + 0x20, ObjectKind::kernel,
                                             Fill::lazy, symbolic::label_kernel);
    machine.store(state, list, MDL::MappedSystemVa.at(machine.word()), buffer_at);
    machine.store(state, list, MDL::StartVa.at(machine.word()), buffer_at);
    machine.store(state, list, MDL::ByteOffset.at(machine.word()), 0, 4);
    machine.store(state, list, MDL::MdlFlags.at(machine.word()), 0x5, 2);
    machine.store(state, list, MDL::ByteCount.at(machine.word()), pool.extract(length, 0, 32));
    return result(call, pointer(machine.objects()[list].base));
  }
  world_.write_operand(state, call.api, call.effect, Key::to, buffer_at, call.outcome, call.pc);
  result(call, length);
}

/// A locked buffer of the caller is reached through the kernel's own address of its pages.
void Framework::lock_user(Call &call) {
  Machine &machine = world_.machine();
  const ObjectId pages =
      machine.new_object("LockedUserBuffer", 0x10000, ObjectKind::input, Fill::lazy, symbolic::label_input);
  if (operand(call, Key::from) == get(call.state, constant(call, Key::at), wdf_slot::type3, machine.bits() / 8))
    world_.log(call.state,
               {.kind = EventKind::note, .pc = call.pc, .object = pages.value, .text = ArgumentPaths::locked_input});
  result(call, pointer(new_memory(call.state, pointer(machine.objects()[pages].base),
                                  widened(world_.fit(operand(call, Key::size), machine.bits())))));
}

void Framework::parameters(Call &call) {
  using namespace wdf_slot;
  namespace PARAMETERS = kernel::layout::WDF_REQUEST_PARAMETERS;
  auto &pool = world_.pool();
  const auto word = world_.machine().word();
  const unsigned bits = world_.machine().bits();
  State &state = call.state;
  const kernel::Operand *to = call.effect.find(Key::result);
  const auto place = to ? world_.place_of(state, call.api, *to, call.pc) : std::nullopt;
  if (!place)
    return;
  const std::uint64_t request = constant(call, Key::at), type = value(state, request, request_major);
  const auto set = [&](const kernel::PerWord &field, Expr e) {
    world_.executor().store(state, pool.add(*place, pool.constant(field.at(word), bits)), e, call.pc);
  };
  set(PARAMETERS::MinorFunction, pool.constant(0, 8));
  set(PARAMETERS::Type, pool.constant(type, 32));
  if (type == irp_mj_device_control || type == irp_mj_internal_device_control) {
    set(PARAMETERS::Parameters_DeviceIoControl_OutputBufferLength, widened(get(state, request, output_length, 4)));
    set(PARAMETERS::Parameters_DeviceIoControl_InputBufferLength, widened(get(state, request, input_length, 4)));
    set(PARAMETERS::Parameters_DeviceIoControl_IoControlCode, get(state, request, code, 4));
    set(PARAMETERS::Parameters_DeviceIoControl_Type3InputBuffer, get(state, request, type3, bits / 8));
  } else if (type == irp_mj_read || type == irp_mj_write) {
    set(PARAMETERS::Parameters_Read_Length,
        widened(get(state, request, type == irp_mj_read ? output_length : input_length, 4)));
    set(PARAMETERS::Parameters_Read_Key, pool.constant(0, 32));
    set(PARAMETERS::Parameters_Read_DeviceOffset, world_.fresh(64, symbolic::label_input, "ByteOffset"));
  }
}

/// The IRP gets the status as the framework would put it there, so that both ways to complete a request look the same.
void Framework::complete(Call &call) {
  namespace IRP = kernel::layout::IRP;
  const auto word = world_.machine().word();
  const unsigned bits = world_.machine().bits();
  const std::uint64_t request = constant(call, Key::at), packet = value(call.state, request, wdf_slot::irp);
  const Expr status = world_.fit(operand(call, Key::value), 32);
  const Expr at = pointer(packet + IRP::IoStatus_Information.at(word));
  if (call.effect.find(Key::size))
    world_.executor().store(call.state, at, world_.fit(operand(call, Key::size), bits), 0);
  world_.executor().store(call.state, pointer(packet + IRP::IoStatus_Status.at(word)), status, 0);
  const Expr information = world_.executor().load(call.state, at, bits / 8, 0);
  world_.log_completion(call.state, call.api, status,
                        {.kind = EventKind::completed, .pc = call.pc, .object = packet, .b = information.value});
}

/// The request goes on when the routine that runs now has returned.
bool Framework::forward(Call &call) {
  using namespace wdf_slot;
  State &state = call.state;
  std::uint64_t request = constant(call, Key::at);
  if (call.effect.kind == Kind::dispatch_preprocessed) { // `at` is the IRP
    const std::uint64_t current = dispatcher_ != 0 ? value(state, dispatcher_, current_request) : 0;
    request = current != 0 && value(state, current, irp) == request ? current : 0;
  }
  if (type_of(state, request) != WdfType::request || value(state, request, is_incoming) == 0)
    return call.effect.kind == Kind::forward_to_queue;
  const std::uint64_t queue = handle_of(call, Key::object, WdfType::queue);
  if (queue == 0 && handle_of(call, Key::object, WdfType::device) == 0) { // a queue that is not known
    world_.executor().add_gap(symbolic::Gap::What::unresolved_call, call.pc);
    world_.log(state, {.kind = EventKind::pended, .pc = call.pc, .object = value(state, request, irp)});
    return true;
  }
  put(state, dispatcher(), next_request, request);
  put(state, dispatcher(), next_queue, queue);
  if (call.effect.kind == Kind::dispatch_preprocessed)
    call.outcome.result = pointer(0x103); // STATUS_PENDING
  return true;
}

bool Framework::memory_effect(Call &call) {
  using namespace wdf_slot;
  auto &pool = world_.pool();
  const unsigned bits = world_.machine().bits(), bytes = bits / 8;
  State &state = call.state;
  const std::uint64_t memory = handle_of(call, Key::at, WdfType::memory);
  if (memory == 0)
    return false;
  const Expr at = get(state, memory, buffer, bytes), extent = get(state, memory, size, bytes);
  switch (call.effect.kind) {
  case Kind::memory_buffer: {
    const Expr length = operand(call, Key::size);
    if (!pool.is_constant(length, 0))
      world_.executor().store(state, length, extent, call.pc);
    result(call, at);
    return true;
  }
  case Kind::memory_copy_to:
  case Kind::memory_copy_from: {
    const Expr offset = world_.fit(operand(call, Key::value), bits), count = world_.fit(operand(call, Key::size), bits);
    const bool reads = call.effect.kind == Kind::memory_copy_to;
    const kernel::Operand *other = call.effect.find(reads ? Key::to : Key::from);
    const auto place = other ? world_.place_of(state, call.api, *other, call.pc) : std::nullopt;
    if (!place || !demand(call, pool.ule(offset, extent), status_buffer_too_small) ||
        !demand(call, pool.ule(count, pool.sub(extent, offset)), status_buffer_too_small))
      return true;
    const Expr inside = pool.add(at, offset);
    world_.executor().copy(state, reads ? *place : inside, reads ? inside : *place, count, call.pc);
    return true;
  }
  default:
    return false;
  }
}

} // namespace ringfence::driver
