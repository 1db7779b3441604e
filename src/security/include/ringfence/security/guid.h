// Guid: the 16-byte identifier of object ACEs, device setup classes and device interfaces ([MS-DTYP] 2.3.4).
#pragma once

#include <ringfence/base/span_reader.h>

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ringfence::security {

/// Held in wire order: the first three fields little-endian, then eight bytes.
struct Guid {
  std::array<std::uint8_t, 16> bytes{};
  friend constexpr auto operator<=>(const Guid &, const Guid &) = default;
};

/// "f30e3bbf-9ff0-11d1-b603-0000f80367c1" without braces, either case; nothing on any other shape.
std::optional<Guid> parse_guid(std::string_view text);
/// The 36-character form in lower case.
std::string to_string(const Guid &guid);
/// Appends the 16 wire bytes.
void append(std::vector<std::byte> &out, const Guid &guid);

} // namespace ringfence::security
