// What the start of the driver shows: each device, link, callback, opened name of every path of DriverEntry, AddDevice
// and the start of the device, once. A device object that several paths make is one device.
#pragma once

#include "world.h"

#include <ringfence/driver/driver.h>

#include <set>

namespace ringfence::driver {

class StartEvents {
public:
  StartEvents(World &world, Driver &driver) : world_(world), machine_(world.machine()), driver_(driver) {}

  /// Adds what happened on a path; `origin` is the routine that it began in: "DriverEntry", "AddDevice", ...
  void collect(const symbolic::State &state, const char *origin);
  /// The index in Driver::devices of the device object, or of the framework's handle, at an address.
  std::optional<std::size_t> index_of(std::uint64_t object) const;
  Device *device_at(std::uint64_t object);

private:
  void add_event(const Event &event, const char *origin);

  World &world_;
  Machine &machine_;
  Driver &driver_;
  std::vector<std::pair<std::uint64_t, std::size_t>> device_objects_; ///< DEVICE_OBJECT address -> index in devices
  std::set<const Event *> seen_;
};

} // namespace ringfence::driver
