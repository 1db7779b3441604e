// From the I/O manager to the driver's routines: WDM preprocessing, the caller's context, the queue; and the start of a
// driver's devices. A routine that hands its request on has returned before the next one runs.

#include "wdf.h"

#include <ringfence/kernel/layouts.h>

#include <algorithm>

namespace ringfence::driver {

using symbolic::Expr;
using symbolic::Fill;
using symbolic::ObjectId;
using symbolic::ObjectKind;
using symbolic::State;

namespace {

constexpr std::uint32_t status_invalid_device_request = 0xc0000010;
constexpr std::uint64_t manual_dispatch = 3; // WdfIoQueueDispatchManual
constexpr std::size_t most_pollers = 4;
enum Stage : std::uint64_t { stage_preprocess, stage_caller_context, stage_queue, stage_queued };

} // namespace

/// The object that remembers what the framework does next on a path.
std::uint64_t Framework::dispatcher() {
  if (dispatcher_ == 0) {
    const ObjectId object =
        world_.machine().new_object("WdfDispatcher", wdf_slot::object_size, ObjectKind::kernel, Fill::zero, 0);
    dispatcher_ = world_.machine().objects()[object].base;
  }
  return dispatcher_;
}

/// Work that a request may be waiting for.
void Framework::remember_work(State &state, std::uint64_t handle) {
  using namespace wdf_slot;
  const std::uint64_t count = value(state, dispatcher(), work_count);
  if (count >= works_limit)
    return;
  put(state, dispatcher(), works + 8 * count, handle);
  put(state, dispatcher(), work_count, count + 1);
}

void Framework::end_request(State &state, std::uint64_t request, std::uint32_t status) {
  world_.log(state, {.kind = EventKind::completed,
                     .object = value(state, request, wdf_slot::irp),
                     .a = status,
                     .b = pointer(0).value,
                     .c = world_.pool().constant(status, 32).value});
}

std::uint64_t Framework::queue_for(const State &state, std::uint64_t device, std::uint64_t major) {
  const std::uint64_t own =
      value(state, device, wdf_slot::dispatch + 8 * std::min<std::uint64_t>(major, irp_mj_maximum_function));
  return own != 0 ? own : value(state, device, wdf_slot::default_queue);
}

/// The routine that a request to a device meets first, from `stage` on.
std::optional<Framework::Entry> Framework::enter_device(State &state, std::uint64_t request, std::uint64_t from) {
  using namespace wdf_slot;
  const std::uint64_t device = value(state, request, request_device),
                      type = std::min<std::uint64_t>(value(state, request, request_major), irp_mj_maximum_function);
  put(state, request, stage, stage_preprocess);
  if (const std::uint64_t routine = value(state, device, preprocess + 8 * type);
      from <= stage_preprocess && world_.machine().is_code(routine))
    return Entry{routine, {pointer(device), pointer(value(state, request, irp))}};
  put(state, request, stage, stage_caller_context);
  if (const std::uint64_t routine = value(state, device, caller_context);
      from <= stage_caller_context && world_.machine().is_code(routine))
    return Entry{routine, {pointer(device), pointer(request)}};
  if (const std::uint64_t queue = queue_for(state, device, type))
    return deliver(state, request, queue);
  if (value(state, device, is_filter) != 0)
    world_.log(state, {.kind = EventKind::sent_down, .object = value(state, request, irp)});
  else
    end_request(state, request, status_invalid_device_request);
  return std::nullopt;
}

/// The callback of a queue for the request. A queue that waits to be asked keeps it.
std::optional<Framework::Entry> Framework::deliver(State &state, std::uint64_t request, std::uint64_t queue) {
  using namespace wdf_slot;
  auto &machine = world_.machine();
  put(state, request, request_queue, queue);
  put(state, request, stage, stage_queued);
  const std::uint64_t type = value(state, request, request_major);
  if (value(state, queue, dispatch_type) == manual_dispatch)
    return put(state, queue, waiting, request), offer_waiting(state, queue);
  const bool control = type == irp_mj_device_control || type == irp_mj_internal_device_control;
  const std::uint64_t slot = type == irp_mj_device_control            ? io_control
                             : type == irp_mj_internal_device_control ? io_internal
                             : type == irp_mj_read                    ? io_read
                             : type == irp_mj_write                   ? io_write
                                                                      : io_default;
  const Expr input = widened(get(state, request, input_length, 4)),
             output = widened(get(state, request, output_length, 4));
  if (const std::uint64_t routine = value(state, queue, slot); slot != io_default && machine.is_code(routine)) {
    if (control)
      return Entry{routine, {pointer(queue), pointer(request), output, input, get(state, request, code, 4)}};
    return Entry{routine, {pointer(queue), pointer(request), type == irp_mj_read ? output : input}};
  }
  if (const std::uint64_t routine = value(state, queue, io_default); machine.is_code(routine))
    return Entry{routine, {pointer(queue), pointer(request)}};
  end_request(state, request, status_invalid_device_request);
  return std::nullopt;
}

/// Who takes a request off a manual queue: the routine to be told, else any timer, work item, DPC or thread of the
/// driver.
std::optional<Framework::Entry> Framework::offer_waiting(State &state, std::uint64_t queue) {
  using namespace wdf_slot;
  if (const std::uint64_t routine = value(state, queue, ready); world_.machine().is_code(routine))
    return Entry{routine, {pointer(queue), get(state, queue, ready_context, world_.machine().bits() / 8)}};
  std::vector<std::pair<Entry, bool>> pollers; ///< and whether it is a thread
  const std::uint64_t count = dispatcher_ != 0 ? std::min(value(state, dispatcher_, work_count), works_limit) : 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t handle = value(state, dispatcher_, works + 8 * i),
                        callback = value(state, handle, work_routine);
    const bool known =
        std::any_of(pollers.begin(), pollers.end(), [&](const auto &p) { return p.first.routine == callback; });
    if (world_.machine().is_code(callback) && !known && pollers.size() < most_pollers)
      pollers.push_back({{callback, {pointer(handle)}}, false});
  }
  for (const WaitingThread &thread : world_.threads())
    if (pollers.size() < most_pollers)
      pollers.push_back({{thread.routine, {pointer(thread.context)}}, true});
  const auto enter = [&](State &path, const auto &poller) {
    if (poller.second)
      world_.log(path, {.kind = EventKind::thread_entered, .a = poller.first.routine});
    return poller.first;
  };
  for (std::size_t i = 1; i < pollers.size(); ++i) {
    State other = state;
    const Entry entry = enter(other, pollers[i]);
    world_.executor().push(world_.continued(other, entry.routine, entry.arguments));
  }
  if (!pollers.empty())
    return enter(state, pollers.front());
  world_.log(state, {.kind = EventKind::pended, .object = value(state, value(state, queue, waiting), irp)});
  return std::nullopt;
}

bool Framework::is_forwarding(const State &state) {
  return dispatcher_ != 0 && value(state, dispatcher_, wdf_slot::next_request) != 0;
}

std::optional<State> Framework::resume(State &state) {
  using namespace wdf_slot;
  const std::uint64_t request = dispatcher_ != 0 ? value(state, dispatcher_, next_request) : 0;
  if (request == 0)
    return std::nullopt;
  const std::uint64_t queue = value(state, dispatcher_, next_queue);
  put(state, dispatcher_, next_request, 0);
  const std::optional<Entry> entry =
      queue != 0 ? deliver(state, request, queue) : enter_device(state, request, value(state, request, stage) + 1);
  return entry ? std::optional(world_.continued(state, entry->routine, entry->arguments)) : std::nullopt;
}

void Framework::open_file(State &heap, std::uint64_t device) {
  using namespace wdf_slot;
  const std::uint64_t file = new_handle(heap, WdfType::file_object, "WdfFileObject", device);
  put(heap, file, wdm_file, world_.machine().objects()[world_.file_object(value(heap, device, wdm_device))].base);
  if (const std::uint64_t type_info = value(heap, device, file_context))
    context_of(heap, file, type_info);
  files_[device] = file;
}

std::optional<Request> Framework::make_request(const State &heap, std::uint64_t device, std::uint8_t major_function) {
  using namespace wdf_slot;
  namespace IRP = kernel::layout::IRP;
  const std::uint64_t wdm = value(heap, device, wdm_device);
  Request r = driver::make_request(world_, heap, major_function, wdm, 0);
  auto &objects = world_.machine().objects();
  State state = r.state;
  r.handle = new_handle(state, WdfType::request, "WdfRequest", device);
  if (!files_.contains(device))
    open_file(state, device);
  const std::uint64_t file = files_.at(device);
  if (const std::uint64_t type_info = value(state, device, request_context))
    context_of(state, r.handle, type_info);
  const std::pair<std::uint64_t, std::uint64_t> addresses[] = {{request_device, device},
                                                               {file_object, file},
                                                               {irp, r.irp_address},
                                                               {request_major, major_function},
                                                               {is_incoming, 1},
                                                               {system_buffer, objects[r.system_buffer].base},
                                                               {mdl_buffer, objects[r.mdl_buffer].base}};
  for (const auto &[slot, address] : addresses)
    put(state, r.handle, slot, address);
  put(state, r.handle, mdl,
      world_.machine().load(state, r.irp, IRP::MdlAddress.at(world_.machine().word()), world_.machine().bits() / 8));
  const std::pair<std::uint64_t, Expr> values[] = {{code, r.code},
                                                   {input_length, r.input_length},
                                                   {output_length, r.output_length},
                                                   {type3, r.type3_pointer},
                                                   {user_buffer, r.user_buffer}};
  for (const auto &[slot, e] : values)
    put(state, r.handle, slot, e);
  put(state, dispatcher(), current_request, r.handle);
  std::optional<Entry> entry;
  if (major_function == irp_mj_create) {
    if (const std::uint64_t routine = value(state, device, file_create); world_.machine().is_code(routine))
      entry = Entry{routine, {pointer(device), pointer(r.handle), pointer(file)}};
  } else if (major_function == irp_mj_cleanup || major_function == irp_mj_close) {
    const std::uint64_t routine = value(state, device, major_function == irp_mj_cleanup ? file_cleanup : file_close);
    if (world_.machine().is_code(routine))
      entry = Entry{routine, {pointer(file)}};
  } else {
    entry = enter_device(state, r.handle, stage_preprocess);
  }
  if (!entry)
    return std::nullopt;
  r.state = world_.continued(state, entry->routine, entry->arguments);
  return r;
}

// --- devices --------------------------------------------------------------------------------------------------------

std::uint64_t Framework::new_device_init(State &state) {
  using namespace wdf_slot;
  const std::uint64_t init = new_handle(state, WdfType::device_init, "WdfDeviceInit", 0);
  put(state, init, device_type, 0x22);        // FILE_DEVICE_UNKNOWN
  if (bound_ == kernel::WdfKind::kmdf)        // the object that users open is the reflector's for UMDF
    put(state, init, characteristics, 0x100); // FILE_DEVICE_SECURE_OPEN
  return init;
}

std::optional<Framework::Callback> Framework::device_add(const State &heap) {
  using namespace wdf_slot;
  const auto drivers = handles(heap, WdfType::driver);
  if (drivers.empty())
    return std::nullopt;
  const std::uint64_t routine = value(heap, drivers.back(), wdf_slot::device_add);
  if (!world_.machine().is_code(routine))
    return std::nullopt;
  State state = heap;
  const Expr arguments[] = {pointer(drivers.back()), pointer(new_device_init(state))};
  return Callback{routine, world_.call_state(state, routine, arguments)};
}

std::optional<Framework::Callback> Framework::child_device(const State &heap, std::uint64_t device) {
  constexpr std::uint64_t description_size = 0x400;
  const std::uint64_t routine = value(heap, device, wdf_slot::child_create);
  if (!world_.machine().is_code(routine))
    return std::nullopt;
  State state = heap;
  const std::uint64_t list = new_handle(state, WdfType::other, "WdfChildList", device), init = new_device_init(state);
  Machine &machine = world_.machine();
  const ObjectId description = machine.new_object("IdentificationDescription", description_size, ObjectKind::kernel,
                                                  Fill::lazy, symbolic::label_hardware);
  const Expr arguments[] = {pointer(list), pointer(machine.objects()[description].base), pointer(init)};
  return Callback{routine, world_.call_state(state, routine, arguments)};
}

std::vector<Framework::Callback> Framework::start_device(const State &heap, std::uint64_t device) {
  using namespace wdf_slot;
  std::vector<Callback> out;
  Machine &machine = world_.machine();
  if (const std::uint64_t routine = value(heap, device, prepare_hardware); machine.is_code(routine)) {
    State state = heap;
    const std::uint64_t raw = new_handle(state, WdfType::other, "WdfCmResList", device),
                        translated = new_handle(state, WdfType::other, "WdfCmResList", device);
    const Expr arguments[] = {pointer(device), pointer(raw), pointer(translated)};
    out.push_back({routine, world_.call_state(state, routine, arguments)});
  }
  if (const std::uint64_t routine = value(heap, device, d0_entry); machine.is_code(routine)) {
    const Expr arguments[] = {pointer(device), pointer(5)}; // from WdfPowerDeviceD3Final
    out.push_back({routine, world_.call_state(heap, routine, arguments)});
  }
  return out;
}

std::vector<std::pair<std::string, std::uint64_t>> Framework::routines(const State &heap) {
  using namespace wdf_slot;
  std::vector<std::pair<std::string, std::uint64_t>> out;
  const auto add = [&](const char *role, std::uint64_t routine) {
    if (world_.machine().is_code(routine) &&
        std::find(out.begin(), out.end(), std::pair(std::string(role), routine)) == out.end())
      out.emplace_back(role, routine);
  };
  for (const std::uint64_t driver : handles(heap, WdfType::driver))
    add("EvtDriverUnload", value(heap, driver, unload));
  for (const std::uint64_t device : handles(heap, WdfType::device)) {
    add("EvtDeviceFileCreate", value(heap, device, file_create));
    add("EvtFileCleanup", value(heap, device, file_cleanup));
    add("EvtIoInCallerContext", value(heap, device, caller_context));
    for (std::uint64_t major_function = 0; major_function <= irp_mj_maximum_function; ++major_function)
      add("EvtDeviceWdmIrpPreprocess", value(heap, device, preprocess + 8 * major_function));
  }
  for (const std::uint64_t queue : handles(heap, WdfType::queue)) {
    add("EvtIoDefault", value(heap, queue, io_default));
    add("EvtIoRead", value(heap, queue, io_read));
    add("EvtIoWrite", value(heap, queue, io_write));
    add("EvtIoDeviceControl", value(heap, queue, io_control));
    add("EvtIoInternalDeviceControl", value(heap, queue, io_internal));
  }
  return out;
}

} // namespace ringfence::driver
