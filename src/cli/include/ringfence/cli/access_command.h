// `ringfence access`: who may open a device and send its codes, and which entry of the descriptor decides.
#pragma once

#include <ringfence/cli/console.h>

#include <optional>
#include <string>
#include <vector>

namespace ringfence::cli {

struct AccessOptions {
  std::optional<std::string> sddl;           ///< SDDL or SDDL_DEVOBJ_ name in the code; absent: the default of the type
  std::optional<std::string> registry_sddl;  ///< Security of the device in the INF or registry
  std::optional<std::string> class_sddl;     ///< Security of the device class in the registry
  std::string created_by = "IoCreateDevice"; ///< or IoCreateDeviceSecure, WDF
  std::string device_type = "UNKNOWN";
  std::string characteristics = "0";
  std::string names = "unknown";   ///< what the driver does with a trailing name: unknown, accepts, rejects
  std::vector<std::string> tokens; ///< presets or files; empty: the usual cast
  std::vector<std::string> codes;
  std::vector<std::string> routes;    ///< empty: direct and trailing
  std::optional<std::string> desired; ///< a plain access check for these rights instead of the device flow
  std::string object_type = "Device"; ///< generic mapping and names of rights for `desired`
  std::optional<std::string> vectors; ///< a JSON file of cases
  std::string machine_sid;            ///< for LA and LG; empty: a placeholder
  std::string domain_sid;             ///< for DA, DU, ...
  std::string format = "text";        ///< or json
  bool list_tokens = false;
};
int run_access(const AccessOptions &options, const Console &console);

} // namespace ringfence::cli
