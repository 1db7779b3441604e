// The standing cast of access reports. Presets hold enabled every privilege that their account may enable for itself:
// the question is what a caller can do, not what it happens to have switched on.
#include <ringfence/security/token.h>

#include <array>

namespace ringfence::security {
namespace {

using P = Privilege;

constexpr TokenPreset presets[] = {
    {"system", "NT AUTHORITY\\SYSTEM, as a service"},
    {"protected-light", "SYSTEM in a protected process light (antimalware signer)"},
    {"admin", "an administrator, elevated (High)"},
    {"network-admin", "an administrator over the network (full token)"},
    {"local-service", "NT AUTHORITY\\LOCAL SERVICE"},
    {"network-service", "NT AUTHORITY\\NETWORK SERVICE"},
    {"service", "a virtual account NT SERVICE\\name"},
    {"umdf", "the host of user-mode drivers: LOCAL SERVICE with USER MODE DRIVERS"},
    {"write-restricted", "a write-restricted service under LOCAL SERVICE"},
    {"admin-filtered", "an administrator before elevation (Medium, Administrators deny-only)"},
    {"user", "a standard user, interactive (Medium)"},
    {"network-user", "a standard user over the network"},
    {"user-low", "a standard user's process at Low integrity"},
    {"user-untrusted", "a standard user's process at Untrusted integrity"},
    {"guest", "the Guest account, interactive"},
    {"anonymous", "an anonymous logon"},
    {"restricted", "a standard user with the restricting SID RESTRICTED"},
    {"restricted-users", "a sandbox with the restricting SIDs Users and its own"},
    {"appcontainer", "a standard user's app in an AppContainer"},
    {"lpac", "a standard user's app in a less privileged AppContainer"},
};

constexpr Sid machine_user = make_sid(5, {21, 0, 0, 0, 1001});
constexpr Sid machine_admin = make_sid(5, {21, 0, 0, 0, 1000});
constexpr Sid machine_guest = make_sid(5, {21, 0, 0, 0, 501});
constexpr Sid some_service = make_sid(5, {80, 1, 2, 3, 4, 5});
constexpr Sid all_services = make_sid(5, {80, 0});
constexpr Sid some_package = make_sid(15, {2, 1, 2, 3, 4, 5, 6, 7});
constexpr Sid internet_client = make_sid(15, {3, 1});
constexpr PrivilegeSet user_privileges = {P::change_notify, P::shutdown, P::undock, P::increase_working_set,
                                          P::time_zone};
constexpr PrivilegeSet service_privileges = {
    P::change_notify,        P::impersonate,    P::create_global,       P::audit,
    P::assign_primary_token, P::increase_quota, P::increase_working_set};
constexpr PrivilegeSet admin_privileges = {P::change_notify,
                                           P::security,
                                           P::take_ownership,
                                           P::load_driver,
                                           P::system_profile,
                                           P::system_time,
                                           P::profile_single_process,
                                           P::increase_base_priority,
                                           P::create_page_file,
                                           P::backup,
                                           P::restore,
                                           P::shutdown,
                                           P::debug,
                                           P::system_environment,
                                           P::remote_shutdown,
                                           P::undock,
                                           P::manage_volume,
                                           P::impersonate,
                                           P::create_global,
                                           P::increase_quota,
                                           P::increase_working_set,
                                           P::time_zone,
                                           P::create_symbolic_link};

void add(Token &token, std::initializer_list<Sid> sids) {
  for (const Sid &sid : sids)
    token.groups.push_back({sid, group_attribute::usual});
}

Token interactive_user() {
  Token token;
  token.user = machine_user;
  add(token, {sids::everyone, sids::users, sids::interactive, sids::console_logon, sids::authenticated_users,
              sids::this_organization, sids::local_account, sids::local});
  token.privileges = user_privileges;
  return token;
}

Token administrator(bool network) {
  Token token;
  token.user = machine_admin;
  add(token, {sids::everyone, sids::administrators, sids::users, network ? sids::network : sids::interactive,
              sids::authenticated_users, sids::this_organization, sids::local_account, make_sid(5, {114})});
  token.integrity = 0x3000;
  token.privileges = admin_privileges;
  return token;
}

Token service_account(const Sid &user) {
  Token token;
  token.user = user;
  add(token, {sids::everyone, sids::users, sids::service, sids::console_logon, sids::authenticated_users,
              sids::this_organization, sids::local, all_services});
  token.integrity = 0x4000;
  token.privileges = service_privileges;
  return token;
}

Token local_system() {
  Token token;
  token.user = sids::system;
  add(token,
      {sids::administrators, sids::everyone, sids::authenticated_users, sids::service, sids::local, all_services});
  token.integrity = 0x4000;
  token.privileges = admin_privileges;
  for (const P privilege :
       {P::tcb, P::create_permanent, P::lock_memory, P::audit, P::assign_primary_token, P::relabel, P::create_token})
    token.privileges.add(privilege);
  return token;
}

Token app_container(bool less_privileged) {
  Token token = interactive_user();
  token.package = some_package;
  token.capabilities = {{internet_client, group_attribute::usual}};
  token.less_privileged = less_privileged;
  token.integrity = 0x1000;
  token.privileges = {P::change_notify, P::increase_working_set};
  return token;
}

Token filtered_administrator() {
  Token token = administrator(false);
  const std::array deny = {sids::administrators, make_sid(5, {114})};
  token = restrict_token(std::move(token), deny, {});
  token.integrity = 0x2000;
  token.privileges = user_privileges;
  return token;
}

Token user_preset(std::string_view name) {
  Token token = interactive_user();
  if (name == "user-low")
    token.integrity = 0x1000;
  if (name == "user-untrusted")
    token.integrity = 0;
  if (name == "network-user")
    for (TokenGroup &group : token.groups)
      if (group.sid == sids::interactive)
        group.sid = sids::network;
  if (name == "restricted")
    token.restricted_sids = {{sids::restricted, group_attribute::usual}};
  if (name == "restricted-users")
    token.restricted_sids = {{sids::users, group_attribute::usual}, {machine_user, group_attribute::usual}};
  return token;
}

Token stranger(std::string_view name) {
  Token token;
  if (name == "guest") {
    token.user = machine_guest;
    add(token, {sids::everyone, sids::guests, sids::interactive, sids::local});
    token.privileges = {P::change_notify, P::increase_working_set};
  } else {
    // Everyone does not include anonymous logons unless a policy says so.
    token.user = sids::anonymous;
    add(token, {sids::network});
    token.integrity = 0;
    token.privileges = {P::change_notify};
  }
  return token;
}

Token service_preset(std::string_view name) {
  if (name == "network-service")
    return service_account(sids::network_service);
  if (name == "service") {
    Token token = service_account(some_service);
    token.integrity = 0x3000;
    return token;
  }
  Token token = service_account(sids::local_service);
  if (name == "umdf")
    add(token, {sids::user_mode_drivers});
  if (name == "write-restricted") {
    add(token, {some_service, sids::write_restricted});
    for (const Sid &sid : {sids::everyone, sids::write_restricted, some_service})
      token.restricted_sids.push_back({sid, group_attribute::usual});
    token.write_restricted = true;
  }
  return token;
}

Token build(std::string_view name) {
  if (name == "system" || name == "protected-light") {
    Token token = local_system();
    if (name == "protected-light")
      token.trust_level = make_sid(19, {512, 1536});
    return token;
  }
  if (name == "admin" || name == "network-admin")
    return administrator(name == "network-admin");
  if (name == "admin-filtered")
    return filtered_administrator();
  if (name == "appcontainer" || name == "lpac")
    return app_container(name == "lpac");
  if (name == "guest" || name == "anonymous")
    return stranger(name);
  if (name.starts_with("user") || name == "network-user" || name.starts_with("restricted"))
    return user_preset(name);
  return service_preset(name);
}

} // namespace

std::span<const TokenPreset> token_presets() { return presets; }

std::optional<Token> token_from_preset(std::string_view name) {
  for (const TokenPreset &preset : presets)
    if (preset.name == name) {
      Token token = build(name);
      token.name = name;
      return token;
    }
  return std::nullopt;
}

} // namespace ringfence::security
