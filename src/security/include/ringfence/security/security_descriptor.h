// SecurityDescriptor: absolute form as a value, and its self-relative binary form ([MS-DTYP] 2.4.6).
// Invariant kept by this room's functions: `dacl` / `sacl` hold an ACL only when the control word says present;
// present without an ACL is a null ACL.
#pragma once

#include <ringfence/base/result.h>
#include <ringfence/security/acl.h>
#include <ringfence/security/sid.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ringfence::security {

namespace control {
inline constexpr std::uint16_t owner_defaulted = 0x0001;
inline constexpr std::uint16_t group_defaulted = 0x0002;
inline constexpr std::uint16_t dacl_present = 0x0004;
inline constexpr std::uint16_t dacl_defaulted = 0x0008;
inline constexpr std::uint16_t sacl_present = 0x0010;
inline constexpr std::uint16_t sacl_defaulted = 0x0020;
inline constexpr std::uint16_t dacl_trusted = 0x0040;
inline constexpr std::uint16_t server_security = 0x0080;
inline constexpr std::uint16_t dacl_auto_inherit_required = 0x0100;
inline constexpr std::uint16_t sacl_auto_inherit_required = 0x0200;
inline constexpr std::uint16_t dacl_auto_inherited = 0x0400;
inline constexpr std::uint16_t sacl_auto_inherited = 0x0800;
inline constexpr std::uint16_t dacl_protected = 0x1000;
inline constexpr std::uint16_t sacl_protected = 0x2000;
inline constexpr std::uint16_t resource_manager_valid = 0x4000;
inline constexpr std::uint16_t self_relative = 0x8000;
} // namespace control

struct SecurityDescriptor {
  std::uint8_t resource_manager = 0; ///< Sbz1, meaningful with control::resource_manager_valid
  std::uint16_t control = control::self_relative;
  std::optional<Sid> owner;
  std::optional<Sid> group;
  std::optional<Acl> dacl;
  std::optional<Acl> sacl;

  bool dacl_present() const { return (control & control::dacl_present) != 0; }
  bool sacl_present() const { return (control & control::sacl_present) != 0; }
  /// Present and NULL: everybody gets everything.
  bool null_dacl() const { return dacl_present() && !dacl; }

  void set_dacl(Acl acl) {
    control |= control::dacl_present;
    dacl = std::move(acl);
  }
  void set_sacl(Acl acl) {
    control |= control::sacl_present;
    sacl = std::move(acl);
  }
  friend bool operator==(const SecurityDescriptor &, const SecurityDescriptor &) = default;
};

/// Reads the self-relative form. Every offset is checked; parts may stand in any order and may overlap.
Result<SecurityDescriptor> parse_security_descriptor(Bytes bytes);

/// Writes the self-relative form in the order that Windows uses: header, SACL, DACL, owner, group.
Result<std::vector<std::byte>> write_security_descriptor(const SecurityDescriptor &descriptor);

/// One observation about a well-formed descriptor that Windows or an administrator would trip over.
struct DescriptorRemark {
  std::string what;
};
/// Canonical order, ACL revisions, entries of a kind that does not belong where they stand, unknown ACE types,
/// malformed conditions and resource attributes, owner or group missing.
std::vector<DescriptorRemark> validate(const SecurityDescriptor &descriptor);

/// What SeAssignSecurity makes of an explicit descriptor for a new object: masks mapped and cut to GenericAll, CREATOR
/// OWNER / GROUP replaced, owner and group filled in.
SecurityDescriptor assign_security(const SecurityDescriptor &explicit_descriptor, const Sid &owner, const Sid &group,
                                   const GenericMapping &mapping);

} // namespace ringfence::security
