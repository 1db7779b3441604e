#include <ringfence/subject/gate.h>

#include <ringfence/kernel/api.h>

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
  for (const std::string_view system : {"SeTcbPrivilege", "SeCreateTokenPrivilege", "SeCreatePermanentPrivilege",
                                        "SeLockMemoryPrivilege"})
    if (privilege == system)
      return ReachClass::system;
  return ReachClass::admin;
}

Gate resolve_gate(std::string_view gate) {
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
  return {std::string(gate), std::nullopt};
}

} // namespace ringfence::subject
