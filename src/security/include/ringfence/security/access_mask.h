// Access masks and generic mappings. An AccessMask is the 32-bit ACCESS_MASK of winnt.h; a GenericMapping turns
// GENERIC_READ / WRITE / EXECUTE / ALL into the rights of one kernel object type.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace ringfence::security {

using AccessMask = std::uint32_t;

namespace access {
inline constexpr AccessMask file_read_data = 0x1;
inline constexpr AccessMask file_write_data = 0x2;
inline constexpr AccessMask file_append_data = 0x4;
inline constexpr AccessMask file_traverse = 0x20;
inline constexpr AccessMask file_read_attributes = 0x80;
inline constexpr AccessMask file_all_access = 0x1f01ff;
inline constexpr AccessMask delete_ = 0x10000;
inline constexpr AccessMask read_control = 0x20000;
inline constexpr AccessMask write_dac = 0x40000;
inline constexpr AccessMask write_owner = 0x80000;
inline constexpr AccessMask synchronize = 0x100000;
inline constexpr AccessMask system_security = 0x1000000;
inline constexpr AccessMask maximum_allowed = 0x2000000;
inline constexpr AccessMask generic_all = 0x10000000;
inline constexpr AccessMask generic_execute = 0x20000000;
inline constexpr AccessMask generic_write = 0x40000000;
inline constexpr AccessMask generic_read = 0x80000000;
inline constexpr AccessMask generic_bits = 0xf0000000;
} // namespace access

struct GenericMapping {
  AccessMask read = 0;
  AccessMask write = 0;
  AccessMask execute = 0;
  AccessMask all = 0;

  /// Replaces generic bits by the specific ones they stand for; other bits are kept.
  constexpr AccessMask map(AccessMask mask) const {
    if (mask & access::generic_read)
      mask |= read;
    if (mask & access::generic_write)
      mask |= write;
    if (mask & access::generic_execute)
      mask |= execute;
    if (mask & access::generic_all)
      mask |= all;
    return mask & ~access::generic_bits;
  }
  friend constexpr bool operator==(const GenericMapping &, const GenericMapping &) = default;
};

/// IoFileObjectType and devices.
inline constexpr GenericMapping file_mapping{0x120089, 0x120116, 0x1200a0, 0x1f01ff};

/// The mapping of one kernel object type, and the names of its specific rights, bit 0 first.
struct ObjectType {
  std::string_view name;
  GenericMapping mapping;
  std::span<const std::string_view> rights; ///< an empty name stands for a bit without one
};
/// All types, sorted by name: ALPC Port, Desktop, Device, Directory, Event, File, ...
std::span<const ObjectType> object_types();
/// By name, in any case.
const ObjectType *find_object_type(std::string_view name);
/// The type whose rights name a device's bits.
const ObjectType &device_type_rights();

/// "FILE_READ_DATA | SYNCHRONIZE": bits without a name in hexadecimal; "0" for an empty mask.
std::string describe(AccessMask mask, const ObjectType &type);
/// A number, or names joined by '|' or ',': SDDL right codes (GR, FA, ...), FILE_READ_DATA, GENERIC_READ, READ_CONTROL,
/// MAXIMUM_ALLOWED; any case. Nothing when a word is unknown.
std::optional<AccessMask> mask_from_text(std::string_view text, const ObjectType &type);

} // namespace ringfence::security
