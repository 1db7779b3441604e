// The codes and routes of a driver, joined over its devices and the ways in.
#pragma once

#include <ringfence/driver/driver.h>

namespace ringfence::driver {

/// Adds what one device's routine, or a way in without a device, was found to take: control codes by value, then routes
/// by name, each with the devices that take it. The same code of two devices is one entry when the same routine gets it
/// or it goes on at the same place, else two.
void add_codes(std::vector<Ioctl> &known, std::vector<Ioctl> found, std::optional<std::size_t> device,
               std::optional<Rva> routine);

} // namespace ringfence::driver
