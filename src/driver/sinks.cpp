// The privileged operations: which operand of which instruction, memory access or outside routine must not be the
// caller's. Judging the operand is constraint.cpp's business.

#include "bounds.h"
#include "primitives.h"

#include <ringfence/base/text.h>
#include <ringfence/kernel/layouts.h>

#include <algorithm>

namespace ringfence::driver {

using kernel::Effect;
using kernel::Key;
using kernel::Kind;
using kernel::Verb;
using symbolic::Expr;
using symbolic::Range;
using symbolic::State;

namespace {

constexpr std::string_view mapped_note = "mapped";
constexpr std::uint64_t pci_address_port = 0xcf8, pci_data_port = 0xcfc;
constexpr std::uint64_t kernel_handle = 0x200;      // OBJ_KERNEL_HANDLE
constexpr std::uint64_t pci_configuration_type = 4; // BUS_DATA_TYPE PCIConfiguration

bool has_note(World &world, const State &state, std::string_view text) {
  return world.newest_event(state, [&](const Event &e) { return e.kind == EventKind::note && e.text == text; }) !=
         nullptr;
}

std::string name_of_operand(const kernel::Api &api, const kernel::Operand &operand) {
  const kernel::AccessPath *path = operand.path();
  if (!path || path->index >= api.parameters().size())
    return "argument";
  return (path->dereferences > 0 ? "*" : "") + std::string(api.parameters()[path->index].name.view());
}

} // namespace

bool names_physical_memory(std::string_view name) {
  for (; name.size() >= 14; name.remove_prefix(1))
    if (ascii_istarts_with(name, "PhysicalMemory"))
      return true;
  return false;
}

// --- instructions ---------------------------------------------------------------------------------------------------

void PrimitiveObserver::port(World &world, State &state, bool write, Expr port, std::uint64_t pc, Expr rounds) {
  auto &pool = world.pool();
  const Range number = state.facts.range(pool, port);
  const bool is_data_port = number.low >= pci_data_port && number.high < pci_data_port + 4;
  // The address went to 0xCF8 before: the last one counts.
  const Event *address =
      is_data_port ? world.newest_event(
                         state, [](const Event &e) { return e.kind == EventKind::note && e.text == "pci-address"; })
                   : nullptr;
  if (address) {
    const Expr place(static_cast<std::uint32_t>(address->a));
    return add_pci(world, state, write, {"configuration address", place}, place, pc);
  }
  if (pool.is_constant(port))
    return pass_over(world, state, {write ? "port-write" : "port-read", "dx", port, pc});
  add(world, state, write ? "port-write" : "port-read", {.name = "dx", .value = port, .rounds = rounds}, pc);
}

void PrimitiveObserver::sys(World &world, State &state, ir::SysOp op, ir::Width, std::span<const Expr> inputs,
                            std::uint64_t pc) {
  auto &pool = world.pool();
  const auto narrow = [&](Expr e, unsigned bits) { return pool.bits(e) > bits ? pool.extract(e, 0, bits) : e; };
  switch (op) {
  case ir::SysOp::rdmsr:
    return add(world, state, "msr-read", {"ecx", narrow(inputs[0], 32)}, pc);
  case ir::SysOp::wrmsr:
    return add(world, state, "msr-write", {"ecx", narrow(inputs[0], 32)}, pc);
  case ir::SysOp::in:
    return port(world, state, false, narrow(inputs[0], 16), pc);
  case ir::SysOp::out:
    if (pool.is_constant(narrow(inputs[0], 16), pci_address_port))
      world.log(state, {.kind = EventKind::note, .pc = pc, .a = inputs[1].value, .text = "pci-address"});
    return port(world, state, true, narrow(inputs[0], 16), pc);
  case ir::SysOp::write_cr:
  case ir::SysOp::write_dr:
    return add(world, state, "control-register", {"value", inputs[1]}, pc);
  default:
    return;
  }
}

void PrimitiveObserver::port_string(World &world, State &state, ir::BulkOp op, Expr, Expr number, Expr count, ir::Width,
                                    std::uint64_t pc) {
  port(world, state, op == ir::BulkOp::out, number, pc, count);
}

void PrimitiveObserver::indirect_call(World &world, State &state, Expr target, std::uint64_t pc) {
  add(world, state, "arbitrary-call", {"target", target}, pc);
}

// --- memory ---------------------------------------------------------------------------------------------------------

void PrimitiveObserver::access(World &world, State &state, const symbolic::Access &access) {
  const symbolic::Object &object = world.machine().objects()[access.object];
  if (access.count && state.facts.range(world.pool(), *access.count).high == 0)
    return; // a copy of nothing
  if (object.kind == symbolic::ObjectKind::physical)
    return mapped_access(world, state, access);
  if (object.kind == symbolic::ObjectKind::image && access.write)
    return leaves_object(world, state, access, object.size);
  if (object.kind != symbolic::ObjectKind::arbitrary || ++passes_[access.pc] > most_passes)
    return;
  ArgumentPaths::note_access(world, state, access);
  const bool attached = has_note(world, state, "attached");
  if (!attached && is_user_address(world, state, access.address))
    return pass_over(world, state,
                     {access.write ? "kernel-memory-write" : "kernel-memory-read", "addr", access.address, access.pc,
                      "the checks on the way leave addresses of user space only"});
  const char *kind = attached ? "process-memory-rw" : access.write ? "kernel-memory-write" : "kernel-memory-read";
  const bool recognised =
      !access.write && !access.count && recognised_bits(world.pool(), state, object.array) >= enough_to_recognise;
  add(world, state, kind, {.name = "addr", .value = access.address, .recognised = recognised}, access.pc);
  if (!access.write)
    expect_return(world, state, kind, access.pc, symbolic::label_arbitrary_read, &access);
}

void PrimitiveObserver::mapped_access(World &world, State &state, const symbolic::Access &access) {
  const symbolic::Object object = world.machine().objects()[access.object]; // a copy: the table may grow
  Touched &touched = accesses_[object.tag];
  (access.write ? touched.written : touched.read) = true;
  if (access.object >= first_object_ || ++passes_[access.pc] > most_passes)
    return;
  const Event *made = world.newest_event(state, [&](const Event &e) {
    const auto at = e.kind == EventKind::note && e.text == mapped_note ? world.machine().rva_of(e.pc) : std::nullopt;
    return at && at->value == object.tag;
  });
  if (!made) { // at boot
    if (object.extent != Expr(0) && world.pool().is_constant(object.extent))
      leaves_object(world, state, access, world.pool().value(object.extent));
    return;
  }
  const Expr address(static_cast<std::uint32_t>(made->a)), size(static_cast<std::uint32_t>(made->b));
  if (size != Expr(0) && world.pool().is_constant(size) && !judge(world, state, state.facts, address).from_caller)
    leaves_object(world, state, access, world.pool().value(size));
  add(world, state, "physical-memory-map", {made->text2, address, size, true}, made->pc);
}

namespace {

/// True when a check of the same bytes is no plain comparison of the value: a wide number compared in halves, a sum.
bool has_other_check(const symbolic::ExprPool &pool, const symbolic::PathFacts &facts, Expr value) {
  std::vector<Expr> of_value;
  collect_sources(pool, value, of_value);
  const auto is_part = [&](Expr e) {
    for (symbolic::Node n = pool[e]; n.kind == symbolic::Kind::zext || n.kind == symbolic::Kind::sext ||
                                     (n.kind == symbolic::Kind::add && pool.is_constant(Expr(n.b)));
         n = pool[e])
      e = Expr(n.a);
    return std::any_of(of_value.begin(), of_value.end(), [&](Expr s) { return is_same_source(pool, e, s); });
  };
  for (const Expr condition : facts.conditions()) {
    std::vector<Expr> of_condition;
    collect_sources(pool, condition, of_condition);
    if (std::none_of(of_condition.begin(), of_condition.end(), is_part))
      continue;
    symbolic::Node n = pool[condition];
    if (n.kind == symbolic::Kind::not_)
      n = pool[Expr(n.a)];
    const bool plain =
        (n.kind == symbolic::Kind::ult || n.kind == symbolic::Kind::slt || n.kind == symbolic::Kind::eq) &&
        (is_part(Expr(n.a)) || is_part(Expr(n.b)));
    if (!plain)
      return true;
  }
  return false;
}

} // namespace

/// An index of the caller's that is not bounded by the object's size: an address of his choice.
void PrimitiveObserver::leaves_object(World &world, State &state, const symbolic::Access &access, std::uint64_t size) {
  auto &pool = world.pool();
  if (pool.is_constant(access.offset) || access.count || state.facts.range(pool, access.offset).high < size ||
      has_other_check(pool, state.facts, access.offset) || ++passes_[access.pc] > most_passes ||
      !judge(world, state, state.facts, access.offset).from_caller)
    return;
  const char *kind = access.write ? "kernel-memory-write" : "kernel-memory-read";
  add(world, state, kind, {"addr", access.address}, access.pc);
  if (const auto sink = sinks_.find({access.pc, kind}); sink != sinks_.end()) {
    sink->second.freedom = 0; // a limit beyond the object confines nothing
    sink->second.paths = {};  // where the object lies decides what the address is: no two machines agree
  }
  if (!access.write)
    expect_return(world, state, kind, access.pc, symbolic::label_physical);
}

// --- PCI configuration ----------------------------------------------------------------------------------------------

/// `place` is one number that holds bus, device, function and register as mechanism #1 does; bus, device and function
/// must be confined, the register as well.
void PrimitiveObserver::add_pci(World &world, State &state, bool write, Operand operand, Expr place, std::uint64_t pc) {
  auto &pool = world.pool();
  const auto is_free = [&](Expr field, std::uint64_t few) {
    const Judgement judged = judge(world, state, state.facts, field);
    if (!judged.from_caller || judged.window)
      return false;
    AdmittedSet set;
    set.add(state.facts.range(pool, field), {}, pool.bits(field));
    return set.extent() > few;
  };
  constexpr std::uint64_t few_functions = 64, few_registers = 16;
  const char *kind = write ? "pci-config-write" : "pci-config-read";
  add(world, state, kind, std::move(operand), pc);
  const auto sink = sinks_.find({pc, kind});
  if (sink == sinks_.end())
    return;
  const bool whole = pool.bits(place) >= 24;
  const bool free =
      !whole || is_free(pool.extract(place, 8, 16), few_functions) || is_free(pool.extract(place, 0, 8), few_registers);
  sink->second.freedom = free ? 0 : 64; // what is confined is judged by field
}

/// HalGetBusDataByOffset and its kin: bus, slot and offset are numbers of their own.
void PrimitiveObserver::add_pci_call(World &world, State &state, const kernel::Api &api, const Effect &effect,
                                     std::uint64_t pc) {
  auto &pool = world.pool();
  const auto operand = [&](Key key, unsigned bits) {
    const kernel::Operand *found = effect.find(key);
    const Expr value = found ? world.value_of(state, api, *found, pc) : pool.constant(0, bits);
    return pool.bits(value) > bits   ? pool.extract(value, 0, bits)
           : pool.bits(value) < bits ? pool.zext(value, bits)
                                     : value;
  };
  const Expr type = operand(Key::type, 32);
  if (pool.is_constant(type) && !pool.is_constant(type, pci_configuration_type))
    return;
  const Expr bus = operand(Key::value, 8), slot = operand(Key::code, 8), offset = operand(Key::from, 8);
  const std::pair<const char *, Expr> parts[] = {{"SlotNumber", slot}, {"BusNumber", bus}, {"Offset", offset}};
  for (const auto &[name, value] : parts)
    if (judge(world, state, state.facts, value).from_caller) {
      add_pci(world, state, effect.kind == Kind::write, {name, value}, pool.concat(bus, pool.concat(slot, offset)), pc);
      const auto sink = sinks_.find({pc, effect.kind == Kind::write ? "pci-config-write" : "pci-config-read"});
      for (const auto &[other, other_value] : parts) // a witness may bring its canary to any of them
        if (sink != sinks_.end() && judge(world, state, state.facts, other_value).from_caller)
          sink->second.paths.add(world, state, state.facts, other_value, other);
      if (effect.kind == Kind::read)
        expect_return(world, state, "pci-config-read", pc, symbolic::label_hardware);
      return;
    }
}

// --- outside routines -----------------------------------------------------------------------------------------------

void PrimitiveObserver::import_called(World &world, State &state, const ImportCall &call) {
  if (call.import->api)
    add_model_sinks(world, state, *call.import->api, call.pc);
}

/// Checks whose answer is no confinement, remembered for the finding that follows.
void PrimitiveObserver::note_checks(World &world, State &state, const kernel::Api &api, std::uint64_t pc) {
  for (const Effect &effect : api.effects())
    if (effect.verb == Verb::sanitize && effect.kind == Kind::address_valid) {
      world.log(state, {.kind = EventKind::note, .pc = pc, .text = "address-valid"});
    } else if (effect.verb == Verb::probe) { // a probe of no bytes checks nothing
      const kernel::Operand *at = effect.find(Key::at), *size = effect.find(Key::size);
      const Expr bytes = size ? world.value_of(state, api, *size, pc) : Expr(0);
      if (at && bytes != Expr(0) && state.facts.range(world.pool(), bytes).high > 0)
        world.log(state, {.kind = EventKind::note,
                          .pc = pc,
                          .a = world.value_of(state, api, *at, pc).value,
                          .b = bytes.value,
                          .text = "probed"});
    }
}

void PrimitiveObserver::add_model_sinks(World &world, State &state, const kernel::Api &api, std::uint64_t pc) {
  note_checks(world, state, api, pc);
  auto &pool = world.pool();
  for (const Effect &effect : api.effects()) {
    const auto value_of = [&](Key key) {
      const kernel::Operand *found = effect.find(key);
      return found ? world.value_of(state, api, *found, pc) : Expr(0);
    };
    const auto is_callers = [&](Expr value) {
      return value != Expr(0) && ((pool.labels(value) | world.labels_behind(value)) & caller_labels) != 0;
    };
    switch (effect.verb) {
    case Verb::process:
      if (effect.kind == Kind::attach && is_callers(value_of(Key::object)))
        world.log(state, {.kind = EventKind::note, .pc = pc, .text = "attached"});
      break;
    case Verb::allocate:
      if (effect.kind == Kind::contiguous && value_of(Key::size) != Expr(0))
        add(world, state, "physical-contiguous-alloc-map", {"NumberOfBytes", value_of(Key::size)}, pc);
      break;
    case Verb::map:
      if (effect.kind == Kind::mdl)
        add_user_mapping(world, state, api, effect, pc);
      break;
    case Verb::dereference:
      if (is_callers(value_of(Key::at)))
        add(world, state, "kernel-memory-write", {"Object", value_of(Key::at)}, pc);
      break;
    case Verb::pci_config:
      add_pci_call(world, state, api, effect, pc);
      break;
    case Verb::call_driver:
      if (const Expr irp = value_of(Key::at); irp != Expr(0))
        add_config_request(world, state, irp, pc);
      break;
    case Verb::io_file:
      raw_disk(world, state, api, effect, pc);
      break;
    case Verb::sink:
      add_sink(world, state, api, effect, pc);
      break;
    default:
      break;
    }
  }
}

/// Pages at an address of the caller's choice, of the kernel or of another process, that he gets a mapping of: he reads
/// and writes them as he likes. Only descriptors that the driver made itself tell where they begin.
void PrimitiveObserver::add_user_mapping(World &world, State &state, const kernel::Api &api, const Effect &effect,
                                         std::uint64_t pc) {
  auto &pool = world.pool();
  Machine &machine = world.machine();
  const auto value_of = [&](Key key) {
    const kernel::Operand *found = effect.find(key);
    return found ? world.value_of(state, api, *found, pc) : Expr(0);
  };
  constexpr std::uint64_t kernel_mode = 0;
  const Expr mode = value_of(Key::mode), mdl = value_of(Key::at);
  const bool to_user = mode != Expr(0) && !(pool.is_constant(mode) && (pool.value(mode) & 0xff) == kernel_mode);
  const auto object = pool.is_constant(mdl) ? machine.objects().at(pool.value(mdl)) : std::nullopt;
  if (!to_user || !object || machine.objects()[*object].kind != symbolic::ObjectKind::pool)
    return;
  const Expr start = machine.load(state, *object, kernel::layout::MDL::StartVa.at(machine.word()), machine.bits() / 8);
  const bool attached = has_note(world, state, "attached");
  const char *kind = attached ? "process-memory-rw" : "kernel-memory-write";
  if (pool.is_constant(start) ||
      machine.objects().at(state.facts.range(pool, start).low)) // a block of the driver's own
    return;
  if (!attached && is_user_address(world, state, start))
    return pass_over(world, state, {kind, "VirtualAddress", start, pc, "it is the caller's own memory"});
  add(world, state, kind, {"VirtualAddress", start}, pc);
}

/// Sectors of a disk that the driver opened by its name: where they begin, there is no file system to ask.
void PrimitiveObserver::raw_disk(World &world, State &state, const kernel::Api &api, const Effect &effect,
                                 std::uint64_t pc) {
  const kernel::Operand *object = effect.find(Key::object), *from = effect.find(Key::from);
  if (!object || !from || (effect.kind != Kind::read && effect.kind != Kind::write))
    return;
  const Expr handle = world.value_of(state, api, *object, pc);
  const auto is_disk = [](std::string_view name) {
    const std::string lower = ascii_lower(name);
    return lower.find("physicaldrive") != std::string::npos ||
           (lower.find("\\device\\harddisk") != std::string::npos && lower.find("harddiskvolume") == std::string::npos);
  };
  if (!is_disk(world.name_behind(handle)))
    return;
  const auto at = world.place_of(state, api, *from, pc);
  if (at && !world.pool().is_constant(*at, 0))
    add(world, state, "other", {name_of_operand(api, *from), world.executor().load(state, *at, 8, 0)}, pc);
}

/// Without OBJ_KERNEL_HANDLE the handle is in the caller's table already; a kernel handle has to be given to him. An
/// open that Windows checks against the caller's rights gives him nothing.
void PrimitiveObserver::open_process(World &world, State &state, const kernel::Api &api, Expr choice,
                                     std::uint64_t pc) {
  auto &pool = world.pool();
  const Effect *open = api.find_effect(Verb::open);
  const auto operand = [&](Key key) {
    const kernel::Operand *found = open ? open->find(key) : nullptr;
    return found ? world.value_of(state, api, *found, pc) : Expr(0);
  };
  constexpr std::uint64_t user_mode = 1;
  if (const Expr mode = operand(Key::mode);
      mode != Expr(0) && pool.is_constant(mode) && (pool.value(mode) & 0xff) == user_mode)
    return pass_over(world, state,
                     {"process-open", "ClientId.UniqueProcess", choice, pc,
                      "Windows checks the caller's rights: the open is made in user mode"});
  const Expr flags = operand(Key::flags);
  const bool kernel = flags != Expr(0) && pool.is_constant(flags) && (pool.value(flags) & kernel_handle) != 0;
  if (!kernel)
    return add(world, state, "process-open", {"ClientId.UniqueProcess", choice}, pc);
  world.log(state, {.kind = EventKind::note, .pc = pc, .a = choice.value, .text = "kernel-handle"});
}

void PrimitiveObserver::add_opened_handles(World &world, State &state) {
  const auto &objects = world.machine().objects();
  const auto events = world.log_of(state);
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (events[i]->kind != EventKind::note || events[i]->text != "kernel-handle")
      continue;
    const auto opened =
        std::find_if(events.begin() + static_cast<std::ptrdiff_t>(i), events.end(),
                     [&](const Event *e) { return e->kind == EventKind::opened && e->pc == events[i]->pc; });
    if (opened == events.end() || (*opened)->b == 0)
      continue;
    const Expr handle(static_cast<std::uint32_t>((*opened)->b));
    for (std::uint32_t id = 1; id < objects.size(); ++id) {
      const auto kind = objects[symbolic::ObjectId(id)].kind;
      const symbolic::Content *content = kind == symbolic::ObjectKind::input || kind == symbolic::ObjectKind::user ||
                                                 kind == symbolic::ObjectKind::arbitrary
                                             ? state.memory.content(symbolic::ObjectId(id))
                                             : nullptr;
      if (content && std::any_of(content->cells.begin(), content->cells.end(), [&](const auto &cell) {
            return cell.value == handle || world.pool().extract(handle, 0, 32) == cell.value;
          })) {
        add(world, state, "process-open", {"ClientId.UniqueProcess", Expr(static_cast<std::uint32_t>(events[i]->a))},
            events[i]->pc);
        break;
      }
    }
  }
}

void PrimitiveObserver::add_sink(World &world, State &state, const kernel::Api &api, const Effect &effect,
                                 std::uint64_t pc) {
  auto &pool = world.pool();
  const kernel::Operand *at = effect.find(Key::at);
  const std::string_view kind = kernel::word_of(effect.kind);
  if (!at || kind == "other" || kind == "handle-misuse" || kind.starts_with("pci-config"))
    return;
  Expr value = world.value_of(state, api, *at, pc);
  const bool mapping = kind == "physical-memory-map";
  if (mapping && api.find_effect(Verb::map) && api.find_effect(Verb::map)->kind == Kind::section) {
    const auto events = world.log_of(state);
    const kernel::Operand *section = effect.find(Key::object);
    const bool physical =
        (section && names_physical_memory(world.name_behind(world.value_of(state, api, *section, pc)))) ||
        std::any_of(events.begin(), events.end(),
                    [](const Event *e) { return e->kind == EventKind::opened && names_physical_memory(e->text); });
    if (!physical)
      return pass_over(world, state,
                       {kind, name_of_operand(api, *at), value, pc, "the section is not \\Device\\PhysicalMemory"});
  }
  if (kind == "arbitrary-file-or-registry") { // the caller's text, not its address
    const unsigned bits = world.machine().bits();
    const Expr buffer = world.executor().load(state, pool.add(value, pool.constant(bits / 8, bits)), bits / 8, 0);
    value = world.executor().load(state, buffer, 2, 0);
  }
  if (const Expr choice = kind.starts_with("process-") ? world.choice_of(state, value) : world.choice_behind(value);
      choice != Expr(0))
    value = choice;
  const kernel::Operand *extent = mapping ? effect.find(Key::size) : nullptr;
  const Expr size = extent ? world.value_of(state, api, *extent, pc) : Expr(0);
  if (const Expr address = mapping ? world.virtual_of(value) : Expr(0);
      address != Expr(0)) // there and back: a kernel address
    return add(world, state, kind, {"VirtualAddress", address, size, true, true}, pc);
  if (const kernel::Operand *process = kind == "process-memory-rw" ? effect.find(Key::object) : nullptr) {
    const bool chosen = world.choice_of(state, world.value_of(state, api, *process, pc)) != Expr(0);
    if (!chosen && is_user_address(world, state, value))
      return pass_over(world, state, {kind, name_of_operand(api, *at), value, pc, "it is the caller's own memory"});
  }
  if (kind == "process-open")
    return open_process(world, state, api, value, pc);
  if (mapping)
    world.log(state, {.kind = EventKind::note,
                      .pc = pc,
                      .a = value.value,
                      .b = size.value,
                      .text = std::string(mapped_note),
                      .text2 = name_of_operand(api, *at)});
  add(world, state, kind, {name_of_operand(api, *at), value, size, mapping}, pc);
}

} // namespace ringfence::driver
