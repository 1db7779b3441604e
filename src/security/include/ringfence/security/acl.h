// Ace and Acl as values ([MS-DTYP] 2.4.4, 2.4.5). What follows the SID of an ACE (a condition, a resource attribute,
// or bytes nobody reads) is kept verbatim, and so is what follows the last ACE of an ACL: a parsed ACL is written back
// byte for byte. An ACE of a type without a known layout keeps its whole body in `application_data` and has no SID.
#pragma once

#include <ringfence/base/result.h>
#include <ringfence/base/span_reader.h>
#include <ringfence/security/access_mask.h>
#include <ringfence/security/guid.h>
#include <ringfence/security/sid.h>

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace ringfence::security {

enum class AceType : std::uint8_t {
  allow = 0,
  deny = 1,
  audit = 2,
  alarm = 3,
  allow_compound = 4, ///< never written by Windows; read as an opaque body
  allow_object = 5,
  deny_object = 6,
  audit_object = 7,
  alarm_object = 8,
  allow_callback = 9,
  deny_callback = 10,
  allow_callback_object = 11,
  deny_callback_object = 12,
  audit_callback = 13,
  alarm_callback = 14,
  audit_callback_object = 15,
  alarm_callback_object = 16,
  mandatory_label = 17,
  resource_attribute = 18,
  scoped_policy = 19,
  process_trust_label = 20,
  access_filter = 21,
};
/// True for a type whose layout this room knows.
bool has_known_layout(AceType type);
bool is_object_ace(AceType type);
bool is_callback_ace(AceType type);

namespace ace_flag {
inline constexpr std::uint8_t object_inherit = 0x01;
inline constexpr std::uint8_t container_inherit = 0x02;
inline constexpr std::uint8_t no_propagate = 0x04;
inline constexpr std::uint8_t inherit_only = 0x08;
inline constexpr std::uint8_t inherited = 0x10;
inline constexpr std::uint8_t critical = 0x20;
inline constexpr std::uint8_t successful = 0x40; ///< audit; for an access filter: trust protected
inline constexpr std::uint8_t failed = 0x80;     ///< audit
} // namespace ace_flag

struct Ace {
  AceType type = AceType::allow;
  std::uint8_t flags = 0;
  AccessMask mask = 0;
  Sid sid;
  std::optional<Guid> object_type;           ///< object ACEs only
  std::optional<Guid> inherited_object_type; ///< object ACEs only
  std::vector<std::byte> application_data;   ///< after the SID; the whole body for an unknown layout

  bool inherit_only() const { return (flags & ace_flag::inherit_only) != 0; }
  friend bool operator==(const Ace &, const Ace &) = default;
};

struct Acl {
  std::uint8_t revision = 2; ///< 2, or 4 when it holds object ACEs
  std::vector<Ace> aces;
  std::vector<std::byte> trailing; ///< bytes after the last ACE, within AclSize
  friend bool operator==(const Acl &, const Acl &) = default;
};

/// Bytes that the ACE takes in an ACL: a multiple of 4 when application_data is.
std::size_t binary_size(const Ace &ace);
std::size_t binary_size(const Acl &acl);

/// Reads an ACL that starts at the reader's first byte. Errors: revision outside 2 to 4, sizes that leave the data,
/// an ACE size that is no multiple of 4 (RtlValidAcl), a malformed SID.
Result<Acl> read_acl(const SpanReader &reader);
/// Fails (limit) when the ACL or one of its ACEs would pass 65,535 bytes or 65,535 entries.
Status append(std::vector<std::byte> &out, const Acl &acl);

/// The revision Windows gives a new ACL with these entries.
std::uint8_t revision_for(const std::vector<Ace> &aces);

/// True when the entries stand in canonical order: explicit deny, explicit allow, then inherited ones.
bool is_canonical(const Acl &acl);
/// A copy in canonical order. Inherited entries keep their relative order (closest ancestor first).
Acl canonical(const Acl &acl);

/// What a new child gets from its container's ACL ([MS-DTYP] 2.5.3.4): inheritable entries with generic bits mapped and
/// CREATOR OWNER / CREATOR GROUP replaced. `child_type` selects object-specific entries.
struct InheritanceRequest {
  bool child_is_container = false;
  Sid owner;
  Sid group;
  GenericMapping mapping = file_mapping;
  std::optional<Guid> child_type;
};
Acl inherit(const Acl &parent, const InheritanceRequest &request);

} // namespace ringfence::security
