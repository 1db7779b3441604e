// Handles of the framework, and what a driver creates with it.

#include "framework.h"

#include "machine.h"

#include <ringfence/kernel/layouts.h>
#include <ringfence/kernel/structure.h>
#include <ringfence/kernel/wdf.h>

#include <algorithm>

namespace ringfence::replay {

using kernel::Effect;
using kernel::Key;
using kernel::Kind;
using kernel::Verb;

namespace {

namespace layout = kernel::layout;

constexpr std::uint32_t most_routines = 1024;
constexpr std::size_t most_handles = 4096, most_items = 64;
constexpr std::uint64_t first_pointer_minor = 15; ///< from KMDF 1.15 on the record names a pointer to the table
constexpr std::uint64_t device_io_direct = 3;     ///< WdfDeviceIoDirect
constexpr std::uint64_t highest_major = 27;

std::uint16_t key_of(Slot slot, std::uint64_t index) {
  return static_cast<std::uint16_t>(static_cast<std::uint64_t>(slot) + std::min(index, highest_major));
}

} // namespace

// --- handles --------------------------------------------------------------------------------------------------------

std::uint64_t Framework::new_handle(HandleType type, std::uint64_t parent) {
  auto &objects = machine_.store.framework.objects;
  if (objects.size() >= most_handles)
    machine_.stop("too many framework objects");
  const std::uint64_t handle = machine_.allocate(1, RegionKind::kernel);
  objects[handle] = {.type = type, .parent = parent, .name = {}, .slots = {}, .contexts = {}, .items = {}};
  return handle;
}

FrameworkObject *Framework::find(std::uint64_t handle, HandleType type) {
  const auto found = machine_.store.framework.objects.find(handle);
  return found != machine_.store.framework.objects.end() && found->second.type == type ? &found->second : nullptr;
}

std::uint64_t Framework::value(std::uint64_t handle, Slot slot, std::uint64_t index) const {
  const auto found = machine_.store.framework.objects.find(handle);
  if (found == machine_.store.framework.objects.end())
    return 0;
  const auto at = found->second.slots.find(key_of(slot, index));
  return at == found->second.slots.end() ? 0 : at->second;
}

void Framework::put(std::uint64_t handle, Slot slot, std::uint64_t value, std::uint64_t index) {
  if (const auto found = machine_.store.framework.objects.find(handle); found != machine_.store.framework.objects.end())
    found->second.slots[key_of(slot, index)] = value;
}

std::uint64_t Framework::word_at(std::uint64_t address) {
  return address == 0 ? 0 : machine_.memory().number(address, machine_.pointer()).value_or(0);
}

std::uint64_t Framework::device_at(std::uint64_t wdm_device) const {
  for (const auto &[handle, object] : machine_.store.framework.objects)
    if (object.type == HandleType::device && value(handle, Slot::wdm_device) == wdm_device)
      return handle;
  return 0;
}

// --- binding --------------------------------------------------------------------------------------------------------

void Framework::bind(OutsideCall &call, const Effect &effect) {
  namespace BIND = layout::WDF_BIND_INFO;
  const auto word = machine_.word();
  const unsigned p = machine_.pointer();
  const std::uint64_t info = call.place(effect, Key::table);
  if (info == 0)
    return;
  const auto number = [&](const kernel::PerWord &field, unsigned bytes) {
    return machine_.load(info + field.at(word), bytes);
  };
  const auto count = static_cast<std::uint32_t>(std::min<std::uint64_t>(number(BIND::FuncCount, 4), most_routines));
  const std::uint64_t slot = number(BIND::FuncTable, p);
  const std::uint64_t table = number(BIND::Version_Minor, 4) >= first_pointer_minor
                                  ? machine_.allocate(std::uint64_t{count} * p, RegionKind::kernel)
                                  : slot;
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::string_view name = kernel::wdf_function_name(kernel::WdfKind::kmdf, i);
    machine_.save(
        table + std::uint64_t{i} * p,
        machine_.address_of_framework(name.empty() ? "framework routine " + std::to_string(i) : std::string(name),
                                      kernel::find_wdf_api(kernel::WdfKind::kmdf, i)),
        p);
  }
  if (table != slot)
    machine_.save(slot, table, p);
  call.produce(effect, machine_.allocate(0x100, RegionKind::kernel));
}

bool Framework::apply(OutsideCall &call, const Effect &effect) {
  switch (effect.verb) {
  case Verb::framework:
    return init_effect(call, effect) || request_effect(call, effect) || memory_effect(call, effect) ||
           object_effect(call, effect);
  case Verb::create:
    return create(call, effect);
  case Verb::create_device:     // made together with the handle
  case Verb::register_callback: // and so are callbacks
    return true;
  case Verb::allocate:
  case Verb::create_link:
    return object_effect(call, effect);
  case Verb::source: // a request's bytes come with its buffers
    return !call.api.find_effect(Verb::read_registry);
  case Verb::complete_irp:
  case Verb::call_driver:
    return request_effect(call, effect);
  default:
    return false;
  }
}

// --- contexts -------------------------------------------------------------------------------------------------------

/// The WDF_OBJECT_ATTRIBUTES that the routine got; 0 for none.
std::uint64_t Framework::attributes(OutsideCall &call) {
  const auto parameters = call.api.parameters();
  for (unsigned i = 0; i < parameters.size(); ++i)
    if (parameters[i].type.structure.view() == "WDF_OBJECT_ATTRIBUTES")
      return machine_.parameter(call.api, i);
  return 0;
}

void Framework::add_context(std::uint64_t handle, std::uint64_t given) {
  namespace ATTRIBUTES = layout::WDF_OBJECT_ATTRIBUTES;
  const auto word = machine_.word();
  if (given == 0)
    return;
  if (const std::uint64_t type_info = word_at(given + ATTRIBUTES::ContextTypeInfo.at(word)))
    context_of(handle, type_info, word_at(given + ATTRIBUTES::ContextSizeOverride.at(word)));
  if (const std::uint64_t parent = word_at(given + ATTRIBUTES::ParentObject.at(word)))
    machine_.store.framework.objects[handle].parent = parent;
}

/// The context of a type at a handle; made, of zeros, when the handle has none yet. `size` replaces that of the type.
std::uint64_t Framework::context_of(std::uint64_t handle, std::uint64_t type_info, std::uint64_t size) {
  namespace TYPE = layout::WDF_OBJECT_CONTEXT_TYPE_INFO;
  constexpr std::uint64_t largest = 0x100000;
  const auto word = machine_.word();
  if (const std::uint64_t unique = word_at(type_info + TYPE::UniqueType.at(word)))
    type_info = unique;
  const auto found = machine_.store.framework.objects.find(handle);
  if (found == machine_.store.framework.objects.end())
    return 0;
  for (const auto &[type, address] : found->second.contexts)
    if (type == type_info)
      return address;
  const std::uint64_t extent =
      std::clamp<std::uint64_t>(std::max(size, word_at(type_info + TYPE::ContextSize.at(word))), 1, largest);
  const std::uint64_t address = machine_.allocate(extent, RegionKind::pool);
  if (found->second.contexts.size() < most_items)
    found->second.contexts.emplace_back(type_info, address);
  return address;
}

// --- creation -------------------------------------------------------------------------------------------------------

bool Framework::create(OutsideCall &call, const Effect &effect) {
  const std::uint64_t given = call.operand(effect, Key::object), config = call.place(effect, Key::table);
  const auto type = [&] {
    switch (effect.kind) {
    case Kind::driver:
      return HandleType::driver;
    case Kind::device:
      return HandleType::device;
    case Kind::queue:
      return HandleType::queue;
    case Kind::memory:
      return HandleType::memory;
    case Kind::timer:
    case Kind::dpc:
    case Kind::work_item:
    case Kind::interrupt:
      return HandleType::work;
    case Kind::collection:
      return HandleType::collection;
    case Kind::string:
      return HandleType::string;
    case Kind::request:
      return HandleType::request;
    default:
      return HandleType::other;
    }
  }();
  const std::uint64_t handle = new_handle(type, type == HandleType::device || type == HandleType::memory ? 0 : given);
  if (type == HandleType::driver)
    create_driver(call, config, handle);
  else if (type == HandleType::device)
    create_device(call, effect, handle);
  else if (type == HandleType::queue)
    create_queue(config, given, handle);
  else if (type == HandleType::memory)
    create_memory(call, effect, handle);
  else if (type == HandleType::string)
    put(handle, Slot::text, call.operand(effect, Key::name));
  else if (type == HandleType::work) { // the callback is the second word of every configuration but the interrupt's
    const auto dpc = kernel::field_offset("WDF_INTERRUPT_CONFIG", "EvtInterruptDpc", machine_.word());
    put(handle, Slot::routine,
        word_at(config + (effect.kind == Kind::interrupt ? dpc.value_or(machine_.pointer()) : machine_.pointer())));
  }
  add_context(handle, attributes(call));
  call.produce(effect, handle);
  return true;
}

void Framework::create_driver(OutsideCall &call, std::uint64_t config, std::uint64_t handle) {
  put(handle, Slot::device_add, word_at(config + layout::WDF_DRIVER_CONFIG::EvtDriverDeviceAdd.at(machine_.word())));
  machine_.store.framework.driver = handle;
  machine_.save(machine_.parameter(call.api, 0), handle, machine_.pointer()); // WDF_DRIVER_GLOBALS.Driver
}

void Framework::create_device(OutsideCall &call, const Effect &effect, std::uint64_t handle) {
  constexpr std::uint64_t initializing = 0x80, buffered_io = 0x4, direct_io = 0x10; // DO_*
  auto &objects = machine_.store.framework.objects;
  if (const FrameworkObject *init = find(call.operand(effect, Key::object), HandleType::device_init)) {
    objects[handle].name = init->name;
    objects[handle].slots = init->slots;
  }
  const std::uint64_t wdm =
      make_device(machine_, objects[handle].name, static_cast<std::uint32_t>(value(handle, Slot::device_type)),
                  static_cast<std::uint32_t>(value(handle, Slot::characteristics)), 16);
  const std::uint64_t io = value(handle, Slot::io_type);
  machine_.save(wdm + layout::DEVICE_OBJECT::Flags.at(machine_.word()),
                initializing | (io == device_io_direct ? direct_io
                                : io == 1              ? 0
                                                       : buffered_io),
                4);
  put(handle, Slot::wdm_device, wdm);
  objects[handle].parent = machine_.store.framework.driver;
  if (const std::uint64_t at = call.place(effect, Key::object)) // the driver's pointer to the description is taken away
    machine_.save(at, 0, machine_.pointer());
}

void Framework::create_queue(std::uint64_t config, std::uint64_t device, std::uint64_t handle) {
  namespace CONFIG = layout::WDF_IO_QUEUE_CONFIG;
  const auto word = machine_.word();
  put(handle, Slot::queue_device, device);
  put(handle, Slot::dispatch_type, machine_.load(config + CONFIG::DispatchType.at(word), 4));
  const std::pair<Slot, kernel::PerWord> callbacks[] = {{Slot::io_default, CONFIG::EvtIoDefault},
                                                        {Slot::io_read, CONFIG::EvtIoRead},
                                                        {Slot::io_write, CONFIG::EvtIoWrite},
                                                        {Slot::io_control, CONFIG::EvtIoDeviceControl},
                                                        {Slot::io_internal, CONFIG::EvtIoInternalDeviceControl}};
  for (const auto &[slot, field] : callbacks)
    put(handle, slot, word_at(config + field.at(word)));
  if (machine_.load(config + CONFIG::DefaultQueue.at(word), 1) != 0)
    put(device, Slot::default_queue, handle);
}

/// A memory object, with a buffer of its own unless it takes one over.
void Framework::create_memory(OutsideCall &call, const Effect &effect, std::uint64_t handle) {
  constexpr std::uint64_t largest = 16u << 20;
  const std::uint64_t size = call.operand(effect, Key::size);
  std::uint64_t buffer = call.operand(effect, Key::from);
  if (!effect.find(Key::from))
    buffer = machine_.allocate(std::min(size, largest), RegionKind::pool);
  if (const Effect *allocated = call.api.find_effect(Verb::allocate))
    call.produce(*allocated, buffer);
  put(handle, Slot::buffer, buffer);
  put(handle, Slot::size, size);
}

// --- WDFDEVICE_INIT -------------------------------------------------------------------------------------------------

bool Framework::init_effect(OutsideCall &call, const Effect &effect) {
  const auto word = machine_.word();
  const std::uint64_t at = call.operand(effect, Key::at), table = call.place(effect, Key::table);
  const auto set = [&](Slot slot, std::uint64_t number, std::uint64_t index = 0) {
    if (find(at, HandleType::device_init) || (slot == Slot::child_create && find(at, HandleType::device)))
      put(at, slot, number, index);
    return true;
  };
  switch (effect.kind) {
  case Kind::init_name:
    if (FrameworkObject *init = find(at, HandleType::device_init))
      init->name = call.name_of(effect, Key::name);
    return true;
  case Kind::init_descriptor:
  case Kind::init_exclusive:
    return true;
  case Kind::init_type:
    return set(Slot::device_type, call.operand(effect, Key::type));
  case Kind::init_characteristics:
    return set(Slot::characteristics, call.operand(effect, Key::value));
  case Kind::init_io_type:
    return set(Slot::io_type, call.operand(effect, Key::type) & 0xffffffff);
  case Kind::init_filter:
    return set(Slot::is_filter, 1);
  case Kind::init_in_caller_context:
    return set(Slot::caller_context, machine_.parameter(call.api, 2));
  case Kind::init_preprocess:
    return set(Slot::preprocess, machine_.parameter(call.api, 2), call.operand(effect, Key::type) & 0xff);
  case Kind::init_file_object: {
    namespace CONFIG = layout::WDF_FILEOBJECT_CONFIG;
    const std::uint64_t given = call.operand(effect, Key::context);
    set(Slot::file_create, word_at(table + CONFIG::EvtDeviceFileCreate.at(word)));
    set(Slot::file_cleanup, word_at(table + CONFIG::EvtFileCleanup.at(word)));
    set(Slot::file_close, word_at(table + CONFIG::EvtFileClose.at(word)));
    return set(Slot::file_context,
               given != 0 ? word_at(given + layout::WDF_OBJECT_ATTRIBUTES::ContextTypeInfo.at(word)) : 0);
  }
  case Kind::init_request_attributes: {
    const std::uint64_t given = call.operand(effect, Key::context);
    return set(Slot::request_context,
               given != 0 ? word_at(given + layout::WDF_OBJECT_ATTRIBUTES::ContextTypeInfo.at(word)) : 0);
  }
  case Kind::child_list:
    set(Slot::child_create, word_at(table + layout::WDF_CHILD_LIST_CONFIG::EvtChildListCreateDevice.at(word)));
    if (effect.find(Key::result))
      call.produce(effect, new_handle(HandleType::other, at));
    return true;
  case Kind::init_pnp_power: {
    namespace CALLBACKS = layout::WDF_PNPPOWER_EVENT_CALLBACKS;
    set(Slot::prepare_hardware, word_at(table + CALLBACKS::EvtDevicePrepareHardware.at(word)));
    return set(Slot::d0_entry, word_at(table + CALLBACKS::EvtDeviceD0Entry.at(word)));
  }
  default:
    return false;
  }
}

// --- relations ------------------------------------------------------------------------------------------------------

bool Framework::object_effect(OutsideCall &call, const Effect &effect) {
  if (effect.verb == Verb::create_link)
    return true;
  if (effect.verb == Verb::allocate) {
    if (effect.kind == Kind::device_init) {
      call.produce(effect, new_handle(HandleType::device_init, 0));
      return true;
    }
    if (effect.kind != Kind::context)
      return call.api.find_effect(Verb::create) != nullptr; // done where the handle is made
    const std::uint64_t given = attributes(call);
    if (given != 0)
      call.produce(effect,
                   context_of(machine_.parameter(call.api, 1),
                              word_at(given + layout::WDF_OBJECT_ATTRIBUTES::ContextTypeInfo.at(machine_.word()))));
    return given != 0;
  }
  const std::uint64_t handle = call.operand(effect, Key::at);
  if (effect.kind == Kind::set_dispatch) {
    put(handle, Slot::dispatch, call.operand(effect, Key::object), call.operand(effect, Key::type));
    return true;
  }
  if (effect.kind == Kind::parent) // of a context: the handle
    for (const auto &[owner, object] : machine_.store.framework.objects)
      for (const auto &[type, address] : object.contexts)
        if (address == handle) {
          call.produce(effect, owner);
          return true;
        }
  if (effect.kind == Kind::device_of)
    if (const std::uint64_t device = device_at(handle)) {
      call.produce(effect, device);
      return true;
    }
  return machine_.store.framework.objects.contains(handle) && related(call, effect, handle);
}

/// What belongs to a handle.
bool Framework::related(OutsideCall &call, const Effect &effect, std::uint64_t handle) {
  FrameworkObject &object = machine_.store.framework.objects[handle];
  const auto give = [&](std::uint64_t address) {
    call.produce(effect, address);
    return true;
  };
  switch (effect.kind) {
  case Kind::context:
    return give(call.operand(effect, Key::type) != 0 ? context_of(handle, call.operand(effect, Key::type)) : 0);
  case Kind::parent:
  case Kind::driver_of:
    return give(object.parent);
  case Kind::device_of:
    return give(object.type == HandleType::queue    ? value(handle, Slot::queue_device)
                : object.type == HandleType::device ? handle
                                                    : object.parent);
  case Kind::wdm_device:
    return give(value(handle, Slot::wdm_device));
  case Kind::wdm_driver:
    return give(machine_.store.driver_object);
  case Kind::wdm_file:
    return give(value(handle, Slot::wdm_file));
  case Kind::file_name:
    return give(value(handle, Slot::wdm_file) + layout::FILE_OBJECT::FileName.at(machine_.word()));
  case Kind::default_target:
    if (value(handle, Slot::default_target) == 0)
      put(handle, Slot::default_target, new_handle(HandleType::other, handle));
    return give(value(handle, Slot::default_target));
  case Kind::collection_add:
    if (object.items.size() < most_items)
      object.items.push_back(call.operand(effect, Key::object));
    return true;
  case Kind::collection_item: {
    const std::uint64_t index = call.operand(effect, Key::value);
    return give(index < object.items.size() ? object.items[static_cast<std::size_t>(index)] : 0);
  }
  case Kind::string_text: {
    const std::uint64_t to = call.place(effect, Key::to), from = value(handle, Slot::text);
    if (to != 0 && from != 0)
      machine_.save_bytes(to, machine_.load_bytes(from, machine_.pointer() * 2u));
    return true;
  }
  case Kind::ready_notify:
    put(handle, Slot::ready, call.operand(effect, Key::value));
    put(handle, Slot::ready_context, call.operand(effect, Key::context));
    return true;
  case Kind::enqueue: { // runs later; here, while the request's bytes are still there
    const std::uint64_t routine = value(handle, Slot::routine);
    const std::uint64_t arguments[] = {handle};
    if (machine_.store.framework.current_request != 0 && machine_.is_code(routine))
      machine_.call(routine, arguments);
    return true;
  }
  default:
    return false;
  }
}

// --- devices --------------------------------------------------------------------------------------------------------

bool Framework::call_device_routines(std::uint64_t device) {
  constexpr std::uint64_t from_d3_final = 5, description_size = 0x400;
  bool returned = true;
  if (const std::uint64_t routine = value(device, Slot::child_create); machine_.is_code(routine)) {
    const std::uint64_t arguments[] = {new_handle(HandleType::other, device),
                                       machine_.allocate(description_size, RegionKind::kernel),
                                       new_handle(HandleType::device_init, 0)};
    returned = machine_.call(routine, arguments).returned;
  }
  if (const std::uint64_t routine = value(device, Slot::prepare_hardware); machine_.is_code(routine)) { // no resources
    const std::uint64_t arguments[] = {device, new_handle(HandleType::other, device),
                                       new_handle(HandleType::other, device)};
    returned = machine_.call(routine, arguments).returned && returned;
  }
  if (const std::uint64_t routine = value(device, Slot::d0_entry); machine_.is_code(routine)) {
    const std::uint64_t arguments[] = {device, from_d3_final};
    returned = machine_.call(routine, arguments).returned && returned;
  }
  return returned;
}

bool Framework::add_devices() {
  const std::uint64_t driver = machine_.store.framework.driver, routine = value(driver, Slot::device_add);
  bool returned = true;
  if (machine_.is_code(routine)) {
    const std::uint64_t arguments[] = {driver, new_handle(HandleType::device_init, 0)};
    returned = machine_.call(routine, arguments).returned;
  }
  std::vector<std::uint64_t> devices;
  for (const auto &[handle, object] : machine_.store.framework.objects)
    if (object.type == HandleType::device)
      devices.push_back(handle);
  for (const std::uint64_t device : devices)
    returned = call_device_routines(device) && returned;
  return returned;
}

} // namespace ringfence::replay
