// Sid: a security identifier as a value ([MS-DTYP] 2.4.2), its text forms, and the aliases of SDDL.
// Domain-relative aliases (DA, LA, EA, ...) need the SID of a domain, a machine or a forest: SidContext carries
// the three. Its default is the placeholder S-1-5-21-0-0-0, so that a descriptor can be read without a network.
#pragma once

#include <ringfence/base/result.h>
#include <ringfence/base/span_reader.h>

#include <array>
#include <compare>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ringfence::security {

struct Sid {
  static constexpr std::size_t maximum_sub_authorities = 15;

  std::uint64_t authority = 0;                              ///< identifier authority, 48 bits
  std::uint8_t count = 0;                                   ///< sub-authorities in use, 0 to 15
  std::array<std::uint32_t, maximum_sub_authorities> sub{}; ///< unused entries are zero

  friend constexpr bool operator==(const Sid &a, const Sid &b) {
    if (a.count != b.count || a.authority != b.authority)
      return false;
    // The last sub-authority differs most often.
    for (std::size_t i = a.count; i-- > 0;)
      if (a.sub[i] != b.sub[i])
        return false;
    return true;
  }
  friend constexpr auto operator<=>(const Sid &, const Sid &) = default;

  /// Bytes of the wire form: 8 + 4 * count.
  constexpr std::size_t size() const { return 8 + 4 * std::size_t{count}; }
  /// The last sub-authority, or 0 when there is none.
  constexpr std::uint32_t rid() const { return count ? sub[count - 1u] : 0; }
  /// True when this SID is `prefix` followed by at least one more sub-authority.
  constexpr bool is_below(const Sid &prefix) const {
    if (authority != prefix.authority || count <= prefix.count)
      return false;
    for (std::size_t i = 0; i < prefix.count; ++i)
      if (sub[i] != prefix.sub[i])
        return false;
    return true;
  }
};

/// Precondition: at most 15 sub-authorities.
constexpr Sid make_sid(std::uint64_t authority, std::initializer_list<std::uint32_t> sub) {
  Sid sid;
  sid.authority = authority;
  for (const std::uint32_t value : sub)
    sid.sub[sid.count++] = value;
  return sid;
}

/// `sid` with one more sub-authority; unchanged when it is full.
constexpr Sid with_rid(Sid sid, std::uint32_t rid) {
  if (sid.count < Sid::maximum_sub_authorities)
    sid.sub[sid.count++] = rid;
  return sid;
}

namespace sids {
inline constexpr Sid null = make_sid(0, {0});
inline constexpr Sid everyone = make_sid(1, {0});
inline constexpr Sid local = make_sid(2, {0});
inline constexpr Sid console_logon = make_sid(2, {1});
inline constexpr Sid creator_owner = make_sid(3, {0});
inline constexpr Sid creator_group = make_sid(3, {1});
inline constexpr Sid owner_rights = make_sid(3, {4});
inline constexpr Sid network = make_sid(5, {2});
inline constexpr Sid interactive = make_sid(5, {4});
inline constexpr Sid service = make_sid(5, {6});
inline constexpr Sid anonymous = make_sid(5, {7});
inline constexpr Sid principal_self = make_sid(5, {10});
inline constexpr Sid authenticated_users = make_sid(5, {11});
inline constexpr Sid restricted = make_sid(5, {12});
inline constexpr Sid this_organization = make_sid(5, {15});
inline constexpr Sid system = make_sid(5, {18});
inline constexpr Sid local_service = make_sid(5, {19});
inline constexpr Sid network_service = make_sid(5, {20});
inline constexpr Sid write_restricted = make_sid(5, {33});
inline constexpr Sid user_mode_drivers = make_sid(5, {84, 0, 0, 0, 0, 0});
inline constexpr Sid local_account = make_sid(5, {113});
inline constexpr Sid administrators = make_sid(5, {32, 544});
inline constexpr Sid users = make_sid(5, {32, 545});
inline constexpr Sid guests = make_sid(5, {32, 546});
inline constexpr Sid all_application_packages = make_sid(15, {2, 1});
inline constexpr Sid all_restricted_application_packages = make_sid(15, {2, 2});
inline constexpr Sid untrusted_label = make_sid(16, {0});
inline constexpr Sid low_label = make_sid(16, {4096});
inline constexpr Sid medium_label = make_sid(16, {8192});
inline constexpr Sid medium_plus_label = make_sid(16, {8448});
inline constexpr Sid high_label = make_sid(16, {12288});
inline constexpr Sid system_label = make_sid(16, {16384});
/// What stands for a domain that was not named.
inline constexpr Sid placeholder_domain = make_sid(5, {21, 0, 0, 0});
} // namespace sids

/// The domains to which the relative aliases belong.
struct SidContext {
  Sid machine = sids::placeholder_domain; ///< LA, LG
  Sid domain = sids::placeholder_domain;  ///< DA, DU, ...
  Sid forest = sids::placeholder_domain;  ///< EA, SA, RO, EK
};

/// One two-letter SID string of SDDL ([MS-DTYP] 2.5.1.1, with the newer ones of sddl.h).
struct SidAlias {
  enum class Base : std::uint8_t { absolute, machine, domain, forest };
  std::string_view code;
  Base base = Base::absolute;
  Sid sid;               ///< where base is absolute
  std::uint32_t rid = 0; ///< elsewhere
  std::string_view name; ///< the account's name as Windows shows it
};
/// All aliases, sorted by code.
std::span<const SidAlias> sid_aliases();

/// The SID that a two-letter alias (upper case) stands for; nothing for any other text.
std::optional<Sid> sid_from_alias(std::string_view code, const SidContext &context);
/// The alias of a SID, or an empty view.
std::string_view alias_of(const Sid &sid, const SidContext &context);

/// "S-1-5-32-544". An authority of 2^32 and more is written in hexadecimal, as Windows does.
std::string to_string(const Sid &sid);
/// Strict form: `S-1-<authority>-<sub>...`, decimal, or hexadecimal after 0x; at least one sub-authority.
Result<Sid> parse_sid(std::string_view text);
/// An alias, an S-1- form, or an account name of the table ("BUILTIN\\Users", "Everyone"), the last in any case.
Result<Sid> sid_from_text(std::string_view text, const SidContext &context);
/// A name for people: "BUILTIN\\Administrators", "NT SERVICE SID S-1-5-80-...", or the S-1- form.
std::string describe(const Sid &sid, const SidContext &context = {});

/// Reads a SID of exactly the length its count says. Errors: revision other than 1, count above 15, truncated.
Result<Sid> read_sid(Cursor &cursor);
void append(std::vector<std::byte> &out, const Sid &sid);

} // namespace ringfence::security
