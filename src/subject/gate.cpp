#include <ringfence/subject/gate.h>

#include <ringfence/kernel/api.h>
#include <ringfence/security/access_mask.h>
#include <ringfence/security/sddl.h>

#include <algorithm>

namespace ringfence::subject {

using kernel::Kind;
using security::ReachClass;

security::ReachClass holders_of(std::string_view privilege) {
  for (const std::string_view everybody : {"SeChangeNotifyPrivilege", "SeShutdownPrivilege", "SeUndockPrivilege",
                                           "SeIncreaseWorkingSetPrivilege", "SeTimeZonePrivilege"})
    if (privilege == everybody)
      return ReachClass::any_user;
  for (const std::string_view services : {"SeImpersonatePrivilege", "SeAssignPrimaryTokenPrivilege", "SeAuditPrivilege",
                                          "SeIncreaseQuotaPrivilege", "SeCreateGlobalPrivilege"})
    if (privilege == services)
      return ReachClass::service;
  for (const std::string_view system :
       {"SeTcbPrivilege", "SeCreateTokenPrivilege", "SeCreatePermanentPrivilege", "SeLockMemoryPrivilege"})
    if (privilege == system)
      return ReachClass::system;
  return ReachClass::admin;
}

namespace {

/// A caller that passes several checks is in the narrowest class, one that passes any of several in the widest.
Gate combined(std::string_view gate, std::string_view between, bool all) {
  std::optional<ReachClass> out;
  bool resolved = true;
  for (std::size_t at = 0; at <= gate.size();) {
    const std::size_t end = std::min(gate.find(between, at), gate.size());
    const auto part = resolve_gate(gate.substr(at, end - at)).at_most;
    resolved = resolved && part;
    if (part)
      out = !out ? *part : all ? std::min(*out, *part) : std::max(*out, *part);
    at = end + between.size();
  }
  return {std::string(gate), all || resolved ? out : std::nullopt};
}

/// The descriptor of SeAccessCheck: who is granted something by it.
std::optional<ReachClass> admitted_by(std::string_view sddl) {
  const auto parsed = security::parse_sddl(sddl);
  const security::ObjectType *type = security::find_object_type("Device");
  if (!parsed || !type)
    return std::nullopt;
  const security::Reach reach = security::reach_of_object(parsed->descriptor, *type, 1);
  return reach.is_known() && reach.reach < ReachClass::any_user ? std::optional(reach.reach) : std::nullopt;
}

} // namespace

Gate resolve_gate(std::string_view gate) {
  for (const auto &[between, all] :
       {std::pair(std::string_view(" or "), false), std::pair(std::string_view(" and "), true)})
    if (gate.find(between) != std::string_view::npos)
      return combined(gate, between, all);
  const std::size_t parenthesis = gate.find('(');
  const std::string_view routine = gate.substr(0, parenthesis);
  std::string_view argument;
  if (parenthesis != std::string_view::npos && gate.ends_with(')'))
    argument = gate.substr(parenthesis + 1, gate.size() - parenthesis - 2);
  const kernel::Api *api = kernel::find_api(routine);
  const kernel::Effect *effect = api ? api->find_effect(kernel::Verb::gate) : nullptr;
  const Kind kind = effect ? effect->kind : Kind::none;
  if (kind == Kind::admin)
    return {std::string(gate) + " demands an administrator", ReachClass::admin};
  if (kind == Kind::privilege) {
    const ReachClass holders = holders_of(argument);
    return {std::string(gate) + " demands a privilege",
            holders < ReachClass::any_user ? std::optional(holders) : std::nullopt};
  }
  if (kind == Kind::access && !argument.empty())
    return {std::string(gate) + " demands rights of a descriptor", admitted_by(argument)};
  return {std::string(gate), std::nullopt};
}

} // namespace ringfence::subject
