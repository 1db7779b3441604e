// The kernel-mode driver framework (KMDF) around a replayed driver: what it keeps of its objects, by handle, and the
// way of a request from the I/O manager to the driver's routines. A handle is an address that nothing else has; what
// the framework knows of it lies outside of the driver's memory. Invariant: everything that a run changes is
// FrameworkState, part of the machine's store. Spec: KMDF reference (wdf*.h), docs/replay.md.
#pragma once

#include <ringfence/kernel/api.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ringfence::replay {

class Machine;
struct OutsideCall;

enum class HandleType : std::uint8_t {
  other,
  driver,
  device_init,
  device,
  queue,
  request,
  file,
  memory,
  work,
  collection,
  string
};

/// What the framework keeps at a handle. `dispatch` and `preprocess` have one place for each IRP_MJ_*.
enum class Slot : std::uint16_t {
  device_add,
  io_type,
  device_type,
  characteristics,
  is_filter,
  file_create,
  file_cleanup,
  file_close,
  file_context,
  caller_context,
  request_context,
  prepare_hardware,
  d0_entry,
  child_create,
  wdm_device,
  default_queue,
  default_target,
  queue_device,
  dispatch_type,
  io_default,
  io_read,
  io_write,
  io_control,
  io_internal,
  ready,
  ready_context,
  waiting,
  request_queue,
  file_object,
  irp,
  major,
  is_incoming,
  stage,
  buffer,
  size,
  routine,
  wdm_file,
  text,
  dispatch = 0x100,
  preprocess = 0x200,
};

struct FrameworkObject {
  HandleType type = HandleType::other;
  std::uint64_t parent = 0;
  std::string name; ///< of a device, or of what will be one
  std::map<std::uint16_t, std::uint64_t> slots;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> contexts; ///< type, address
  std::vector<std::uint64_t> items;                              ///< of a collection
};

struct FrameworkState {
  std::map<std::uint64_t, FrameworkObject> objects; ///< by handle
  std::uint64_t driver = 0;
  std::uint64_t current_request = 0;
  std::uint64_t next_request = 0, next_queue = 0; ///< handed on by the callback that runs
};

/// The framework's side of one machine; it has no state of its own.
class Framework {
public:
  explicit Framework(Machine &machine) : machine_(machine) {}

  /// WDF_BIND_INFO: the driver gets the table of the framework's routines.
  void bind(OutsideCall &call, const kernel::Effect &effect);
  /// Gives an effect of one of those routines its meaning. False: it has none of its own.
  bool apply(OutsideCall &call, const kernel::Effect &effect);
  /// EvtDriverDeviceAdd, children, and the start of every device. False: Machine::why() says what stopped a callback.
  bool add_devices();
  /// The handle of a DEVICE_OBJECT; 0 when the framework did not make it.
  std::uint64_t device_at(std::uint64_t wdm_device) const;
  /// Takes an IRP through the driver's routines. False: the machine has stopped.
  bool serve(std::uint64_t device, std::uint64_t irp, std::uint8_t major, std::uint64_t file,
             std::uint64_t fuel_for_threads);

private:
  struct Entry {
    std::uint64_t routine = 0;
    std::vector<std::uint64_t> arguments;
  };

  // framework.cpp: handles, and what a driver creates
  std::uint64_t new_handle(HandleType type, std::uint64_t parent);
  FrameworkObject *find(std::uint64_t handle, HandleType type);
  std::uint64_t value(std::uint64_t handle, Slot slot, std::uint64_t index = 0) const;
  void put(std::uint64_t handle, Slot slot, std::uint64_t value, std::uint64_t index = 0);
  std::uint64_t word_at(std::uint64_t address);
  std::uint64_t attributes(OutsideCall &call);
  void add_context(std::uint64_t handle, std::uint64_t attributes);
  std::uint64_t context_of(std::uint64_t handle, std::uint64_t type_info, std::uint64_t size = 0);
  bool create(OutsideCall &call, const kernel::Effect &effect);
  void create_driver(OutsideCall &call, std::uint64_t config, std::uint64_t handle);
  void create_device(OutsideCall &call, const kernel::Effect &effect, std::uint64_t handle);
  void create_queue(std::uint64_t config, std::uint64_t device, std::uint64_t handle);
  void create_memory(OutsideCall &call, const kernel::Effect &effect, std::uint64_t handle);
  bool init_effect(OutsideCall &call, const kernel::Effect &effect);
  bool object_effect(OutsideCall &call, const kernel::Effect &effect);
  bool related(OutsideCall &call, const kernel::Effect &effect, std::uint64_t handle);
  bool call_device_routines(std::uint64_t device);

  // framework_request.cpp: requests
  bool request_effect(OutsideCall &call, const kernel::Effect &effect);
  bool request_value(OutsideCall &call, const kernel::Effect &effect, std::uint64_t request);
  void retrieve(OutsideCall &call, const kernel::Effect &effect, std::uint64_t request);
  void parameters(OutsideCall &call, const kernel::Effect &effect, std::uint64_t request);
  bool memory_effect(OutsideCall &call, const kernel::Effect &effect);
  void complete(std::uint64_t request, std::uint64_t status, std::optional<std::uint64_t> information);
  std::uint64_t location_of(std::uint64_t request);
  std::uint64_t length_of(std::uint64_t request, bool input);
  std::optional<Entry> enter_device(std::uint64_t request, std::uint64_t from);
  std::optional<Entry> deliver(std::uint64_t request, std::uint64_t queue);
  std::optional<Entry> resume();
  std::uint64_t file_of(std::uint64_t device, std::uint64_t wdm_file);

  Machine &machine_;
};

} // namespace ringfence::replay
