// Discovery: DriverEntry, AddDevice, then the dispatch routines they left in the driver object.

#include <ringfence/driver/driver.h>

#include "create_checks.h"
#include "device_start.h"
#include "found_codes.h"
#include "gaps.h"
#include "ioctl_recovery.h"
#include "loosened.h"
#include "opens.h"
#include "request.h"
#include "routes.h"
#include "sequences.h"
#include "start_events.h"
#include "static_dispatch.h"
#include "trace_observer.h"
#include "wdf.h"

#include <ringfence/base/text.h>
#include <ringfence/kernel/ioctl.h>
#include <ringfence/kernel/layouts.h>

#include <algorithm>
#include <map>
#include <set>

namespace ringfence::driver {

using symbolic::Expr;
using symbolic::ObjectKind;
using symbolic::PathEnd;
using symbolic::State;

namespace {

/// The path of a routine that sets up most: the one whose memory the requests start from.
struct BestPath {
  std::optional<State> state;
  bool succeeded = false;
  std::size_t events = 0;
  std::uint64_t steps = 0;
};

class Discovery {
public:
  Discovery(const image::Image &image, ir::Architecture architecture, const Budget &budget)
      : budget_(budget), machine_(image, architecture), world_(machine_, budget.total, budget.solver_seed) {}

  Driver run();
  World &world() { return world_; }

private:
  BestPath run_routine(State start, std::uint64_t fuel, const char *origin, std::uint64_t patience = 1);
  void boot();
  std::size_t set_up(const State &state);
  BestPath run_start(const State &start, std::uint64_t fuel, const char *origin);
  void add_device();
  void start_device();
  void add_framework_devices();
  std::optional<State> entry_state();
  void judge_attachments();
  void read_dispatch_table();
  void find_entry_points();
  std::vector<std::uint64_t> request_targets();
  void recover_codes();
  void recover_codes(const State &memory);
  void follow_routes();
  std::vector<Request> internal_requests(const State &memory);
  void follow_internal_control();
  void add_found(std::vector<Ioctl> found, std::optional<std::size_t> device = {}, std::uint64_t routine = 0) {
    add_codes(driver_.ioctls, std::move(found), device, machine_.rva_of(routine));
  }
  struct Start {
    const State &boot;
    std::optional<Request> request;
  };
  Start start_of(std::uint64_t device, bool of_framework, std::uint8_t major, const State &memory);
  std::optional<Request> request_to(std::uint64_t device, bool of_framework, const State &from, std::uint8_t major);
  static void remember_routes(std::vector<StatefulRoute> &known, std::vector<StatefulRoute> found);
  void follow_sequences();
  void add_untried_devices();
  void follow_frameworks();
  std::uint64_t routine_of(std::uint64_t device, std::uint8_t major) const;
  void check_create();
  std::optional<std::uint64_t> pointer_in(symbolic::ObjectId object, std::uint64_t offset);

  const Budget &budget_;
  Machine machine_;
  World world_;
  Driver driver_;
  StartEvents start_events_{world_, driver_};
  State heap_; ///< memory after boot
  using DispatchTable = std::array<std::uint64_t, irp_mj_maximum_function + 1>;
  std::map<std::uint64_t, std::vector<StatefulRoute>> framework_routes_, device_routes_; ///< by device
  Opens opens_;
  std::uint64_t unknown_device_ = 0; ///< where the devices are not known: one with unknown contents
  DispatchTable major_{};            ///< of the driver object
  std::map<std::uint64_t, DispatchTable>
      device_tables_; ///< of devices that have one of their own, by DEVICE_OBJECT address
};

BestPath Discovery::run_routine(State start, std::uint64_t fuel, const char *origin, std::uint64_t patience) {
  BestPath best;
  const std::size_t before = patience > 1 ? set_up(start) : 0;
  const std::uint64_t began_at = world_.executor().instructions_used();
  world_.run(std::move(start), {.instructions = fuel / 8, .most = fuel * patience, .paths = 300},
             [&](State &state, PathEnd end) {
               start_events_.collect(state, origin);
               if (end != PathEnd::returned && best.state)
                 return;
               const Expr result = state.scalar[0]; // rax, eax and x0 have number 0
               const auto value = machine_.pool().is_constant(result) ? machine_.pool().value(result) & 0xffffffff : 0;
               const bool succeeded = end == PathEnd::returned && (value & 0x80000000) == 0;
               const std::size_t events = world_.log_of(state).size();
               if (patience > 1 && succeeded && set_up(state) > before)
                 world_.executor().limit(world_.executor().instructions_used() - began_at + fuel / 4);
               const bool better = !best.state || std::tuple(succeeded, events, state.steps) >
                                                      std::tuple(best.succeeded, best.events, best.steps);
               if (better)
                 best = {state, succeeded, events, state.steps};
             });
  return best;
}

/// Devices, callbacks and objects of a framework that a path has made, and the routine that makes more.
std::size_t Discovery::set_up(const State &state) {
  const auto word = machine_.word();
  const unsigned pointer = machine_.bits() / 8;
  const auto events = world_.log_of(state);
  const auto extension =
      machine_.read(state, world_.driver_object() + kernel::layout::DRIVER_OBJECT::DriverExtension.at(word), pointer);
  const auto adds =
      extension ? machine_.read(state, *extension + kernel::layout::DRIVER_EXTENSION::AddDevice.at(word), pointer)
                : std::nullopt;
  return static_cast<std::size_t>(adds.value_or(0) != 0) +
         static_cast<std::size_t>(std::count_if(events.begin(), events.end(), [](const Event *e) {
           return e->kind == EventKind::device_created || e->kind == EventKind::callback ||
                  e->kind == EventKind::framework_object;
         }));
}

/// A routine of the start; one that fuel cut off before it set up more than a device is followed again with more, until
/// it has.
BestPath Discovery::run_start(const State &start, std::uint64_t fuel, const char *origin) {
  constexpr std::uint64_t patience = 2;
  const std::uint64_t began_at = world_.executor().instructions_used();
  BestPath best = run_routine(start, fuel, origin);
  const std::size_t news = best.state ? set_up(*best.state) - set_up(start) : 0;
  if (news > (best.succeeded ? 0 : 1) || world_.executor().instructions_used() - began_at < fuel)
    return best;
  BestPath longer = run_routine(start, fuel, origin, patience);
  return std::pair(longer.succeeded, longer.events) > std::pair(best.succeeded, best.events) ? longer : best;
}

std::optional<std::uint64_t> Discovery::pointer_in(symbolic::ObjectId object, std::uint64_t offset) {
  const Expr value = machine_.load(heap_, object, offset, machine_.bits() / 8);
  return machine_.pool().is_constant(value) && machine_.pool().value(value) != 0
             ? std::optional(machine_.pool().value(value))
             : std::nullopt;
}

/// Where the driver begins: at the image's entry point, or for UMDF at the export that its host calls.
std::optional<State> Discovery::entry_state() {
  const std::uint64_t base = machine_.image().headers().image_base;
  if (const image::ExportedSymbol *host_entry = machine_.image().exports().find("FxDriverEntryUm")) {
    State state = world_.driver_entry_state(base + host_entry->rva.value);
    const Expr driver = world_.executor().argument(state, 0), path = world_.executor().argument(state, 1);
    const Expr arguments[] = {machine_.pointer(world_.framework().loader_interface(state)), machine_.pointer(0), driver,
                              path};
    return world_.call_state(state, base + host_entry->rva.value, arguments);
  }
  const auto entry = machine_.image().entry_code();
  return entry ? std::optional(world_.driver_entry_state(base + entry->value)) : std::nullopt;
}

void Discovery::boot() {
  const std::optional<State> start = entry_state();
  if (!start) {
    driver_.gaps.push_back({"the image has no entry point", {}});
    return;
  }
  heap_ = *start;
  BestPath best = run_start(*start, budget_.boot, "DriverEntry");
  if (!best.succeeded) { // checks of the machine that it waits for: leave out what does not get the driver object
    world_.set_skipped_calls(world_.driver_object(), true);
    if (BestPath shorter = run_routine(*start, budget_.boot / 2, "DriverEntry"); shorter.succeeded) {
      driver_.gaps.push_back(
          {"DriverEntry was followed to success only without its routines that do not get the driver object",
           machine_.rva_of(start->ip)});
      best = std::move(shorter);
    }
    world_.set_skipped_calls({});
  }
  driver_.entry_succeeded = best.succeeded;
  if (best.state)
    heap_ = std::move(*best.state);
  else
    driver_.gaps.push_back({"no path of DriverEntry ended", machine_.rva_of(start->ip)});
}

void Discovery::add_device() {
  const auto word = machine_.word();
  const auto extension = pointer_in(world_.driver_object_id(), kernel::layout::DRIVER_OBJECT::DriverExtension.at(word));
  const auto object = extension ? machine_.objects().at(*extension) : std::nullopt;
  const auto routine =
      object ? pointer_in(*object, kernel::layout::DRIVER_EXTENSION::AddDevice.at(word)) : std::nullopt;
  if (!routine || !machine_.is_code(*routine))
    return;
  driver_.entry_points.push_back({"AddDevice", *machine_.rva_of(*routine)});
  const auto pdo = machine_.new_object("PhysicalDeviceObject", 0x400, ObjectKind::kernel, symbolic::Fill::lazy,
                                       symbolic::label_kernel);
  const Expr arguments[] = {machine_.pointer(world_.driver_object()), machine_.pointer(machine_.objects()[pdo].base)};
  BestPath best = run_start(world_.call_state(heap_, *routine, arguments), budget_.boot / 2, "AddDevice");
  if (best.state)
    heap_ = std::move(*best.state);
  judge_attachments();
  start_device();
}

/// The start of the device that AddDevice put into the stack, else of the last that exists. A driver that starts on no
/// list of resources is taken as AddDevice left it.
void Discovery::start_device() {
  const auto word = machine_.word();
  const auto routine = pointer_in(world_.driver_object_id(), kernel::layout::DRIVER_OBJECT::MajorFunction.at(word) +
                                                                 std::uint64_t{irp_mj_pnp} * (machine_.bits() / 8));
  std::uint64_t device = 0;
  bool attached = false;
  for (const Event *event : world_.log_of(heap_))
    if (event->kind == EventKind::attached || (event->kind == EventKind::device_created && !attached)) {
      device = event->object;
      attached = event->kind == EventKind::attached;
    }
  if (!routine || !machine_.is_code(*routine) || device == 0)
    return;
  for (const Resources resources : {Resources::one_of_each, Resources::several, Resources::none}) {
    const Request request = make_start_request(world_, heap_, device, *routine, resources);
    BestPath best = run_routine(request.state, budget_.boot / 4, "IRP_MN_START_DEVICE");
    if (!best.succeeded)
      continue;
    heap_ = std::move(*best.state);
    if (auto completion = world_.completion_of(heap_))
      if (BestPath behind = run_routine(std::move(*completion), budget_.boot / 8, "IRP_MN_START_DEVICE"); behind.state)
        heap_ = std::move(*behind.state);
    return;
  }
  driver_.gaps.push_back(
      {"no path of IRP_MN_START_DEVICE was seen to succeed: what it would set up is missing from the surface",
       machine_.rva_of(*routine)});
}

/// Of each device that sits over another one: whether the driver took Flags or Characteristics from below. What comes
/// from the lower device is not constant.
void Discovery::judge_attachments() {
  namespace DEVICE_OBJECT = kernel::layout::DEVICE_OBJECT;
  for (const Event *event : world_.log_of(heap_)) {
    Device *device = event->kind == EventKind::attached ? start_events_.device_at(event->object) : nullptr;
    const auto object = device ? machine_.objects().at(event->object) : std::nullopt;
    if (!object)
      continue;
    device->attached = true;
    for (const kernel::PerWord &field : {DEVICE_OBJECT::Flags, DEVICE_OBJECT::Characteristics})
      device->takes_lower_flags =
          device->takes_lower_flags ||
          !machine_.pool().is_constant(machine_.load(heap_, *object, field.at(machine_.word()), 4));
  }
}

/// EvtDriverDeviceAdd, then the start of each device.
void Discovery::add_framework_devices() {
  Framework &framework = world_.framework();
  if (!framework.bound() || framework.handles(heap_, WdfType::driver).empty())
    return;
  driver_.framework = *framework.bound() == kernel::WdfKind::umdf ? "UMDF" : "KMDF";
  const auto keep = [&](BestPath best) {
    if (best.state)
      heap_ = std::move(*best.state);
  };
  if (auto add = framework.device_add(heap_)) {
    driver_.entry_points.push_back({"EvtDriverDeviceAdd", *machine_.rva_of(add->routine)});
    keep(run_routine(std::move(add->state), budget_.boot / 2, "EvtDriverDeviceAdd"));
  }
  for (const std::uint64_t device : framework.handles(heap_, WdfType::device))
    if (auto child = framework.child_device(heap_, device)) {
      driver_.entry_points.push_back({"EvtChildListCreateDevice", *machine_.rva_of(child->routine)});
      keep(run_routine(std::move(child->state), budget_.boot / 4, "EvtChildListCreateDevice"));
    }
  for (const std::uint64_t device : framework.handles(heap_, WdfType::device))
    for (Framework::Callback &start : framework.start_device(heap_, device))
      keep(run_routine(std::move(start.state), budget_.boot / 8, "EvtDevicePrepareHardware"));
  for (const std::uint64_t device : framework.handles(heap_, WdfType::device))
    framework.open_file(heap_, device);
  for (const auto &[role, routine] : framework.routines(heap_))
    driver_.entry_points.push_back({role, *machine_.rva_of(routine)});
}

/// Where no path filled the dispatch table, it is taken from the code, and the driver's state is left open.
void Discovery::read_dispatch_table() {
  const auto word = machine_.word();
  const unsigned pointer = machine_.bits() / 8;
  const auto slot = [&](std::size_t major) {
    return kernel::layout::DRIVER_OBJECT::MajorFunction.at(word) + std::uint64_t{pointer} * major;
  };
  for (const std::uint8_t major : {irp_mj_create, irp_mj_device_control, irp_mj_internal_device_control})
    if (pointer_in(world_.driver_object_id(), slot(major)))
      return;
  const auto table = world_.framework().bound() ? std::nullopt : static_dispatch(machine_);
  if (!table)
    return;
  for (std::size_t major = 0; major < table->major.size(); ++major)
    if (table->major[major] != 0)
      machine_.store(heap_, world_.driver_object_id(), slot(major), table->major[major], pointer);
  heap_ = loosened(machine_, std::move(heap_));
  const auto device = machine_.new_object("DeviceObject", kernel::layout::DEVICE_OBJECT::structure_size.at(word),
                                          ObjectKind::kernel, symbolic::Fill::lazy, symbolic::label_persistent);
  unknown_device_ = machine_.objects()[device].base;
  driver_.gaps.push_back({"the dispatch table was read from the code that fills it, for no path was followed there: "
                          "devices and state are not known",
                          machine_.rva_of(table->filled_at)});
}

void Discovery::find_entry_points() {
  const auto word = machine_.word();
  const unsigned pointer = machine_.bits() / 8;
  namespace DRIVER = kernel::layout::DRIVER_OBJECT;
  for (std::uint8_t major = 0; major <= irp_mj_maximum_function; ++major) {
    const auto routine =
        pointer_in(world_.driver_object_id(), DRIVER::MajorFunction.at(word) + std::uint64_t{pointer} * major);
    if (!routine || !machine_.is_code(*routine))
      continue;
    major_[major] = *routine;
    driver_.entry_points.push_back({std::string(kernel::name_of_major_function(major)), *machine_.rva_of(*routine)});
  }
  const auto single = [&](const kernel::PerWord &field, const char *name) {
    const auto routine = pointer_in(world_.driver_object_id(), field.at(word));
    if (routine && machine_.is_code(*routine))
      driver_.entry_points.push_back({name, *machine_.rva_of(*routine)});
  };
  for (const Event *event : world_.log_of(heap_)) {
    if (event->kind != EventKind::callback || event->role != kernel::CallbackRole::ndis_device_dispatch ||
        event->c > irp_mj_maximum_function || !machine_.is_code(event->a))
      continue;
    device_tables_[event->object][event->c] = event->a;
    driver_.entry_points.push_back({event->text2, *machine_.rva_of(event->a)});
  }
  single(DRIVER::DriverStartIo, "DriverStartIo");
  single(DRIVER::DriverUnload, "DriverUnload");
}

std::uint64_t Discovery::routine_of(std::uint64_t device, std::uint8_t major) const {
  const auto own = device_tables_.find(device);
  return own != device_tables_.end() ? own->second[major] : major_[major];
}

/// What each device's IRP_MJ_CREATE demands; devices of which no request was followed share the answer of the last.
void Discovery::check_create() {
  std::vector<std::pair<Request, std::uint64_t>> opens; // and the device
  for (const std::uint64_t device : world_.framework().handles(heap_, WdfType::device))
    if (auto request = world_.framework().make_request(heap_, device, irp_mj_create))
      opens.emplace_back(std::move(*request), device);
  for (const std::uint64_t target : request_targets())
    if (const std::uint64_t routine = routine_of(target, irp_mj_create))
      opens.emplace_back(make_request(world_, heap_, irp_mj_create, target, routine), target);
  if (opens.empty())
    return;
  CreateChecks checks;
  std::vector<bool> checked(driver_.devices.size());
  const auto keep = [&](std::size_t index) {
    driver_.devices[index].create_gates = checks.gates;
    driver_.devices[index].rejects_names = checks.rejects_names;
  };
  for (auto &[request, device] : opens) {
    const auto index = start_events_.index_of(device);
    const symbolic::ObjectId file_object = request.file_object;
    OpenStates left;
    checks = driver::check_create(world_, std::move(request), budget_.dispatch / 4, left);
    opens_.add(world_, device, file_object, heap_, std::move(left));
    for (const std::string &gate : checks.gates)
      if (std::find(driver_.create_gates.begin(), driver_.create_gates.end(), gate) == driver_.create_gates.end())
        driver_.create_gates.push_back(gate);
    if (index) {
      checked[*index] = true;
      keep(*index);
    }
  }
  for (std::size_t i = 0; i < checked.size(); ++i)
    if (!checked[i])
      keep(i);
}

/// The device objects that exist on the path whose memory the requests start from, at most one for each device found
/// and four in all; when there is none, 0 or a device of which nothing is known.
std::vector<std::uint64_t> Discovery::request_targets() {
  constexpr std::size_t most = 4;
  std::vector<std::uint64_t> targets;
  std::vector<const Device *> devices;
  for (const Event *event : world_.log_of(heap_)) {
    const Device *device = event->kind == EventKind::device_created ? start_events_.device_at(event->object) : nullptr;
    if (!device || std::find(devices.begin(), devices.end(), device) != devices.end() || targets.size() == most)
      continue;
    devices.push_back(device);
    targets.push_back(event->object);
  }
  if (targets.empty())
    targets.push_back(unknown_device_);
  return targets;
}

/// A driver that takes no code in the state that it was followed to is asked again with its state open.
void Discovery::recover_codes() {
  const auto has_code = [&] {
    return std::any_of(driver_.ioctls.begin(), driver_.ioctls.end(), [](const Ioctl &i) { return i.route.empty(); });
  };
  recover_codes(heap_);
  if (has_code())
    return;
  recover_codes(loosened(machine_, heap_));
  if (has_code())
    driver_.gaps.push_back({"control codes are taken only in another state than the one in which the driver's start "
                            "leaves it: its variables were left open",
                            driver_.ioctls.front().handler});
}

/// What requests to a device start from, and a request of `major` on it; nothing when no routine takes it.
Discovery::Start Discovery::start_of(std::uint64_t device, bool of_framework, std::uint8_t major, const State &memory) {
  const AfterState *open = &memory == &heap_ ? opens_.before_requests(device) : nullptr;
  const State &boot = open ? open->state : memory;
  Start start{boot, request_to(device, of_framework, boot, major)};
  if (open && start.request)
    Opens::put_behind(*open, *start.request);
  return start;
}

void Discovery::recover_codes(const State &memory) {
  for (const std::uint64_t device : world_.framework().handles(memory, WdfType::device))
    if (auto [boot, request] = start_of(device, true, irp_mj_device_control, memory); request) {
      const std::uint64_t routine = request->state.ip;
      IoctlRecovery recovery(world_, budget_, boot);
      recovery.run(std::move(*request));
      add_found(recovery.take(), start_events_.index_of(device), routine);
      remember_routes(framework_routes_[device], recovery.take_stateful());
    }
  for (const std::uint64_t target : request_targets())
    if (auto [boot, request] = start_of(target, false, irp_mj_device_control, memory); request) {
      const std::uint64_t routine = request->state.ip;
      IoctlRecovery recovery(world_, budget_, boot);
      recovery.run(std::move(*request));
      add_found(recovery.take(), start_events_.index_of(target), routine);
      remember_routes(device_routes_[target], recovery.take_stateful());
    }
}

/// Reads and writes: handlers of their own that bring the caller's bytes to the driver without a control code.
void Discovery::follow_routes() {
  for (const std::uint8_t major : {irp_mj_read, irp_mj_write}) {
    for (const std::uint64_t device : world_.framework().handles(heap_, WdfType::device))
      if (auto [boot, request] = start_of(device, true, major, heap_); request) {
        IoctlRecovery recovery(world_, budget_, boot);
        recovery.run_route(std::move(*request), kernel::name_of_major_function(major), false);
        add_found(recovery.take());
        remember_routes(framework_routes_[device], recovery.take_stateful());
      }
    for (const std::uint64_t target : request_targets()) {
      auto [boot, request] = start_of(target, false, major, heap_);
      if (!request)
        continue;
      const std::uint64_t routine = request->state.ip;
      const bool shared = routine == routine_of(target, irp_mj_create) || routine == routine_of(target, irp_mj_close) ||
                          routine == routine_of(target, irp_mj_cleanup);
      IoctlRecovery recovery(world_, budget_, boot);
      recovery.run_route(std::move(*request), kernel::name_of_major_function(major), shared);
      add_found(recovery.take(), start_events_.index_of(target));
      remember_routes(device_routes_[target], recovery.take_stateful());
    }
  }
}

/// Requests that only other drivers send, for each device that has a routine of its own for them.
std::vector<Request> Discovery::internal_requests(const State &memory) {
  std::vector<Request> requests;
  Framework &framework = world_.framework();
  const auto routines = framework.routines(memory);
  if (std::ranges::any_of(routines, [](const auto &r) { return r.first == "EvtIoInternalDeviceControl"; }))
    for (const std::uint64_t device : framework.handles(memory, WdfType::device)) {
      const auto control = framework.make_request(memory, device, irp_mj_device_control);
      auto request = framework.make_request(memory, device, irp_mj_internal_device_control);
      if (request && (!control || control->state.ip != request->state.ip))
        requests.push_back(std::move(*request));
    }
  for (const std::uint64_t target : request_targets())
    if (const std::uint64_t routine = routine_of(target, irp_mj_internal_device_control);
        routine != 0 && routine != routine_of(target, irp_mj_device_control))
      requests.push_back(make_request(world_, memory, irp_mj_internal_device_control, target, routine));
  return requests;
}

/// Codes that other drivers send: they are told apart, and what they do is not judged, for no program can send them.
void Discovery::follow_internal_control() {
  Budget quiet = budget_;
  quiet.dispatch = surface_budget.dispatch / 2;
  quiet.code = surface_budget.code / 4;
  quiet.patience = 1;
  quiet.primitives = false;
  const auto follow = [&](const State &memory) {
    bool any = false;
    for (Request &request : internal_requests(memory)) {
      const std::uint64_t routine = request.state.ip;
      request.prefix = "internal";
      IoctlRecovery recovery(world_, quiet, memory);
      recovery.run(std::move(request));
      std::vector<Ioctl> found = recovery.take();
      any = any || !found.empty();
      add_found(std::move(found), {}, routine);
    }
    return any;
  };
  if (!follow(heap_))
    follow(loosened(machine_, heap_));
}

void Discovery::remember_routes(std::vector<StatefulRoute> &known, std::vector<StatefulRoute> found) {
  known.insert(known.end(), std::make_move_iterator(found.begin()), std::make_move_iterator(found.end()));
}

/// A request on top of `from`; nothing when no routine takes it.
std::optional<Request> Discovery::request_to(std::uint64_t device, bool of_framework, const State &from,
                                             std::uint8_t major) {
  if (of_framework)
    return world_.framework().make_request(from, device, major);
  const std::uint64_t routine = routine_of(device, major);
  return routine == 0 ? std::nullopt : std::optional(make_request(world_, from, major, device, routine));
}

/// What a caller reaches with several requests on one handle.
void Discovery::follow_sequences() {
  const std::vector<const Event *> registered = world_.log_of(heap_);
  for (const bool of_framework : {true, false})
    for (auto &[owner, routes] : of_framework ? framework_routes_ : device_routes_) {
      const std::uint64_t device = owner;
      const AfterState *open = opens_.before_requests(device);
      State boot = open ? open->state : heap_;
      boot.log = 0;
      Sequences sequences(world_, budget_, boot, [&](const State &from, std::uint8_t major) {
        return request_to(device, of_framework, from, major);
      });
      sequences.come_behind(open ? open->requests.size() : 0);
      for (StatefulRoute &route : routes)
        sequences.add(std::move(route));
      if (auto opening = opens_.route(device))
        sequences.add(std::move(*opening));
      const std::uint64_t object = of_framework ? world_.framework().device_object(heap_, device) : device;
      sequences.add_silent(heap_, world_.file_object(object), registered);
      sequences.run(driver_.ioctls);
      if (!sequences.cut_off().empty())
        driver_.gaps.push_back({"the fuel for sequences of requests was spent before " + sequences.cut_off(), {}});
    }
}

/// The ways in that the driver registered with a framework.
void Discovery::follow_frameworks() {
  State quiet = heap_;
  quiet.log = 0;
  const std::uint64_t device = request_targets().front();
  Routes routes{.world = world_,
                .budget = budget_,
                .driver = driver_,
                .heap = quiet,
                .registered = world_.log_of(heap_),
                .device = device,
                .system_control = routine_of(device, irp_mj_system_control),
                .found = {}};
  follow_registered_routes(routes);
  add_found(std::move(routes.found));
}

/// Devices that no request was sent to (more than four, or made on another path) are taken to accept every code.
void Discovery::add_untried_devices() {
  const std::vector<std::uint64_t> targets = request_targets();
  for (std::size_t i = 0; i < driver_.devices.size(); ++i)
    if (std::none_of(targets.begin(), targets.end(),
                     [&](std::uint64_t target) { return start_events_.index_of(target) == i; }))
      for (Ioctl &ioctl : driver_.ioctls)
        if (!ioctl.devices.empty())
          ioctl.devices.push_back({i, ioctl.status, ioctl.gates});
}

Driver Discovery::run() {
  boot();
  add_device();
  add_framework_devices();
  read_dispatch_table();
  find_entry_points();
  world_.set_threads(waiting_threads(world_, heap_));
  check_create();
  recover_codes();
  follow_routes();
  follow_internal_control();
  if (budget_.primitives)
    follow_sequences();
  add_untried_devices();
  follow_frameworks();
  add_gaps(world_, driver_);
  return std::move(driver_);
}

} // namespace

Driver discover(const image::Image &image, const Budget &budget) {
  const auto architecture = code::architecture_of(image);
  if (!architecture) {
    Driver driver;
    driver.gaps.push_back({"code of machine " + std::string(image::name_of(image.machine())) + " is not lifted", {}});
    return driver;
  }
  return Discovery(image, *architecture, budget).run();
}

Trace trace(const image::Image &image, const Budget &budget, const TraceSubject &subject, Driver &driver) {
  const auto architecture = code::architecture_of(image);
  if (!architecture) {
    driver = discover(image, budget);
    return {.subject = subject};
  }
  Discovery discovery(image, *architecture, budget);
  TraceObserver observer(subject);
  discovery.world().set_tracer(&observer);
  driver = discovery.run();
  return observer.take(discovery.world(), driver);
}

} // namespace ringfence::driver
