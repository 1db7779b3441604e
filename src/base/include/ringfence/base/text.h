// Text primitives without locale: hexadecimal, ASCII case, UTF-16LE to UTF-8, and making hostile text printable.
#pragma once

#include <ringfence/base/span_reader.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ringfence {

/// "0x1a2b": lower case, `digits` is the minimum number of digits after 0x (1 to 16).
std::string hex(std::uint64_t value, unsigned digits = 1);
/// "001a2b": two lower-case digits a byte, no prefix.
std::string hex_bytes(Bytes bytes);
/// The inverse of hex_bytes: nothing on an odd length or a character that is not a hexadecimal digit.
std::optional<std::vector<std::byte>> bytes_from_hex(std::string_view text);
/// A C integer literal: decimal, or hexadecimal after 0x. Nothing on overflow, sign, space or anything else.
std::optional<std::uint64_t> parse_unsigned(std::string_view text);

char ascii_lower(char c);
std::string ascii_lower(std::string_view text);
bool ascii_iequals(std::string_view a, std::string_view b);
bool ascii_istarts_with(std::string_view text, std::string_view prefix);
bool ascii_iends_with(std::string_view text, std::string_view suffix);
std::string_view trim(std::string_view text);
/// What stands behind the last slash or backslash.
std::string_view file_name_of(std::string_view path);
std::vector<std::string_view> split(std::string_view text, char separator);

/// UTF-16LE bytes as UTF-8. An unpaired surrogate becomes U+FFFD; a trailing odd byte is ignored.
std::string utf8_from_utf16(Bytes utf16);
/// UTF-8 as UTF-16 code units. An invalid sequence becomes U+FFFD.
std::u16string utf16_from_utf8(std::string_view utf8);
/// True when every byte sequence is well-formed UTF-8 (RFC 3629: shortest form, no surrogates).
bool is_utf8(std::string_view text);
/// For a terminal: control characters and bytes that are not UTF-8 become \xNN, so that a driver's
/// strings cannot move the cursor or forge a line of the report.
std::string printable(std::string_view text);

/// Stable 64-bit FNV-1a over `text`, continuing from `seed`. Not for hostile hash tables, but for fingerprints.
std::uint64_t fnv1a(std::string_view text, std::uint64_t seed = 0xcbf29ce484222325u);

} // namespace ringfence
