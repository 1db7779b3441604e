// The verbs of the API models: one small meaning each. Verbs that say nothing about memory or the log (locks, waits,
// IRQL) need no code; an observer still sees the call.

#include "world.h"

#include <ringfence/base/text.h>
#include <ringfence/kernel/layouts.h>

#include <algorithm>

namespace ringfence::driver {

using kernel::Effect;
using kernel::Key;
using kernel::Kind;
using kernel::Verb;
using symbolic::Expr;
using symbolic::Fill;
using symbolic::ObjectId;
using symbolic::ObjectKind;
using symbolic::State;

void World::apply(State &state, const kernel::Api &api, const Effect &effect, Outcome &outcome, std::uint64_t pc) {
  switch (effect.verb) {
  case Verb::noreturn:
    outcome.ends = true;
    return;
  case Verb::source:
  case Verb::copy:
  case Verb::fill:
  case Verb::set:
  case Verb::propagate:
  case Verb::allocate:
  case Verb::map:
  case Verb::interlocked:
  case Verb::arithmetic:
  case Verb::initialize:
  case Verb::query:
  case Verb::list:
    return apply_memory(state, api, effect, outcome, pc);
  case Verb::text:
  case Verb::format:
  case Verb::compare:
    return apply_text(state, api, effect, outcome, pc);
  case Verb::complete_irp:
  case Verb::pend_irp:
  case Verb::call_driver:
  case Verb::call:
  case Verb::register_callback:
  case Verb::build_irp:
    return apply_request(state, api, effect, outcome, pc);
  default:
    return apply_object(state, api, effect, outcome, pc);
  }
}

namespace {

std::uint32_t labels_of_source(Kind kind) {
  switch (kind) {
  case Kind::physical:
    return symbolic::label_physical;
  case Kind::user:
    return symbolic::label_user_memory;
  case Kind::registry:
  case Kind::file:
    return symbolic::label_registry;
  case Kind::process:
  case Kind::process_id:
  case Kind::caller_identity:
  case Kind::token:
    return symbolic::label_process;
  case Kind::port:
  case Kind::register_:
  case Kind::bus_config:
  case Kind::msr:
  case Kind::hardware:
    return symbolic::label_hardware;
  case Kind::system:
    return symbolic::label_kernel;
  case Kind::request:
  case Kind::message:
    return symbolic::label_input;
  case Kind::object_name:
    return symbolic::label_file_object;
  default:
    return symbolic::label_unknown;
  }
}

} // namespace

/// What a routine writes to `at`: `size` bytes of this origin.
void World::forget_result(State &state, Expr at, Expr size, std::uint32_t labels) {
  constexpr std::uint64_t most = 0x1000;
  const symbolic::Executor::Place target = executor_.resolve(state, at);
  if (!pool().is_constant(target.offset))
    return;
  const std::uint64_t offset = pool().value(target.offset);
  executor_.forget(state, target.object, offset, offset + std::min(state.facts.range(pool(), size).high, most), labels);
}

void World::apply_memory(State &state, const kernel::Api &api, const Effect &effect, Outcome &outcome,
                         std::uint64_t pc) {
  const unsigned bits = machine_.bits();
  const auto place = [&](Key key) -> std::optional<Expr> {
    const kernel::Operand *found = effect.find(key);
    return found ? place_of(state, api, *found, pc) : std::nullopt;
  };
  const auto produce = [&](Expr value) { write_operand(state, api, effect, Key::result, value, outcome, pc); };
  switch (effect.verb) {
  case Verb::source: {
    const std::uint32_t labels = labels_of_source(effect.kind);
    if (const auto at = place(Key::at)) {
      const Expr size = operand(state, api, effect, Key::size, pc, bits / 8);
      forget_result(state, *at, size, labels);
    } else if (const kernel::Operand *found = effect.find(Key::at);
               found && found->path() && found->path()->root == kernel::PathRoot::return_value) {
      const unsigned width = found->path()->width.at(machine_.word());
      outcome.result = fresh(width == 0 ? bits : width * 8, labels, api.name.view());
    }
    return;
  }
  case Verb::copy: {
    const auto to = place(Key::to), from = place(Key::from);
    if (to && from)
      executor_.copy(state, *to, *from, fit(operand(state, api, effect, Key::size, pc, 0), bits), pc);
    if (effect.find(Key::result))
      produce(operand(state, api, effect, Key::size, pc, 0));
    return;
  }
  case Verb::fill:
    if (const auto to = place(Key::to))
      executor_.fill(state, *to, fit(operand(state, api, effect, Key::value, pc, 0), 8),
                     fit(operand(state, api, effect, Key::size, pc, 0), bits), pc);
    return;
  case Verb::set:
    write_operand(state, api, effect, Key::to, operand(state, api, effect, Key::value, pc, 0), outcome, pc);
    return;
  case Verb::propagate:
    if (outcome.result != Expr(0) && effect.find(Key::to)->path() &&
        effect.find(Key::to)->path()->root == kernel::PathRoot::return_value)
      return;                                                         // another effect said more
    if (const auto to = place(Key::to); to && effect.find(Key::size)) // as many bytes, made of the others
      return forget_result(state, *to, operand(state, api, effect, Key::size, pc, 0),
                           pool().labels(operand(state, api, effect, Key::from, pc, 0)));
    write_operand(state, api, effect, Key::to,
                  fresh(bits, pool().labels(operand(state, api, effect, Key::from, pc, 0)), api.name.view()), outcome,
                  pc);
    return;
  case Verb::allocate: {
    if (effect.kind == Kind::string) // the text verb has made the buffer
      return;
    const Expr size = operand(state, api, effect, Key::size, pc, 0x1000);
    const symbolic::Range r = state.facts.range(pool(), size);
    const bool zeroed = effect.kind == Kind::pool_zeroed;
    const std::uint64_t extent = r.is_single() && r.low > 0 ? r.low : 0x4000;
    const ObjectId object = machine_.new_object(std::string(api.name.view()), std::min<std::uint64_t>(extent, 0x100000),
                                                ObjectKind::pool, zeroed ? Fill::zero : Fill::lazy, 0);
    if (effect.find(Key::size) && !r.is_single())
      machine_.objects()[object].extent = size;
    produce(machine_.pointer(machine_.objects()[object].base));
    if (effect.kind == Kind::mdl &&
        api.parameters().size() >= 2) { // IoAllocateMdl: StartVa, ByteOffset and ByteCount describe the buffer
      namespace MDL = kernel::layout::MDL;
      machine_.store(state, object, MDL::StartVa.at(machine_.word()), fit(parameter(state, api, 0), bits));
      machine_.store(state, object, MDL::ByteOffset.at(machine_.word()), 0, 4);
      machine_.store(state, object, MDL::ByteCount.at(machine_.word()), fit(parameter(state, api, 1), 32));
      machine_.store(state, object, MDL::MdlFlags.at(machine_.word()), 0, 2);
    }
    return;
  }
  case Verb::map: {
    if (effect.kind == Kind::mdl) { // a new address of the same bytes
      const Expr mdl = operand(state, api, effect, Key::at, pc, 0);
      namespace MDL = kernel::layout::MDL;
      const Expr mapped = executor_.load(
          state, pool().add(fit(mdl, bits), pool().constant(MDL::MappedSystemVa.at(machine_.word()), bits)), bits / 8,
          pc);
      const Expr start = executor_.load(
          state, pool().add(fit(mdl, bits), pool().constant(MDL::StartVa.at(machine_.word()), bits)), bits / 8, pc);
      produce(pool().is_constant(mapped) && !pool().is_constant(mapped, 0) ? mapped : start);
      return;
    }
    const Expr at = operand(state, api, effect, Key::at, pc, 0);
    const ObjectId object = machine_.new_object(
        "mapping", 0x10000, ObjectKind::physical, Fill::lazy,
        symbolic::label_physical | (pool().labels(at) & symbolic::label_input ? symbolic::label_arbitrary_read : 0u));
    if (const auto rva = machine_.rva_of(pc))
      machine_.objects()[object].tag = rva->value;
    if (effect.find(Key::size))
      machine_.objects()[object].extent = operand(state, api, effect, Key::size, pc, 0);
    produce(machine_.pointer(machine_.objects()[object].base));
    return;
  }
  case Verb::interlocked: {
    const auto at = place(Key::at);
    if (!at)
      return;
    const unsigned width = std::max(1u, effect.find(Key::at)->path()->width.at(machine_.word()));
    const unsigned n = (width == 8 ? 8 : width == 2 ? 2 : width == 1 ? 1 : 4) * 8;
    const Expr old = executor_.load(state, *at, n / 8, pc);
    const Expr value = fit(operand(state, api, effect, Key::value, pc, 0), n);
    Expr next = old, result = old;
    switch (effect.kind) {
    case Kind::increment:
      result = next = pool().add(old, pool().constant(1, n));
      break;
    case Kind::decrement:
      result = next = pool().sub(old, pool().constant(1, n));
      break;
    case Kind::exchange:
      next = value;
      break;
    case Kind::compare_exchange:
      next = pool().ite(pool().eq(old, fit(operand(state, api, effect, Key::from, pc, 0), n)), value, old);
      break;
    case Kind::exchange_add:
    case Kind::add:
      next = pool().add(old, value);
      break;
    case Kind::and_:
      next = pool().and_(old, value);
      break;
    case Kind::or_:
      next = pool().or_(old, value);
      break;
    default:
      next = pool().xor_(old, value);
      break;
    }
    executor_.store(state, *at, next, pc);
    produce(result);
    return;
  }
  case Verb::arithmetic: {
    const Expr a = fit(operand(state, api, effect, Key::at, pc, 0), 64),
               b = fit(operand(state, api, effect, Key::value, pc, 0), 64);
    switch (effect.kind) {
    case Kind::multiply:
      return produce(pool().mul(a, b));
    case Kind::divide:
      return produce(pool().div(symbolic::Kind::sdiv, a, b));
    case Kind::divide_unsigned:
      return produce(pool().div(symbolic::Kind::udiv, a, b));
    case Kind::remainder:
      return produce(pool().div(symbolic::Kind::srem, a, b));
    case Kind::remainder_unsigned:
      return produce(pool().div(symbolic::Kind::urem, a, b));
    case Kind::shift_left:
      return produce(pool().shift(symbolic::Kind::shl, a, b));
    case Kind::shift_right:
      return produce(pool().shift(symbolic::Kind::sar, a, b));
    case Kind::shift_right_unsigned:
      return produce(pool().shift(symbolic::Kind::shr, a, b));
    case Kind::add:
      return produce(pool().add(a, b));
    default:
      return produce(pool().sub(a, b));
    }
  }
  case Verb::initialize:
    if (effect.kind == Kind::dpc || effect.kind == Kind::timer || effect.kind == Kind::work_item)
      if (const kernel::Operand *callback = effect.find(Key::callback)) {
        const Expr routine = value_of(state, api, *callback, pc);
        const Expr context = operand(state, api, effect, Key::context, pc, 0);
        if (const auto at = place(Key::at)) { // remembered in the object itself, so that a queued one can be run
          executor_.store(
              state, pool().add(*at, pool().constant(machine_.word() == kernel::WordSize::bits64 ? 0x18 : 0x0c, bits)),
              fit(routine, bits), pc);
          executor_.store(
              state, pool().add(*at, pool().constant(machine_.word() == kernel::WordSize::bits64 ? 0x20 : 0x10, bits)),
              fit(context, bits), pc);
        }
        if (pool().is_constant(routine))
          log(state,
              {.kind = EventKind::callback, .role = kernel::CallbackRole::dpc, .pc = pc, .a = pool().value(routine)});
      }
    return;
  case Verb::query: {
    std::uint32_t labels = effect.kind == Kind::process_id || effect.kind == Kind::current_process
                               ? static_cast<std::uint32_t>(symbolic::label_process)
                               : 0u;
    if (effect.kind == Kind::current_process || effect.kind == Kind::current_thread) // an object's address
      labels |= symbolic::label_kernel_address;
    if (effect.kind == Kind::physical_address) { // an address of the same bytes, in another space
      const Expr at = operand(state, api, effect, Key::at, pc, 0);
      const Expr physical = fresh(64, pool().labels(at) | labels | symbolic::label_kernel_address,
                                  "physical address of " + pool().to_string(at));
      virtual_addresses_.emplace(physical.value, at);
      return produce(physical);
    }
    if (const auto filled = place(Key::result);
        filled && effect.find(Key::size)) { // a structure, of which at least the head is written
      constexpr std::uint64_t head = 0x20, whole = 0x1000;
      const std::uint64_t size = state.facts.range(pool(), operand(state, api, effect, Key::size, pc, 0)).high;
      const symbolic::Executor::Place target = executor_.resolve(state, *filled);
      if (pool().is_constant(target.offset) && size > 0) // of no bytes: the caller asks how many there are
        executor_.forget(state, target.object, pool().value(target.offset),
                         pool().value(target.offset) + (size <= whole ? size : head), labels | symbolic::label_kernel);
      return;
    }
    const Expr fact = fresh(bits, labels, api.name.view());
    if (const Expr choice = choice_behind(operand(state, api, effect, Key::at, pc, 0)); choice != Expr(0))
      handle_choices_.emplace(fact.value, choice); // a fact about what the caller chose
    return produce(fact);
  }
  default:
    return apply_list(state, api, effect, outcome, pc);
  }
}

Expr World::choice_behind(Expr value) const {
  const auto &pool = machine_.pool();
  if (!pool.is_constant(value)) {
    const auto known = handle_choices_.find(value.value);
    return known == handle_choices_.end() ? Expr(0) : known->second;
  }
  const auto object = machine_.objects().at(pool.value(value));
  return Expr(object && machine_.objects()[*object].kind == ObjectKind::kernel ? machine_.objects()[*object].tag : 0);
}

std::string_view World::name_behind(Expr handle) const {
  const auto known = handle_names_.find(handle.value);
  return known == handle_names_.end() ? std::string_view() : std::string_view(known->second);
}

Expr World::named_by_caller(const State &state) {
  constexpr std::uint32_t chosen = symbolic::labels_of_caller | symbolic::label_arbitrary_read;
  for (const Expr condition : state.facts.conditions()) {
    const symbolic::Node n = pool()[condition];
    if (n.kind != symbolic::Kind::eq || pool().is_constant(Expr(n.a)) || pool().is_constant(Expr(n.b)))
      continue;
    if (((pool().labels(Expr(n.a)) & chosen) == 0) != ((pool().labels(Expr(n.b)) & chosen) == 0))
      return fresh(machine_.bits(), symbolic::label_input, "the one that the caller named");
  }
  return Expr(0);
}

Expr World::choice_of(const State &state, Expr value) {
  constexpr std::uint32_t chosen = symbolic::labels_of_caller | symbolic::label_arbitrary_read;
  if (const Expr choice = choice_behind(value); choice != Expr(0))
    return choice;
  if ((pool().labels(value) & chosen) != 0)
    return value;
  if (pool().is_constant(value) || (pool().labels(value) & symbolic::label_kernel) == 0)
    return Expr(0);
  return named_by_caller(state);
}

Expr World::virtual_of(Expr physical) const {
  const auto &pool = machine_.pool();
  while (pool[physical].kind == symbolic::Kind::add && pool.is_constant(Expr(pool[physical].b)))
    physical = Expr(pool[physical].a);
  const auto known = virtual_addresses_.find(physical.value);
  return known == virtual_addresses_.end() ? Expr(0) : known->second;
}

bool World::is_kernel_request(const State &state) const {
  const symbolic::Range mode = state.facts.range(machine_.pool(), requestor_mode_);
  return mode.is_single() && mode.low == 0 && !machine_.pool().is_constant(requestor_mode_);
}

void World::apply_object(State &state, const kernel::Api &api, const Effect &effect, Outcome &outcome,
                         std::uint64_t pc) {
  const unsigned bits = machine_.bits();
  const auto produce = [&](Expr value) { write_operand(state, api, effect, Key::result, value, outcome, pc); };
  const auto constant = [&](Key key) -> std::uint64_t {
    const Expr e = operand(state, api, effect, key, pc, 0);
    return pool().is_constant(e) ? pool().value(e) : 0;
  };
  switch (effect.verb) {
  case Verb::create_device:
    return create_device(state, api, effect, outcome, pc);
  case Verb::create_link:
    log(state, {.kind = EventKind::link_created,
                .pc = pc,
                .c = effect.kind == Kind::unprotected,
                .text = name_operand(state, api, effect, Key::name, pc),
                .text2 = name_operand(state, api, effect, Key::target, pc)});
    return;
  case Verb::create_interface: {
    std::string text;
    const kernel::Operand *guid = effect.find(Key::guid); // the structure itself, or its address
    const auto at = guid ? place_of(state, api, *guid, pc) : std::nullopt;
    const Expr address = at ? *at : operand(state, api, effect, Key::guid, pc, 0);
    if (pool().is_constant(address))
      text = machine_.read_guid(state, pool().value(address)).value_or(std::string());
    log(state, {.kind = EventKind::interface_created, .pc = pc, .object = constant(Key::object), .text = text});
    return;
  }
  case Verb::attach_device: {
    const ObjectId lower =
        machine_.new_object("LowerDevice", 0x400, ObjectKind::kernel, Fill::lazy, symbolic::label_kernel);
    log(state, {.kind = EventKind::attached, .pc = pc, .object = constant(Key::object)});
    return produce(machine_.pointer(machine_.objects()[lower].base));
  }
  case Verb::resolve_name: {
    std::string name = name_operand(state, api, effect, Key::name, pc);
    if (name.empty())
      if (const std::uint64_t at = constant(Key::name))
        name = machine_.read_text(state, at).value_or(std::string());
    if (name.empty())
      return produce(fresh(bits, symbolic::label_unknown, "routine"));
    return produce(machine_.pointer(machine_.address_of_import(name, "ntoskrnl.exe", kernel::find_api(name), true)));
  }
  case Verb::open:
  case Verb::create: {
    if (effect.kind == Kind::filter_port)
      return create_port(state, api, effect, outcome, pc);
    // A handle to what the caller named is the caller's choice.
    const Expr named = operand(state, api, effect, Key::at, pc, 0);
    const Expr choice = choice_of(state, named);
    const Expr handle =
        fresh(bits, pool().labels(choice) & symbolic::labels_of_caller, std::string(api.name.view()) + " handle");
    if (choice != Expr(0))
      handle_choices_.emplace(handle.value, choice);
    std::string name = name_operand(state, api, effect, Key::name, pc);
    if (!name.empty())
      handle_names_.emplace(handle.value, name);
    log(state, {.kind = EventKind::opened,
                .pc = pc,
                .object = constant(Key::at),
                .b = handle.value,
                .text = std::move(name),
                .text2 = std::string(api.name.view())});
    if (effect.kind == Kind::thread && effect.find(Key::callback))
      log(state, {.kind = EventKind::callback,
                  .role = kernel::CallbackRole::system_thread,
                  .pc = pc,
                  .a = constant(Key::callback),
                  .b = constant(Key::context)});
    const bool opens_object = effect.kind == Kind::device || effect.kind == Kind::driver ||
                              (effect.kind == Kind::object && effect.verb == Verb::create);
    if (!opens_object)
      return produce(handle);
    const ObjectId object = machine_.new_object(std::string(api.name.view()), 0x400, ObjectKind::kernel, Fill::lazy,
                                                symbolic::label_kernel);
    return produce(machine_.pointer(machine_.objects()[object].base));
  }
  case Verb::reference: {
    if (!effect.find(Key::result))
      return;
    const Expr from = operand(state, api, effect, Key::from, pc, 0);
    const ObjectId object = machine_.new_object(std::string(api.name.view()), 0x800, ObjectKind::kernel, Fill::lazy,
                                                symbolic::label_kernel);
    // What Windows checked against the caller's own rights is no choice that he makes beyond them.
    const Expr access = operand(state, api, effect, Key::access, pc, 0),
               mode = operand(state, api, effect, Key::mode, pc, 0);
    const bool checked = pool().is_constant(mode) && (pool().value(mode) & 0xff) == 1 && !pool().is_constant(access, 0);
    machine_.objects()[object].tag = checked ? 0 : choice_of(state, from).value;
    return produce(machine_.pointer(machine_.objects()[object].base));
  }
  case Verb::describe_pages: // of an MDL that the same call has allocated
    if (effect.find(Key::result) && outcome.result == Expr(0))
      produce(fresh(bits, 0, api.name.view()));
    return;
  case Verb::probe: { // behind it the address is one of user memory, unless it was asked about no bytes at all
    const Expr at = fit(operand(state, api, effect, Key::at, pc, 0), bits);
    if (!pool().is_constant(at) && state.facts.range(pool(), operand(state, api, effect, Key::size, pc, 0)).low > 0)
      outcome.ends = !state.facts.assume(pool(), pool().ult(at, machine_.pointer(machine_.user_limit())), true);
    return;
  }
  case Verb::lock_pages: {
    namespace MDL = kernel::layout::MDL;
    if (!effect.find(Key::mode) || constant(Key::mode) != 1) // KernelMode: any address will do
      return;
    const Expr mdl = fit(operand(state, api, effect, Key::at, pc, 0), bits);
    const Expr start =
        executor_.load(state, pool().add(mdl, pool().constant(MDL::StartVa.at(machine_.word()), bits)), bits / 8, pc);
    if (!pool().is_constant(start))
      outcome.ends = !state.facts.assume(pool(), pool().ult(start, machine_.pointer(machine_.user_limit())), true);
    return;
  }
  case Verb::gate:
    return apply_gate(state, api, effect, outcome, pc);
  case Verb::build_descriptor:
    return build_descriptor(state, api, effect, outcome, pc);
  case Verb::set_descriptor:
    return set_descriptor(state, api, effect, pc);
  case Verb::read_registry: {
    log(state, {.kind = EventKind::registry,
                .pc = pc,
                .text = name_operand(state, api, effect, Key::name, pc),
                .text2 = std::string(api.name.view())});
    if (const kernel::Operand *to = effect.find(Key::to))
      if (const auto at = place_of(state, api, *to, pc)) {
        const symbolic::Executor::Place target = executor_.resolve(state, *at);
        const symbolic::Range r = state.facts.range(pool(), operand(state, api, effect, Key::size, pc, 64));
        if (pool().is_constant(target.offset)) {
          const std::uint64_t offset = pool().value(target.offset);
          executor_.forget(state, target.object, offset, offset + std::min<std::uint64_t>(r.high, 0x400),
                           symbolic::label_registry);
        }
      }
    if (effect.find(Key::result))
      produce(fresh(32, symbolic::label_registry, "registry length"));
    return;
  }
  default:
    if (effect.find(Key::result))
      produce(fresh(bits, 0, api.name.view()));
    return;
  }
}

void World::apply_request(State &state, const kernel::Api &api, const Effect &effect, Outcome &outcome,
                          std::uint64_t pc) {
  namespace IRP = kernel::layout::IRP;
  const unsigned bits = machine_.bits();
  const auto constant = [&](Key key) -> std::uint64_t {
    const Expr e = operand(state, api, effect, key, pc, 0);
    return pool().is_constant(e) ? pool().value(e) : 0;
  };
  switch (effect.verb) {
  case Verb::complete_irp: {
    const Expr irp = fit(operand(state, api, effect, Key::at, pc, 0), bits);
    const Expr status_at = pool().add(irp, pool().constant(IRP::IoStatus_Status.at(machine_.word()), bits));
    const Expr status = effect.find(Key::value) ? fit(operand(state, api, effect, Key::value, pc, 0), 32)
                                                : executor_.load(state, status_at, 4, 0);
    const Expr information = executor_.load(
        state, pool().add(irp, pool().constant(IRP::IoStatus_Information.at(machine_.word()), bits)), bits / 8, 0);
    log_completion(state, api, status,
                   {.kind = EventKind::completed,
                    .pc = pc,
                    .object = pool().is_constant(irp) ? pool().value(irp) : 0,
                    .b = information.value});
    return;
  }
  case Verb::pend_irp:
    log(state, {.kind = EventKind::pended, .pc = pc, .object = constant(Key::at)});
    return;
  case Verb::call_driver: {
    const bool succeeds = answer_pnp_request(state, fit(operand(state, api, effect, Key::at, pc, 0), bits), pc);
    log(state, {.kind = EventKind::sent_down, .pc = pc, .object = constant(Key::at), .b = constant(Key::target)});
    const Expr status = succeeds ? pool().constant(api.success_value, bits)
                                 : fresh(bits, symbolic::label_kernel, "status of the lower driver");
    return write_operand(state, api, effect, Key::result, status, outcome, pc);
  }
  case Verb::build_irp: {
    const ObjectId irp =
        machine_.new_object("BuiltIrp", 0x1000, ObjectKind::kernel, Fill::lazy, symbolic::label_kernel);
    const std::uint64_t base = machine_.objects()[irp].base;
    machine_.store(state, irp, IRP::Tail_Overlay_CurrentStackLocation.at(machine_.word()), base + 0x800, bits / 8);
    return write_operand(state, api, effect, Key::result, machine_.pointer(base), outcome, pc);
  }
  case Verb::call:
    if (const std::uint64_t routine = constant(Key::callback); routine != 0 && machine_.is_code(routine))
      outcome.run = routine;
    log(state, {.kind = EventKind::callback,
                .role = effect.role,
                .pc = pc,
                .a = constant(Key::callback),
                .b = constant(Key::context)});
    return;
  default: // register_callback
    if (effect.find(Key::table)) {
      register_table(state, api, effect, pc);
      if (effect.find(Key::result))
        write_operand(state, api, effect, Key::result, fresh(bits, 0, api.name.view()), outcome, pc);
      return;
    }
    log(state, {.kind = EventKind::callback,
                .role = effect.role,
                .pc = pc,
                .object = constant(Key::object),
                .a = constant(Key::callback),
                .b = constant(Key::context),
                .text = std::string(api.name.view())});
    if (effect.find(Key::result))
      write_operand(state, api, effect, Key::result, fresh(bits, 0, api.name.view()), outcome, pc);
    return;
  }
}

Expr World::make_device(State &state, Expr type, Expr characteristics, std::uint64_t extension) {
  namespace DEVICE_OBJECT = kernel::layout::DEVICE_OBJECT;
  const auto word = machine_.word();
  const unsigned pointer = machine_.bits() / 8;
  const ObjectId device = machine_.new_object("DeviceObject", DEVICE_OBJECT::structure_size.at(word),
                                              ObjectKind::kernel, Fill::zero, symbolic::label_kernel);
  const ObjectId ext = machine_.new_object("DeviceExtension", std::max<std::uint64_t>(extension, 16),
                                           ObjectKind::kernel, Fill::zero, symbolic::label_persistent);
  const std::uint64_t base = machine_.objects()[device].base;
  machine_.store(state, device, DEVICE_OBJECT::DeviceExtension.at(word), machine_.objects()[ext].base, pointer);
  machine_.store(state, device, DEVICE_OBJECT::DriverObject.at(word), driver_object_, pointer);
  machine_.store(state, device, DEVICE_OBJECT::DeviceType.at(word), fit(type, 32));
  machine_.store(state, device, DEVICE_OBJECT::Characteristics.at(word), fit(characteristics, 32));
  machine_.store(state, device, DEVICE_OBJECT::Flags.at(word), 0x80, 4); // DO_DEVICE_INITIALIZING
  machine_.store(state, device, DEVICE_OBJECT::StackSize.at(word), 1, 1);
  const std::uint64_t head = kernel::layout::DRIVER_OBJECT::DeviceObject.at(word);
  const Expr first = machine_.load(state, driver_object_id_, head, pointer);
  machine_.store(state, device, DEVICE_OBJECT::NextDevice.at(word), first);
  machine_.store(state, driver_object_id_, head, base, pointer);
  return machine_.pointer(base);
}

void World::create_device(State &state, const kernel::Api &api, const Effect &effect, Outcome &outcome,
                          std::uint64_t pc) {
  const auto part = [&](Key key) { return operand(state, api, effect, key, pc, 0); };
  const auto constant = [&](Key key) {
    const Expr e = part(key);
    return pool().is_constant(e) ? pool().value(e) : 0;
  };
  const Expr device = make_device(state, part(Key::type), part(Key::flags), constant(Key::size));
  std::string descriptor = name_operand(state, api, effect, Key::descriptor, pc);
  log(state, {.kind = EventKind::device_created,
              .through = api.name.view(),
              .pc = pc,
              .object = pool().value(device),
              .a = constant(Key::type),
              .b = constant(Key::flags),
              .c = constant(Key::mode) & 0xff,
              .text = name_operand(state, api, effect, Key::name, pc),
              .text2 = std::move(descriptor)});
  if (const std::uint64_t guid = constant(Key::guid))
    log_class_guid(state, pool().value(device), guid);
  write_operand(state, api, effect, Key::result, device, outcome, pc);
}

} // namespace ringfence::driver
