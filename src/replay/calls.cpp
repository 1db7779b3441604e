// The verbs of the API models, with numbers: one small meaning each. Verbs that say nothing about memory, control or
// the result (locks, waits, IRQL) need no code.

#include "machine.h"

#include <ringfence/base/text.h>
#include <ringfence/kernel/layouts.h>

#include <algorithm>

namespace ringfence::replay {

using kernel::Effect;
using kernel::Key;
using kernel::Kind;
using kernel::Verb;

namespace {

constexpr std::uint64_t status_not_found = 0xc0000034;

} // namespace

std::uint64_t OutsideCall::operand(const Effect &effect, Key key, std::uint64_t otherwise) {
  const kernel::Operand *found = effect.find(key);
  return found ? machine.value_of(api, *found) : otherwise;
}

std::uint64_t OutsideCall::place(const Effect &effect, Key key) {
  const kernel::Operand *found = effect.find(key);
  const kernel::AccessPath *path = found ? found->path() : nullptr;
  if (!path || path->dereferences == 0)
    return 0;
  const std::uint64_t at = machine.place_of_path(api, *path);
  return at < 0x1000 ? 0 : at; // an optional pointer that was not given, and a field of one
}

void OutsideCall::produce(const Effect &effect, std::uint64_t value, Key key) {
  const kernel::Operand *found = effect.find(key);
  const kernel::AccessPath *path = found ? found->path() : nullptr;
  if (!path)
    return;
  if (path->root == kernel::PathRoot::return_value && path->dereferences == 0) {
    result = value;
    return;
  }
  const std::uint64_t at = place(effect, key);
  const unsigned width = path->width.at(machine.word());
  if (at != 0)
    machine.save(at, value, width == 1 || width == 2 || width == 4 || width == 8 ? width : machine.pointer());
}

std::string OutsideCall::name_of(const Effect &effect, Key key) {
  const kernel::Operand *found = effect.find(key);
  const kernel::AccessPath *path = found ? found->path() : nullptr;
  if (!path)
    return {};
  const std::uint64_t at = path->dereferences > 0 && path->width.at(machine.word()) > 8
                               ? place(effect, key)
                               : machine.result_of_path(api, *path);
  if (!machine.memory().find(at))
    return {};
  std::string out;
  for (const char16_t unit : machine.load_unicode(at))
    out.push_back(unit < 0x80 ? static_cast<char>(unit) : '?');
  return out;
}

void OutsideCall::fail(std::uint64_t status) {
  result = status;
  failed = done = true;
}

/// The replayed Windows is one current release, the same that the analysis assumes.
bool OutsideCall::version() {
  constexpr std::uint32_t major = 10, minor = 0, build = 19045, platform_nt = 2;
  const auto put = [&](std::uint64_t at, std::uint64_t offset, std::uint32_t value) {
    if (at != 0)
      machine.save(at + offset, value, 4);
  };
  if (api.name.view() == "PsGetVersion") {
    put(machine.argument(0), 0, major);
    put(machine.argument(1), 0, minor);
    put(machine.argument(2), 0, build);
    result = 1;
    return true;
  }
  if (api.name.view() == "RtlGetVersion") { // RTL_OSVERSIONINFOW: size, major, minor, build, platform
    put(machine.argument(0), 4, major);
    put(machine.argument(0), 8, minor);
    put(machine.argument(0), 12, build);
    put(machine.argument(0), 16, platform_nt);
    return true;
  }
  return false;
}

void OutsideCall::apply() {
  if (version())
    return;
  for (const Effect &effect : api.effects())
    if (effect.verb == Verb::sink) // what the caller gave, before the call changes it
      sink(effect);
  const bool of_framework = api.family.view() == "wdf";
  for (const Effect &effect : api.effects())
    if (!done && !(failed ? effect.when == kernel::When::success : effect.when == kernel::When::failure) &&
        !(of_framework && Framework(machine).apply(*this, effect)))
      apply(effect);
}

void OutsideCall::sink(const Effect &effect) {
  const kernel::Operand *at = effect.find(Key::at);
  const kernel::AccessPath *path = at ? at->path() : nullptr;
  if (!path || path->index >= api.parameters().size())
    return;
  const std::string parameter(api.parameters()[path->index].name.view());
  const std::string_view text = path->text.view();
  const std::uint64_t value = operand(effect, Key::at);
  std::vector<std::string> names = {(path->dereferences > 0 ? "*" : "") + parameter};
  if (const std::size_t field = text.find('.'); field != std::string_view::npos)
    names.push_back(parameter + std::string(text.substr(field))); // "ClientId.UniqueProcess"
  const std::string_view kind = kernel::word_of(effect.kind);
  const Effect *open = kind == "process-open" ? api.find_effect(Verb::open) : nullptr;
  constexpr std::uint64_t user_mode = 1;
  if (open && open->find(Key::mode) &&
      (operand(*open, Key::mode) & 0xff) == user_mode) // Windows checks the caller's rights
    return;
  const bool own_process = effect.find(Key::object) && machine.is_own_process(operand(effect, Key::object));
  const auto named = machine.store.named_by.find(value);
  if (kind == "physical-memory-map" && named != machine.store.named_by.end()) // there and back
    names.emplace_back("VirtualAddress");
  for (const std::string &name : names) {
    Observation seen{.place = machine.call_place(),
                     .argument = name,
                     .value = value,
                     .operation = api.name.view(),
                     .sink = kind,
                     .own_process = own_process};
    machine.observe(seen);
    if (kind == "port-read")
      machine.note_poll(value);
    seen.named = true;
    seen.value = named != machine.store.named_by.end() ? named->second : value;
    if (seen.value != value)
      machine.observe(seen);
    if (kind == "arbitrary-file-or-registry" && machine.memory().find(value)) // the text's first unit, not its address
      if (const std::uint64_t first = machine.load(value + machine.pointer(), machine.pointer());
          machine.memory().find(first))
        machine.observe(name, machine.load(first, 2));
  }
}

void OutsideCall::apply(const Effect &effect) {
  switch (effect.verb) {
  case Verb::source:
  case Verb::copy:
  case Verb::fill:
  case Verb::set:
  case Verb::free:
  case Verb::initialize:
  case Verb::describe_pages:
    return memory(effect);
  case Verb::allocate:
    return allocate(effect);
  case Verb::map:
    return map(effect);
  case Verb::interlocked:
    return interlocked(effect);
  case Verb::arithmetic:
    return arithmetic(effect);
  case Verb::list:
    return list(effect);
  case Verb::query:
    return query(effect);
  case Verb::gate:
    return gate(effect);
  case Verb::text:
    return text(effect);
  case Verb::format:
    return format(effect);
  case Verb::compare:
    return compare(effect);
  case Verb::complete_irp:
  case Verb::call_driver:
  case Verb::build_irp:
  case Verb::pend_irp:
  case Verb::call:
  case Verb::register_callback:
    return request(effect);
  case Verb::noreturn:
    if (effect.kind == Kind::thread_end)
      return;
    return machine.stop(std::string(api.name.view()) + " at " + hex(machine.call_place()) + " does not return");
  case Verb::lock_pages:
    return lock_pages(effect);
  case Verb::probe: {
    const std::uint64_t at = operand(effect, Key::at), size = operand(effect, Key::size), limit = machine.user_limit();
    failed = size != 0 && (at >= limit || size > limit - at);
    return;
  }
  case Verb::process:
    if (effect.kind == Kind::attach)
      machine.store.attached_process = operand(effect, Key::object);
    return;
  case Verb::release:
    if (effect.kind == Kind::process_context)
      machine.store.attached_process = 0;
    return;
  case Verb::wait:
    if (machine.waits_too_long())
      machine.stop("the thread waits");
    return;
  case Verb::raise: // a handler of the driver ends the request, or nothing does
    return machine.refuse(std::string(api.name.view()) + " at " + hex(machine.call_place()) + " raises an exception");
  case Verb::dereference: {
    const std::uint64_t value = operand(effect, Key::at);
    return machine.observe("Object", value);
  }
  default:
    return object(effect);
  }
}

void OutsideCall::query(const Effect &effect) {
  switch (effect.kind) {
  case Kind::version:
    return;
  case Kind::time:
  case Kind::performance_counter:
  case Kind::tick_count:
    return produce(effect, machine.store.time += 0x2710);
  case Kind::processor_count:
    if (api.name.view() == "KeQueryActiveProcessorCount" && machine.argument(0) != 0) // the set of them, too
      machine.save(machine.argument(0), 1, machine.pointer());
    return produce(effect, 1);
  case Kind::thread_property:
  case Kind::process_property:
    return produce(effect, api.returns.is_pointer() ? related_object(operand(effect, Key::at)) : 0);
  case Kind::current_process: {
    const std::uint64_t process = machine.allocate(0x800, RegionKind::kernel);
    machine.store.named_by[process] = client_process_id;
    return produce(effect, process);
  }
  case Kind::current_thread:
    return produce(effect, machine.allocate(0x800, RegionKind::kernel));
  case Kind::process_id:
    return produce(effect, client_process_id);
  case Kind::physical_address: // an address of the same bytes, in another space
    if (const std::uint64_t at = operand(effect, Key::at); at != 0) {
      machine.store.named_by[at & 0x7fffffff] = at;
      return produce(effect, at & 0x7fffffff);
    }
    return produce(effect, 0);
  case Kind::registry:
  case Kind::device_property:
  case Kind::firmware:
  case Kind::file_information:
    failed = api.returns.type == kernel::TypeClass::status;
    return;
  default:
    return produce(effect, 0);
  }
}

/// An object that belongs to another one: the process of a thread goes by the number that the thread was found by.
std::uint64_t OutsideCall::related_object(std::uint64_t object) {
  const std::uint64_t out = machine.allocate(0x800, RegionKind::kernel);
  if (const auto known = machine.store.named_by.find(object); known != machine.store.named_by.end())
    machine.store.named_by[out] = std::uint64_t{known->second};
  return out;
}

/// The caller is an ordinary process that holds what the finding's reach says: privileges are granted.
void OutsideCall::gate(const Effect &effect) {
  switch (effect.kind) {
  case Kind::previous_mode:
  case Kind::requestor_mode:
  case Kind::privilege:
  case Kind::access:
  case Kind::admin:
  case Kind::device_access:
    return produce(effect, 1);
  case Kind::process_id:
    return produce(effect, client_process_id);
  case Kind::wow64:
    machine.asked_wow64 = true;
    return produce(effect, machine.wow64);
  default:
    return produce(effect, 0);
  }
}

void OutsideCall::object(const Effect &effect) {
  switch (effect.verb) {
  case Verb::create_device: {
    const std::uint64_t device =
        make_device(machine, name_of(effect, Key::name), static_cast<std::uint32_t>(operand(effect, Key::type)),
                    static_cast<std::uint32_t>(operand(effect, Key::flags)), operand(effect, Key::size) & 0xffffffff);
    return produce(effect, device);
  }
  case Verb::attach_device:
    machine.store.attached = operand(effect, Key::object);
    return produce(effect, machine.allocate(0x400, RegionKind::kernel));
  case Verb::resolve_name: {
    std::string name = name_of(effect, Key::name);
    if (name.empty()) {
      const std::uint64_t at = operand(effect, Key::name);
      name = machine.memory().find(at) ? machine.load_narrow(at, 256) : std::string();
    }
    return produce(effect, kernel::find_api(name) ? machine.address_of_import(name) : 0);
  }
  case Verb::open:
  case Verb::create: {
    if (const std::uint64_t routine = operand(effect, Key::callback);
        effect.kind == Kind::thread && effect.verb == Verb::create && machine.is_code(routine))
      machine.store.threads.push_back({routine, operand(effect, Key::context)});
    if (effect.kind == Kind::filter_port)
      machine.store.ports.push_back({.name = name_of(effect, Key::name), .cookie = operand(effect, Key::context)});
    const bool is_object = effect.kind == Kind::device || effect.kind == Kind::object || effect.kind == Kind::driver;
    const bool is_missing_key = effect.kind == Kind::key && effect.verb == Verb::open &&
                                !ascii_istarts_with(name_of(effect, Key::name), service_key);
    const bool is_file = effect.kind == Kind::file && effect.verb == Verb::open;
    if (is_missing_key || is_file) { // the disk is empty, and so is the registry but for the driver's own key
      failed = true;
      if (api.returns.type == kernel::TypeClass::status)
        result = status_not_found;
      return;
    }
    const std::uint64_t out =
        is_object ? machine.allocate(0x400, RegionKind::kernel) : (machine.store.next_handle += 4);
    if (const std::uint64_t named = operand(effect, Key::at); named != 0) {
      const auto known = machine.store.named_by.find(named);
      machine.store.named_by[out] = known != machine.store.named_by.end() ? known->second : named;
    }
    return produce(effect, out);
  }
  case Verb::reference: {
    if (!effect.find(Key::result))
      return;
    const std::uint64_t from = operand(effect, Key::from), out = machine.allocate(0x800, RegionKind::kernel);
    if (const auto known = machine.store.named_by.find(from); known != machine.store.named_by.end())
      machine.store.named_by[out] = known->second;
    else if (from != 0)
      machine.store.named_by[out] = from;
    return produce(effect, out);
  }
  case Verb::read_registry:
    failed = true;
    if (api.returns.type == kernel::TypeClass::status)
      result = status_not_found;
    return;
  case Verb::io_file:
    failed =
        api.returns.type == kernel::TypeClass::status &&
        (effect.kind == Kind::read || effect.kind == Kind::query_information || effect.kind == Kind::query_directory);
    return;
  case Verb::framework:
    if (effect.kind == Kind::bind)
      return Framework(machine).bind(*this, effect);
    return produce(effect, 0);
  case Verb::pci_config:
    machine.observe("BusNumber", operand(effect, Key::value));
    machine.observe("SlotNumber", operand(effect, Key::code));
    machine.observe("Offset", operand(effect, Key::from));
    return produce(effect, operand(effect, Key::size));
  default:
    return produce(effect, 0);
  }
}

void OutsideCall::run_callback(const Effect &effect) {
  const std::uint64_t routine = operand(effect, Key::callback);
  if (routine == 0)
    return;
  if (!machine.is_code(routine)) {
    machine.observe("target", routine);
    return machine.stop("a callback outside of the driver's code: " + hex(routine));
  }
  std::vector<std::uint64_t> arguments = {operand(effect, Key::context)};
  if (effect.role == kernel::CallbackRole::wdf_interrupt ||
      effect.role == kernel::CallbackRole::wdf_object) // the object comes first
    arguments = {operand(effect, Key::object), operand(effect, Key::context)};
  else if (effect.role == kernel::CallbackRole::dpc)
    arguments = {operand(effect, Key::object), operand(effect, Key::context), machine.argument(1), machine.argument(2)};
  else if (effect.role == kernel::CallbackRole::work_item)
    arguments = {machine.store.devices.empty() ? 0 : machine.store.devices.front().object,
                 operand(effect, Key::context)};
  const CallEnd end = machine.call(routine, arguments);
  if (end.returned && effect.verb == Verb::call)
    produce(effect, end.value);
}

/// A completion routine that waits for success in the stack location of the driver below runs.
void OutsideCall::complete_lower(std::uint64_t irp) {
  namespace IRP = kernel::layout::IRP;
  namespace STACK = kernel::layout::IO_STACK_LOCATION;
  constexpr std::uint64_t on_success = 0x40; // SL_INVOKE_ON_SUCCESS
  const auto word = machine.word();
  const auto number = [&](std::uint64_t at, unsigned bytes) { return machine.memory().number(at, bytes).value_or(0); };
  const std::uint64_t own = number(irp + IRP::Tail_Overlay_CurrentStackLocation.at(word), machine.pointer()),
                      lower = own - STACK::structure_size.at(word);
  const std::uint64_t routine = number(lower + STACK::CompletionRoutine.at(word), machine.pointer());
  if (irp == 0 || own == 0 || !machine.is_code(routine) ||
      (number(lower + STACK::Control.at(word), 1) & on_success) == 0)
    return;
  machine.memory().put(lower + STACK::Control.at(word), 0, 1); // once
  machine.memory().put(irp + IRP::IoStatus_Status.at(word), 0, 4);
  const std::uint64_t arguments[] = {number(own + STACK::DeviceObject.at(word), machine.pointer()), irp,
                                     number(lower + STACK::Context.at(word), machine.pointer())};
  machine.call(routine, arguments);
}

void OutsideCall::request(const Effect &effect) {
  namespace IRP = kernel::layout::IRP;
  const auto word = machine.word();
  switch (effect.verb) {
  case Verb::build_irp: {
    const std::uint64_t irp = machine.allocate(0x1000, RegionKind::kernel);
    machine.save(irp + IRP::Tail_Overlay_CurrentStackLocation.at(word), irp + 0x800, machine.pointer());
    return produce(effect, irp);
  }
  case Verb::pend_irp: { // IoStartPacket hands the request to StartIo
    const std::uint64_t routine = machine.load(
        machine.store.driver_object + kernel::layout::DRIVER_OBJECT::DriverStartIo.at(word), machine.pointer());
    const std::uint64_t arguments[] = {operand(effect, Key::object), operand(effect, Key::at)};
    if (!effect.find(Key::object) || !machine.is_code(routine))
      return;
    machine.save(arguments[0] + kernel::layout::DEVICE_OBJECT::CurrentIrp.at(word), arguments[1], machine.pointer());
    machine.call(routine, arguments);
    return;
  }
  case Verb::call_driver: // the lower driver succeeds at once
    complete_lower(operand(effect, Key::at));
    return produce(effect, 0);
  case Verb::call:
    return run_callback(effect);
  case Verb::register_callback:
    return register_callback(effect);
  default:
    return;
  }
}

/// What is queued runs at once; dispatch tables and the routines of a port are kept for requests.
void OutsideCall::register_callback(const Effect &effect) {
  using kernel::CallbackRole;
  constexpr std::uint64_t majors = 28;
  auto &ports = machine.store.ports;
  if (effect.find(Key::result))
    produce(effect, machine.allocate(0x400, RegionKind::kernel));
  const auto keep = [&](std::uint64_t Port::*routine) {
    if (!ports.empty())
      ports.back().*routine = operand(effect, Key::callback);
  };
  switch (effect.role) {
  case CallbackRole::dpc:
  case CallbackRole::work_item:
  case CallbackRole::worker_thread:
    return run_callback(effect);
  case CallbackRole::filter_connect:
    return keep(&Port::connect);
  case CallbackRole::filter_disconnect:
    return keep(&Port::disconnect);
  case CallbackRole::filter_message:
    return keep(&Port::message);
  case CallbackRole::ndis_device_dispatch:
    if (const std::uint64_t table = operand(effect, Key::table); table != 0 && !machine.store.devices.empty())
      for (std::uint64_t i = 0; i < majors; ++i)
        machine.store.devices.back().dispatch.push_back(machine.load(table + i * machine.pointer(), machine.pointer()));
    return;
  default:
    return;
  }
}

std::uint64_t make_device(Machine &machine, std::string name, std::uint32_t type, std::uint32_t characteristics,
                          std::uint64_t extension) {
  namespace DEVICE_OBJECT = kernel::layout::DEVICE_OBJECT;
  const auto word = machine.word();
  const unsigned p = machine.pointer();
  const std::uint64_t device = machine.allocate(DEVICE_OBJECT::structure_size.at(word), RegionKind::kernel);
  const std::uint64_t ext = extension == 0 ? 0 : machine.allocate(extension, RegionKind::pool);
  const auto put = [&](const kernel::PerWord &field, std::uint64_t value, unsigned bytes) {
    machine.memory().put(device + field.at(word), value, bytes);
  };
  put(DEVICE_OBJECT::Type, 3, 2);
  put(DEVICE_OBJECT::Size, DEVICE_OBJECT::structure_size.at(word), 2);
  put(DEVICE_OBJECT::DeviceExtension, ext, p);
  put(DEVICE_OBJECT::DriverObject, machine.store.driver_object, p);
  put(DEVICE_OBJECT::DeviceType, type, 4);
  put(DEVICE_OBJECT::Characteristics, characteristics, 4);
  put(DEVICE_OBJECT::Flags, 0x80, 4); // DO_DEVICE_INITIALIZING
  put(DEVICE_OBJECT::StackSize, 1, 1);
  const std::uint64_t head = machine.store.driver_object + kernel::layout::DRIVER_OBJECT::DeviceObject.at(word);
  put(DEVICE_OBJECT::NextDevice, machine.memory().number(head, p).value_or(0), p);
  machine.memory().put(head, device, p);
  machine.store.devices.push_back({.object = device, .name = std::move(name), .dispatch = {}});
  return device;
}

std::uint64_t make_mdl(Machine &machine, std::uint64_t buffer, std::uint64_t size) {
  namespace MDL = kernel::layout::MDL;
  const auto word = machine.word();
  const std::uint64_t mdl = machine.allocate(MDL::structure_size.at(word) + 0x20, RegionKind::kernel);
  machine.save(mdl + MDL::MdlFlags.at(word), 0x5, 2);
  machine.save(mdl + MDL::MappedSystemVa.at(word), buffer, machine.pointer());
  machine.save(mdl + MDL::StartVa.at(word), buffer, machine.pointer());
  machine.save(mdl + MDL::ByteCount.at(word), size, 4);
  return mdl;
}

} // namespace ringfence::replay
