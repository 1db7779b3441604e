#include <ringfence/security/sid.h>

#include <ringfence/base/text.h>

#include <algorithm>

namespace ringfence::security {
namespace {

using Base = SidAlias::Base;

constexpr SidAlias absolute(std::string_view code, Sid sid, std::string_view name) {
  return {code, Base::absolute, sid, 0, name};
}
constexpr SidAlias builtin(std::string_view code, std::uint32_t rid, std::string_view name) {
  return {code, Base::absolute, make_sid(5, {32, rid}), 0, name};
}
constexpr SidAlias relative(std::string_view code, Base base, std::uint32_t rid, std::string_view name) {
  return {code, base, Sid{}, rid, name};
}

constexpr auto make_aliases() {
  std::array aliases{
      builtin("AA", 579, "BUILTIN\\Access Control Assistance Operators"),
      absolute("AC", sids::all_application_packages, "APPLICATION PACKAGE AUTHORITY\\ALL APPLICATION PACKAGES"),
      absolute("AN", sids::anonymous, "NT AUTHORITY\\ANONYMOUS LOGON"),
      builtin("AO", 548, "BUILTIN\\Account Operators"),
      relative("AP", Base::domain, 525, "Protected Users"),
      absolute("AS", make_sid(18, {1}), "Authentication authority asserted identity"),
      absolute("AU", sids::authenticated_users, "NT AUTHORITY\\Authenticated Users"),
      builtin("BA", 544, "BUILTIN\\Administrators"),
      builtin("BG", 546, "BUILTIN\\Guests"),
      builtin("BO", 551, "BUILTIN\\Backup Operators"),
      builtin("BU", 545, "BUILTIN\\Users"),
      relative("CA", Base::domain, 517, "Cert Publishers"),
      builtin("CD", 574, "BUILTIN\\Certificate Service DCOM Access"),
      absolute("CG", sids::creator_group, "CREATOR GROUP"),
      relative("CN", Base::domain, 522, "Cloneable Domain Controllers"),
      absolute("CO", sids::creator_owner, "CREATOR OWNER"),
      builtin("CY", 569, "BUILTIN\\Cryptographic Operators"),
      relative("DA", Base::domain, 512, "Domain Admins"),
      relative("DC", Base::domain, 515, "Domain Computers"),
      relative("DD", Base::domain, 516, "Domain Controllers"),
      relative("DG", Base::domain, 514, "Domain Guests"),
      relative("DU", Base::domain, 513, "Domain Users"),
      relative("EA", Base::forest, 519, "Enterprise Admins"),
      absolute("ED", make_sid(5, {9}), "NT AUTHORITY\\ENTERPRISE DOMAIN CONTROLLERS"),
      relative("EK", Base::forest, 527, "Enterprise Key Admins"),
      builtin("ER", 573, "BUILTIN\\Event Log Readers"),
      builtin("ES", 576, "BUILTIN\\RDS Endpoint Servers"),
      builtin("HA", 578, "BUILTIN\\Hyper-V Administrators"),
      absolute("HI", sids::high_label, "Mandatory Label\\High Mandatory Level"),
      builtin("IS", 568, "BUILTIN\\IIS_IUSRS"),
      absolute("IU", sids::interactive, "NT AUTHORITY\\INTERACTIVE"),
      relative("KA", Base::domain, 526, "Key Admins"),
      relative("LA", Base::machine, 500, "Administrator"),
      relative("LG", Base::machine, 501, "Guest"),
      absolute("LS", sids::local_service, "NT AUTHORITY\\LOCAL SERVICE"),
      builtin("LU", 559, "BUILTIN\\Performance Log Users"),
      absolute("LW", sids::low_label, "Mandatory Label\\Low Mandatory Level"),
      absolute("ME", sids::medium_label, "Mandatory Label\\Medium Mandatory Level"),
      absolute("MP", sids::medium_plus_label, "Mandatory Label\\Medium Plus Mandatory Level"),
      builtin("MS", 577, "BUILTIN\\RDS Management Servers"),
      builtin("MU", 558, "BUILTIN\\Performance Monitor Users"),
      builtin("NO", 556, "BUILTIN\\Network Configuration Operators"),
      absolute("NS", sids::network_service, "NT AUTHORITY\\NETWORK SERVICE"),
      absolute("NU", sids::network, "NT AUTHORITY\\NETWORK"),
      absolute("OW", sids::owner_rights, "OWNER RIGHTS"),
      relative("PA", Base::domain, 520, "Group Policy Creator Owners"),
      builtin("PO", 550, "BUILTIN\\Print Operators"),
      absolute("PS", sids::principal_self, "NT AUTHORITY\\SELF"),
      builtin("PU", 547, "BUILTIN\\Power Users"),
      builtin("RA", 575, "BUILTIN\\RDS Remote Access Servers"),
      absolute("RC", sids::restricted, "NT AUTHORITY\\RESTRICTED"),
      builtin("RD", 555, "BUILTIN\\Remote Desktop Users"),
      builtin("RE", 552, "BUILTIN\\Replicator"),
      builtin("RM", 580, "BUILTIN\\Remote Management Users"),
      relative("RO", Base::forest, 498, "Enterprise Read-only Domain Controllers"),
      relative("RS", Base::domain, 553, "RAS and IAS Servers"),
      builtin("RU", 554, "BUILTIN\\Pre-Windows 2000 Compatible Access"),
      relative("SA", Base::forest, 518, "Schema Admins"),
      absolute("SI", sids::system_label, "Mandatory Label\\System Mandatory Level"),
      builtin("SO", 549, "BUILTIN\\Server Operators"),
      absolute("SS", make_sid(18, {2}), "Service asserted identity"),
      absolute("SU", sids::service, "NT AUTHORITY\\SERVICE"),
      absolute("SY", sids::system, "NT AUTHORITY\\SYSTEM"),
      absolute("UD", sids::user_mode_drivers, "NT AUTHORITY\\USER MODE DRIVERS"),
      absolute("WD", sids::everyone, "Everyone"),
      absolute("WR", sids::write_restricted, "NT AUTHORITY\\WRITE RESTRICTED"),
  };
  return aliases;
}

constexpr auto aliases = make_aliases();
static_assert(std::ranges::is_sorted(aliases, {}, &SidAlias::code));

struct NamedSid {
  Sid sid;
  std::string_view name;
};
// Well-known SIDs without an alias.
constexpr NamedSid other_names[] = {
    {sids::null, "NULL SID"},
    {sids::local, "LOCAL"},
    {sids::console_logon, "CONSOLE LOGON"},
    {make_sid(5, {1}), "NT AUTHORITY\\DIALUP"},
    {make_sid(5, {3}), "NT AUTHORITY\\BATCH"},
    {make_sid(5, {13}), "NT AUTHORITY\\TERMINAL SERVER USER"},
    {make_sid(5, {14}), "NT AUTHORITY\\REMOTE INTERACTIVE LOGON"},
    {sids::this_organization, "NT AUTHORITY\\This Organization"},
    {sids::local_account, "NT AUTHORITY\\Local account"},
    {make_sid(5, {114}), "NT AUTHORITY\\Local account and member of Administrators group"},
    {make_sid(5, {80, 0}), "NT SERVICE\\ALL SERVICES"},
    {make_sid(5, {83, 0}), "NT VIRTUAL MACHINE\\Virtual Machines"},
    {make_sid(5, {32, 581}), "BUILTIN\\System Managed Accounts Group"},
    {make_sid(5, {32, 583}), "BUILTIN\\Device Owners"},
    {sids::all_restricted_application_packages, "APPLICATION PACKAGE AUTHORITY\\ALL RESTRICTED APPLICATION PACKAGES"},
    {sids::untrusted_label, "Mandatory Label\\Untrusted Mandatory Level"},
    {make_sid(15, {3, 1}), "APPLICATION PACKAGE AUTHORITY\\Your Internet connection"},
};

const Sid &domain_of(Base base, const SidContext &context) {
  return base == Base::machine ? context.machine : base == Base::forest ? context.forest : context.domain;
}

} // namespace

std::span<const SidAlias> sid_aliases() { return aliases; }

std::optional<Sid> sid_from_alias(std::string_view code, const SidContext &context) {
  const auto found = std::ranges::lower_bound(aliases, code, {}, &SidAlias::code);
  if (found == aliases.end() || found->code != code)
    return std::nullopt;
  if (found->base == Base::absolute)
    return found->sid;
  return with_rid(domain_of(found->base, context), found->rid);
}

std::string_view alias_of(const Sid &sid, const SidContext &context) {
  for (const SidAlias &alias : aliases) {
    if (alias.base == Base::absolute) {
      if (alias.sid == sid)
        return alias.code;
    } else if (sid.rid() == alias.rid && sid == with_rid(domain_of(alias.base, context), alias.rid)) {
      return alias.code;
    }
  }
  return {};
}

std::string to_string(const Sid &sid) {
  std::string text = "S-1-";
  if (sid.authority >> 32) {
    // The digits in upper case, as Windows writes them.
    text += "0x";
    for (const char c : hex(sid.authority).substr(2))
      text += c >= 'a' ? static_cast<char>(c - 32) : c;
  } else {
    text += std::to_string(sid.authority);
  }
  for (std::size_t i = 0; i < sid.count; ++i) {
    text += '-';
    text += std::to_string(sid.sub[i]);
  }
  return text;
}

Result<Sid> parse_sid(std::string_view text) {
  const auto bad = [&](std::string what) {
    return Error{ErrorCode::malformed, 0, std::move(what) + " in the SID '" + printable(text) + "'"};
  };
  if (!text.starts_with("S-1-"))
    return bad("expected S-1-");
  const auto parts = split(text.substr(4), '-');
  if (parts.size() < 2)
    return bad("expected at least one sub-authority");
  if (parts.size() - 1 > Sid::maximum_sub_authorities)
    return bad("expected at most 15 sub-authorities");
  Sid sid;
  const auto authority = parse_unsigned(parts[0]);
  if (!authority || *authority >> 48)
    return bad("expected an identifier authority below 2^48");
  sid.authority = *authority;
  for (std::size_t i = 1; i < parts.size(); ++i) {
    const auto value = parse_unsigned(parts[i]);
    if (!value || *value > 0xffffffffu)
      return bad("expected a 32-bit sub-authority");
    sid.sub[sid.count++] = static_cast<std::uint32_t>(*value);
  }
  return sid;
}

Result<Sid> sid_from_text(std::string_view text, const SidContext &context) {
  if (const auto sid = sid_from_alias(text, context))
    return *sid;
  if (text.starts_with("S-"))
    return parse_sid(text);
  const auto matches = [&](std::string_view name) {
    const std::size_t slash = name.find('\\');
    return ascii_iequals(text, name) ||
           (slash != std::string_view::npos && ascii_iequals(text, name.substr(slash + 1)));
  };
  for (const SidAlias &alias : aliases)
    if (matches(alias.name))
      return *sid_from_alias(alias.code, context);
  for (const NamedSid &named : other_names)
    if (matches(named.name))
      return named.sid;
  return Error{ErrorCode::not_found, 0,
               "expected a SID (S-1-...), a two-letter SDDL alias or a well-known account name, found '" +
                   printable(text) + "'"};
}

std::string describe(const Sid &sid, const SidContext &context) {
  if (const std::string_view code = alias_of(sid, context); !code.empty())
    return std::string(std::ranges::lower_bound(aliases, code, {}, &SidAlias::code)->name);
  for (const NamedSid &named : other_names)
    if (named.sid == sid)
      return std::string(named.name);
  const auto prefixed = [&](std::string_view kind) { return std::string(kind) + " " + to_string(sid); };
  if (sid.is_below(make_sid(5, {80})))
    return prefixed("service");
  if (sid.is_below(make_sid(15, {2})))
    return prefixed("app package");
  if (sid.is_below(make_sid(15, {3})))
    return prefixed("capability");
  if (sid.is_below(make_sid(5, {5})))
    return prefixed("logon session");
  if (sid.authority == 16)
    return prefixed("integrity level");
  if (sid.authority == 19)
    return prefixed("process trust level");
  return to_string(sid);
}

Result<Sid> read_sid(Cursor &cursor) {
  const std::uint64_t at = cursor.absolute();
  const std::uint8_t revision = cursor.u8();
  const std::uint8_t count = cursor.u8();
  if (cursor.ok() && revision != 1)
    return Error{ErrorCode::malformed, at, "expected SID revision 1, found " + std::to_string(revision)};
  if (cursor.ok() && count > Sid::maximum_sub_authorities)
    return Error{ErrorCode::malformed, at, "expected at most 15 sub-authorities, found " + std::to_string(count)};
  Sid sid;
  for (int i = 0; i < 6; ++i)
    sid.authority = sid.authority << 8 | cursor.u8();
  for (std::size_t i = 0; i < count; ++i)
    sid.sub[i] = cursor.u32();
  sid.count = count;
  if (!cursor.ok())
    return cursor.error("a SID");
  return sid;
}

void append(std::vector<std::byte> &out, const Sid &sid) {
  out.push_back(std::byte{1});
  out.push_back(std::byte{sid.count});
  for (int shift = 40; shift >= 0; shift -= 8)
    out.push_back(static_cast<std::byte>(sid.authority >> shift & 0xff));
  for (std::size_t i = 0; i < sid.count; ++i)
    for (unsigned shift = 0; shift < 32; shift += 8)
      out.push_back(static_cast<std::byte>(sid.sub[i] >> shift & 0xff));
}

} // namespace ringfence::security
