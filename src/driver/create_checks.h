// Opening a device: what IRP_MJ_CREATE demands of the caller and of the name behind the device's name.
#pragma once

#include "opens.h"

#include <string>
#include <vector>

namespace ringfence::driver {

struct CreateChecks {
  std::vector<std::string> gates; ///< checks of the caller that decide
  bool rejects_names = false;     ///< a name behind the device's name makes it fail, none does not
};

/// Follows an IRP_MJ_CREATE with at most this fuel; `left` gets what its successful paths leave.
CreateChecks check_create(World &world, Request request, std::uint64_t fuel, OpenStates &left);

} // namespace ringfence::driver
