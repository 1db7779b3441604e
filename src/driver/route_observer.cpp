#include "route_observer.h"

#include <algorithm>

namespace ringfence::driver {

std::vector<Primitive> RouteObserver::take(World &world, const Request &request, std::span<const Primitive> known) {
  std::vector<Primitive> out = privileged_.take(world, request, known), memory = memory_.take(world);
  for (Primitive &defect : stale_.take(world))
    memory.push_back(std::move(defect));
  for (Primitive &defect : memory) // both may have an opinion of the same pointer
    if (std::none_of(out.begin(), out.end(),
                     [&](const Primitive &p) { return p.sink == defect.sink && p.kind == defect.kind; }))
      out.push_back(std::move(defect));
  std::stable_sort(out.begin(), out.end(), [](const Primitive &a, const Primitive &b) { return a.sink < b.sink; });
  return out;
}

} // namespace ringfence::driver
