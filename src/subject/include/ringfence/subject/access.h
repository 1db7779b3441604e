// Who gets to a driver: the devices, control codes and create checks that discovery found, joined with the descriptors
// and the open flow of the security room. Descriptors that stand in an INF or the registry come in from outside.
// Invariant: a caller check that cannot be resolved to a class never lowers a reach.
#pragma once

#include <ringfence/driver/driver.h>
#include <ringfence/security/reach.h>

#include <optional>
#include <string>
#include <vector>

namespace ringfence::subject {

/// Descriptors that do not stand in the binary, as SDDL.
struct RegistryDescriptors {
  std::optional<std::string> device;       ///< Security of the device's hardware key, from the INF
  std::optional<std::string> device_class; ///< Security of its class
};

struct DeviceAccess {
  bool named = false;       ///< has a name of its own that can be opened
  bool secure_open = false; ///< FILE_DEVICE_SECURE_OPEN is in force
  std::string
      sddl; ///< as the driver, the framework or the registry gives it; empty: Windows chooses, or it is not known
  std::string sddl_source;    ///< the routine that set it, "framework default", "default" (of Windows, by device type),
                              ///< "INF", "class"
  std::string effective_sddl; ///< in force; empty: not known
  std::string sddl_why;
  security::Reach reach; ///< of a handle, and of codes that need no right
};

struct Access {
  std::vector<DeviceAccess> devices;   ///< parallel to Driver::devices
  std::vector<security::Reach> ports;  ///< of a connection, parallel to Driver::ports
  std::vector<security::Reach> ioctls; ///< parallel to Driver::ioctls: the widest over the devices, or the port's
  security::Reach reach;               ///< the widest over the devices and ports
};

/// Joins what the driver does with what Windows does. Errors of a descriptor's text make the reach unknown and say so.
Access judge_access(const driver::Driver &driver, const RegistryDescriptors &registry = {});

/// The widest reach of several; a part that is unknown hides a narrow rest, because it could be wider.
security::Reach widest(const std::vector<security::Reach> &each);

} // namespace ringfence::subject
