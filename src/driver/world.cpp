// Calls, operands and results of outside routines.

#include "world.h"

#include "wdf.h"

#include <ringfence/base/text.h>
#include <ringfence/kernel/layouts.h>

#include <algorithm>

namespace ringfence::driver {

using kernel::Effect;
using kernel::Key;
using kernel::Verb;
using symbolic::Expr;
using symbolic::Fill;
using symbolic::ObjectKind;
using symbolic::State;

World::World(Machine &machine, std::uint64_t fuel, unsigned solver_seed)
    : machine_(machine), executor_(machine.architecture(), machine.pool(), machine.objects(), machine, *this),
      solver_(machine.pool(), solver_seed), fuel_(fuel), events_(1), framework_(std::make_unique<Framework>(*this)) {}

World::~World() = default;

void World::run(State start, const symbolic::Limits &wanted, Finished finished, Keep keep) {
  const std::uint64_t left = fuel_ - std::min(fuel_, executor_.instructions_used());
  if (left == 0)
    return executor_.add_gap(symbolic::Gap::What::fuel, start.ip);
  symbolic::Limits limits = wanted;
  limits.instructions = std::min(limits.instructions, left);
  limits.most = std::min(limits.most, left);
  finished_ = std::move(finished);
  keep_ = std::move(keep);
  completions_.clear();
  executor_.run(std::move(start), limits);
  finished_ = {};
  keep_ = {};
}

State World::call_state(const State &from, std::uint64_t function, std::span<const Expr> arguments) {
  State state = executor_.initial_state();
  const auto registers = state.scalar;
  const Expr sp = registers[ir::stack_pointer(machine_.architecture())];
  state.memory = from.memory;
  state.log = from.log;
  state.ip = function;
  const unsigned bits = machine_.bits();
  executor_.store(state, sp,
                  pool().constant(bits == 32 ? symbolic::kReturnAddress32 : symbolic::kReturnAddress64, bits), 0);
  if (machine_.architecture() == ir::Architecture::arm64)
    state.scalar[ir::arm64::x30] = pool().constant(symbolic::kReturnAddress64, 64);
  constexpr ir::Register registers64[] = {ir::x86::rcx, ir::x86::rdx, ir::x86::r8, ir::x86::r9};
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (machine_.architecture() == ir::Architecture::arm64)
      state.scalar[ir::arm64::x0 + i] = arguments[i];
    else if (bits == 64 && i < 4)
      state.scalar[registers64[i]] = arguments[i];
    else
      executor_.store(state, pool().add(sp, pool().constant(bits / 8 * (i + 1), bits)), arguments[i], 0);
  }
  return state;
}

State World::continued(const State &from, std::uint64_t function, std::span<const Expr> arguments) {
  State state = call_state(from, function, arguments);
  state.facts = from.facts;
  state.trace = from.trace;
  state.steps = from.steps;
  state.tag = from.tag;
  return state;
}

namespace {

/// The service that starts the driver: installers name it like the file, whose name the version resource has.
std::string service_name(const image::Image &image) {
  const std::string *file = image.version() ? image.version()->find("OriginalFilename") : nullptr;
  std::string name = file ? file->substr(0, file->find('.')) : std::string();
  const bool plain = !name.empty() && std::all_of(name.begin(), name.end(),
                                                  [](char c) { return c > ' ' && c < 0x7f && c != '\\' && c != '/'; });
  return plain && name.size() <= 64 ? name : "driver";
}

} // namespace

State World::driver_entry_state(std::uint64_t entry) {
  namespace layout = kernel::layout;
  const auto word = machine_.word();
  const unsigned pointer = machine_.bits() / 8;
  driver_object_id_ = machine_.new_object("DriverObject", layout::DRIVER_OBJECT::structure_size.at(word),
                                          ObjectKind::kernel, Fill::zero, 0);
  driver_object_ = machine_.objects()[driver_object_id_].base;
  const auto extension = machine_.new_object("DriverExtension", 0x100, ObjectKind::kernel, Fill::zero, 0);
  const auto path = machine_.new_object("RegistryPath", 0x100, ObjectKind::kernel, Fill::zero, 0);
  const std::uint64_t path_base = machine_.objects()[path].base;
  State empty;
  const Expr arguments[] = {machine_.pointer(driver_object_), machine_.pointer(path_base)};
  State state = call_state(empty, entry, arguments);
  const auto put = [&](const kernel::PerWord &field, std::uint64_t value, unsigned bytes) {
    machine_.store(state, driver_object_id_, field.at(word), value, bytes);
  };
  put(layout::DRIVER_OBJECT::DriverExtension, machine_.objects()[extension].base, pointer);
  put(layout::DRIVER_OBJECT::DriverStart, machine_.image().headers().image_base, pointer);
  put(layout::DRIVER_OBJECT::DriverSize, machine_.image().headers().size_of_image, 4);
  const std::string service = service_name(machine_.image());
  const auto put_text = [&](symbolic::ObjectId string, std::uint64_t offset, const std::string &text) {
    const std::u16string units = utf16_from_utf8(text);
    const auto buffer = machine_.new_object("Text", units.size() * 2 + 2, ObjectKind::kernel, Fill::zero, 0);
    machine_.store(state, string, offset, units.size() * 2, 2);
    machine_.store(state, string, offset + 2, units.size() * 2 + 2, 2);
    machine_.store(state, string, offset + pointer, machine_.objects()[buffer].base, pointer);
    for (std::size_t i = 0; i < units.size(); ++i)
      machine_.store(state, buffer, 2 * i, units[i], 2);
  };
  put_text(path, 0, "\\Registry\\Machine\\System\\CurrentControlSet\\Services\\" + service);
  put_text(driver_object_id_, layout::DRIVER_OBJECT::DriverName.at(word), "\\Driver\\" + service);
  put_text(extension, layout::DRIVER_EXTENSION::ServiceKeyName.at(word), service);
  machine_.bind_imports(state);
  machine_.seed_security_cookie(state);
  return state;
}

void World::log(State &state, Event event) {
  constexpr std::uint32_t most_on_path = 4'096, most_alike = 64;
  constexpr unsigned close = 32;
  event.previous = state.log;
  event.on_path = static_cast<std::uint16_t>(state.log == 0 ? 0 : events_[state.log].on_path + 1);
  const Event *before = newest_event(
      state, [&](const Event &e) { return e.pc == event.pc && e.kind == event.kind && e.text2 == event.text2; }, close);
  event.alike = static_cast<std::uint16_t>(before ? before->alike + 1 : 0);
  if (event.on_path >= most_on_path || event.alike >= most_alike)
    return executor_.add_gap(symbolic::Gap::What::loop_bounded, event.pc);
  state.log = static_cast<std::uint32_t>(events_.size());
  if (event.object != 0 && event.object < machine_.objects().size()) {
    if (first_events_.size() <= event.object)
      first_events_.resize(machine_.objects().size(), 0);
    if (std::uint32_t &first = first_events_[static_cast<std::size_t>(event.object)]; first == 0)
      first = state.log;
  }
  events_.push_back(std::move(event));
}

std::vector<const Event *> World::log_of(const State &state) const {
  std::vector<const Event *> out;
  for (std::uint32_t at = state.log; at != 0; at = events_[at].previous)
    out.push_back(&events_[at]);
  std::reverse(out.begin(), out.end());
  return out;
}

std::vector<std::string> World::unmodelled() const {
  std::vector<std::string> out = unmodelled_;
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

Expr World::fresh(unsigned bits, std::uint32_t labels, std::string_view name) {
  return pool().symbol(bits, labels, name);
}

Expr World::fit(Expr e, unsigned bits) {
  const unsigned have = pool().bits(e);
  return have == bits ? e : have > bits ? pool().extract(e, 0, bits) : pool().zext(e, bits);
}

// --- operands -------------------------------------------------------------------------------------------------------

Expr World::parameter(State &state, const kernel::Api &api, unsigned index) {
  const auto parameters = api.parameters();
  if (index >= parameters.size() || machine_.bits() == 64) {
    return executor_.argument(state, index);
  }
  const kernel::Parameter &p = parameters[index];
  if (p.x86_place == kernel::Parameter::in_ecx)
    return state.scalar[ir::x86::rcx];
  if (p.x86_place == kernel::Parameter::in_edx)
    return state.scalar[ir::x86::rdx];
  const Expr at = pool().add(state.scalar[ir::x86::rsp], pool().constant(4u + p.x86_place, 32));
  return executor_.load(state, at, p.x86_bytes > 4 ? 8 : 4, 0);
}

Expr World::path_place(State &state, const kernel::Api &api, const kernel::AccessPath &path, std::uint64_t pc) {
  const auto word = machine_.word();
  const unsigned bits = machine_.bits();
  Expr at = path.root == kernel::PathRoot::return_value ? state.scalar[ir::x86::rax]
                                                        : fit(parameter(state, api, path.index), bits);
  for (unsigned i = 0; i < path.dereferences; ++i) {
    if (i > 0)
      at = executor_.load(state, at, bits / 8, pc);
    at = pool().add(at, pool().constant(path.offsets[i].at(word), bits));
  }
  return at;
}

Expr World::path_value(State &state, const kernel::Api &api, const kernel::AccessPath &path, std::uint64_t pc) {
  const unsigned width = path.width.at(machine_.word());
  if (path.dereferences > 0) {
    const unsigned bytes = width == 1 || width == 2 || width == 4 || width == 8 ? width : machine_.bits() / 8;
    return executor_.load(state, path_place(state, api, path, pc), bytes, pc);
  }
  const Expr value = parameter(state, api, path.index);
  if (width != 0 && width * 8 < pool().bits(value))
    return pool().extract(value, 0, width * 8);
  return value;
}

Expr World::value_of(State &state, const kernel::Api &api, const kernel::Operand &operand, std::uint64_t pc) {
  const unsigned bits = 64;
  const auto added = static_cast<std::uint64_t>(operand.added.at(machine_.word()));
  const kernel::AccessPath *path = operand.path();
  if (!path)
    return pool().constant(added, machine_.bits());
  Expr value = path_value(state, api, *path, pc);
  if (operand.kind == kernel::OperandKind::path && operand.scale == 1 && added == 0)
    return value;
  value = fit(value, bits);
  if (operand.kind == kernel::OperandKind::product)
    value = pool().mul(value, fit(path_value(state, api, *operand.second(), pc), bits));
  if (operand.kind == kernel::OperandKind::text_length || operand.kind == kernel::OperandKind::wide_text_length)
    value = text_length(state, value, operand.kind == kernel::OperandKind::wide_text_length);
  return pool().add(pool().mul(value, pool().constant(operand.scale, bits)), pool().constant(added, bits));
}

/// Characters before the terminator of the text at an address.
Expr World::text_length(State &state, Expr address, bool wide) {
  if (pool().is_constant(address)) {
    if (pool().value(address) == 0)
      return pool().constant(0, 64);
    if (const auto text = wide ? machine_.read_wide_text(state, pool().value(address), 0x8000)
                               : machine_.read_text(state, pool().value(address)))
      return pool().constant(wide ? utf16_from_utf8(*text).size() : text->size(), 64);
  }
  return fresh(64, pool().labels(address), "text length");
}

std::optional<Expr> World::place_of(State &state, const kernel::Api &api, const kernel::Operand &operand,
                                    std::uint64_t pc) {
  const kernel::AccessPath *path = operand.path();
  if (!path || path->dereferences == 0)
    return std::nullopt;
  return path_place(state, api, *path, pc);
}

Expr World::operand(State &state, const kernel::Api &api, const Effect &effect, Key key, std::uint64_t pc,
                    std::uint64_t otherwise) {
  const kernel::Operand *found = effect.find(key);
  return found ? value_of(state, api, *found, pc) : pool().constant(otherwise, machine_.bits());
}

void World::write_operand(State &state, const kernel::Api &api, const Effect &effect, Key key, Expr value,
                          Outcome &outcome, std::uint64_t pc) {
  const kernel::Operand *found = effect.find(key);
  if (!found || !found->path())
    return;
  const kernel::AccessPath &path = *found->path();
  if (path.root == kernel::PathRoot::return_value && path.dereferences == 0) {
    outcome.result = value;
    return;
  }
  if (path.dereferences == 0)
    return;
  const Expr at = path_place(state, api, path, pc);
  if (pool().is_constant(at, 0)) // an optional out-parameter that was not given
    return;
  const unsigned width = path.width.at(machine_.word());
  executor_.store(state, at,
                  fit(value, width == 1 || width == 2 || width == 4 || width == 8 ? width * 8 : machine_.bits()), pc);
}

std::string World::name_operand(State &state, const kernel::Api &api, const Effect &effect, Key key, std::uint64_t pc) {
  const kernel::Operand *found = effect.find(key);
  if (!found || !found->path())
    return {};
  // A UNICODE_STRING is named by its address: the operand is the pointer, or the structure behind it.
  const kernel::AccessPath &path = *found->path();
  const Expr at = path.dereferences > 0 && path.width.at(machine_.word()) > 8 ? path_place(state, api, path, pc)
                                                                              : path_value(state, api, path, pc);
  if (!pool().is_constant(at) || pool().value(at) == 0)
    return {};
  return machine_.read_unicode_string(state, pool().value(at)).value_or(std::string());
}

// --- calls ----------------------------------------------------------------------------------------------------------

Expr World::default_result(const kernel::Api &api) {
  const unsigned bits = machine_.bits();
  using kernel::TypeClass;
  switch (api.returns.type) {
  case TypeClass::void_:
    return pool().symbol(bits, 0, "void");
  case TypeClass::status:
    // A query is often made twice, the first time with a buffer that is too small, and an enumeration ends: both
    // results count.
    if (api.name.view().find("Query") != std::string_view::npos ||
        api.name.view().find("Enumerate") != std::string_view::npos)
      return fit(fresh(32, 0, api.name.view()), bits);
    return pool().constant(api.success_value, bits);
  default:
    return fresh(
        bits, api.knowledge == kernel::Knowledge::prototype ? static_cast<std::uint32_t>(symbolic::label_unknown) : 0u,
        api.name.view());
  }
}

/// What a routine hands back behind a pointer and no effect tells of is not what stood there before.
void World::write_unsaid_results(State &state, const kernel::Api &api, std::uint64_t pc) {
  const auto parameters = api.parameters();
  for (unsigned i = 0; i < parameters.size(); ++i) {
    const unsigned bytes = parameters[i].type.pointee_bytes.at(machine_.word());
    const bool is_number = bytes == 1 || bytes == 2 || bytes == 4 || bytes == 8;
    if (parameters[i].direction != kernel::Direction::out || !is_number)
      continue;
    const bool is_said = std::any_of(api.effects().begin(), api.effects().end(), [&](const Effect &effect) {
      return std::any_of(effect.operands().begin(), effect.operands().end(), [&](const kernel::EffectOperand &each) {
        const kernel::AccessPath *path = each.operand().path();
        return path && path->root == kernel::PathRoot::argument && path->index == i;
      });
    });
    const Expr at = is_said ? Expr(0) : parameter(state, api, i);
    if (at != Expr(0) && pool().is_constant(at) && machine_.objects().at(pool().value(at)))
      executor_.store(state, at, fresh(bytes * 8, 0, parameters[i].name.view()), pc);
  }
}

World::CallResult World::call(symbolic::Executor &, State &state, std::uint64_t target, std::uint64_t pc,
                              bool is_call) {
  is_call_ = is_call;
  if (const Import *import = machine_.import_at(target))
    return call_import(state, *import, pc);
  if (const auto done = library_routine(state, target, pc))
    return *done;
  if (const MemoryRoutine *routine = machine_.memory_routine_at(target))
    return run_memory_routine(state, *routine, pc);
  if (is_call && machine_.is_cookie_check(target)) {
    executor_.return_from_call(state, state.scalar[0], 0); // it keeps all registers
    return CallResult::returned;
  }
  if (!machine_.block_at(target)) {
    record_data_call(target, pc);
    executor_.add_gap(symbolic::Gap::What::unresolved_call, pc);
    return CallResult::end;
  }
  if (!kept_argument_ || !is_call || (!state.frames.empty() && !skips_everywhere_))
    return CallResult::enter;
  for (unsigned i = 0; i < 4; ++i)
    if (pool().is_constant(executor_.argument(state, i), *kept_argument_))
      return CallResult::enter;
  executor_.return_from_call(
      state, fresh(machine_.bits(), symbolic::label_unknown | symbolic::label_process, "result of a check"),
      machine_.popped_by(target));
  return CallResult::returned;
}

namespace {

/// Bytes of arguments on the stack that a decorated name tells: _Name@8 removes eight, @Name@8 got them in ecx and edx.
unsigned popped_by_decoration(std::string_view name) {
  constexpr unsigned most = 0x100, in_registers = 8;
  const std::size_t at = name.rfind('@');
  const auto bytes = at == std::string_view::npos || at == 0 ? std::nullopt : parse_unsigned(name.substr(at + 1));
  if (!bytes || *bytes > most)
    return 0;
  const auto count = static_cast<unsigned>(*bytes);
  return name.front() != '@' ? count : count > in_registers ? count - in_registers : 0;
}

} // namespace

World::CallResult World::call_import(State &state, const Import &import, std::uint64_t pc) {
  record_call(state, import, pc);
  if (observer_)
    observer_->import_called(*this, state, {&import, pc});
  if (const auto done = special(state, import, pc))
    return *done;
  const kernel::Api *api = import.api;
  if (!api) {
    unmodelled_.push_back(import.name);
    executor_.return_from_call(state, fresh(machine_.bits(), symbolic::label_unknown, import.name),
                               machine_.bits() == 32 ? popped_by_decoration(import.name) : 0);
    return CallResult::returned;
  }
  Outcome outcome;
  const bool of_framework = api->family.view() == "wdf" || api->family.view() == "loader";
  for (const Effect &effect : api->effects()) {
    if (effect.when == kernel::When::failure || outcome.done)
      continue;
    if (!of_framework || !framework_->apply(state, *api, effect, outcome, pc))
      apply(state, *api, effect, outcome, pc);
    if (outcome.ends)
      return CallResult::end;
  }
  if (outcome.enter) {
    enter_callback(state, outcome.enter->routine, outcome.enter->arguments, api->x86_callee_pops, pc);
    return CallResult::returned;
  }
  write_unsaid_results(state, *api, pc);
  const Expr result = outcome.result != Expr(0) ? fit(outcome.result, machine_.bits()) : default_result(*api);
  if (outcome.result == Expr(0) &&
      !pool().is_constant(result)) // what a routine tells of the caller's choice is his choice, too
    for (unsigned i = 0; i < api->parameters().size(); ++i)
      if (const Expr choice = choice_behind(parameter(state, *api, i)); choice != Expr(0))
        handle_choices_.emplace(result.value, choice);
  if (machine_.bits() == 32 && outcome.result != Expr(0) && pool().bits(outcome.result) == 64) // edx:eax
    state.scalar[ir::x86::rdx] = pool().extract(outcome.result, 32, 32);
  executor_.return_from_call(state, result, api->x86_callee_pops);
  return CallResult::returned;
}

bool World::indirect_call(symbolic::Executor &, State &state, Expr target, std::uint64_t pc) {
  if (observer_)
    observer_->indirect_call(*this, state, target, pc);
  executor_.add_gap(symbolic::Gap::What::unresolved_call, pc);
  executor_.return_from_call(state, fresh(machine_.bits(), symbolic::label_unknown, "indirect call"), 0);
  return state.ip != 0;
}

Expr World::sys(symbolic::Executor &, State &state, ir::SysOp op, ir::Width width, std::span<const Expr> inputs,
                unsigned bits, std::uint64_t pc) {
  if (observer_)
    observer_->sys(*this, state, op, width, inputs, pc);
  record_instruction(state, op, inputs, pc);
  if (bits == 0)
    return Expr(0);
  const bool plain = op == ir::SysOp::cpuid || op == ir::SysOp::rdtsc || op == ir::SysOp::rdtscp;
  const std::uint32_t labels = plain ? 0 : static_cast<std::uint32_t>(symbolic::label_hardware);
  return fresh(bits, labels, ir::name_of(op));
}

void World::port_string(symbolic::Executor &, State &state, ir::BulkOp op, Expr memory, Expr port, Expr count,
                        ir::Width width, std::uint64_t pc) {
  if (observer_)
    observer_->port_string(*this, state, op, memory, port, count, width, pc);
}

void World::access(symbolic::Executor &, State &state, const symbolic::Access &access) {
  if (reads_)
    note_state(state, access);
  if (observer_ && access.pc != 0)
    observer_->access(*this, state, access);
}

bool World::rehearse(bool begins) {
  if (begins) {
    if (!observer_)
      return false;
    audience_ = {std::exchange(observer_, nullptr), std::exchange(finished_, {}), std::exchange(keep_, {}),
                 std::exchange(reads_, nullptr)};
    return true;
  }
  observer_ = audience_.observer;
  finished_ = std::move(audience_.finished);
  keep_ = std::move(audience_.keep);
  reads_ = audience_.reads;
  return true;
}

void World::repeated(symbolic::Executor &, State &path, const State &round, const symbolic::RepeatedStore &store) {
  if (audience_.observer)
    audience_.observer->repeated(*this, path, round, store);
}

bool World::keep(symbolic::Executor &, State &state) { return !keep_ || keep_(state); }

/// A comparison of a length inside `e` that the path's branches have not decided.
std::optional<Expr> World::undecided_condition(const State &state, Expr e, unsigned depth) const {
  const auto &pool = machine_.pool();
  const symbolic::Node n = pool[e];
  if (depth == 0 || (n.labels & symbolic::label_length) == 0 || n.kind <= symbolic::Kind::read)
    return std::nullopt;
  using symbolic::Kind;
  if ((n.kind == Kind::eq || n.kind == Kind::ult || n.kind == Kind::slt) && (n.labels & symbolic::label_code) == 0)
    return state.facts.decide(pool, e) ? std::nullopt : std::optional(e);
  for (const std::uint32_t part : {n.a, n.b, n.c})
    if (part != 0)
      if (const auto found = undecided_condition(state, Expr(part), depth - 1))
        return found;
  return std::nullopt;
}

void World::log_completion(State &state, const kernel::Api &api, Expr status, const Event &event, unsigned depth) {
  if (const auto condition = undecided_condition(state, status, depth)) {
    State holds = state, otherwise = state;
    const bool can_hold = holds.facts.assume(pool(), *condition, true);
    if (!otherwise.facts.assume(pool(), *condition, false))
      state = std::move(holds);
    else if (!can_hold)
      state = std::move(otherwise);
    else {
      log_completion(holds, api, status, event, depth - 1);
      push_returned(std::move(holds), api, fresh(machine_.bits(), 0, api.name.view()));
      state = std::move(otherwise);
    }
    return log_completion(state, api, status, event, depth - 1);
  }
  Event said = event;
  const symbolic::Range range = state.facts.range(pool(), status);
  said.a = range.is_single() ? range.low : ~std::uint64_t{0};
  said.c = status.value;
  log(state, std::move(said));
}

/// A call that was a jump returns to the caller of the routine that jumped.
void World::push_returned(State state, const kernel::Api &api, Expr result) {
  executor_.return_from_call(state, result, api.x86_callee_pops);
  if (!is_call_ && !state.frames.empty())
    state.frames.pop_back();
  if (!keep(executor_, state))
    return;
  if (state.ip == (machine_.bits() == 32 ? symbolic::kReturnAddress32 : symbolic::kReturnAddress64))
    finished(executor_, state, symbolic::PathEnd::returned);
  else
    executor_.push(std::move(state));
}

void World::finished(symbolic::Executor &, State &state, symbolic::PathEnd end) {
  if (end == symbolic::PathEnd::returned)
    if (auto next = framework_->resume(state)) {
      executor_.push(std::move(*next));
      return;
    }
  if (end == symbolic::PathEnd::returned && resume_in_threads(state))
    return;
  if (end == symbolic::PathEnd::returned && observer_)
    resume_in_completion(state);
  if (observer_)
    observer_->finished(*this, state, end);
  if (finished_)
    finished_(state, end);
}

} // namespace ringfence::driver
