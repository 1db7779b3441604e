#include <ringfence/security/guid.h>

#include <ringfence/base/text.h>

namespace ringfence::security {
namespace {

// Position in the wire form of each byte in the order in which the text shows them.
constexpr std::array<std::uint8_t, 16> wire_index = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};

bool dash_at(std::size_t position) { return position == 8 || position == 13 || position == 18 || position == 23; }

} // namespace

std::optional<Guid> parse_guid(std::string_view text) {
  if (text.size() != 36)
    return std::nullopt;
  std::string digits;
  digits.reserve(32);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (dash_at(i) != (text[i] == '-'))
      return std::nullopt;
    if (text[i] != '-')
      digits += text[i];
  }
  const auto bytes = bytes_from_hex(digits);
  if (!bytes)
    return std::nullopt;
  Guid guid;
  for (std::size_t i = 0; i < 16; ++i)
    guid.bytes[wire_index[i]] = std::to_integer<std::uint8_t>((*bytes)[i]);
  return guid;
}

std::string to_string(const Guid &guid) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  text.reserve(36);
  for (std::size_t i = 0; i < 16; ++i) {
    if (dash_at(text.size()))
      text += '-';
    text += digits[guid.bytes[wire_index[i]] >> 4];
    text += digits[guid.bytes[wire_index[i]] & 15];
  }
  return text;
}

void append(std::vector<std::byte> &out, const Guid &guid) {
  for (const std::uint8_t byte : guid.bytes)
    out.push_back(std::byte{byte});
}

} // namespace ringfence::security
