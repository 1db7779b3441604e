#include "primitives.h"

#include <ringfence/base/text.h>
#include <ringfence/kernel/layouts.h>

#include <algorithm>

namespace ringfence::driver {

using symbolic::Expr;
using symbolic::Range;
using symbolic::State;

namespace {

constexpr std::uint32_t caller_labels = symbolic::label_input | symbolic::label_user_memory | symbolic::label_user_pointer;
constexpr std::uint64_t pci_address_port = 0xcf8, pci_data_port = 0xcfc;

/// True when `part` is `e` or one of the expressions it is made of, a few levels down.
bool contains(const symbolic::ExprPool &pool, Expr e, Expr part, unsigned depth) {
  if (e == part)
    return true;
  const symbolic::Node &n = pool[e];
  if (depth == 0 || n.kind == symbolic::Kind::constant || n.kind == symbolic::Kind::symbol || n.kind == symbolic::Kind::slice)
    return false;
  return (n.a != 0 && n.kind != symbolic::Kind::read && contains(pool, Expr(n.a), part, depth - 1)) ||
         (n.b != 0 && contains(pool, Expr(n.b), part, depth - 1));
}

/// Compared from below and from above with values that are not the caller's and not constant: a window that the driver
/// takes from elsewhere (a resource, a module, the registry).
bool has_window(const symbolic::ExprPool &pool, const symbolic::PathFacts &facts, Expr value) {
  bool below = false, above = false;
  for (const Expr condition : facts.conditions()) {
    symbolic::Node n = pool[condition];
    bool negated = false;
    if (n.kind == symbolic::Kind::not_) {
      n = pool[Expr(n.a)];
      negated = true;
    }
    if (n.kind != symbolic::Kind::ult)
      continue;
    const auto foreign = [&](std::uint32_t e) { return (pool.labels(Expr(e)) & (caller_labels | symbolic::label_length)) == 0 && !pool.is_constant(Expr(e)); };
    if (contains(pool, Expr(n.a), value, 4) && foreign(n.b))
      (negated ? below : above) = true;
    if (contains(pool, Expr(n.b), value, 4) && foreign(n.a))
      (negated ? above : below) = true;
  }
  return below && above;
}

/// A caller's value counts as confined when the checks leave at most a sixteenth of what its width could hold.
bool is_confined(const Range &with_checks, const Range &without) {
  const std::uint64_t now = with_checks.high - with_checks.low, before = without.high - without.low;
  return now < before && now <= before / 16;
}

std::string text_of(const Range &r, unsigned bits) {
  if (r.is_full(bits))
    return "any";
  if (r.is_single())
    return hex(r.low);
  return "[" + hex(r.low) + "," + hex(r.high) + "]";
}

} // namespace

void PrimitiveObserver::add(World &world, State &state, std::string_view kind, std::string argument, Expr value, unsigned bits, std::uint64_t pc, bool mapping) {
  auto &pool = world.pool();
  if ((pool.labels(value) & caller_labels) == 0 || pool.bits(value) > 64)
    return;
  const Range range = state.facts.range(pool, value);
  const Range structural = symbolic::PathFacts().range(pool, value);
  if (range.is_single())
    return; // one value: not the caller's choice
  Sink &sink = sinks_[{pc, std::string(kind)}];
  sink.argument = std::move(argument);
  sink.bits = std::max(bits, pool.bits(value));
  sink.mapping = mapping;
  sink.constrained = sink.constrained && (is_confined(range, structural) || has_window(pool, state.facts, value));
  if (std::find(sink.admitted.begin(), sink.admitted.end(), range) == sink.admitted.end() && sink.admitted.size() < 8)
    sink.admitted.push_back(range);
}

void PrimitiveObserver::port(World &world, State &state, bool write, Expr port, std::uint64_t pc) {
  auto &pool = world.pool();
  if (pool.is_constant(port)) {
    const std::uint64_t number = pool.value(port);
    if (number >= pci_data_port && number < pci_data_port + 4) // the address went to 0xCF8 before
      for (const Event *event : world.log_of(state))
        if (event->kind == EventKind::note && event->text == "pci-address")
          add(world, state, write ? "pci-config-write" : "pci-config-read", "configuration address", Expr(static_cast<std::uint32_t>(event->a)), 32, pc, false);
    return;
  }
  add(world, state, write ? "port-write" : "port-read", "dx", port, 16, pc, false);
}

void PrimitiveObserver::sys(World &world, State &state, ir::SysOp op, ir::Width, std::span<const Expr> inputs, std::uint64_t pc) {
  auto &pool = world.pool();
  const auto narrow = [&](Expr e, unsigned bits) { return pool.bits(e) > bits ? pool.extract(e, 0, bits) : e; };
  switch (op) {
  case ir::SysOp::rdmsr:
    return add(world, state, "msr-read", "ecx", narrow(inputs[0], 32), 32, pc, false);
  case ir::SysOp::wrmsr:
    return add(world, state, "msr-write", "ecx", narrow(inputs[0], 32), 32, pc, false);
  case ir::SysOp::in:
    return port(world, state, false, narrow(inputs[0], 16), pc);
  case ir::SysOp::out:
    if (pool.is_constant(narrow(inputs[0], 16), pci_address_port))
      world.log(state, {.kind = EventKind::note, .pc = pc, .a = inputs[1].value, .text = "pci-address"});
    return port(world, state, true, narrow(inputs[0], 16), pc);
  case ir::SysOp::write_cr:
  case ir::SysOp::write_dr:
    return add(world, state, "control-register", "value", inputs[1], 64, pc, false);
  default:
    return;
  }
}

void PrimitiveObserver::port_string(World &world, State &state, ir::BulkOp op, Expr, Expr number, Expr, ir::Width, std::uint64_t pc) {
  port(world, state, op == ir::BulkOp::out, number, pc);
}

void PrimitiveObserver::access(World &world, State &state, const symbolic::Access &access) {
  const symbolic::Object &object = world.machine().objects()[access.object];
  if (object.kind == symbolic::ObjectKind::physical) {
    Touched &touched = accesses_[object.tag];
    (access.write ? touched.written : touched.read) = true;
    return;
  }
  if (object.kind != symbolic::ObjectKind::arbitrary)
    return;
  const auto events = world.log_of(state);
  const bool attached = std::any_of(events.begin(), events.end(), [](const Event *e) { return e->kind == EventKind::note && e->text == "attached"; });
  add(world, state, attached ? "process-memory-rw" : access.write ? "kernel-memory-write" : "kernel-memory-read", "addr", access.address, world.machine().bits(), access.pc, false);
}

void PrimitiveObserver::indirect_call(World &world, State &state, Expr target, std::uint64_t pc) {
  add(world, state, "arbitrary-call", "target", target, world.machine().bits(), pc, false);
}

void PrimitiveObserver::import_called(World &world, State &state, const ImportCall &call) {
  if (call.import->api)
    add_model_sinks(world, state, *call.import->api, call.pc);
}

void PrimitiveObserver::add_model_sinks(World &world, State &state, const kernel::Api &api, std::uint64_t pc) {
  auto &pool = world.pool();
  for (const kernel::Effect &effect : api.effects()) {
    const auto labelled = [&](kernel::Key key) {
      const kernel::Operand *found = effect.find(key);
      const Expr value = found ? world.value_of(state, api, *found, pc) : Expr(0);
      return found && ((pool.labels(value) | world.labels_behind(value)) & caller_labels) != 0;
    };
    if (effect.verb == kernel::Verb::process && effect.kind == kernel::Kind::attach && labelled(kernel::Key::object))
      world.log(state, {.kind = EventKind::note, .pc = pc, .text = "attached"});
    if (effect.verb == kernel::Verb::allocate && effect.kind == kernel::Kind::contiguous && labelled(kernel::Key::size)) {
      const Expr size = world.value_of(state, api, *effect.find(kernel::Key::size), pc);
      add(world, state, "physical-contiguous-alloc-map", "NumberOfBytes", size, pool.bits(size), pc, false);
    }
    if (effect.verb == kernel::Verb::dereference && labelled(kernel::Key::at)) {
      const Expr object = world.value_of(state, api, *effect.find(kernel::Key::at), pc);
      add(world, state, "kernel-memory-write", "Object", object, pool.bits(object), pc, false);
    }
    if (effect.verb != kernel::Verb::sink)
      continue;
    const kernel::Operand *at = effect.find(kernel::Key::at);
    const std::string_view kind = kernel::word_of(effect.kind);
    if (!at || kind == "other" || kind == "handle-misuse")
      continue;
    Expr value = world.value_of(state, api, *at, pc);
    const bool mapping = kind == "physical-memory-map";
    if (mapping && api.find_effect(kernel::Verb::map) && api.find_effect(kernel::Verb::map)->kind == kernel::Kind::section) {
      const auto events = world.log_of(state);
      const bool physical = std::any_of(events.begin(), events.end(), [](const Event *e) { return e->kind == EventKind::opened && e->text.find("PhysicalMemory") != std::string::npos; });
      if (!physical)
        continue;
    }
    if (kind == "arbitrary-file-or-registry") { // the caller's text, not its address
      const unsigned bits = world.machine().bits();
      const Expr buffer = world.executor().load(state, pool.add(value, pool.constant(bits / 8, bits)), bits / 8, 0);
      value = world.executor().load(state, buffer, 2, 0);
    }
    if (const std::uint32_t chosen = world.labels_behind(value) & caller_labels; chosen != 0)
      value = pool.symbol(world.machine().bits(), chosen, "object chosen by the caller");
    const kernel::AccessPath *path = at->path();
    std::string name = path && path->index < api.parameters().size() ? std::string(path->dereferences > 0 ? "*" : "") + std::string(api.parameters()[path->index].name.view()) : "argument";
    add(world, state, kind, std::move(name), value, pool.bits(value), pc, mapping);
  }
}

std::vector<Primitive> PrimitiveObserver::take(World &world) {
  std::vector<Primitive> out;
  for (const auto &[key, sink] : sinks_) {
    std::string admitted;
    for (const Range &r : sink.admitted)
      admitted += (admitted.empty() ? "" : " | ") + text_of(r, sink.bits);
    if (admitted.find("any") != std::string::npos)
      admitted = "any";
    const auto rva = world.machine().rva_of(key.first);
    const auto report = [&](std::string kind) {
      out.push_back({.kind = std::move(kind), .argument = sink.argument, .admitted = admitted, .constrained = sink.constrained, .sink = rva.value_or(Rva(0))});
    };
    const auto touched = sink.mapping && rva ? accesses_.find(rva->value) : accesses_.end();
    if (touched == accesses_.end()) {
      report(key.second);
      continue;
    }
    if (touched->second.read)
      report("physical-memory-read");
    if (touched->second.written)
      report("physical-memory-write");
  }
  return out;
}

} // namespace ringfence::driver
