// Reach: the widest class of caller that gets to a device, or to one control code of it. The one word that other rooms
// use.
#pragma once

#include <ringfence/security/access_mask.h>
#include <ringfence/security/open_flow.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ringfence::security {

/// Ordered: a wider class compares greater. `unknown` stands aside: ask is_known first.
enum class ReachClass : std::uint8_t { none, system, admin, service, any_user, appcontainer, unknown };
/// "appcontainer", "any-user", "service", "admin", "system", "none", "unknown": the words of the report.
std::string_view name_of(ReachClass reach);
std::optional<ReachClass> reach_class_from_name(std::string_view name);

struct Reach {
  ReachClass reach = ReachClass::none;
  std::string why;            ///< the caller and the entry or step that lets it in; for unknown, what is missing
  bool low_integrity = false; ///< a process at Low integrity gets there, too

  bool is_known() const { return reach != ReachClass::unknown; }
  static Reach unknown(std::string why) { return {ReachClass::unknown, std::move(why), false}; }
};

/// The class of callers that holding this SID makes, in the risk order SY < BA < LS < BU < AC.
ReachClass class_of(const Sid &sid);

/// Who opens the device by any route and sends `code` (any code that needs no right, when absent).
/// Callers are the presets and, for every other SID the DACL grants to, a caller that has it. Ownership and privileges
/// other than SeChangeNotify do not count: an administrator could take any device by them.
Reach reach_of(const DeviceObject &device, std::optional<ControlCode> code, const SidContext &context = {});

/// Who gets a handle with the rights `desired` to an object of this type that is opened by its name, such as a filter
/// port.
Reach reach_of_object(SecurityDescriptor descriptor, const ObjectType &type, AccessMask desired,
                      const SidContext &context = {});

/// The narrower of two: a device's reach and a gate in its code.
Reach narrowed(Reach reach, ReachClass at_most, std::string_view gate);

} // namespace ringfence::security
