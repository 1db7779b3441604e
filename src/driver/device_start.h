// The start of a Plug and Play device: IRP_MN_START_DEVICE, with which the driver learns its resources. What it sets up
// then (addresses of its hardware, interfaces, WMI, that it has started) is what its handlers look at first.
// Spec: "IRP_MN_START_DEVICE" in the WDK, CM_RESOURCE_LIST (wdm.h).
#pragma once

#include "request.h"

namespace ringfence::driver {

/// What hardware the device is said to have.
enum class Resources : std::uint8_t {
  one_of_each, ///< a range of ports, a range of memory, an interrupt
  several,     ///< two ranges of ports, three of memory, an interrupt
  none,        ///< a device that the system enumerates by its name only: no lists
};

/// IRP_MN_START_DEVICE to the device object, on top of the memory of `from`.
Request make_start_request(World &world, const symbolic::State &from, std::uint64_t device, std::uint64_t routine,
                           Resources resources);

} // namespace ringfence::driver
