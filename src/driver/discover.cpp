// Discovery: DriverEntry, AddDevice, then the dispatch routines they left in the driver object.

#include <ringfence/driver/driver.h>

#include "ioctl_recovery.h"
#include "request.h"
#include "routes.h"
#include "wdf.h"

#include <ringfence/base/text.h>
#include <ringfence/kernel/ioctl.h>
#include <ringfence/kernel/layouts.h>

#include <algorithm>
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
      : budget_(budget), machine_(image, architecture), world_(machine_) {}

  Driver run();

private:
  BestPath run_routine(State start, std::uint64_t fuel, const char *origin);
  void boot();
  void add_device();
  void add_framework_devices();
  std::optional<State> entry_state();
  void judge_attachments();
  void collect(const State &state, const char *origin);
  void add_event(const Event &event, const char *origin);
  void find_entry_points();
  std::vector<std::uint64_t> request_targets();
  void recover_codes();
  void follow_routes();
  void add_found(std::vector<Ioctl> found);
  void check_create();
  bool refuses_names(Request request);
  std::optional<std::uint64_t> pointer_in(symbolic::ObjectId object, std::uint64_t offset);
  Device *device_at(std::uint64_t object);
  void add_gaps();

  const Budget &budget_;
  Machine machine_;
  World world_;
  Driver driver_;
  State heap_; ///< memory after boot
  std::vector<std::pair<std::uint64_t, std::size_t>> device_objects_; ///< DEVICE_OBJECT address -> index in devices
  std::set<const Event *> seen_;
  std::array<std::uint64_t, irp_mj_maximum_function + 1> major_{};
};

BestPath Discovery::run_routine(State start, std::uint64_t fuel, const char *origin) {
  BestPath best;
  const unsigned bits = machine_.bits();
  world_.run(std::move(start), {.instructions = fuel / 8, .most = fuel, .paths = 300}, [&](State &state, PathEnd end) {
    collect(state, origin);
    if (end != PathEnd::returned && best.state)
      return;
    const Expr result = state.scalar[0]; // rax, eax and x0 have number 0
    const auto value = machine_.pool().is_constant(result) ? machine_.pool().value(result) & 0xffffffff : 0;
    const bool succeeded = end == PathEnd::returned && (value & 0x80000000) == 0;
    const std::size_t events = world_.log_of(state).size();
    const bool better = !best.state || std::tuple(succeeded, events, state.steps) > std::tuple(best.succeeded, best.events, best.steps);
    if (better)
      best = {state, succeeded, events, state.steps};
  });
  (void)bits;
  return best;
}

Device *Discovery::device_at(std::uint64_t object) {
  for (const auto &[address, index] : device_objects_)
    if (address == object)
      return &driver_.devices[index];
  return nullptr;
}

void Discovery::add_event(const Event &event, const char *origin) {
  const auto add_unique = [](std::vector<std::string> &list, const std::string &text) {
    if (!text.empty() && std::find(list.begin(), list.end(), text) == list.end())
      list.push_back(text);
  };
  switch (event.kind) {
  case EventKind::device_created: {
    Device device{.name = event.text, .type = static_cast<std::uint32_t>(event.a), .characteristics = static_cast<std::uint32_t>(event.b),
                  .exclusive = event.c != 0, .sddl = event.text2, .sddl_source = event.text2.empty() ? "" : event.text3.empty() ? "IoCreateDeviceSecure" : event.text3, .origin = origin, .created_at = machine_.rva_of(event.pc)};
    if (!event.text3.empty() && !device.origin.starts_with("Evt"))
      device.origin = "WdfDeviceCreate";
    const auto same = std::find_if(driver_.devices.begin(), driver_.devices.end(), [&](const Device &d) {
      return d.name == device.name && (!d.name.empty() || d.type == device.type) && d.sddl == device.sddl && d.characteristics == device.characteristics;
    });
    const auto index = static_cast<std::size_t>(same - driver_.devices.begin());
    if (same == driver_.devices.end())
      driver_.devices.push_back(std::move(device));
    device_objects_.emplace_back(event.object, index);
    return;
  }
  case EventKind::link_created: {
    if (const auto at = machine_.rva_of(event.pc); event.c != 0 && at)
      driver_.unprotected_links.push_back({event.text, *at});
    for (Device &device : driver_.devices)
      if (!event.text2.empty() && ascii_iequals(device.name, event.text2))
        return add_unique(device.links, event.text);
    if (!driver_.devices.empty())
      add_unique(driver_.devices.back().links, event.text);
    return;
  }
  case EventKind::interface_created:
    if (Device *device = device_at(event.object))
      add_unique(device->interfaces, event.text);
    else if (!driver_.devices.empty())
      add_unique(driver_.devices.back().interfaces, event.text);
    return;
  case EventKind::callback: {
    const auto rva = machine_.rva_of(event.a);
    if (event.a != 0 && rva && std::none_of(driver_.callbacks.begin(), driver_.callbacks.end(), [&](const auto &c) { return c.rva == *rva && c.name == event.text2; }))
      driver_.callbacks.push_back({std::string(kernel::word_of(event.role)), *rva, event.text, event.text2});
    return;
  }
  case EventKind::framework_object: // a device is known by its handle, too
    if (event.a == static_cast<std::uint64_t>(WdfType::device) && !device_objects_.empty() && device_at(event.b))
      device_objects_.emplace_back(event.object, static_cast<std::size_t>(device_at(event.b) - driver_.devices.data()));
    return;
  case EventKind::note:
    if (Device *device = event.text == "class GUID" ? device_at(event.object) : nullptr)
      device->class_guid = event.text2;
    return;
  case EventKind::opened:
    return add_unique(driver_.opened_names, event.text);
  case EventKind::registry:
    return add_unique(driver_.registry_values, event.text);
  default:
    return;
  }
}

void Discovery::collect(const State &state, const char *origin) {
  for (const Event *event : world_.log_of(state))
    if (seen_.insert(event).second)
      add_event(*event, origin);
}

std::optional<std::uint64_t> Discovery::pointer_in(symbolic::ObjectId object, std::uint64_t offset) {
  const Expr value = machine_.load(heap_, object, offset, machine_.bits() / 8);
  return machine_.pool().is_constant(value) && machine_.pool().value(value) != 0 ? std::optional(machine_.pool().value(value)) : std::nullopt;
}

/// Where the driver begins: at the image's entry point, or for UMDF at the export that its host calls.
std::optional<State> Discovery::entry_state() {
  const std::uint64_t base = machine_.image().headers().image_base;
  if (const image::ExportedSymbol *host_entry = machine_.image().exports().find("FxDriverEntryUm")) {
    State state = world_.driver_entry_state(base + host_entry->rva.value);
    const Expr driver = world_.executor().argument(state, 0), path = world_.executor().argument(state, 1);
    const Expr arguments[] = {machine_.pointer(world_.framework().loader_interface(state)), machine_.pointer(0), driver, path};
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
  BestPath best = run_routine(*start, budget_.boot, "DriverEntry");
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
  const auto routine = object ? pointer_in(*object, kernel::layout::DRIVER_EXTENSION::AddDevice.at(word)) : std::nullopt;
  if (!routine || !machine_.is_code(*routine))
    return;
  driver_.entry_points.push_back({"AddDevice", *machine_.rva_of(*routine)});
  const auto pdo = machine_.new_object("PhysicalDeviceObject", 0x400, ObjectKind::kernel, symbolic::Fill::lazy, symbolic::label_kernel);
  const Expr arguments[] = {machine_.pointer(world_.driver_object()), machine_.pointer(machine_.objects()[pdo].base)};
  BestPath best = run_routine(world_.call_state(heap_, *routine, arguments), budget_.boot / 2, "AddDevice");
  if (best.state)
    heap_ = std::move(*best.state);
  judge_attachments();
}

/// Of each device that sits over another one: whether the driver took Flags or Characteristics from below. What comes from the
/// lower device is not constant.
void Discovery::judge_attachments() {
  namespace DEVICE_OBJECT = kernel::layout::DEVICE_OBJECT;
  for (const Event *event : world_.log_of(heap_)) {
    Device *device = event->kind == EventKind::attached ? device_at(event->object) : nullptr;
    const auto object = device ? machine_.objects().at(event->object) : std::nullopt;
    if (!object)
      continue;
    device->attached = true;
    for (const kernel::PerWord &field : {DEVICE_OBJECT::Flags, DEVICE_OBJECT::Characteristics})
      device->takes_lower_flags = device->takes_lower_flags || !machine_.pool().is_constant(machine_.load(heap_, *object, field.at(machine_.word()), 4));
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
    for (Framework::Callback &start : framework.start_device(heap_, device))
      keep(run_routine(std::move(start.state), budget_.boot / 8, "EvtDevicePrepareHardware"));
  for (const auto &[role, routine] : framework.routines(heap_))
    driver_.entry_points.push_back({role, *machine_.rva_of(routine)});
}

void Discovery::find_entry_points() {
  const auto word = machine_.word();
  const unsigned pointer = machine_.bits() / 8;
  namespace DRIVER = kernel::layout::DRIVER_OBJECT;
  for (std::uint8_t major = 0; major <= irp_mj_maximum_function; ++major) {
    const auto routine = pointer_in(world_.driver_object_id(), DRIVER::MajorFunction.at(word) + std::uint64_t{pointer} * major);
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
  single(DRIVER::DriverStartIo, "DriverStartIo");
  single(DRIVER::DriverUnload, "DriverUnload");
}

/// Calls `each` with every constant that `e` can be and what then holds on the path: compilers choose a status without a
/// branch. A value that is no constant comes as all bits set.
template <class Each>
void for_each_choice(symbolic::ExprPool &pool, const symbolic::PathFacts &facts, Expr e, Each each, unsigned depth = 0) {
  const symbolic::Node node = pool[e];
  if (node.kind != symbolic::Kind::ite || depth == 4)
    return each(facts, pool.is_constant(e) ? pool.value(e) : ~std::uint64_t{0});
  for (const bool truth : {true, false}) {
    symbolic::PathFacts side = facts;
    if (side.assume(pool, Expr(node.a), truth))
      for_each_choice(pool, side, Expr(truth ? node.b : node.c), each, depth + 1);
  }
}

/// The checks of the caller in IRP_MJ_CREATE, and whether it refuses a name behind the device's name: some path without
/// a name succeeds, and every path on which there can be one fails.
void Discovery::check_create() {
  std::vector<bool> refused;
  for (const std::uint64_t device : world_.framework().handles(heap_, WdfType::device))
    if (auto request = world_.framework().make_request(heap_, device, irp_mj_create))
      refused.push_back(refuses_names(std::move(*request)));
  if (major_[irp_mj_create] != 0)
    refused.push_back(refuses_names(make_request(world_, heap_, irp_mj_create, request_targets().front(), major_[irp_mj_create])));
  driver_.rejects_names = !refused.empty() && std::find(refused.begin(), refused.end(), false) == refused.end();
}

/// Adds the checks of the caller on the way of an open; true when the open is refused where a name follows the device's.
bool Discovery::refuses_names(Request request) {
  request.state.log = 0;
  bool opens_without_name = false, opens_with_name = false;
  world_.run(request.state, {.instructions = budget_.dispatch / 4, .paths = 200}, [&](State &state, PathEnd end) {
    const Event *completion = nullptr;
    for (const Event *event : world_.log_of(state)) {
      if (event->kind == EventKind::gate && std::find(driver_.create_gates.begin(), driver_.create_gates.end(), event->text) == driver_.create_gates.end())
        driver_.create_gates.push_back(event->text);
      if (event->kind == EventKind::completed)
        completion = event;
    }
    if (end == PathEnd::infeasible)
      return;
    const auto judge = [&](const symbolic::PathFacts &facts, std::uint64_t status) {
      const symbolic::Range length = facts.range(world_.pool(), request.name_length);
      if (completion && is_failure(status))
        return;
      opens_without_name = opens_without_name || (completion && length.low == 0);
      opens_with_name = opens_with_name || length.high != 0;
    };
    for_each_choice(world_.pool(), state.facts, completion ? Expr(static_cast<std::uint32_t>(completion->c)) : Expr(0), judge);
  });
  return opens_without_name && !opens_with_name;
}

/// The device objects that exist on the path whose memory the requests start from, at most one for each device found
/// and four in all; 0 when there is none.
std::vector<std::uint64_t> Discovery::request_targets() {
  constexpr std::size_t most = 4;
  std::vector<std::uint64_t> targets;
  std::vector<const Device *> devices;
  for (const Event *event : world_.log_of(heap_)) {
    const Device *device = event->kind == EventKind::device_created ? device_at(event->object) : nullptr;
    if (!device || std::find(devices.begin(), devices.end(), device) != devices.end() || targets.size() == most)
      continue;
    devices.push_back(device);
    targets.push_back(event->object);
  }
  if (targets.empty())
    targets.push_back(0);
  return targets;
}

void Discovery::recover_codes() {
  for (const std::uint64_t device : world_.framework().handles(heap_, WdfType::device))
    if (auto request = world_.framework().make_request(heap_, device, irp_mj_device_control)) {
      IoctlRecovery recovery(world_, budget_);
      recovery.run(std::move(*request));
      add_found(recovery.take());
    }
  if (major_[irp_mj_device_control] == 0)
    return;
  const std::vector<std::uint64_t> targets = request_targets();
  for (const std::uint64_t target : targets) {
    IoctlRecovery recovery(world_, budget_);
    recovery.run(make_request(world_, heap_, irp_mj_device_control, target, major_[irp_mj_device_control]));
    add_found(recovery.take());
  }
}

/// Reads and writes: handlers of their own that bring the caller's bytes to the driver without a control code.
void Discovery::follow_routes() {
  for (const std::uint8_t major : {irp_mj_read, irp_mj_write}) {
    for (const std::uint64_t device : world_.framework().handles(heap_, WdfType::device))
      if (auto request = world_.framework().make_request(heap_, device, major)) {
        IoctlRecovery recovery(world_, budget_);
        recovery.run_route(std::move(*request), kernel::name_of_major_function(major), false);
        add_found(recovery.take());
      }
    const std::uint64_t routine = major_[major];
    if (routine == 0)
      continue;
    const bool shared = routine == major_[irp_mj_create] || routine == major_[irp_mj_close] || routine == major_[irp_mj_cleanup];
    for (const std::uint64_t target : request_targets()) {
      IoctlRecovery recovery(world_, budget_);
      recovery.run_route(make_request(world_, heap_, major, target, routine), kernel::name_of_major_function(major), shared);
      add_found(recovery.take());
    }
  }
}

/// Control codes by value, then routes by name.
void Discovery::add_found(std::vector<Ioctl> found) {
  const auto key = [](const Ioctl &ioctl) { return std::tuple(!ioctl.route.empty(), std::string_view(ioctl.route), ioctl.route.empty() ? ioctl.code : 0); };
  for (Ioctl &ioctl : found) {
    const auto at = std::lower_bound(driver_.ioctls.begin(), driver_.ioctls.end(), ioctl, [&](const Ioctl &a, const Ioctl &b) { return key(a) < key(b); });
    if (at == driver_.ioctls.end() || key(*at) != key(ioctl))
      driver_.ioctls.insert(at, std::move(ioctl));
  }
}

void Discovery::add_gaps() {
  for (const symbolic::Gap &gap : world_.executor().gaps())
    if (gap.what != symbolic::Gap::What::loop_bounded)
      driver_.gaps.push_back({symbolic::name_of(gap.what), machine_.rva_of(gap.address)});
  driver_.unmodelled_imports = world_.unmodelled();
  driver_.call_sites = world_.call_sites().take();
  for (const Import &import : machine_.imports())
    if (import.resolved_at_run_time)
      driver_.resolved_names.push_back(import.name);
  std::sort(driver_.resolved_names.begin(), driver_.resolved_names.end());
  driver_.instructions = world_.executor().instructions_used();
}

Driver Discovery::run() {
  boot();
  add_device();
  add_framework_devices();
  find_entry_points();
  check_create();
  recover_codes();
  follow_routes();
  add_found(follow_registered_routes(world_, budget_, heap_, driver_));
  add_gaps();
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

} // namespace ringfence::driver
