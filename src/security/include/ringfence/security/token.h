// Token: the identity a request carries, as data. Built from a preset, from a document (TOML or JSON through the
// document room) or by hand. Nothing here is read from a live system.
#pragma once

#include <ringfence/base/result.h>
#include <ringfence/base/value.h>
#include <ringfence/security/claim.h>
#include <ringfence/security/sid.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ringfence::security {

namespace group_attribute {
inline constexpr std::uint32_t mandatory = 0x1;
inline constexpr std::uint32_t enabled_by_default = 0x2;
inline constexpr std::uint32_t enabled = 0x4;
inline constexpr std::uint32_t owner = 0x8;
inline constexpr std::uint32_t use_for_deny_only = 0x10;
inline constexpr std::uint32_t integrity = 0x20;
inline constexpr std::uint32_t integrity_enabled = 0x40;
inline constexpr std::uint32_t resource = 0x20000000;
inline constexpr std::uint32_t logon_id = 0xc0000000;
inline constexpr std::uint32_t usual = mandatory | enabled_by_default | enabled;
} // namespace group_attribute

struct TokenGroup {
  Sid sid;
  std::uint32_t attributes = group_attribute::usual;

  bool enabled() const { return (attributes & group_attribute::enabled) != 0; }
  bool deny_only() const { return (attributes & group_attribute::use_for_deny_only) != 0; }
  friend bool operator==(const TokenGroup &, const TokenGroup &) = default;
};

/// The privileges that access checks look at, and their neighbours; the value is the LUID.
enum class Privilege : std::uint8_t {
  create_token = 2,
  assign_primary_token,
  lock_memory,
  increase_quota,
  machine_account,
  tcb,
  security,
  take_ownership,
  load_driver,
  system_profile,
  system_time,
  profile_single_process,
  increase_base_priority,
  create_page_file,
  create_permanent,
  backup,
  restore,
  shutdown,
  debug,
  audit,
  system_environment,
  change_notify,
  remote_shutdown,
  undock,
  sync_agent,
  enable_delegation,
  manage_volume,
  impersonate,
  create_global,
  trusted_cred_man_access,
  relabel,
  increase_working_set,
  time_zone,
  create_symbolic_link,
  delegate_session_user_impersonate,
};
/// "SeChangeNotifyPrivilege".
std::string_view name_of(Privilege privilege);
std::optional<Privilege> privilege_from_name(std::string_view name);

class PrivilegeSet {
public:
  constexpr PrivilegeSet() = default;
  constexpr PrivilegeSet(std::initializer_list<Privilege> list) {
    for (const Privilege privilege : list)
      add(privilege);
  }
  constexpr void add(Privilege privilege) { bits_ |= std::uint64_t{1} << static_cast<unsigned>(privilege); }
  constexpr void remove(Privilege privilege) { bits_ &= ~(std::uint64_t{1} << static_cast<unsigned>(privilege)); }
  constexpr bool has(Privilege privilege) const { return bits_ >> static_cast<unsigned>(privilege) & 1; }
  std::vector<std::string_view> names() const;
  friend constexpr bool operator==(PrivilegeSet, PrivilegeSet) = default;

private:
  std::uint64_t bits_ = 0;
};

enum class TokenKind : std::uint8_t { primary, impersonation };
enum class ImpersonationLevel : std::uint8_t { anonymous, identification, impersonation, delegation };

struct Token {
  std::string name; ///< for reports
  Sid user = sids::everyone;
  bool user_deny_only = false;
  std::vector<TokenGroup> groups;
  std::vector<TokenGroup> restricted_sids; ///< a restricted token when not empty
  bool write_restricted = false;           ///< the second pass only for writing
  std::optional<Sid> package;              ///< an AppContainer token when present
  std::vector<TokenGroup> capabilities;
  bool less_privileged = false;     ///< LPAC: ALL APPLICATION PACKAGES does not match
  std::uint32_t integrity = 0x2000; ///< RID of the integrity level, 0x1000 Low to 0x4000 System
  bool no_write_up = true;          ///< TOKEN_MANDATORY_POLICY_NO_WRITE_UP
  std::optional<Sid> trust_level;   ///< S-1-19-type-level of a protected process
  PrivilegeSet privileges;          ///< the enabled ones
  TokenKind kind = TokenKind::impersonation;
  ImpersonationLevel level = ImpersonationLevel::impersonation;
  std::vector<Claim> user_claims;
  std::vector<Claim> device_claims;
  std::vector<Claim> local_claims;
  std::vector<TokenGroup> device_groups;

  bool is_restricted() const { return !restricted_sids.empty(); }
  bool is_app_container() const { return package.has_value(); }
  friend bool operator==(const Token &, const Token &) = default;
};

struct TokenPreset {
  std::string_view name;
  std::string_view meaning;
};
/// All presets, widest privilege first: system, admin, admin-filtered, user, guest, anonymous, ...
std::span<const TokenPreset> token_presets();
std::optional<Token> token_from_preset(std::string_view name);

/// A token from a document. Members (all optional, unknown ones are errors): base (a preset), name, user,
/// user_deny_only, groups, add_groups, remove_groups, deny_only, restricted, write_restricted, package, capabilities,
/// lpac, integrity, no_write_up, trust, privileges, add_privileges, remove_privileges, kind, level, device_groups,
/// user_claims, device_claims, local_claims. SIDs are texts; a group is a text or {sid, attributes}. Error texts name
/// the member.
Result<Token> token_from_value(const Value &value, const SidContext &context);
/// The inverse, with numbers and SIDs spelled out.
Value value_from_token(const Token &token);

/// What CreateRestrictedToken makes: SIDs turned deny-only, restricting SIDs added (intersected with existing ones).
Token restrict_token(Token token, std::span<const Sid> deny_only, std::span<const Sid> restricting);

} // namespace ringfence::security
