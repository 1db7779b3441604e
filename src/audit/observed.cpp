#include "observed.h"

namespace ringfence::audit {

bool carries(std::uint64_t value, std::uint64_t canary, unsigned width) {
  const std::uint64_t mask = width == 8 ? ~std::uint64_t{0} : (std::uint64_t{1} << (8 * width)) - 1;
  for (unsigned shift = 0; shift + 8 * width <= 64; shift += 8)
    if ((value >> shift & mask) == canary)
      return true;
  return false;
}

bool is_same_operand(std::string_view observed, std::string_view argument) {
  const auto port = [](std::string_view name) { return name == "dx" || name == "Port"; };
  return observed == argument || (port(observed) && port(argument)) ||
         (argument == "ClientId.UniqueProcess" && observed == "Object");
}

} // namespace ringfence::audit
