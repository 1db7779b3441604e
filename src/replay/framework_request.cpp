// Requests of the framework: from the I/O manager to the driver's routines, and what those ask of a request.

#include "framework.h"

#include "machine.h"

#include <ringfence/kernel/layouts.h>

#include <algorithm>

namespace ringfence::replay {

using kernel::Effect;
using kernel::Key;
using kernel::Kind;
using kernel::Verb;

namespace {

namespace layout = kernel::layout;

enum Major : std::uint8_t {
  irp_mj_create = 0,
  irp_mj_close = 2,
  irp_mj_read = 3,
  irp_mj_write = 4,
  irp_mj_device_control = 14,
  irp_mj_internal_device_control = 15,
  irp_mj_cleanup = 18
};
enum Stage : std::uint64_t { stage_preprocess, stage_caller_context, stage_queue, stage_queued };
constexpr std::uint64_t method_buffered = 0, method_neither = 3; // the low bits of a control code
constexpr std::uint64_t manual_dispatch = 3;                     // WdfIoQueueDispatchManual
constexpr std::uint64_t device_io_direct = 3;                    // WdfDeviceIoDirect
constexpr std::uint64_t status_pending = 0x103, status_buffer_too_small = 0xc0000023,
                        status_invalid_device_request = 0xc0000010, status_no_more_entries = 0x8000001a;

bool is_control(std::uint64_t major) {
  return major == irp_mj_device_control || major == irp_mj_internal_device_control;
}

} // namespace

// --- from the I/O manager to the driver
// -------------------------------------------------------------------------------

std::uint64_t Framework::file_of(std::uint64_t device, std::uint64_t wdm_file) {
  for (const auto &[handle, object] : machine_.store.framework.objects)
    if (object.type == HandleType::file && value(handle, Slot::wdm_file) == wdm_file)
      return handle;
  const std::uint64_t file = new_handle(HandleType::file, device);
  put(file, Slot::wdm_file, wdm_file);
  if (const std::uint64_t type_info = value(device, Slot::file_context))
    context_of(file, type_info);
  return file;
}

bool Framework::serve(std::uint64_t device, std::uint64_t irp, std::uint8_t major, std::uint64_t wdm_file,
                      std::uint64_t fuel_for_threads) {
  auto &state = machine_.store.framework;
  const std::uint64_t file = file_of(device, wdm_file), request = new_handle(HandleType::request, device);
  if (const std::uint64_t type_info = value(device, Slot::request_context))
    context_of(request, type_info);
  const std::pair<Slot, std::uint64_t> slots[] = {
      {Slot::file_object, file}, {Slot::irp, irp}, {Slot::major, major}, {Slot::is_incoming, 1}};
  for (const auto &[slot, number] : slots)
    put(request, slot, number);
  state.current_request = request;
  state.next_request = 0;
  std::optional<Entry> entry;
  if (major == irp_mj_create && machine_.is_code(value(device, Slot::file_create)))
    entry = Entry{value(device, Slot::file_create), {device, request, file}};
  else if (major == irp_mj_cleanup || major == irp_mj_close)
    entry = Entry{value(device, major == irp_mj_close ? Slot::file_close : Slot::file_cleanup), {file}};
  else if (major != irp_mj_create || value(device, Slot::dispatch, major) != 0)
    entry = enter_device(request, stage_preprocess);
  while (entry && machine_.is_code(entry->routine)) {
    if (!machine_.call(entry->routine, entry->arguments).returned)
      return false;
    entry = resume();
  }
  if (value(request, Slot::is_incoming) != 0 &&
      value(value(request, Slot::request_queue), Slot::waiting) == request) // on a manual queue
    machine_.run_threads(fuel_for_threads);
  state.current_request = 0;
  return true;
}

/// The routine that a request to a device meets first, from a stage on.
std::optional<Framework::Entry> Framework::enter_device(std::uint64_t request, std::uint64_t from) {
  const std::uint64_t device = machine_.store.framework.objects[request].parent, major = value(request, Slot::major);
  put(request, Slot::stage, stage_preprocess);
  if (const std::uint64_t routine = value(device, Slot::preprocess, major);
      from <= stage_preprocess && machine_.is_code(routine))
    return Entry{routine, {device, value(request, Slot::irp)}};
  put(request, Slot::stage, stage_caller_context);
  if (const std::uint64_t routine = value(device, Slot::caller_context);
      from <= stage_caller_context && machine_.is_code(routine))
    return Entry{routine, {device, request}};
  const std::uint64_t own = value(device, Slot::dispatch, major),
                      queue = own != 0 ? own : value(device, Slot::default_queue);
  if (queue != 0)
    return deliver(request, queue);
  if (value(device, Slot::is_filter) == 0) // else the drivers below answer
    complete(request, status_invalid_device_request, 0);
  return std::nullopt;
}

/// The callback of a queue for the request. A queue that waits to be asked keeps it.
std::optional<Framework::Entry> Framework::deliver(std::uint64_t request, std::uint64_t queue) {
  put(request, Slot::request_queue, queue);
  put(request, Slot::stage, stage_queued);
  if (value(queue, Slot::dispatch_type) == manual_dispatch) {
    put(queue, Slot::waiting, request);
    if (const std::uint64_t routine = value(queue, Slot::ready); machine_.is_code(routine))
      return Entry{routine, {queue, value(queue, Slot::ready_context)}};
    for (const auto &[handle, object] :
         machine_.store.framework.objects) // a timer or a work item of the driver takes it off
      if (object.type == HandleType::work && machine_.is_code(value(handle, Slot::routine)))
        return Entry{value(handle, Slot::routine), {handle}};
    return std::nullopt;
  }
  const std::uint64_t major = value(request, Slot::major), input = length_of(request, true),
                      output = length_of(request, false);
  const Slot slot = major == irp_mj_device_control            ? Slot::io_control
                    : major == irp_mj_internal_device_control ? Slot::io_internal
                    : major == irp_mj_read                    ? Slot::io_read
                    : major == irp_mj_write                   ? Slot::io_write
                                                              : Slot::io_default;
  if (const std::uint64_t routine = value(queue, slot); slot != Slot::io_default && machine_.is_code(routine)) {
    const std::uint64_t code = machine_.load(
        location_of(request) + layout::IO_STACK_LOCATION::Parameters_DeviceIoControl_IoControlCode.at(machine_.word()),
        4);
    if (is_control(major))
      return Entry{routine, {queue, request, output, input, code}};
    return Entry{routine, {queue, request, major == irp_mj_read ? output : input}};
  }
  if (const std::uint64_t routine = value(queue, Slot::io_default); machine_.is_code(routine))
    return Entry{routine, {queue, request}};
  complete(request, status_invalid_device_request, 0);
  return std::nullopt;
}

/// What comes after a callback that handed its request on.
std::optional<Framework::Entry> Framework::resume() {
  auto &state = machine_.store.framework;
  const std::uint64_t request = std::exchange(state.next_request, 0), queue = std::exchange(state.next_queue, 0);
  if (request == 0)
    return std::nullopt;
  return queue != 0 ? deliver(request, queue) : enter_device(request, value(request, Slot::stage) + 1);
}

// --- what a driver asks of a request
// ----------------------------------------------------------------------------------

std::uint64_t Framework::location_of(std::uint64_t request) {
  return machine_.load(value(request, Slot::irp) + layout::IRP::Tail_Overlay_CurrentStackLocation.at(machine_.word()),
                       machine_.pointer());
}

std::uint64_t Framework::length_of(std::uint64_t request, bool input) {
  namespace STACK = layout::IO_STACK_LOCATION;
  const std::uint64_t major = value(request, Slot::major);
  if (!is_control(major)) // a read has a buffer for its output, a write one of input
    return major == (input ? irp_mj_write : irp_mj_read)
               ? machine_.load(location_of(request) + STACK::Parameters_Read_Length.at(machine_.word()), 4)
               : 0;
  return machine_.load(location_of(request) + (input ? STACK::Parameters_DeviceIoControl_InputBufferLength
                                                     : STACK::Parameters_DeviceIoControl_OutputBufferLength)
                                                  .at(machine_.word()),
                       4);
}

void Framework::complete(std::uint64_t request, std::uint64_t status, std::optional<std::uint64_t> information) {
  const std::uint64_t irp = value(request, Slot::irp);
  machine_.save(irp + layout::IRP::IoStatus_Status.at(machine_.word()), status, 4);
  if (information)
    machine_.save(irp + layout::IRP::IoStatus_Information.at(machine_.word()), *information, machine_.pointer());
}

bool Framework::request_effect(OutsideCall &call, const Effect &effect) {
  auto &state = machine_.store.framework;
  std::uint64_t request = call.operand(effect, Key::at);
  if (effect.verb == Verb::call_driver) { // the drivers below succeed at once
    call.produce(effect, 0);
    return true;
  }
  if (effect.kind == Kind::next_request || effect.kind == Kind::found_request) {
    const std::uint64_t waiting = value(request, Slot::waiting); // of a queue
    call.produce(effect, waiting);
    if (waiting == 0)
      call.fail(status_no_more_entries);
    else if (effect.kind == Kind::next_request)
      put(request, Slot::waiting, 0);
    return true;
  }
  if (effect.kind == Kind::dispatch_preprocessed) { // names the IRP
    if (value(state.current_request, Slot::irp) == request)
      state.next_request = state.current_request;
    call.result = status_pending;
    return true;
  }
  if (!find(request, HandleType::request) || value(request, Slot::is_incoming) == 0)
    return effect.verb == Verb::complete_irp || effect.kind == Kind::forward_to_queue;
  if (effect.verb == Verb::complete_irp) {
    complete(request, call.operand(effect, Key::value),
             effect.find(Key::size) ? std::optional(call.operand(effect, Key::size)) : std::nullopt);
    return true;
  }
  if (effect.kind == Kind::forward_to_queue) {
    state.next_request = request;
    state.next_queue = find(call.operand(effect, Key::object), HandleType::queue) ? call.operand(effect, Key::object)
                                                                                  : 0; // 0: on within its device
    return true;
  }
  return request_value(call, effect, request);
}

bool Framework::request_value(OutsideCall &call, const Effect &effect, std::uint64_t request) {
  const auto give = [&](std::uint64_t number) {
    call.produce(effect, number);
    return true;
  };
  const std::uint64_t information = value(request, Slot::irp) + layout::IRP::IoStatus_Information.at(machine_.word());
  switch (effect.kind) {
  case Kind::input_buffer:
  case Kind::output_buffer:
  case Kind::unsafe_input_buffer:
  case Kind::unsafe_output_buffer:
  case Kind::input_memory:
  case Kind::output_memory:
  case Kind::input_mdl:
  case Kind::output_mdl:
    retrieve(call, effect, request);
    return true;
  case Kind::lock_user_read:
  case Kind::lock_user_write: { // the kernel's own address of the caller's pages: here the same bytes
    const std::uint64_t memory = new_handle(HandleType::memory, request);
    put(memory, Slot::buffer, call.operand(effect, Key::from));
    put(memory, Slot::size, call.operand(effect, Key::size));
    return give(memory);
  }
  case Kind::request_parameters:
    parameters(call, effect, request);
    return true;
  case Kind::request_file_object:
    return give(value(request, Slot::file_object));
  case Kind::request_irp:
    return give(value(request, Slot::irp));
  case Kind::request_queue:
    return give(value(request, Slot::request_queue));
  case Kind::set_information:
    machine_.save(information, call.operand(effect, Key::value), machine_.pointer());
    return true;
  case Kind::get_information:
    return give(machine_.load(information, machine_.pointer()));
  case Kind::requeue:
  case Kind::mark_cancelable:
  case Kind::unmark_cancelable:
    return true;
  default:
    return false;
  }
}

/// The buffers of a request: which memory they are depends on the transfer method; a buffer of no bytes, or of fewer
/// than the driver asks for, is refused.
void Framework::retrieve(OutsideCall &call, const Effect &effect, std::uint64_t request) {
  namespace IRP = layout::IRP;
  namespace STACK = layout::IO_STACK_LOCATION;
  namespace MDL = layout::MDL;
  const auto word = machine_.word();
  const unsigned p = machine_.pointer();
  const bool input = effect.kind == Kind::input_buffer || effect.kind == Kind::unsafe_input_buffer ||
                     effect.kind == Kind::input_memory || effect.kind == Kind::input_mdl;
  const bool unsafe = effect.kind == Kind::unsafe_input_buffer || effect.kind == Kind::unsafe_output_buffer;
  const std::uint64_t irp = value(request, Slot::irp), major = value(request, Slot::major), at = location_of(request);
  const bool control = is_control(major);
  const std::uint64_t method =
      control ? machine_.load(at + STACK::Parameters_DeviceIoControl_IoControlCode.at(word), 4) & 3 : 0;
  if (!(control || major == (input ? irp_mj_write : irp_mj_read)) || (control && (method == method_neither) != unsafe))
    return call.fail(status_invalid_device_request);
  const std::uint64_t length = length_of(request, input),
                      least = effect.find(Key::size) ? call.operand(effect, Key::size) : 0;
  if (length == 0 || length < least)
    return call.fail(status_buffer_too_small);
  const bool direct = control
                          ? !input && method != method_buffered
                          : value(machine_.store.framework.objects[request].parent, Slot::io_type) == device_io_direct;
  const std::uint64_t mdl = machine_.load(irp + IRP::MdlAddress.at(word), p);
  std::uint64_t buffer = 0;
  if (unsafe)
    buffer = control && input ? machine_.load(at + STACK::Parameters_DeviceIoControl_Type3InputBuffer.at(word), p)
                              : machine_.load(irp + IRP::UserBuffer.at(word), p);
  else
    buffer = direct ? machine_.load(mdl + MDL::MappedSystemVa.at(word), p)
                    : machine_.load(irp + IRP::AssociatedIrp_SystemBuffer.at(word), p);
  if (effect.kind == Kind::input_memory || effect.kind == Kind::output_memory) {
    const std::uint64_t memory = new_handle(HandleType::memory, request);
    put(memory, Slot::buffer, buffer);
    put(memory, Slot::size, length);
    return call.produce(effect, memory);
  }
  if (effect.kind == Kind::input_mdl || effect.kind == Kind::output_mdl)
    return call.produce(effect, direct ? mdl : make_mdl(machine_, buffer, length));
  call.produce(effect, buffer, Key::to);
  call.produce(effect, length);
}

void Framework::parameters(OutsideCall &call, const Effect &effect, std::uint64_t request) {
  namespace PARAMETERS = layout::WDF_REQUEST_PARAMETERS;
  namespace STACK = layout::IO_STACK_LOCATION;
  const auto word = machine_.word();
  const std::uint64_t to = call.place(effect, Key::result), major = value(request, Slot::major),
                      at = location_of(request);
  if (to == 0)
    return;
  const auto set = [&](const kernel::PerWord &field, std::uint64_t number, unsigned bytes) {
    machine_.save(to + field.at(word), number, bytes);
  };
  set(PARAMETERS::MinorFunction, 0, 1);
  set(PARAMETERS::Type, major, 4);
  if (is_control(major)) {
    set(PARAMETERS::Parameters_DeviceIoControl_OutputBufferLength, length_of(request, false), machine_.pointer());
    set(PARAMETERS::Parameters_DeviceIoControl_InputBufferLength, length_of(request, true), machine_.pointer());
    set(PARAMETERS::Parameters_DeviceIoControl_IoControlCode,
        machine_.load(at + STACK::Parameters_DeviceIoControl_IoControlCode.at(word), 4), 4);
    set(PARAMETERS::Parameters_DeviceIoControl_Type3InputBuffer,
        machine_.load(at + STACK::Parameters_DeviceIoControl_Type3InputBuffer.at(word), machine_.pointer()),
        machine_.pointer());
  } else if (major == irp_mj_read || major == irp_mj_write) {
    set(PARAMETERS::Parameters_Read_Length, length_of(request, major == irp_mj_write), machine_.pointer());
    set(PARAMETERS::Parameters_Read_Key, 0, 4);
    set(PARAMETERS::Parameters_Read_DeviceOffset, 0, 8);
  }
}

bool Framework::memory_effect(OutsideCall &call, const Effect &effect) {
  const std::uint64_t memory = call.operand(effect, Key::at);
  if (!find(memory, HandleType::memory))
    return false;
  const std::uint64_t at = value(memory, Slot::buffer), extent = value(memory, Slot::size);
  if (effect.kind == Kind::memory_buffer) {
    if (const std::uint64_t length = call.operand(effect, Key::size))
      machine_.save(length, extent, machine_.pointer());
    call.produce(effect, at);
    return true;
  }
  if (effect.kind != Kind::memory_copy_to && effect.kind != Kind::memory_copy_from)
    return false;
  const bool reads = effect.kind == Kind::memory_copy_to;
  const std::uint64_t offset = call.operand(effect, Key::value), count = call.operand(effect, Key::size),
                      other = call.place(effect, reads ? Key::to : Key::from);
  if (offset > extent || count > extent - offset)
    call.fail(status_buffer_too_small);
  else if (other != 0)
    machine_.save_bytes(reads ? other : at + offset, machine_.load_bytes(reads ? at + offset : other, count));
  return true;
}

} // namespace ringfence::replay
