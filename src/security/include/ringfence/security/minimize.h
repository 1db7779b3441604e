// The smallest descriptor that still serves named callers: what each needs to open the device and send its codes, no
// more.
#pragma once

#include <ringfence/base/result.h>
#include <ringfence/security/control_code.h>
#include <ringfence/security/device.h>

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace ringfence::security {

struct ServedCaller {
  Sid sid;
  std::vector<ControlCode> codes;   ///< what it sends; empty with no `rights`: it only opens the device
  std::optional<AccessMask> rights; ///< what it asks for in CreateFile, instead of codes
};

struct MinimizedEntry {
  Sid sid;
  AccessMask mask = 0;
  std::string why;
};
struct MinimizedDescriptor {
  std::string sddl; ///< within IoCreateDeviceSecure's subset where the callers' SIDs are
  std::vector<MinimizedEntry> entries;
  std::vector<std::string> remarks; ///< what could not be served, what got lost against the present descriptor
};

/// Builds D:P with SYSTEM (all), Administrators (all, unless `without_administrators`), and each caller with
/// CreateFile's own needs and the union of its codes' rights. The callers are served in any case: what one of them
/// would gain over `present`, as a caller that is in its own SID and Everyone and in no other group, is a remark. No
/// error today.
struct MinimizeRequest {
  std::vector<ServedCaller> callers;
  bool without_administrators = false;
  std::optional<SecurityDescriptor> present;
  SidContext context;
};
Result<MinimizedDescriptor> minimize(const MinimizeRequest &request);

} // namespace ringfence::security
