// What a driver creates with the framework: drivers, devices, queues, memory, work; and what belongs to what.

#include "wdf.h"

#include <ringfence/kernel/layouts.h>
#include <ringfence/kernel/structure.h>

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

// --- contexts -------------------------------------------------------------------------------------------------------

/// The WDF_OBJECT_ATTRIBUTES that the routine got; 0 for none.
std::uint64_t Framework::attributes(Call &call) {
  const auto parameters = call.api.parameters();
  for (unsigned i = 0; i < parameters.size(); ++i)
    if (parameters[i].type.structure.view() == "WDF_OBJECT_ATTRIBUTES") {
      const Expr e = world_.parameter(call.state, call.api, i);
      return world_.pool().is_constant(e) ? world_.pool().value(e) : 0;
    }
  return 0;
}

/// Contexts begin as zeros and live as long as their object.
void Framework::add_context(State &state, std::uint64_t handle, std::uint64_t attributes) {
  namespace ATTRIBUTES = kernel::layout::WDF_OBJECT_ATTRIBUTES;
  const auto word = world_.machine().word();
  if (attributes == 0)
    return;
  if (const std::uint64_t type_info = word_at(state, attributes + ATTRIBUTES::ContextTypeInfo.at(word)))
    context_of(state, handle, type_info);
  if (const std::uint64_t parent = word_at(state, attributes + ATTRIBUTES::ParentObject.at(word)))
    put(state, handle, wdf_slot::parent, parent);
}

/// The context of a type at a handle; made when the handle has none yet.
std::uint64_t Framework::context_of(State &state, std::uint64_t handle, std::uint64_t type_info) {
  namespace INFO = kernel::layout::WDF_OBJECT_CONTEXT_TYPE_INFO;
  Machine &machine = world_.machine();
  const auto word = machine.word();
  if (const std::uint64_t unique = word_at(state, type_info + INFO::UniqueType.at(word)))
    type_info = unique;
  const std::uint64_t count = std::min(value(state, handle, wdf_slot::context_count), wdf_slot::contexts_limit);
  for (std::uint64_t i = 0; i < count; ++i)
    if (value(state, handle, wdf_slot::contexts + 16 * i) == type_info)
      return value(state, handle, wdf_slot::contexts + 16 * i + 8);
  const std::uint64_t size =
      std::clamp<std::uint64_t>(word_at(state, type_info + INFO::ContextSize.at(word)), 1, 0x100000);
  const ObjectId context =
      machine.new_object("WdfContext", size, ObjectKind::kernel, Fill::zero, symbolic::label_persistent);
  const std::uint64_t base = machine.objects()[context].base;
  context_owners_.emplace_back(base, handle);
  if (count < wdf_slot::contexts_limit) {
    put(state, handle, wdf_slot::contexts + 16 * count, type_info);
    put(state, handle, wdf_slot::contexts + 16 * count + 8, base);
    put(state, handle, wdf_slot::context_count, count + 1);
  }
  return base;
}

// --- creation -------------------------------------------------------------------------------------------------------

bool Framework::create(Call &call) {
  switch (call.effect.kind) {
  case Kind::driver:
    create_driver(call);
    return true;
  case Kind::device:
    create_device(call);
    return true;
  case Kind::queue:
    create_queue(call);
    return true;
  case Kind::memory:
    create_memory(call);
    return true;
  case Kind::timer:
  case Kind::dpc:
  case Kind::work_item:
  case Kind::interrupt: {
    // The callback is the second word of every configuration but the interrupt's, which has its DPC behind its ISR.
    const unsigned bytes = world_.machine().bits() / 8;
    const auto dpc = kernel::field_offset("WDF_INTERRUPT_CONFIG", "EvtInterruptDpc", world_.machine().word());
    const std::uint64_t config = table_of(call);
    const std::uint64_t handle = new_handle(call.state, WdfType::work, "WdfWork", constant(call, Key::object));
    remember_work(call.state, handle);
    put(call.state, handle, wdf_slot::work_routine,
        word_at(call.state, config + (call.effect.kind == Kind::interrupt ? dpc.value_or(bytes) : bytes)));
    add_context(call.state, handle, attributes(call));
    result(call, pointer(handle));
    return true;
  }
  case Kind::string: {
    const std::uint64_t handle = new_handle(call.state, WdfType::string, "WdfString", 0);
    put(call.state, handle, wdf_slot::unicode_string, constant(call, Key::name));
    result(call, pointer(handle));
    return true;
  }
  default: {
    const WdfType type = call.effect.kind == Kind::collection  ? WdfType::collection
                         : call.effect.kind == Kind::io_target ? WdfType::io_target
                         : call.effect.kind == Kind::request   ? WdfType::request
                                                               : WdfType::other;
    const std::uint64_t handle = new_handle(call.state, type, "WdfObject", constant(call, Key::object));
    add_context(call.state, handle, attributes(call));
    result(call, pointer(handle));
    return true;
  }
  }
}

void Framework::create_driver(Call &call) {
  namespace CONFIG = kernel::layout::WDF_DRIVER_CONFIG;
  const auto word = world_.machine().word();
  const std::uint64_t config = table_of(call);
  const std::uint64_t driver = new_handle(call.state, WdfType::driver, "WdfDriver", 0);
  put(call.state, driver, wdf_slot::device_add, word_at(call.state, config + CONFIG::EvtDriverDeviceAdd.at(word)));
  put(call.state, driver, wdf_slot::unload, word_at(call.state, config + CONFIG::EvtDriverUnload.at(word)));
  add_context(call.state, driver, attributes(call));
  const Expr globals = world_.parameter(call.state, call.api, 0);
  world_.executor().store(call.state, globals, pointer(driver), call.pc); // WDF_DRIVER_GLOBALS.Driver
  result(call, pointer(driver));
}

void Framework::create_device(Call &call) {
  using namespace wdf_slot;
  Machine &machine = world_.machine();
  State &state = call.state;
  const std::uint64_t init = constant(call, Key::object);
  const std::uint64_t device = new_handle(state, WdfType::device, "WdfDevice", 0);
  if (type_of(state, init) == WdfType::device_init)
    for (std::uint64_t slot = name; slot < init_end; slot += 8)
      if (const std::uint64_t set = value(state, init, slot))
        put(state, device, slot, set);
  const Expr object = world_.make_device(state, machine.pool().constant(value(state, device, device_type), 32),
                                         machine.pool().constant(value(state, device, characteristics), 32), 16);
  const std::uint64_t wdm = machine.pool().value(object);
  put(state, device, wdm_device, wdm);
  wdm_devices_.emplace_back(wdm, device);
  if (const auto drivers = handles(state, WdfType::driver); !drivers.empty())
    put(state, device, parent, drivers.back());
  add_context(state, device, attributes(call));
  const std::string source = text_of(state, device, sddl_source);
  world_.log(state, {.kind = EventKind::device_created,
                     .pc = call.pc,
                     .object = wdm,
                     .a = value(state, device, device_type),
                     .b = value(state, device, characteristics),
                     .c = value(state, device, exclusive),
                     .text = text_of(state, device, name),
                     .text2 = text_of(state, device, sddl),
                     .text3 = source.empty() ? "WdfDeviceCreate" : source});
  world_.log(state, {.kind = EventKind::framework_object,
                     .object = device,
                     .a = static_cast<std::uint64_t>(WdfType::device),
                     .b = wdm});
  result(call, pointer(device));
}

void Framework::create_queue(Call &call) {
  using namespace wdf_slot;
  namespace CONFIG = kernel::layout::WDF_IO_QUEUE_CONFIG;
  Machine &machine = world_.machine();
  const auto word = machine.word();
  State &state = call.state;
  const std::uint64_t config = table_of(call);
  const std::uint64_t device = handle_of(call, Key::object, WdfType::device);
  const std::uint64_t queue = new_handle(state, WdfType::queue, "WdfQueue", device);
  put(state, queue, queue_device, device);
  put(state, queue, dispatch_type, machine.read(state, config + CONFIG::DispatchType.at(word), 4).value_or(0));
  const std::pair<std::uint64_t, kernel::PerWord> callbacks[] = {{io_default, CONFIG::EvtIoDefault},
                                                                 {io_read, CONFIG::EvtIoRead},
                                                                 {io_write, CONFIG::EvtIoWrite},
                                                                 {io_control, CONFIG::EvtIoDeviceControl},
                                                                 {io_internal, CONFIG::EvtIoInternalDeviceControl}};
  for (const auto &[slot, field] : callbacks)
    put(state, queue, slot, word_at(state, config + field.at(word)));
  if (device != 0 && machine.read(state, config + CONFIG::DefaultQueue.at(word), 1).value_or(0) != 0)
    put(state, device, default_queue, queue);
  add_context(state, queue, attributes(call));
  result(call, pointer(queue));
}

/// A memory object, with a buffer of its own unless it takes one over.
void Framework::create_memory(Call &call) {
  Machine &machine = world_.machine();
  Expr size = widened(operand(call, Key::size)), buffer = operand(call, Key::from);
  if (!call.effect.find(Key::from)) {
    const symbolic::Range extent = call.state.facts.range(machine.pool(), size);
    const bool hardware = call.api.find_effect(Verb::source) != nullptr;
    const ObjectId object = machine.new_object(
        "WdfMemory", extent.is_single() && extent.low > 0 ? std::min<std::uint64_t>(extent.low, 0x100000) : 0x4000,
        ObjectKind::pool, Fill::lazy, hardware ? static_cast<std::uint32_t>(symbolic::label_hardware) : 0u);
    buffer = pointer(machine.objects()[object].base);
  }
  if (const kernel::Effect *allocated = call.api.find_effect(Verb::allocate))
    world_.write_operand(call.state, call.api, *allocated, Key::result, buffer, call.outcome, call.pc);
  const std::uint64_t handle = new_memory(call.state, buffer, size);
  add_context(call.state, handle, attributes(call));
  result(call, pointer(handle));
}

// --- WDFDEVICE_INIT -------------------------------------------------------------------------------------------------

bool Framework::init_effect(Call &call) {
  using namespace wdf_slot;
  State &state = call.state;
  const Kind kind = call.effect.kind;
  const auto is_init = [&] { return handle_of(call, Key::at, WdfType::device_init); };
  const auto set = [&](std::uint64_t slot, std::uint64_t number) {
    if (const std::uint64_t init = is_init())
      put(state, init, slot, number);
    return true;
  };
  switch (kind) {
  case Kind::init_name:
    return set(name, text_id(text_at(state, constant(call, Key::name))));
  case Kind::init_descriptor: {
    const std::string text = text_at(state, constant(call, Key::value));
    if (text.empty())
      return true;
    // WdfControlDeviceInitAllocate returns what it describes.
    const std::uint64_t init = world_.pool().is_constant(call.outcome.result) && call.outcome.result != Expr(0)
                                   ? world_.pool().value(call.outcome.result)
                                   : is_init();
    if (type_of(state, init) != WdfType::device_init)
      return true;
    put(state, init, sddl, text_id(text));
    put(state, init, sddl_source, text_id(std::string(call.api.name.view())));
    return true;
  }
  case Kind::init_type:
    return set(device_type, constant(call, Key::type));
  case Kind::init_characteristics: {
    const bool added = call.effect.find(Key::flags) && (constant(call, Key::flags) & 0xff) != 0;
    const std::uint64_t init = is_init();
    return set(characteristics, (constant(call, Key::value) & 0xffffffff) |
                                    (added && init != 0 ? value(state, init, characteristics) : 0));
  }
  case Kind::init_exclusive:
    return set(exclusive, constant(call, Key::value) & 0xff);
  case Kind::init_io_type:
    return set(io_type, constant(call, Key::type));
  case Kind::init_filter:
    return set(is_filter, 1);
  case Kind::init_in_caller_context: {
    const Expr callback = world_.parameter(state, call.api, 2);
    return set(caller_context, world_.pool().is_constant(callback) ? world_.pool().value(callback) : 0);
  }
  case Kind::init_preprocess: {
    const Expr callback = world_.parameter(state, call.api, 2);
    const std::uint64_t major = constant(call, Key::type) & 0xff;
    return major > irp_mj_maximum_function ||
           set(preprocess + 8 * major, world_.pool().is_constant(callback) ? world_.pool().value(callback) : 0);
  }
  case Kind::init_file_object: {
    namespace CONFIG = kernel::layout::WDF_FILEOBJECT_CONFIG;
    const auto word = world_.machine().word();
    const std::uint64_t config = table_of(call), given = constant(call, Key::context);
    set(file_create, word_at(state, config + CONFIG::EvtDeviceFileCreate.at(word)));
    set(file_close, word_at(state, config + CONFIG::EvtFileClose.at(word)));
    set(file_cleanup, word_at(state, config + CONFIG::EvtFileCleanup.at(word)));
    return set(file_context,
               given != 0 ? word_at(state, given + kernel::layout::WDF_OBJECT_ATTRIBUTES::ContextTypeInfo.at(word))
                          : 0);
  }
  case Kind::init_request_attributes: {
    const std::uint64_t given = constant(call, Key::context);
    return set(request_context, given != 0
                                    ? word_at(state, given + kernel::layout::WDF_OBJECT_ATTRIBUTES::ContextTypeInfo.at(
                                                                 world_.machine().word()))
                                    : 0);
  }
  case Kind::child_list: {
    const std::uint64_t at = constant(call, Key::at);
    if (const WdfType type = type_of(state, at); type == WdfType::device_init || type == WdfType::device)
      put(state, at, child_create,
          word_at(state, table_of(call) + kernel::layout::WDF_CHILD_LIST_CONFIG::EvtChildListCreateDevice.at(
                                              world_.machine().word())));
    if (call.effect.find(Key::result))
      result(call, pointer(new_handle(state, WdfType::other, "WdfChildList", at)));
    return true;
  }
  case Kind::init_pnp_power: {
    namespace CALLBACKS = kernel::layout::WDF_PNPPOWER_EVENT_CALLBACKS;
    const auto word = world_.machine().word();
    const std::uint64_t table = table_of(call);
    set(prepare_hardware, word_at(state, table + CALLBACKS::EvtDevicePrepareHardware.at(word)));
    return set(d0_entry, word_at(state, table + CALLBACKS::EvtDeviceD0Entry.at(word)));
  }
  default:
    return false;
  }
}

// --- relations ------------------------------------------------------------------------------------------------------

bool Framework::object_effect(Call &call) {
  using namespace wdf_slot;
  State &state = call.state;
  if (call.effect.verb == Verb::allocate) {
    if (call.effect.kind == Kind::device_init) {
      result(call, pointer(new_device_init(state)));
      return true;
    }
    if (call.effect.kind == Kind::context) {
      const Expr at = world_.parameter(state, call.api, 1);
      const std::uint64_t handle = world_.pool().is_constant(at) ? world_.pool().value(at) : 0,
                          given = attributes(call);
      if (!is_handle(handle) || given == 0)
        return false;
      result(call, pointer(context_of(state, handle,
                                      word_at(state, given + kernel::layout::WDF_OBJECT_ATTRIBUTES::ContextTypeInfo.at(
                                                                 world_.machine().word())))));
      return true;
    }
    return call.api.find_effect(Verb::create) != nullptr; // done where the handle is made
  }
  if (call.effect.verb == Verb::create_link) {
    const std::uint64_t device = handle_of(call, Key::target, WdfType::device);
    world_.log(state, {.kind = EventKind::link_created,
                       .pc = call.pc,
                       .text = text_at(state, constant(call, Key::name)),
                       .text2 = text_of(state, device, name)});
    return true;
  }
  const std::uint64_t handle = constant(call, Key::at);
  if (call.effect.kind == Kind::set_dispatch) {
    const std::uint64_t major = constant(call, Key::type);
    if (type_of(state, handle) == WdfType::device && major <= irp_mj_maximum_function)
      put(state, handle, dispatch + 8 * major, handle_of(call, Key::object, WdfType::queue));
    return true;
  }
  if (call.effect.kind == Kind::parent) {
    for (const auto &[context, owner] : context_owners_)
      if (context == handle) {
        result(call, pointer(owner));
        return true;
      }
  }
  if (call.effect.kind == Kind::device_of)
    for (const auto &[wdm, device] : wdm_devices_)
      if (wdm == handle) {
        result(call, pointer(device));
        return true;
      }
  return is_handle(handle) && related(call, handle);
}

/// What belongs to a handle.
bool Framework::related(Call &call, std::uint64_t handle) {
  using namespace wdf_slot;
  State &state = call.state;
  const WdfType type = type_of(state, handle);
  const auto give = [&](std::uint64_t address) {
    if (address != 0)
      result(call, pointer(address));
    return address != 0;
  };
  switch (call.effect.kind) {
  case Kind::context:
    return give(constant(call, Key::type) != 0 ? context_of(state, handle, constant(call, Key::type)) : 0);
  case Kind::parent:
    return give(value(state, handle, parent));
  case Kind::device_of:
    return give(type == WdfType::queue    ? value(state, handle, queue_device)
                : type == WdfType::device ? handle
                                          : value(state, handle, parent));
  case Kind::driver_of:
    return give(value(state, handle, parent));
  case Kind::wdm_device:
    return type == WdfType::device && give(value(state, handle, wdm_device));
  case Kind::wdm_driver:
    return give(world_.driver_object());
  case Kind::wdm_file:
    return type == WdfType::file_object && give(value(state, handle, wdm_file));
  case Kind::file_name:
    return type == WdfType::file_object &&
           give(value(state, handle, wdm_file) + kernel::layout::FILE_OBJECT::FileName.at(world_.machine().word()));
  case Kind::default_target: {
    if (type != WdfType::device)
      return false;
    if (value(state, handle, default_target) == 0)
      put(state, handle, default_target, new_handle(state, WdfType::io_target, "WdfIoTarget", handle));
    return give(value(state, handle, default_target));
  }
  case Kind::collection_add: {
    const std::uint64_t count = value(state, handle, item_count);
    if (type == WdfType::collection && count < items_limit) {
      put(state, handle, items + 8 * count, world_.fit(operand(call, Key::object), world_.machine().bits()));
      put(state, handle, item_count, count + 1);
    }
    return true;
  }
  case Kind::collection_item: {
    const Expr index = operand(call, Key::value);
    if (type != WdfType::collection || !world_.pool().is_constant(index))
      return false;
    const std::uint64_t i = world_.pool().value(index);
    result(call, i < std::min(value(state, handle, item_count), items_limit)
                     ? get(state, handle, items + 8 * i, world_.machine().bits() / 8)
                     : pointer(0));
    return true;
  }
  case Kind::string_text: {
    const kernel::Operand *to = call.effect.find(Key::to);
    const auto place = to ? world_.place_of(state, call.api, *to, call.pc) : std::nullopt;
    if (place && value(state, handle, unicode_string) != 0)
      world_.executor().copy(state, *place, pointer(value(state, handle, unicode_string)),
                             pointer(world_.machine().bits() / 4), call.pc);
    return true;
  }
  case Kind::ready_notify:
    if (type == WdfType::queue) {
      put(state, handle, ready, constant(call, Key::value));
      put(state, handle, ready_context, world_.fit(operand(call, Key::context), world_.machine().bits()));
    }
    return true;
  case Kind::enqueue: {
    const std::uint64_t callback = value(state, handle, work_routine);
    const bool serving = dispatcher_ != 0 && value(state, dispatcher_, current_request) != 0;
    if (type == WdfType::work && serving &&
        world_.machine().is_code(callback)) // runs later; here, where the request's bytes still are
      call.outcome.enter = {callback, {pointer(handle)}};
    return true;
  }
  default:
    return false;
  }
}

} // namespace ringfence::driver
