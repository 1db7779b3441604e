// The driver frameworks (KMDF, UMDF 2) around a driver that uses them. WdfVersionBind fills the driver's function table
// with addresses that stand for the framework's routines, as imports have them; their models then apply, and this
// file's classes give the models' framework verbs their meaning. A handle is the address of an object of the analysis;
// what the framework knows of it lies there in a layout of this room, so that every path has its own. Invariant: the
// tables here only grow; everything that differs between paths lies in the path's memory. Spec: KMDF and UMDF reference
// (wdf*.h), docs/surface.md.
#pragma once

#include "request.h"
#include "world.h"

#include <ringfence/kernel/wdf.h>

#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ringfence::driver {

enum class WdfType : std::uint8_t {
  other,
  driver,
  device_init,
  device,
  queue,
  request,
  file_object,
  memory,
  work,
  collection,
  io_target,
  string
};

/// Where at a handle the framework keeps what. Slots are eight bytes apart at both word sizes.
namespace wdf_slot {
// of every object
inline constexpr std::uint64_t object_type = 0x00, parent = 0x08, context_count = 0x10, contexts = 0x18,
                               contexts_end = 0xa0;
// of a driver
inline constexpr std::uint64_t device_add = 0xa0, unload = 0xa8;
// of a device and of its WDFDEVICE_INIT
inline constexpr std::uint64_t name = 0xa0, sddl = 0xa8, sddl_source = 0xb0, device_type = 0xb8, characteristics = 0xc0,
                               exclusive = 0xc8, io_type = 0xd0, file_create = 0xd8, file_cleanup = 0xe0,
                               file_context = 0xe8, caller_context = 0xf0, request_context = 0xf8,
                               prepare_hardware = 0x100, d0_entry = 0x108, is_filter = 0x110, child_create = 0x130,
                               file_close = 0x138, preprocess = 0x200, init_end = 0x2e0;
// of a device
inline constexpr std::uint64_t wdm_device = 0x118, default_queue = 0x120, default_target = 0x128, dispatch = 0x2e0;
// of a queue
inline constexpr std::uint64_t queue_device = 0xa0, dispatch_type = 0xa8, io_default = 0xb0, io_read = 0xb8,
                               io_write = 0xc0, io_control = 0xc8, io_internal = 0xd0, ready = 0xd8,
                               ready_context = 0xe0, waiting = 0xe8;
// of a request
inline constexpr std::uint64_t request_device = 0xa0, request_queue = 0xa8, file_object = 0xb0, irp = 0xb8,
                               request_major = 0xc0, code = 0xc8, input_length = 0xd0, output_length = 0xd8,
                               type3 = 0xe0, user_buffer = 0xe8, system_buffer = 0xf0, mdl = 0xf8, mdl_buffer = 0x100,
                               is_incoming = 0x108, stage = 0x110;
// of a memory object
inline constexpr std::uint64_t buffer = 0xa0, size = 0xa8;
// of a work item, timer or DPC
inline constexpr std::uint64_t work_routine = 0xa0;
// of a file object
inline constexpr std::uint64_t wdm_file = 0xa0;
// of a collection
inline constexpr std::uint64_t item_count = 0xa0, items = 0xa8;
// of a string
inline constexpr std::uint64_t unicode_string = 0xa0;
// of the object that holds what the framework does when the running callback has returned
inline constexpr std::uint64_t next_request = 0xa0, next_queue = 0xa8, current_request = 0xb0, work_count = 0xb8,
                               works = 0xc0;

inline constexpr std::uint64_t object_size = 0x400, contexts_limit = 8, items_limit = 64, works_limit = 64;
} // namespace wdf_slot

class Framework {
public:
  explicit Framework(World &world) : world_(world) {}

  /// Gives an effect of a framework or loader routine its meaning. False: it has none of its own.
  bool apply(symbolic::State &state, const kernel::Api &api, const kernel::Effect &effect, World::Outcome &outcome,
             std::uint64_t pc);
  /// When a callback has returned: the state in which the framework goes on with a request that was handed on, or
  /// nothing; what the framework does with it by itself is logged in `state`.
  std::optional<symbolic::State> resume(symbolic::State &state);
  /// Whether it will: the path's callback has handed a request on and has not returned.
  bool is_forwarding(const symbolic::State &state);

  /// The interface that a UMDF driver's entry point gets from its host.
  std::uint64_t loader_interface(symbolic::State &state);
  /// Which framework the driver bound; nothing when it bound none.
  std::optional<kernel::WdfKind> bound() const { return bound_; }
  /// The version it was built for, "1.15".
  const std::string &version() const { return version_; }

  /// The handles that the path of `state` made, oldest first.
  std::vector<std::uint64_t> handles(const symbolic::State &state, WdfType type) const;
  /// EvtDriverDeviceAdd's first state on top of `heap`, and its address; nothing when there is none.
  struct Callback {
    std::uint64_t routine = 0;
    symbolic::State state;
  };
  std::optional<Callback> device_add(const symbolic::State &heap);
  /// EvtChildListCreateDevice of the device's child list: makes the device of a child.
  std::optional<Callback> child_device(const symbolic::State &heap, std::uint64_t device);
  /// EvtDevicePrepareHardware and EvtDeviceD0Entry, where resources are mapped.
  std::vector<Callback> start_device(const symbolic::State &heap, std::uint64_t device);
  /// The routines of the driver that requests reach, with the framework's name of their role.
  std::vector<std::pair<std::string, std::uint64_t>> routines(const symbolic::State &heap);
  /// Opens the device: all requests to it come on one file object, whose contexts are part of `heap` from now on.
  void open_file(symbolic::State &heap, std::uint64_t device);
  /// The DEVICE_OBJECT of a device.
  std::uint64_t device_object(const symbolic::State &heap, std::uint64_t device) {
    return value(heap, device, wdf_slot::wdm_device);
  }
  /// A request to the device, at the first routine that gets it; nothing when no routine does.
  std::optional<Request> make_request(const symbolic::State &heap, std::uint64_t device, std::uint8_t major);

private:
  using State = symbolic::State;
  using Expr = symbolic::Expr;
  /// One effect of one call.
  struct Call {
    State &state;
    const kernel::Api &api;
    const kernel::Effect &effect;
    World::Outcome &outcome;
    std::uint64_t pc;
  };

  // wdf.cpp: binding, handles
  bool bind(Call &call);
  bool bind_class(Call &call);
  void fill_table(State &state, std::uint64_t table, std::uint32_t count, kernel::WdfKind kind);
  std::uint64_t new_handle(State &state, WdfType type, const char *name, std::uint64_t parent);
  bool is_handle(std::uint64_t address) const;
  std::uint64_t value(const State &state, std::uint64_t handle, std::uint64_t slot);
  Expr get(const State &state, std::uint64_t handle, std::uint64_t slot, unsigned bytes);
  void put(State &state, std::uint64_t handle, std::uint64_t slot, Expr e);
  void put(State &state, std::uint64_t handle, std::uint64_t slot, std::uint64_t number);
  WdfType type_of(const State &state, std::uint64_t handle);
  std::uint64_t text_id(std::string text);
  std::string text_of(const State &state, std::uint64_t handle, std::uint64_t slot);
  std::string text_at(const State &state, std::uint64_t unicode_string);
  std::uint64_t word_at(const State &state, std::uint64_t address);
  Expr operand(Call &call, kernel::Key key);
  std::uint64_t constant(Call &call, kernel::Key key);
  std::uint64_t handle_of(Call &call, kernel::Key key, WdfType type);
  std::uint64_t table_of(Call &call);
  void result(Call &call, Expr value);
  void fail(Call &call, std::uint32_t status);
  /// Splits the path: where `condition` does not hold the call returns `status`. False when it never holds.
  bool demand(Call &call, Expr condition, std::uint32_t status);
  Expr pointer(std::uint64_t value) { return world_.machine().pointer(value); }
  Expr widened(Expr e);

  // wdf_objects.cpp: drivers, devices, queues, contexts and what else the driver creates
  bool create(Call &call);
  void create_driver(Call &call);
  void create_device(Call &call);
  void create_queue(Call &call);
  void create_memory(Call &call);
  bool init_effect(Call &call);
  bool object_effect(Call &call);
  bool related(Call &call, std::uint64_t handle);
  std::uint64_t attributes(Call &call);
  void add_context(State &state, std::uint64_t handle, std::uint64_t attributes);
  std::uint64_t context_of(State &state, std::uint64_t handle, std::uint64_t type_info);

  // wdf_request.cpp: what a driver asks of a request
  bool request_effect(Call &call);
  bool forward(Call &call);
  void retrieve(Call &call, bool input, bool unsafe, bool as_memory, bool as_mdl);
  void lock_user(Call &call);
  void parameters(Call &call);
  void complete(Call &call);
  bool memory_effect(Call &call);
  std::uint64_t new_memory(State &state, Expr buffer, Expr size);
  std::optional<std::uint32_t> method_of(const State &state, std::uint64_t request);

  // wdf_dispatch.cpp: from the I/O manager to the driver's routines
  using Entry = World::Entry;
  std::optional<Entry> enter_device(State &state, std::uint64_t request, std::uint64_t stage);
  std::optional<Entry> deliver(State &state, std::uint64_t request, std::uint64_t queue);
  std::optional<Entry> offer_waiting(State &state, std::uint64_t queue);
  std::uint64_t queue_for(const State &state, std::uint64_t device, std::uint64_t major);
  void end_request(State &state, std::uint64_t request, std::uint32_t status);
  std::uint64_t dispatcher();
  std::uint64_t new_device_init(State &state);
  void remember_work(State &state, std::uint64_t handle);

  World &world_;
  std::optional<kernel::WdfKind> bound_;
  std::string version_;
  std::vector<std::uint64_t> handles_; ///< sorted: fresh objects get rising addresses
  std::vector<std::string> texts_;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> context_owners_; ///< context address, handle
  std::vector<std::pair<std::uint64_t, std::uint64_t>> wdm_devices_;    ///< DEVICE_OBJECT, handle
  std::map<std::uint64_t, std::uint64_t> files_;                        ///< by device
  std::uint64_t dispatcher_ = 0;
};

} // namespace ringfence::driver
