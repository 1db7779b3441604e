// The lint of a device's descriptor: IoCreateDeviceSecure's documented subset, and what experience forbids.
#pragma once

#include <ringfence/base/result.h>
#include <ringfence/security/device.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ringfence::security {

enum class LintSeverity : std::uint8_t { note, warning, error };
std::string_view name_of(LintSeverity severity);

struct LintFinding {
  std::string_view id; ///< "null-dacl", "world-write", ...
  LintSeverity severity = LintSeverity::warning;
  int ace = -1;           ///< index in the DACL, or -1
  std::size_t column = 0; ///< 1-based position in the SDDL, or 0
  std::string what;
  std::string fix;
};

struct LintRequest {
  /// The text is an argument of IoCreateDeviceSecure (or WdfDeviceInitAssignSDDLString): the subset applies. An INF's
  /// is not.
  bool secure_create_subset = true;
  std::optional<std::string> class_guid; ///< the DeviceClassGuid argument, to be checked against the classes of Windows
  SidContext context;
};

/// Findings in the order: whole text, then entries. Errors: SDDL that Windows does not accept.
Result<std::vector<LintFinding>> lint_device_sddl(std::string_view sddl, const LintRequest &request = {});

/// The name of a device setup class of Windows ("System", "Ports", ...), or an empty view.
std::string_view setup_class_name(std::string_view guid);

} // namespace ringfence::security
