#include <ringfence/security/minimize.h>

#include <ringfence/base/text.h>
#include <ringfence/security/access_check.h>
#include <ringfence/security/reach.h>

#include <algorithm>

namespace ringfence::security {
namespace {

using namespace access;

// The caller as a token that is in its own SID and Everyone, as all but anonymous callers are, and in no other group.
Token bare_token(const Sid &sid) {
  Token token;
  token.user = sid;
  token.groups.push_back({sids::everyone, group_attribute::usual});
  token.integrity = 0x4000;
  return token;
}

struct Needs {
  AccessMask mask = 0;
  std::string why;
};

Needs needs_of(const ServedCaller &caller) {
  // CreateFile asks for these in any case.
  Needs needs{synchronize | file_read_attributes,
              "opens the device (CreateFile asks for SYNCHRONIZE and FILE_READ_ATTRIBUTES)"};
  if (caller.rights) {
    needs.mask |= file_mapping.map(*caller.rights);
    needs.why = "asks for " + describe(file_mapping.map(*caller.rights), device_type_rights());
    return needs;
  }
  AccessMask required = 0;
  for (const ControlCode code : caller.codes)
    required |= code.required_access();
  needs.mask |= required;
  if (!caller.codes.empty())
    needs.why = "sends " + std::to_string(caller.codes.size()) + " code" + (caller.codes.size() == 1 ? "" : "s") +
                " that need" + (caller.codes.size() == 1 ? "s " : " ") + std::string(required_access_name(required));
  return needs;
}

} // namespace

Result<MinimizedDescriptor> minimize(const MinimizeRequest &request) {
  MinimizedDescriptor out;
  out.entries.push_back({sids::system, generic_all, "the system installs, powers and removes the device"});
  if (!request.without_administrators)
    out.entries.push_back({sids::administrators, generic_all, "administrators may do so by other means"});
  for (const ServedCaller &caller : request.callers) {
    const Needs needs = needs_of(caller);
    AccessMask mask = needs.mask;
    if (request.present) {
      AccessRequest ask;
      ask.desired = maximum_allowed;
      const AccessMask present = check_access(*request.present, bare_token(caller.sid), ask).granted;
      if (const AccessMask lost = mask & ~present; lost && class_of(caller.sid) != ReachClass::appcontainer) {
        out.remarks.push_back(describe(caller.sid, request.context) + " does not have " +
                              describe(lost, device_type_rights()) + " by itself today");
      }
    }
    const auto entry = std::ranges::find(out.entries, caller.sid, &MinimizedEntry::sid);
    if (entry == out.entries.end())
      out.entries.push_back({caller.sid, mask, needs.why});
    else if (!(entry->mask & generic_all)) {
      entry->mask |= mask;
      entry->why += "; " + needs.why;
    }
    if (class_of(caller.sid) == ReachClass::appcontainer)
      out.remarks.push_back(
          "an app container also needs its user to pass: grant the same to a SID of the user (BU, IU)");
    if (class_of(caller.sid) >= ReachClass::any_user && (mask & (file_write_data | file_append_data)))
      out.remarks.push_back(describe(caller.sid, request.context) +
                            " can write: check every argument of those codes as hostile");
  }
  // GA or a number: FA, FR and their like are outside IoCreateDeviceSecure's documented subset.
  out.sddl = "D:P";
  for (const MinimizedEntry &entry : out.entries) {
    const std::string_view alias = alias_of(entry.sid, request.context);
    out.sddl += "(A;;" + (entry.mask == generic_all ? "GA" : hex(entry.mask)) + ";;;" +
                (alias.empty() ? to_string(entry.sid) : std::string(alias)) + ")";
  }
  return out;
}

} // namespace ringfence::security
