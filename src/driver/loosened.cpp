#include "loosened.h"

#include <algorithm>

namespace ringfence::driver {

symbolic::State loosened(Machine &machine, symbolic::State state) {
  constexpr std::uint64_t most = 0x10000; ///< bytes of one object
  const unsigned step = machine.bits() / 8;
  auto &pool = machine.pool();
  auto &objects = machine.objects();
  for (std::uint32_t i = 1; i < objects.size(); ++i) {
    const symbolic::ObjectId id(i);
    const bool variables = objects[id].kind == symbolic::ObjectKind::image && objects[id].writable;
    if (!variables && objects[id].name != "DeviceExtension" && objects[id].name != "WdfContext")
      continue;
    const std::uint64_t end = std::min(objects[id].size, most) / step * step;
    std::uint64_t begin = 0; ///< of the zeros that end here
    const auto close = [&](std::uint64_t at) {
      if (at > begin)
        state.memory.havoc(pool, objects, id, begin, at, symbolic::label_persistent);
    };
    for (std::uint64_t at = 0; at < end; at += step)
      if (!state.memory.is_zero(pool, objects, id, at, at + step)) { // a load would make an expression of each place
        close(at);
        begin = at + step;
      }
    close(end);
  }
  return state;
}

} // namespace ringfence::driver
