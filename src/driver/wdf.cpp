// Binding of the function table, and handles.

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

namespace {

constexpr std::uint32_t most_functions = 1024;
/// From this minor version on KMDF's record names a pointer to the table; before, the table itself.
constexpr std::uint64_t first_pointer_minor = 15;

} // namespace

bool Framework::apply(State &state, const kernel::Api &api, const kernel::Effect &effect, World::Outcome &outcome,
                      std::uint64_t pc) {
  Call call{state, api, effect, outcome, pc};
  switch (effect.verb) {
  case Verb::framework:
    if (effect.kind == Kind::bind)
      return bind(call);
    if (effect.kind == Kind::bind_class)
      return bind_class(call);
    return init_effect(call) || request_effect(call) || memory_effect(call) || object_effect(call);
  case Verb::create:
    return create(call);
  case Verb::create_device: // said together with the handle
    return true;
  case Verb::allocate:
  case Verb::create_link:
    return object_effect(call);
  case Verb::source: // the request's and the device's bytes come with their buffers
    return !api.find_effect(Verb::read_registry);
  case Verb::complete_irp:
  case Verb::call_driver:
    return request_effect(call);
  case Verb::register_callback: // the handle comes from the effect that makes it
    world_.log(state, {.kind = EventKind::callback,
                       .role = effect.role,
                       .pc = pc,
                       .object = constant(call, Key::object),
                       .a = constant(call, Key::callback),
                       .b = constant(call, Key::context),
                       .text = std::string(api.name.view())});
    return true;
  default:
    return false;
  }
}

// --- binding --------------------------------------------------------------------------------------------------------

/// Puts the addresses of the framework's routines into the table.
void Framework::fill_table(State &state, std::uint64_t table, std::uint32_t count, kernel::WdfKind kind) {
  Machine &machine = world_.machine();
  const unsigned bytes = machine.bits() / 8;
  const auto object = machine.objects().at(table);
  if (!object)
    return;
  const std::uint64_t first = table - machine.objects()[*object].base;
  for (std::uint32_t i = 0; i < count; ++i) {
    std::string name(kernel::wdf_function_name(kind, i));
    if (name.empty())
      name = "framework function " + std::to_string(i);
    const char *module = kind == kernel::WdfKind::kmdf ? "wdf01000.sys" : "wudfx02000.dll";
    machine.store(state, *object, first + std::uint64_t{i} * bytes,
                  machine.address_of_import(name, module, kernel::find_wdf_api(kind, i), false), bytes);
  }
}

bool Framework::bind(Call &call) {
  namespace BIND = kernel::layout::WDF_BIND_INFO;
  Machine &machine = world_.machine();
  const auto word = machine.word();
  const unsigned bytes = machine.bits() / 8;
  const std::uint64_t record = table_of(call);
  const auto number = [&](const kernel::PerWord &field, unsigned width) {
    return machine.read(call.state, record + field.at(word), width).value_or(0);
  };
  const std::uint64_t table = number(BIND::FuncTable, bytes);
  const auto count = static_cast<std::uint32_t>(std::min<std::uint64_t>(number(BIND::FuncCount, 4), most_functions));
  const auto owner = machine.objects().at(table);
  if (record == 0 || !owner || count == 0)
    return false;
  const std::string component =
      machine.read_wide_text(call.state, number(BIND::Component, bytes), 64).value_or(std::string());
  const auto kind = component.starts_with("Umdf") ? kernel::WdfKind::umdf : kernel::WdfKind::kmdf;
  const std::uint64_t minor = number(BIND::Version_Minor, 4);
  bound_ = kind;
  version_ = std::to_string(number(BIND::Version_Major, 4)) + "." + std::to_string(minor);
  const std::uint64_t room = machine.objects()[*owner].base + machine.objects()[*owner].size - table;
  const bool in_place =
      kind == kernel::WdfKind::kmdf && minor < first_pointer_minor && room >= std::uint64_t{count} * bytes;
  std::uint64_t place = table;
  if (!in_place) {
    const ObjectId functions =
        machine.new_object("WdfFunctions", std::uint64_t{count} * bytes, ObjectKind::kernel, Fill::zero, 0);
    place = machine.objects()[functions].base;
    world_.executor().store(call.state, pointer(table), pointer(place), call.pc);
  }
  fill_table(call.state, place, count, kind);
  const ObjectId globals =
      machine.new_object("WdfDriverGlobals", kernel::layout::WDF_DRIVER_GLOBALS::structure_size.at(word),
                         ObjectKind::kernel, Fill::zero, 0);
  result(call, pointer(machine.objects()[globals].base));
  return true;
}

/// A class extension's own table: its routines have names of their own and no models.
bool Framework::bind_class(Call &call) {
  Machine &machine = world_.machine();
  const unsigned bytes = machine.bits() / 8;
  const std::uint64_t record = table_of(call);
  const auto field = [&](const char *name, unsigned width) {
    const auto offset = kernel::field_offset("WDF_CLASS_BIND_INFO", name, machine.word());
    return offset ? machine.read(call.state, record + *offset, width).value_or(0) : 0;
  };
  const std::uint64_t table = field("FunctionTable", bytes);
  const std::uint64_t count = std::min<std::uint64_t>(field("FunctionTableCount", 4), most_functions);
  const auto object = machine.objects().at(table);
  if (record == 0 || !object)
    return false;
  const std::string name =
      machine.read_wide_text(call.state, field("ClassName", bytes), 64).value_or(std::string("class extension"));
  for (std::uint64_t i = 0; i < count; ++i)
    machine.store(call.state, *object, table - machine.objects()[*object].base + i * bytes,
                  machine.address_of_import(name + " function " + std::to_string(i), name, nullptr, false), bytes);
  return true;
}

std::uint64_t Framework::loader_interface(State &state) {
  constexpr std::uint32_t entries = 16;
  Machine &machine = world_.machine();
  const unsigned bytes = machine.bits() / 8;
  const ObjectId object =
      machine.new_object("LoaderInterface", (entries + 1) * bytes, ObjectKind::kernel, Fill::zero, 0);
  machine.store(state, object, 0, (entries + 1) * bytes, 4);
  for (std::uint32_t i = 1; i <= entries; ++i) {
    const std::string name = i == 1 ? "UmdfVersionBind" : "UMDF loader function " + std::to_string(i);
    machine.store(state, object, std::uint64_t{i} * bytes,
                  machine.address_of_import(name, "WUDFHost.exe", kernel::find_api(name), false), bytes);
  }
  return machine.objects()[object].base;
}

// --- handles --------------------------------------------------------------------------------------------------------

std::uint64_t Framework::new_handle(State &state, WdfType type, const char *name, std::uint64_t parent) {
  Machine &machine = world_.machine();
  const ObjectId object = machine.new_object(name, wdf_slot::object_size, ObjectKind::kernel, Fill::zero, 0);
  const std::uint64_t handle = machine.objects()[object].base;
  handles_.push_back(handle);
  put(state, handle, wdf_slot::object_type, static_cast<std::uint64_t>(type));
  put(state, handle, wdf_slot::parent, parent);
  world_.log(state, {.kind = EventKind::framework_object, .object = handle, .a = static_cast<std::uint64_t>(type)});
  return handle;
}

bool Framework::is_handle(std::uint64_t address) const {
  return std::binary_search(handles_.begin(), handles_.end(), address);
}

Expr Framework::get(const State &state, std::uint64_t handle, std::uint64_t slot, unsigned bytes) {
  Machine &machine = world_.machine();
  const auto object = machine.objects().at(handle);
  return object ? machine.load(state, *object, slot, bytes) : machine.pool().constant(0, bytes * 8);
}

std::uint64_t Framework::value(const State &state, std::uint64_t handle, std::uint64_t slot) {
  const Expr e = get(state, handle, slot, world_.machine().bits() / 8);
  return world_.pool().is_constant(e) ? world_.pool().value(e) : 0;
}

void Framework::put(State &state, std::uint64_t handle, std::uint64_t slot, Expr e) {
  if (const auto object = world_.machine().objects().at(handle))
    world_.machine().store(state, *object, slot, e);
}

void Framework::put(State &state, std::uint64_t handle, std::uint64_t slot, std::uint64_t number) {
  put(state, handle, slot, pointer(number));
}

WdfType Framework::type_of(const State &state, std::uint64_t handle) {
  return is_handle(handle) ? static_cast<WdfType>(value(state, handle, wdf_slot::object_type)) : WdfType::other;
}

std::vector<std::uint64_t> Framework::handles(const State &state, WdfType type) const {
  std::vector<std::uint64_t> out;
  for (const Event *event : world_.log_of(state))
    if (event->kind == EventKind::framework_object && event->a == static_cast<std::uint64_t>(type) &&
        std::find(out.begin(), out.end(), event->object) == out.end())
      out.push_back(event->object);
  return out;
}

/// Texts are named by their place in a list, from 1 on: what lies in memory is a number.
std::uint64_t Framework::text_id(std::string text) {
  if (text.empty())
    return 0;
  texts_.push_back(std::move(text));
  return texts_.size();
}

/// The text whose number stands at a handle. The driver can write there, too: a number that is none gives no text.
std::string Framework::text_of(const State &state, std::uint64_t handle, std::uint64_t slot) {
  const std::uint64_t id = value(state, handle, slot);
  return id != 0 && id <= texts_.size() ? texts_[static_cast<std::size_t>(id - 1)] : std::string();
}

std::string Framework::text_at(const State &state, std::uint64_t unicode_string) {
  return unicode_string != 0 ? world_.machine().read_unicode_string(state, unicode_string).value_or(std::string())
                             : std::string();
}

std::uint64_t Framework::word_at(const State &state, std::uint64_t address) {
  return address != 0 ? world_.machine().read(state, address, world_.machine().bits() / 8).value_or(0) : 0;
}

// --- operands -------------------------------------------------------------------------------------------------------

Expr Framework::operand(Call &call, Key key) {
  return world_.operand(call.state, call.api, call.effect, key, call.pc, 0);
}

std::uint64_t Framework::constant(Call &call, Key key) {
  const Expr e = operand(call, key);
  return world_.pool().is_constant(e) ? world_.pool().value(e) : 0;
}

/// The operand when it is a handle of that type, else 0.
std::uint64_t Framework::handle_of(Call &call, Key key, WdfType type) {
  const std::uint64_t handle = constant(call, key);
  return type_of(call.state, handle) == type ? handle : 0;
}

/// Where the structure lies that the effect takes its parts from; 0 when that is not constant.
std::uint64_t Framework::table_of(Call &call) {
  const kernel::Operand *found = call.effect.find(Key::table);
  if (!found)
    return 0;
  const auto place = world_.place_of(call.state, call.api, *found, call.pc);
  const Expr at = place ? *place : world_.value_of(call.state, call.api, *found, call.pc);
  return world_.pool().is_constant(at) ? world_.pool().value(at) : 0;
}

void Framework::result(Call &call, Expr value) {
  world_.write_operand(call.state, call.api, call.effect, Key::result, value, call.outcome, call.pc);
}

void Framework::fail(Call &call, std::uint32_t status) {
  call.outcome.result = world_.pool().constant(status, world_.machine().bits());
  call.outcome.done = true;
}

bool Framework::demand(Call &call, Expr condition, std::uint32_t status) {
  auto &pool = world_.pool();
  State failed = call.state;
  const bool can_fail = failed.facts.assume(pool, condition, false);
  const State before = call.state;
  if (!call.state.facts.assume(pool, condition, true)) {
    call.state = before;
    fail(call, status);
    return false;
  }
  if (can_fail)
    world_.push_returned(std::move(failed), call.api, pool.constant(status, world_.machine().bits()));
  return true;
}

/// A length as wide as a pointer.
Expr Framework::widened(Expr e) {
  const unsigned bits = world_.machine().bits();
  return world_.pool().bits(e) < bits ? world_.pool().zext(e, bits) : e;
}

} // namespace ringfence::driver
