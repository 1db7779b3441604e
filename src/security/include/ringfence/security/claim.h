// Claim: a named, typed list of values. Tokens carry user, device and local claims, and a SACL carries resource
// attributes in the form CLAIM_SECURITY_ATTRIBUTE_RELATIVE_V1 ([MS-DTYP] 2.4.10.1).
#pragma once

#include <ringfence/base/result.h>
#include <ringfence/base/span_reader.h>
#include <ringfence/security/sid.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ringfence::security {

enum class ClaimType : std::uint16_t {
  int64 = 1,
  uint64 = 2,
  string = 3,
  qualified_binary_name = 4, ///< read and refused: no SDDL form
  sid = 5,
  boolean = 6,
  octets = 16,
};

namespace claim_flag {
inline constexpr std::uint32_t non_inheritable = 0x1;
inline constexpr std::uint32_t value_case_sensitive = 0x2;
inline constexpr std::uint32_t use_for_deny_only = 0x4;
inline constexpr std::uint32_t disabled_by_default = 0x8;
inline constexpr std::uint32_t disabled = 0x10;
inline constexpr std::uint32_t mandatory = 0x20;
} // namespace claim_flag

/// One value: `number` for integers and booleans, `text` for strings, `bytes` for octets and for a SID in wire form.
struct ClaimValue {
  std::uint64_t number = 0;
  std::u16string text;
  std::vector<std::byte> bytes;
  friend bool operator==(const ClaimValue &, const ClaimValue &) = default;
};

struct Claim {
  std::u16string name;
  ClaimType type = ClaimType::string;
  std::uint32_t flags = 0;
  std::vector<ClaimValue> values;
  friend bool operator==(const Claim &, const Claim &) = default;
};

/// Reads the body of a resource attribute ACE. Errors: offsets outside, unknown type, more than 1,024 values.
Result<Claim> parse_claim_binary(Bytes bytes);
/// Writes it as Windows does: header, offsets, name, values without alignment, padding to a multiple of 4.
std::vector<std::byte> write_claim_binary(const Claim &claim);

/// Reads `("name",TS,0x0,"a","b")` at `position` of `text` and moves `position` behind it. Error offsets are positions.
Result<Claim> parse_claim_text(std::string_view text, std::size_t &position, const SidContext &context);
std::string format_claim(const Claim &claim, const SidContext &context);

/// True when two values are equal; strings without regard to case unless the claim says so. Such a claim is invalid.
bool has_duplicate_values(const Claim &claim);

} // namespace ringfence::security
