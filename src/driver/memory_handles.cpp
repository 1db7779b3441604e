// Handles and objects of the caller's used as the driver's own: closed, dereferenced, waited for, duplicated with
// kernel rights; and handles of the driver's that a caller can use, because they lie in the handle table of its
// process.

#include "memory_safety.h"
#include "primitives.h"

#include <ringfence/kernel/layouts.h>

namespace ringfence::driver {

using kernel::Key;
using kernel::Kind;
using kernel::Verb;
using symbolic::Expr;
using symbolic::State;

namespace {

constexpr std::uint32_t obj_kernel_handle = 0x200;
constexpr std::uint64_t kernel_mode = 0;

} // namespace

void MemorySafetyObserver::handles(World &world, State &state, const kernel::Api &api, std::uint64_t pc) {
  auto &pool = world.pool();
  const auto value = [&](const kernel::Effect &effect, Key key) {
    const kernel::Operand *found = effect.find(key);
    return found ? world.value_of(state, api, *found, pc) : Expr(0);
  };
  const auto callers = [&](Expr e) {
    // A handle that the driver opened is its own, whatever the caller said about the object.
    return e != Expr(0) && !pool.is_constant(e) && world.choice_behind(e) == Expr(0) &&
           (pool.labels(e) & symbolic::labels_of_caller) != 0 && !state.facts.range(pool, e).is_single();
  };
  for (const kernel::Effect &effect : api.effects()) {
    const auto misuse = [&](Expr e, Key key) {
      const kernel::AccessPath *path = effect.find(key)->path();
      const bool ends_memory =
          api.find_effect(Verb::free) || api.find_effect(Verb::unmap); // no handle, and no object with a type
      report(world, state, ends_memory ? "other" : "handle-misuse",
             path && path->index < api.parameters().size() ? api.parameters()[path->index].name.view() : "handle", e,
             pc);
    };
    switch (effect.verb) {
    case Verb::sink:
      if (effect.kind == Kind::handle_misuse)
        if (const Expr e = value(effect, Key::at); callers(e))
          misuse(e, Key::at);
      break;
    case Verb::process: // with the rights of the kernel, whoever asked
      if (effect.kind == Kind::duplicate_handle)
        if (const Expr e = value(effect, Key::from); callers(e))
          misuse(e, Key::from);
      if (effect.kind == Kind::impersonate)
        if (const Expr e = value(effect, Key::object);
            callers(e) || (world.labels_behind(e) & symbolic::labels_of_caller) != 0)
          misuse(e, Key::object);
      break;
    case Verb::reference: // any object of the kernel's or the caller's, taken for what the driver expects
      if (effect.kind == Kind::by_handle && effect.find(Key::type) && effect.find(Key::from)) {
        const Expr type = value(effect, Key::type), mode = value(effect, Key::mode), e = value(effect, Key::from);
        if (pool.is_constant(type, 0) && mode != Expr(0) && pool.bits(mode) >= 8 &&
            pool.is_constant(pool.extract(mode, 0, 8), kernel_mode) && callers(e))
          misuse(e, Key::from);
      }
      break;
    case Verb::open:
      if (effect.kind == Kind::object &&
          effect.find(Key::mode)) { // a new handle without the check of the caller's rights
        const Expr mode = value(effect, Key::mode), object = value(effect, Key::at), flags = value(effect, Key::flags);
        // What the driver does with a handle of its own is another finding, when it is one.
        const bool own = flags != Expr(0) && pool.is_constant(flags) && (pool.value(flags) & obj_kernel_handle) != 0;
        if (!own && pool.is_constant(mode, kernel_mode) && object != Expr(0) &&
            (world.labels_behind(object) & symbolic::labels_of_caller) != 0)
          misuse(Expr(0), Key::at);
      } else {
        open_without_kernel_handle(world, state, api, effect, pc);
      }
      break;
    default:
      break;
    }
  }
}

/// A handle to physical memory or to a process that the caller's other threads can use while it is open.
void MemorySafetyObserver::open_without_kernel_handle(World &world, State &state, const kernel::Api &api,
                                                      const kernel::Effect &effect, std::uint64_t pc) {
  if (effect.kind != Kind::section)
    return;
  const kernel::Operand *name = effect.find(Key::name);
  const kernel::AccessPath *path = name ? name->path() : nullptr;
  if (!path || path->root != kernel::PathRoot::argument ||
      !names_physical_memory(world.name_operand(state, api, effect, Key::name, pc)))
    return;
  const Expr attributes = world.parameter(state, api, path->index);
  if (!world.pool().is_constant(attributes))
    return;
  const auto flags = world.machine().read(
      state, world.pool().value(attributes) + kernel::layout::OBJECT_ATTRIBUTES::Attributes.at(world.machine().word()),
      4);
  if (flags && (*flags & obj_kernel_handle) == 0)
    report(world, state, "handle-misuse", api.parameters()[path->index].name.view(), Expr(0), pc);
}

} // namespace ringfence::driver
