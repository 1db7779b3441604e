// Thread local storage directory (PE Format, section 6.7). The kernel ignores it: in a driver it is
// a curiosity, in a user-mode framework driver its callbacks are entry points.
#pragma once

#include <ringfence/base/strong.h>

#include <cstdint>
#include <vector>

namespace ringfence::image {

struct Tls {
  Va start_of_raw_data;
  Va end_of_raw_data;
  Va address_of_index;
  Va address_of_callbacks;
  std::uint32_t size_of_zero_fill = 0;
  std::uint32_t characteristics = 0;
  std::vector<Rva> callbacks;
};

} // namespace ringfence::image
