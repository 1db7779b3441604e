// Kernel streaming: filters and pins have automation tables of properties and methods, whose handlers get the caller's
// identifier and data. ks.h: KSDEVICE_DESCRIPTOR, KSAUTOMATION_TABLE, KSPROPERTY_ITEM, KSMETHOD_ITEM.

#include "routes.h"

#include <ringfence/base/text.h>
#include <ringfence/kernel/layouts.h>

#include <algorithm>

namespace ringfence::driver {

using kernel::CallbackRole;
using kernel::PerWord;
using symbolic::Expr;

namespace {

constexpr std::uint64_t most_elements = 64;
constexpr std::size_t most_handlers = 128;

/// Reads the descriptors, which are constants of the driver or were set up while it started.
class Streaming {
public:
  explicit Streaming(Routes &routes) : routes_(routes), machine_(routes.world.machine()) {}

  void device(std::uint64_t descriptor) {
    namespace D = kernel::layout::KSDEVICE_DESCRIPTOR;
    const std::uint64_t filters = pointer(descriptor, D::FilterDescriptors);
    for (std::uint64_t i = 0; i < count(descriptor, D::FilterDescriptorsCount); ++i)
      if (const auto one = machine_.read(routes_.heap, filters + i * (machine_.bits() / 8), machine_.bits() / 8);
          one && *one != 0)
        filter(*one);
  }

  void filter(std::uint64_t descriptor) {
    namespace F = kernel::layout::KSFILTER_DESCRIPTOR;
    automation(pointer(descriptor, F::AutomationTable));
    each(pointer(descriptor, F::PinDescriptors), count(descriptor, F::PinDescriptorsCount),
         value(descriptor, F::PinDescriptorSize, 4),
         [&](std::uint64_t pin) { automation(pointer(pin, kernel::layout::KSPIN_DESCRIPTOR_EX::AutomationTable)); });
    each(pointer(descriptor, F::NodeDescriptors), count(descriptor, F::NodeDescriptorsCount),
         value(descriptor, F::NodeDescriptorSize, 4),
         [&](std::uint64_t node) { automation(pointer(node, kernel::layout::KSNODE_DESCRIPTOR::AutomationTable)); });
  }

private:
  std::uint64_t value(std::uint64_t at, const PerWord &field, unsigned bytes) {
    return at == 0 ? 0 : machine_.read(routes_.heap, at + field.at(machine_.word()), bytes).value_or(0);
  }
  std::uint64_t pointer(std::uint64_t at, const PerWord &field) { return value(at, field, machine_.bits() / 8); }
  std::uint64_t count(std::uint64_t at, const PerWord &field) { return std::min(value(at, field, 4), most_elements); }

  template <class Action> void each(std::uint64_t first, std::uint64_t count, std::uint64_t size, Action &&action) {
    for (std::uint64_t i = 0; first != 0 && size != 0 && i < count; ++i)
      action(first + i * size);
  }

  void automation(std::uint64_t table) {
    namespace A = kernel::layout::KSAUTOMATION_TABLE;
    namespace P = kernel::layout::KSPROPERTY_SET;
    namespace M = kernel::layout::KSMETHOD_SET;
    const auto word = machine_.word();
    each(pointer(table, A::PropertySets), count(table, A::PropertySetsCount), P::structure_size.at(word),
         [&](std::uint64_t set) {
           each(pointer(set, P::PropertyItem), count(set, P::PropertiesCount), value(table, A::PropertyItemSize, 4),
                [&](std::uint64_t item) { property(set, item); });
         });
    each(pointer(table, A::MethodSets), count(table, A::MethodSetsCount), M::structure_size.at(word),
         [&](std::uint64_t set) {
           each(pointer(set, M::MethodItem), count(set, M::MethodsCount), value(table, A::MethodItemSize, 4),
                [&](std::uint64_t item) {
                  namespace I = kernel::layout::KSMETHOD_ITEM;
                  handler("KsMethod", pointer(item, I::MethodHandler), pointer(set, M::Set),
                          value(item, I::MethodId, 4));
                });
         });
  }

  void property(std::uint64_t set, std::uint64_t item) {
    namespace I = kernel::layout::KSPROPERTY_ITEM;
    const std::uint64_t guid = pointer(set, kernel::layout::KSPROPERTY_SET::Set), id = value(item, I::PropertyId, 4);
    handler("KsGetProperty", pointer(item, I::GetPropertyHandler), guid, id);
    handler("KsSetProperty", pointer(item, I::SetPropertyHandler), guid, id);
  }

  /// Handlers get (Irp, the caller's identifier, the caller's data). TRUE instead of a routine means the default one of
  /// KS.
  void handler(std::string_view kind, std::uint64_t routine, std::uint64_t guid, std::uint64_t id) {
    if (!machine_.is_code(routine) || std::ranges::find(followed_, routine) != followed_.end() ||
        followed_.size() == most_handlers)
      return;
    followed_.push_back(routine);
    routes_.add_entry_point(kind, routine);
    Request r = make_request(routes_.world, routes_.heap, irp_mj_device_control, 0, routine);
    const auto base = [&](symbolic::ObjectId object) { return machine_.pointer(machine_.objects()[object].base); };
    const Expr arguments[] = {machine_.pointer(r.irp_address), base(r.mdl_buffer), base(r.system_buffer)};
    const symbolic::State memory = r.state;
    r.state = routes_.world.call_state(memory, routine, arguments);
    r.answer = Answer::returned_status;
    const std::string set = hex(machine_.read(routes_.heap, guid, 4).value_or(0), 8).substr(2);
    routes_.run_route(std::move(r), "ks:" + set + ":" + std::to_string(id) +
                                        (kind == "KsGetProperty"   ? ":get"
                                         : kind == "KsSetProperty" ? ":set"
                                                                   : ":method"));
  }

  Routes &routes_;
  Machine &machine_;
  std::vector<std::uint64_t> followed_;
};

} // namespace

void follow_kernel_streaming(Routes &routes) {
  Streaming streaming(routes);
  for (const Event *event : routes.registered)
    if (event->kind == EventKind::table && event->role == CallbackRole::ks_handlers &&
        event->text2 == "KSDEVICE_DESCRIPTOR")
      streaming.device(event->a);
}

} // namespace ringfence::driver
