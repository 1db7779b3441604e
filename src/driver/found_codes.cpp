#include "found_codes.h"

#include <algorithm>
#include <tuple>

namespace ringfence::driver {
namespace {

/// What another device does with the same code: the widest of both counts.
void join(Ioctl &known, Ioctl &&other) {
  known.status = std::min(known.status, other.status);
  const auto least = [](std::optional<std::uint64_t> &a, const std::optional<std::uint64_t> &b) {
    a = a && b ? std::min(*a, *b) : a ? a : b;
  };
  least(known.input_min, other.input_min);
  least(known.output_min, other.output_min);
  for (Primitive &primitive : other.primitives)
    if (std::none_of(known.primitives.begin(), known.primitives.end(),
                     [&](const Primitive &p) { return p.kind == primitive.kind && p.sink == primitive.sink; }))
      known.primitives.push_back(std::move(primitive));
  std::sort(known.primitives.begin(), known.primitives.end(),
            [](const Primitive &a, const Primitive &b) { return std::tie(a.sink, a.kind) < std::tie(b.sink, b.kind); });
  known.deferred = known.deferred || other.deferred;
  if (!known.commands)
    known.commands = std::move(other.commands);
  if (other.status != CodeStatus::handled) // what it does not let anybody do opens nothing
    return;
  std::erase_if(known.gates, [&](const std::string &gate) {
    return std::find(other.gates.begin(), other.gates.end(), gate) == other.gates.end();
  });
}

/// Two devices give the code different meanings.
bool are_apart(const Ioctl &a, const Ioctl &b) {
  const bool handled = a.status == CodeStatus::handled && b.status == CodeStatus::handled;
  return handled && a.routine && b.routine && *a.routine != *b.routine && a.handler != b.handler &&
         !a.devices.empty() && !b.devices.empty();
}

} // namespace

void add_codes(std::vector<Ioctl> &known, std::vector<Ioctl> found, std::optional<std::size_t> device,
               std::optional<Rva> routine) {
  const auto key = [](const Ioctl &ioctl) {
    return std::tuple(!ioctl.route.empty(), std::string_view(ioctl.route), ioctl.route.empty() ? ioctl.code : 0);
  };
  for (Ioctl &ioctl : found) {
    if (device)
      ioctl.devices.push_back({*device, ioctl.status, ioctl.gates});
    if (!ioctl.routine)
      ioctl.routine = routine;
    auto at = std::lower_bound(known.begin(), known.end(), ioctl,
                               [&](const Ioctl &a, const Ioctl &b) { return key(a) < key(b); });
    while (at != known.end() && key(*at) == key(ioctl) && are_apart(*at, ioctl))
      ++at;
    if (at == known.end() || key(*at) != key(ioctl)) {
      known.insert(at, std::move(ioctl));
      continue;
    }
    at->devices.insert(at->devices.end(), ioctl.devices.begin(), ioctl.devices.end());
    join(*at, std::move(ioctl));
  }
}

} // namespace ringfence::driver
