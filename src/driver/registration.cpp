// What a driver hands to a framework: structures of routines, dispatch tables, ports. Each routine becomes a callback
// event with its role and its name in the table; the structure is read when it is handed over, for it may lie on the
// stack.

#include "world.h"

#include <ringfence/base/text.h>
#include <ringfence/kernel/ioctl.h>
#include <ringfence/kernel/layouts.h>
#include <ringfence/kernel/names.h>

#include <algorithm>

namespace ringfence::driver {

using kernel::CallbackRole;
using kernel::Effect;
using kernel::Key;
using kernel::TypeClass;
using symbolic::Expr;
using symbolic::State;

namespace {

constexpr std::uint64_t most_elements = 64;
constexpr unsigned deepest_table = 2;
constexpr unsigned dispatch_entries = 28; ///< IRP_MJ_MAXIMUM_FUNCTION + 1

/// Bytes that the driver says the structure has: older versions end earlier. All of it when it has no such field.
std::uint64_t declared_bytes(Machine &machine, const State &state, const kernel::Structure &structure,
                             std::uint64_t address) {
  const auto word = machine.word();
  const std::uint64_t all = structure.bytes.at(word);
  for (const char *name : {"Size", "Header.Size", "HwInitializationDataSize", "SizeOfFastIoDispatch"})
    if (const kernel::Field *field = structure.find_field(name))
      return std::min(all, machine.read(state, address + field->offset.at(word), field->bytes.at(word)).value_or(all));
  return all;
}

/// Elements of the array of `inner` that a pointer field points to: the field `<name>Count` says how many, or an entry
/// of IRP_MJ_OPERATION_END is the last; else one.
std::uint64_t elements_of(Machine &machine, const State &state, const kernel::Structure &structure,
                          const kernel::Field &field, const kernel::Structure &inner, std::uint64_t address,
                          std::uint64_t array) {
  constexpr std::uint64_t operation_end = 0x80;
  if (const kernel::Field *major = inner.find_field("MajorFunction")) {
    std::uint64_t i = 0;
    while (i < most_elements &&
           machine.read(state, array + i * inner.bytes.at(machine.word()) + major->offset.at(machine.word()), 1)
                   .value_or(operation_end) != operation_end)
      ++i;
    return i;
  }
  const kernel::Field *count = structure.find_field(std::string(field.path.view()) + "Count");
  if (!count)
    return 1;
  return std::min(
      machine.read(state, address + count->offset.at(machine.word()), count->bytes.at(machine.word())).value_or(1),
      most_elements);
}

std::string name_of_operation(std::uint8_t major) {
  const std::string_view name =
      kernel::name_of(major < 0x80 ? kernel::NameSet::major_function : kernel::NameSet::filter_major_function, major);
  return name.empty() ? hex(major) : std::string(name);
}

bool has_routines(const kernel::Structure &structure) {
  return std::ranges::any_of(structure.fields(),
                             [](const kernel::Field &f) { return f.type.type == TypeClass::callback; });
}

} // namespace

void World::register_table(State &state, const kernel::Api &api, const Effect &effect, std::uint64_t pc) {
  const Expr table = operand(state, api, effect, Key::table, pc, 0);
  const kernel::AccessPath *path = effect.find(Key::table)->path();
  if (!path || !pool().is_constant(table) || pool().value(table) == 0)
    return;
  Event as{.kind = EventKind::callback, .role = effect.role, .pc = pc, .text = std::string(api.name.view())};
  if (const Expr object = operand(state, api, effect, Key::object, pc, 0); pool().is_constant(object))
    as.object = pool().value(object);
  if (effect.role == CallbackRole::ndis_device_dispatch)
    return register_dispatch(state, pool().value(table), std::move(as));
  const bool is_argument = path->dereferences == 0 && path->index < api.parameters().size();
  const kernel::Structure *structure =
      is_argument ? kernel::find_structure(api.parameters()[path->index].type.structure.view()) : nullptr;
  if (!structure)
    return;
  if (const kernel::Field *types = structure->find_field("SrbTypeFlags");
      types && types->offset.at(machine_.word()) < declared_bytes(machine_, state, *structure, pool().value(table)))
    as.c =
        machine_.read(state, pool().value(table) + types->offset.at(machine_.word()), types->bytes.at(machine_.word()))
            .value_or(0);
  Event whole = as;
  whole.kind = EventKind::table;
  whole.a = pool().value(table);
  whole.text2 = structure->name.view();
  log(state, std::move(whole));
  register_structure(state, *structure, pool().value(table), std::move(as), deepest_table);
}

/// Each routine of the structure, and of the structures that it points to.
void World::register_structure(State &state, const kernel::Structure &structure, std::uint64_t address, Event as,
                               unsigned depth) {
  const auto word = machine_.word();
  std::string prefix; // of a filter's operation: which one
  if (const kernel::Field *major = structure.find_field("MajorFunction"))
    prefix = name_of_operation(
                 static_cast<std::uint8_t>(machine_.read(state, address + major->offset.at(word), 1).value_or(0))) +
             " ";
  const unsigned pointer = machine_.bits() / 8;
  const std::uint64_t bytes = declared_bytes(machine_, state, structure, address);
  for (const kernel::Field &field : structure.fields()) {
    const std::uint64_t offset = field.offset.at(word);
    const bool routine = field.type.type == TypeClass::callback;
    const kernel::Structure *inner =
        routine || field.type.indirections != 1 ? nullptr : kernel::find_structure(field.type.structure.view());
    if (offset + pointer > bytes || (!routine && (!inner || !has_routines(*inner) || depth == 0)))
      continue;
    const auto value = machine_.read(state, address + offset, pointer);
    if (!value || *value == 0)
      continue;
    if (routine && machine_.is_code(*value)) {
      Event event = as;
      event.a = *value;
      event.text2 = prefix + std::string(field.path.view());
      if (field.type.role != CallbackRole::other)
        event.role = field.type.role;
      log(state, std::move(event));
    } else if (inner) {
      const std::uint64_t count = elements_of(machine_, state, structure, field, *inner, address, *value);
      for (std::uint64_t i = 0; i < count; ++i)
        register_structure(state, *inner, *value + i * inner->bytes.at(word), as, depth - 1);
    }
  }
}

/// A table like DRIVER_OBJECT.MajorFunction, for one device object.
void World::register_dispatch(State &state, std::uint64_t table, Event as) {
  const unsigned pointer = machine_.bits() / 8;
  for (unsigned major = 0; major < dispatch_entries; ++major) {
    const auto routine = machine_.read(state, table + std::uint64_t{pointer} * major, pointer);
    if (!routine || !machine_.is_code(*routine))
      continue;
    Event event = as;
    event.a = *routine;
    event.c = major;
    event.text2 = kernel::name_of_major_function(static_cast<std::uint8_t>(major));
    log(state, std::move(event));
  }
}

/// FltBuildDefaultSecurityDescriptor: full control for SYSTEM and administrators, in a descriptor of its own.
void World::make_default_descriptor(State &state, const kernel::Api &api, const Effect &effect, Outcome &outcome,
                                    std::uint64_t pc) {
  const auto object =
      machine_.new_object("SecurityDescriptor", 0x100, symbolic::ObjectKind::pool, symbolic::Fill::zero, 0);
  const std::uint64_t base = machine_.objects()[object].base;
  const Expr access = operand(state, api, effect, Key::access, pc, 0);
  const std::string mask = pool().is_constant(access) ? hex(pool().value(access)) : "GA";
  write_operand(state, api, effect, Key::at, machine_.pointer(base), outcome, pc);
  log(state, {.kind = EventKind::descriptor,
              .pc = pc,
              .object = base,
              .text = "D:(A;;" + mask + ";;;SY)(A;;" + mask + ";;;BA)",
              .text2 = std::string(api.name.view())});
}

void World::create_port(State &state, const kernel::Api &api, const Effect &effect, Outcome &outcome,
                        std::uint64_t pc) {
  const auto constant = [&](Key key) -> std::uint64_t {
    const Expr e = operand(state, api, effect, key, pc, 0);
    return pool().is_constant(e) ? pool().value(e) : 0;
  };
  log(state, {.kind = EventKind::port_created,
              .pc = pc,
              .object = constant(Key::descriptor),
              .a = constant(Key::count) & 0xffffffff,
              .b = constant(Key::context),
              .text = name_operand(state, api, effect, Key::name, pc)});
  write_operand(state, api, effect, Key::result, fresh(machine_.bits(), 0, "server port"), outcome, pc);
}

} // namespace ringfence::driver
