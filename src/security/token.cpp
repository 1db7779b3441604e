#include <ringfence/security/token.h>

#include <algorithm>
#include <array>

namespace ringfence::security {
namespace {

constexpr std::array<std::string_view, 35> privilege_names = {
    "SeCreateTokenPrivilege",
    "SeAssignPrimaryTokenPrivilege",
    "SeLockMemoryPrivilege",
    "SeIncreaseQuotaPrivilege",
    "SeMachineAccountPrivilege",
    "SeTcbPrivilege",
    "SeSecurityPrivilege",
    "SeTakeOwnershipPrivilege",
    "SeLoadDriverPrivilege",
    "SeSystemProfilePrivilege",
    "SeSystemtimePrivilege",
    "SeProfileSingleProcessPrivilege",
    "SeIncreaseBasePriorityPrivilege",
    "SeCreatePagefilePrivilege",
    "SeCreatePermanentPrivilege",
    "SeBackupPrivilege",
    "SeRestorePrivilege",
    "SeShutdownPrivilege",
    "SeDebugPrivilege",
    "SeAuditPrivilege",
    "SeSystemEnvironmentPrivilege",
    "SeChangeNotifyPrivilege",
    "SeRemoteShutdownPrivilege",
    "SeUndockPrivilege",
    "SeSyncAgentPrivilege",
    "SeEnableDelegationPrivilege",
    "SeManageVolumePrivilege",
    "SeImpersonatePrivilege",
    "SeCreateGlobalPrivilege",
    "SeTrustedCredManAccessPrivilege",
    "SeRelabelPrivilege",
    "SeIncreaseWorkingSetPrivilege",
    "SeTimeZonePrivilege",
    "SeCreateSymbolicLinkPrivilege",
    "SeDelegateSessionUserImpersonatePrivilege",
};
constexpr unsigned first_privilege = static_cast<unsigned>(Privilege::create_token);
static_assert(first_privilege + privilege_names.size() - 1 ==
              static_cast<unsigned>(Privilege::delegate_session_user_impersonate));

bool contains(std::span<const Sid> list, const Sid &sid) { return std::ranges::find(list, sid) != list.end(); }

} // namespace

std::string_view name_of(Privilege privilege) {
  const unsigned index = static_cast<unsigned>(privilege) - first_privilege;
  return index < privilege_names.size() ? privilege_names[index] : "unknown privilege";
}

std::optional<Privilege> privilege_from_name(std::string_view name) {
  const auto found = std::ranges::find(privilege_names, name);
  if (found == privilege_names.end())
    return std::nullopt;
  return static_cast<Privilege>(first_privilege + static_cast<unsigned>(found - privilege_names.begin()));
}

std::vector<std::string_view> PrivilegeSet::names() const {
  std::vector<std::string_view> names;
  for (unsigned i = 0; i < privilege_names.size(); ++i)
    if (has(static_cast<Privilege>(first_privilege + i)))
      names.push_back(privilege_names[i]);
  return names;
}

Token restrict_token(Token token, std::span<const Sid> deny_only, std::span<const Sid> restricting) {
  const auto deny = [](TokenGroup &group) {
    group.attributes |= group_attribute::use_for_deny_only;
    group.attributes &= ~(group_attribute::enabled | group_attribute::enabled_by_default);
  };
  for (TokenGroup &group : token.groups)
    if (contains(deny_only, group.sid))
      deny(group);
  if (contains(deny_only, token.user))
    token.user_deny_only = true;
  if (restricting.empty())
    return token;
  if (token.is_restricted()) {
    std::erase_if(token.restricted_sids, [&](const TokenGroup &group) { return !contains(restricting, group.sid); });
    // An empty intersection must not read as "not restricted": the null SID matches no entry of a device.
    if (token.restricted_sids.empty())
      token.restricted_sids.push_back({sids::null, group_attribute::usual});
  } else {
    for (const Sid &sid : restricting)
      token.restricted_sids.push_back({sid, group_attribute::usual});
  }
  token.write_restricted = false;
  return token;
}

} // namespace ringfence::security
