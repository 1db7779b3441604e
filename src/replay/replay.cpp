// Boot, and requests as the I/O manager hands them to a driver.

#include <ringfence/replay/replay.h>

#include "device_start.h"
#include "machine.h"

#include <ringfence/base/text.h>
#include <ringfence/kernel/layouts.h>

#include <algorithm>
#include <map>
#include <utility>

namespace ringfence::replay {

namespace {

namespace layout = kernel::layout;

/// The low two bits of a control code.
enum Method : std::uint8_t { method_buffered = 0, method_neither = 3 };
enum Major : std::uint8_t {
  irp_mj_create = 0,
  irp_mj_close = 2,
  irp_mj_read = 3,
  irp_mj_write = 4,
  irp_mj_device_control = 14,
  irp_mj_cleanup = 18
};
constexpr std::uint64_t user_buffer_64 = 0x0000'0200'0000'0000, user_buffer_32 = 0x20000000;
constexpr std::uint64_t output_distance = 0x1000000; ///< from the caller's input buffer to his output buffer
constexpr std::uint64_t pending = 0x103;
constexpr std::uint64_t invalid_request = 0xc0000010;

/// A caller's memory ends with a page.
std::uint64_t whole_pages(std::uint64_t size) { return (size + 0xfff) & ~std::uint64_t{0xfff}; }

bool is_failure(std::uint64_t status) { return (status & 0xc0000000) == 0xc0000000; }

} // namespace

struct Replay::State {
  State(const image::Image &image, ir::Architecture architecture, const Budget &given)
      : machine(image, architecture), budget(given) {}

  Machine machine;
  Budget budget;
  bool tried = false, booted = false;
  std::string why;
  Store after_boot;
  std::vector<std::string> assumed_in_boot;
  /// Device and name of opens that failed as the first thing after boot, with what was said: they always do.
  std::map<std::pair<std::string, std::vector<std::byte>>, Run> failed_opens;
  bool open_failed = false; ///< the first thing after boot, in this run

  bool boot();
  /// `name`: behind the device's name, UTF-16.
  std::uint64_t make_file_object(std::uint64_t device, std::span<const std::byte> name);
  /// Sends one request and returns its status; the machine has stopped when there is none.
  void talk(std::string_view port_name, std::span<const Request> requests, const Goal &goal, Run &run);
  void open(std::string_view device_name, std::span<const Request> requests, const Goal &goal, Run &run);
  /// What is seen counts from here on.
  void watch(const Goal &goal) {
    machine.observations.clear();
    machine.goal = goal;
  }
  std::optional<std::uint64_t> send(std::uint8_t major, std::uint64_t device, std::uint64_t file,
                                    const Request *request);
  void add_user_memory(const UserMemory &memory);
  void add_buffers(std::uint64_t irp, std::uint64_t location, const Request &request);
  void add_transfer(std::uint64_t irp, std::uint64_t location, std::uint64_t device, std::uint8_t major,
                    const Request &request);
};

bool Replay::State::boot() {
  tried = true;
  const auto word = machine.word();
  const auto entry = machine.image().entry_code();
  if (!entry) {
    why = "the image has no entry point";
    return false;
  }
  machine.fuel = budget.boot;
  machine.load();
  const std::u16string registry = utf16_from_utf8(service_key);
  const std::uint64_t path = machine.allocate(0x200, RegionKind::kernel);
  machine.save(path, registry.size() * 2, 2);
  machine.save(path + 2, registry.size() * 2 + 2, 2);
  machine.save(path + machine.pointer(), path + 0x20, machine.pointer());
  for (std::size_t i = 0; i < registry.size(); ++i)
    machine.save(path + 0x20 + 2 * i, registry[i], 2);
  const std::uint64_t arguments[] = {machine.store.driver_object, path};
  const CallEnd end = machine.call(machine.image().headers().image_base + entry->value, arguments);
  if (!end.returned || is_failure(end.value)) {
    why = end.returned ? "DriverEntry returns " + hex(end.value & 0xffffffff, 8) : "DriverEntry: " + machine.why();
    return false;
  }
  const std::uint64_t extension =
      machine.memory()
          .number(machine.store.driver_object + layout::DRIVER_OBJECT::DriverExtension.at(word), machine.pointer())
          .value_or(0);
  const std::uint64_t add_device =
      machine.memory().number(extension + layout::DRIVER_EXTENSION::AddDevice.at(word), machine.pointer()).value_or(0);
  if (add_device != 0 && machine.is_code(add_device)) {
    const std::uint64_t physical = machine.allocate(0x400, RegionKind::kernel);
    const std::uint64_t device_arguments[] = {machine.store.driver_object, physical};
    if (!machine.call(add_device, device_arguments).returned)
      machine.assumed.push_back("AddDevice: " + machine.why());
    machine.fuel = budget.boot;
    if (!start_device(machine))
      machine.assumed.push_back("IRP_MN_START_DEVICE fails");
  }
  if (machine.store.framework.driver != 0) {
    machine.fuel = budget.boot;
    if (!Framework(machine).add_devices())
      machine.assumed.push_back("EvtDriverDeviceAdd or the start of a device: " + machine.why());
  }
  for (const Device &device : machine.store.devices) { // the I/O manager clears DO_DEVICE_INITIALIZING
    const std::uint64_t flags = device.object + layout::DEVICE_OBJECT::Flags.at(word);
    machine.memory().put(flags, machine.memory().number(flags, 4).value_or(0) & ~std::uint64_t{0x80}, 4);
  }
  assumed_in_boot = machine.assumed;
  after_boot = machine.store;
  booted = true;
  return true;
}

std::uint64_t Replay::State::make_file_object(std::uint64_t device, std::span<const std::byte> name) {
  const auto word = machine.word();
  const std::uint64_t file = machine.allocate(layout::FILE_OBJECT::structure_size.at(word), RegionKind::kernel);
  machine.save(file + layout::FILE_OBJECT::Type.at(word), 5, 2);
  machine.save(file + layout::FILE_OBJECT::Size.at(word), layout::FILE_OBJECT::structure_size.at(word), 2);
  machine.save(file + layout::FILE_OBJECT::DeviceObject.at(word), device, machine.pointer());
  if (!name.empty()) {
    const std::uint64_t buffer = machine.allocate(name.size(), RegionKind::pool);
    machine.save_bytes(buffer, name);
    machine.save(file + layout::FILE_OBJECT::FileName_Length.at(word), name.size(), 2);
    machine.save(file + layout::FILE_OBJECT::FileName_MaximumLength.at(word), name.size(), 2);
    machine.save(file + layout::FILE_OBJECT::FileName_Buffer.at(word), buffer, machine.pointer());
  }
  return file;
}

/// The pages around the bytes, which may follow another block on the same page.
void Replay::State::add_user_memory(const UserMemory &memory) {
  constexpr std::uint64_t page = 0x1000, most = 0x10000;
  if (memory.bytes.size() > most)
    return;
  for (std::uint64_t at = memory.address & ~(page - 1); at < memory.address + memory.bytes.size(); at += page)
    if (!machine.memory().find(at))
      machine.memory().add(at, page, RegionKind::request);
  machine.memory().write(memory.address, memory.bytes);
}

/// Buffers by the transfer method of the code, with exactly the bytes that the I/O manager gives.
void Replay::State::add_buffers(std::uint64_t irp, std::uint64_t location, const Request &request) {
  namespace IRP = layout::IRP;
  namespace STACK = layout::IO_STACK_LOCATION;
  const auto word = machine.word();
  const unsigned p = machine.pointer();
  const std::uint64_t in = request.input.size(), out = request.output_length;
  machine.save(location + STACK::Parameters_DeviceIoControl_OutputBufferLength.at(word), out, 4);
  machine.save(location + STACK::Parameters_DeviceIoControl_InputBufferLength.at(word), in, 4);
  machine.save(location + STACK::Parameters_DeviceIoControl_IoControlCode.at(word), request.code, 4);
  const auto filled = [&](std::uint64_t at) {
    machine.save_bytes(at, request.input);
    return at;
  };
  machine.wow64 = request.wow64;
  for (const UserMemory &memory : request.memory)
    add_user_memory(memory);
  const std::uint32_t method = request.code & 3;
  const std::uint64_t user = machine.bits() == 32 ? user_buffer_32 : user_buffer_64;
  if (method == method_neither) {
    if (in != 0) {
      if (!machine.memory().find(user))
        machine.memory().add(user, whole_pages(in), RegionKind::request);
      machine.save(location + STACK::Parameters_DeviceIoControl_Type3InputBuffer.at(word), filled(user), p);
    }
    if (out != 0) {
      const std::uint64_t at = user + output_distance;
      if (!machine.memory().find(at))
        machine.memory().add(at, whole_pages(out), RegionKind::request);
      machine.save(irp + IRP::UserBuffer.at(word), at, p);
    }
    return;
  }
  const bool buffered = method == method_buffered;
  const std::uint64_t size = buffered ? std::max(in, out) : in;
  if (size != 0)
    machine.save(irp + IRP::AssociatedIrp_SystemBuffer.at(word), filled(machine.allocate(size, RegionKind::request)),
                 p);
  if (!buffered && out != 0) {
    machine.save(irp + IRP::MdlAddress.at(word), make_mdl(machine, machine.allocate(out, RegionKind::request), out), p);
  }
}

/// Read and write have one buffer, which the device's flags hand over: copied, locked, or as the caller named it.
void Replay::State::add_transfer(std::uint64_t irp, std::uint64_t location, std::uint64_t device, std::uint8_t major,
                                 const Request &request) {
  namespace IRP = layout::IRP;
  constexpr std::uint64_t buffered_io = 0x4, direct_io = 0x10; // DO_BUFFERED_IO, DO_DIRECT_IO
  const auto word = machine.word();
  const std::uint64_t size = major == irp_mj_write ? request.input.size() : request.output_length;
  machine.save(location + layout::IO_STACK_LOCATION::Parameters_Read_Length.at(word), size, 4);
  machine.wow64 = request.wow64;
  for (const UserMemory &memory : request.memory)
    add_user_memory(memory);
  if (size == 0)
    return;
  const std::uint64_t flags = machine.memory().number(device + layout::DEVICE_OBJECT::Flags.at(word), 4).value_or(0);
  const bool in_kernel = (flags & (buffered_io | direct_io)) != 0;
  const std::uint64_t user = machine.bits() == 32 ? user_buffer_32 : user_buffer_64;
  if (!in_kernel && !machine.memory().find(user))
    machine.memory().add(user, whole_pages(size), RegionKind::request);
  const std::uint64_t buffer = in_kernel ? machine.allocate(size, RegionKind::request) : user;
  if (major == irp_mj_write)
    machine.save_bytes(buffer, request.input);
  if ((flags & buffered_io) != 0)
    machine.save(irp + IRP::AssociatedIrp_SystemBuffer.at(word), buffer, machine.pointer());
  else if ((flags & direct_io) != 0)
    machine.save(irp + IRP::MdlAddress.at(word), make_mdl(machine, buffer, size), machine.pointer());
  else
    machine.save(irp + IRP::UserBuffer.at(word), buffer, machine.pointer());
}

std::optional<std::uint64_t> Replay::State::send(std::uint8_t major, std::uint64_t device, std::uint64_t file,
                                                 const Request *request) {
  namespace IRP = layout::IRP;
  namespace STACK = layout::IO_STACK_LOCATION;
  const auto word = machine.word();
  const unsigned p = machine.pointer();
  machine.fuel = budget.request;
  const auto own = std::find_if(machine.store.devices.begin(), machine.store.devices.end(),
                                [&](const Device &d) { return d.object == device && d.dispatch.size() > major; });
  const std::uint64_t routine =
      own != machine.store.devices.end()
          ? own->dispatch[major]
          : machine.memory()
                .number(machine.store.driver_object + layout::DRIVER_OBJECT::MajorFunction.at(word) +
                            std::uint64_t{p} * major,
                        p)
                .value_or(0);
  const std::uint64_t framework_device = Framework(machine).device_at(device);
  if (routine == 0 && framework_device == 0)
    return invalid_request;
  const std::uint64_t location_size = STACK::structure_size.at(word), irp_size = IRP::structure_size.at(word);
  const std::uint64_t irp = machine.allocate(irp_size + location_size * 2, RegionKind::kernel),
                      location = irp + irp_size + location_size;
  const auto put = [&](const kernel::PerWord &field, std::uint64_t value, unsigned bytes) {
    machine.save(irp + field.at(word), value, bytes);
  };
  put(IRP::Type, 6, 2);
  put(IRP::RequestorMode, 1, 1);
  put(IRP::StackCount, 2, 1);
  put(IRP::CurrentLocation, 2, 1);
  put(IRP::Tail_Overlay_CurrentStackLocation, location, p);
  put(IRP::Tail_Overlay_OriginalFileObject, file, p);
  const auto at = [&](const kernel::PerWord &field, std::uint64_t value, unsigned bytes) {
    machine.save(location + field.at(word), value, bytes);
  };
  at(STACK::MajorFunction, major, 1);
  at(STACK::DeviceObject, device, p);
  at(STACK::FileObject, file, p);
  if (major == irp_mj_create) {
    const std::uint64_t context =
        machine.allocate(0x40, RegionKind::kernel); // IO_SECURITY_CONTEXT: SecurityQos, AccessState, DesiredAccess
    machine.save(context + p, machine.allocate(0x200, RegionKind::kernel), p);
    machine.save(context + 2 * p, 0x12019f, 4); // FILE_GENERIC_READ | FILE_GENERIC_WRITE
    at(STACK::Parameters_Create_SecurityContext, context, p);
    at(STACK::Parameters_Create_ShareAccess, 3, 2);
  }
  if (request && (major == irp_mj_read || major == irp_mj_write))
    add_transfer(irp, location, device, major, *request);
  else if (request)
    add_buffers(irp, location, *request);
  const auto status = [&] { return machine.load(irp + IRP::IoStatus.at(word), 4); };
  if (framework_device != 0)
    return Framework(machine).serve(framework_device, irp, major, file, budget.request) ? std::optional(status())
                                                                                        : std::nullopt;
  const std::uint64_t arguments[] = {device, irp};
  const CallEnd end = machine.call(routine, arguments);
  if (!end.returned)
    return std::nullopt;
  if (request && (end.value & 0xffffffff) == pending) // it waits for a thread of the driver's
    machine.run_threads(budget.request);
  // An open is as the IRP says, which was successful from the beginning: the I/O manager completes what the driver has
  // not.
  return major == irp_mj_create ? status() : end.value & 0xffffffff;
}

Replay::Replay(const image::Image &image, const Budget &budget) {
  const auto architecture = code::architecture_of(image);
  if (architecture && *architecture != ir::Architecture::arm64)
    state_ = std::make_unique<State>(image, *architecture, budget);
}
Replay::Replay(Replay &&) noexcept = default;
Replay::~Replay() = default;

bool Replay::boot() {
  if (!state_)
    return false;
  return state_->tried ? state_->booted : state_->boot();
}

std::string Replay::why() const { return state_ ? state_->why : "no machine replays code of this processor"; }

/// Opens a device and sends it the requests, then cleanup and close.
void Replay::State::open(std::string_view device_name, std::span<const Request> requests, const Goal &goal, Run &run) {
  const auto &devices = machine.store.devices;
  auto device =
      std::find_if(devices.begin(), devices.end(), [&](const Device &d) { return ascii_iequals(d.name, device_name); });
  if (device == devices.end())
    device = devices.begin();
  if (device == devices.end()) {
    run.why = "DriverEntry makes no device";
    return;
  }
  const std::uint64_t object = device->object;
  std::uint64_t file = 0; // the open one
  const auto close = [&] {
    const std::uint64_t closed = std::exchange(file, 0);
    return closed == 0 ||
           (send(irp_mj_cleanup, object, closed, nullptr) && send(irp_mj_close, object, closed, nullptr));
  };
  const auto create = [&](std::span<const std::byte> name) {
    close();
    file = make_file_object(object, name);
    const auto status = send(irp_mj_create, object, file, nullptr);
    const bool opened = status && !is_failure(*status);
    if (!opened)
      run.why = status ? "the device does not open: " + hex(*status, 8) : "create: " + machine.why();
    run.refused = status && !opened;
    run.finished = opened;
  };
  if (requests.empty() || requests.front().major != irp_mj_create) {
    create({});
    open_failed = !run.finished;
  }
  watch(goal);
  for (const Request &request : requests) {
    if (!run.finished && request.major != irp_mj_create)
      break;
    if (request.major == irp_mj_create) {
      create(request.input);
      if (&request == requests.data()) {
        watch(goal);
        open_failed = !run.finished;
      }
      if (!run.finished)
        break;
      continue;
    }
    if (request.major == irp_mj_cleanup || request.major == irp_mj_close)
      run.finished = close(); // both happen, whichever the sequence names
    else
      run.finished = send(request.major, object, file, &request).has_value();
    if (!run.finished)
      run.why = machine.why();
  }
  run.observations = machine.observations;
  if (run.finished)
    close();
}

/// Connects to a port and sends it messages, in buffers of the caller's own memory.
void Replay::State::talk(std::string_view port_name, std::span<const Request> requests, const Goal &goal, Run &run) {
  const auto &ports = machine.store.ports;
  const unsigned p = machine.pointer();
  auto found =
      std::find_if(ports.begin(), ports.end(), [&](const Port &port) { return ascii_iequals(port.name, port_name); });
  if (found == ports.end())
    found = ports.begin();
  if (found == ports.end()) {
    run.why = "DriverEntry makes no communication port";
    return;
  }
  const Port port = *found;
  const std::uint64_t connection = machine.allocate(p, RegionKind::kernel),
                      returned = machine.allocate(4, RegionKind::kernel);
  machine.fuel = budget.request;
  const std::uint64_t connecting[] = {machine.allocate(0x100, RegionKind::kernel), port.cookie, 0, 0, connection};
  const CallEnd connected =
      machine.is_code(port.connect) ? machine.call(port.connect, connecting) : CallEnd{.returned = true};
  run.finished = connected.returned && !is_failure(connected.value & 0xffffffff);
  run.refused = connected.returned && !run.finished;
  if (!run.finished)
    run.why = connected.returned ? "the port refuses the connection: " + hex(connected.value & 0xffffffff, 8)
                                 : "connection: " + machine.why();
  watch(goal);
  const std::uint64_t cookie = machine.load(connection, p),
                      user = machine.bits() == 32 ? user_buffer_32 : user_buffer_64;
  for (const Request &request : requests) {
    if (!run.finished)
      break;
    machine.fuel = budget.request;
    for (const UserMemory &memory : request.memory)
      add_user_memory(memory);
    const auto buffer = [&](std::uint64_t at, std::uint64_t size) {
      if (size != 0 && !machine.memory().find(at))
        machine.memory().add(at, whole_pages(size), RegionKind::request);
      return size == 0 ? 0 : at;
    };
    const std::uint64_t in = buffer(user, request.input.size()),
                        out = buffer(user + output_distance, request.output_length);
    machine.memory().write(in, request.input);
    const std::uint64_t message[] = {cookie, in, request.input.size(), out, request.output_length, returned};
    run.finished = machine.is_code(port.message) && machine.call(port.message, message).returned;
    if (!run.finished)
      run.why = machine.is_code(port.message) ? machine.why() : "the port takes no messages";
  }
  run.observations = machine.observations;
  const std::uint64_t disconnecting[] = {cookie};
  if (run.finished && machine.is_code(port.disconnect))
    machine.call(port.disconnect, disconnecting);
}

Run Replay::run(std::string_view device_name, std::span<const Request> requests, const Goal &goal) {
  Run run;
  if (!boot()) {
    run.why = why();
    return run;
  }
  std::pair<std::string, std::vector<std::byte>> opened(device_name, std::vector<std::byte>());
  if (!requests.empty() && requests.front().major == irp_mj_create)
    opened.second = requests.front().input;
  const bool to_port = !requests.empty() && requests.front().major == port_message;
  if (const auto failed = state_->failed_opens.find(opened); failed != state_->failed_opens.end() && !to_port)
    return failed->second;
  Machine &machine = state_->machine;
  machine.store = state_->after_boot;
  machine.observations.clear();
  machine.goal = nullptr;
  machine.assumed = state_->assumed_in_boot;
  machine.instructions = 0;
  state_->open_failed = false;
  machine.wow64 = machine.asked_wow64 = machine.refused = machine.reached = false;
  if (to_port)
    state_->talk(device_name, requests, goal, run);
  else
    state_->open(device_name, requests, goal, run);
  machine.goal = nullptr;
  run.reached = machine.reached;
  run.refused = run.refused || machine.refused;
  run.assumed = machine.assumed;
  run.asked_wow64 = machine.asked_wow64;
  run.instructions = machine.instructions;
  if (state_->open_failed)
    state_->failed_opens.emplace(std::move(opened), run).first->second.instructions = 0;
  return run;
}

} // namespace ringfence::replay
