#include <ringfence/base/text.h>

#include <ringfence/base/characters.h>

#include <algorithm>
#include <limits>

namespace ringfence {
namespace {

constexpr char digits_of[] = "0123456789abcdef";
constexpr char32_t replacement = 0xfffd;

struct Decoded {
  char32_t point;
  std::size_t length; ///< bytes consumed, at least 1
  bool valid;
};

Decoded decode_utf8(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80)
    return {lead, 1, true};
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || length > text.size())
    return {replacement, 1, false};
  char32_t point = lead & (0x7fu >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80)
      return {replacement, 1, false};
    point = point << 6 | (byte(i) & 0x3fu);
  }
  constexpr char32_t shortest[] = {0, 0, 0x80, 0x800, 0x10000};
  if (point < shortest[length] || point > 0x10ffff || (point >= 0xd800 && point < 0xe000))
    return {replacement, 1, false};
  return {point, length, true};
}

} // namespace

int hex_digit(char c) {
  if (c >= '0' && c <= '9')
    return c - '0';
  c = ascii_lower(c);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

void append_utf8(std::string &out, char32_t point) {
  const auto put = [&out](char32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (point < 0x80) {
    put(point);
  } else if (point < 0x800) {
    put(0xc0 | point >> 6);
    put(0x80 | (point & 0x3f));
  } else if (point < 0x10000) {
    put(0xe0 | point >> 12);
    put(0x80 | (point >> 6 & 0x3f));
    put(0x80 | (point & 0x3f));
  } else {
    put(0xf0 | point >> 18);
    put(0x80 | (point >> 12 & 0x3f));
    put(0x80 | (point >> 6 & 0x3f));
    put(0x80 | (point & 0x3f));
  }
}

std::string hex(std::uint64_t value, unsigned digits) {
  char buffer[16];
  unsigned used = 0;
  do {
    buffer[used++] = digits_of[value & 15];
    value >>= 4;
  } while (value != 0);
  while (used < std::min(digits, 16u))
    buffer[used++] = '0';
  std::string out = "0x";
  while (used > 0)
    out.push_back(buffer[--used]);
  return out;
}

std::string hex_bytes(Bytes bytes) {
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const std::byte b : bytes) {
    out.push_back(digits_of[static_cast<unsigned>(b) >> 4]);
    out.push_back(digits_of[static_cast<unsigned>(b) & 15]);
  }
  return out;
}

std::optional<std::vector<std::byte>> bytes_from_hex(std::string_view text) {
  if (text.size() % 2 != 0)
    return std::nullopt;
  std::vector<std::byte> out;
  out.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = hex_digit(text[i]);
    const int low = hex_digit(text[i + 1]);
    if (high < 0 || low < 0)
      return std::nullopt;
    out.push_back(static_cast<std::byte>(high << 4 | low));
  }
  return out;
}

std::optional<std::uint64_t> parse_unsigned(std::string_view text) {
  unsigned base = 10;
  if (ascii_istarts_with(text, "0x")) {
    base = 16;
    text.remove_prefix(2);
  }
  if (text.empty())
    return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : text) {
    const int digit = hex_digit(c);
    if (digit < 0 || static_cast<unsigned>(digit) >= base)
      return std::nullopt;
    const auto d = static_cast<std::uint64_t>(digit);
    if (value > (std::numeric_limits<std::uint64_t>::max() - d) / base)
      return std::nullopt;
    value = value * base + d;
  }
  return value;
}

char ascii_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string ascii_lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) { return ascii_lower(c); });
  return out;
}

bool ascii_iequals(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return ascii_lower(x) == ascii_lower(y); });
}

bool ascii_istarts_with(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() && ascii_iequals(text.substr(0, prefix.size()), prefix);
}

bool ascii_iends_with(std::string_view text, std::string_view suffix) {
  return text.size() >= suffix.size() && ascii_iequals(text.substr(text.size() - suffix.size()), suffix);
}

std::string_view trim(std::string_view text) {
  constexpr std::string_view space = " \t\r\n";
  const auto first = text.find_first_not_of(space);
  if (first == std::string_view::npos)
    return {};
  return text.substr(first, text.find_last_not_of(space) - first + 1);
}

std::string_view file_name_of(std::string_view path) {
  const std::size_t slash = path.find_last_of("/\\");
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  std::size_t start = 0;
  for (;;) {
    const auto end = text.find(separator, start);
    if (end == std::string_view::npos) {
      parts.push_back(text.substr(start));
      return parts;
    }
    parts.push_back(text.substr(start, end - start));
    start = end + 1;
  }
}

std::string utf8_from_utf16(Bytes utf16) {
  std::string out;
  const std::size_t units = utf16.size() / 2;
  out.reserve(units);
  const auto unit = [&](std::size_t i) {
    return static_cast<char32_t>(load_little_endian<std::uint16_t>(utf16.data() + 2 * i));
  };
  for (std::size_t i = 0; i < units; ++i) {
    char32_t point = unit(i);
    if (point >= 0xd800 && point < 0xe000) {
      const bool pair = point < 0xdc00 && i + 1 < units && (unit(i + 1) & 0xfc00) == 0xdc00;
      point = pair ? 0x10000 + ((point & 0x3ff) << 10) + (unit(++i) & 0x3ff) : replacement;
    }
    append_utf8(out, point);
  }
  return out;
}

std::u16string utf16_from_utf8(std::string_view utf8) {
  std::u16string out;
  while (!utf8.empty()) {
    const Decoded next = decode_utf8(utf8);
    utf8.remove_prefix(next.length);
    if (next.point < 0x10000) {
      out.push_back(static_cast<char16_t>(next.point));
    } else {
      out.push_back(static_cast<char16_t>(0xd800 + ((next.point - 0x10000) >> 10)));
      out.push_back(static_cast<char16_t>(0xdc00 + ((next.point - 0x10000) & 0x3ff)));
    }
  }
  return out;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const Decoded next = decode_utf8(text);
    if (!next.valid)
      return false;
    text.remove_prefix(next.length);
  }
  return true;
}

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const Decoded next = decode_utf8(text);
    const bool control = next.point < 0x20 || (next.point >= 0x7f && next.point < 0xa0) ||
                         (next.point >= 0x200e && next.point <= 0x200f) ||
                         (next.point >= 0x202a && next.point <= 0x202e) ||
                         (next.point >= 0x2066 && next.point <= 0x2069);
    if (next.valid && !control) {
      out.append(text.substr(0, next.length));
    } else {
      for (std::size_t i = 0; i < next.length; ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        out += "\\x";
        out.push_back(digits_of[byte >> 4]);
        out.push_back(digits_of[byte & 15]);
      }
    }
    text.remove_prefix(next.length);
  }
  return out;
}

std::uint64_t fnv1a(std::string_view text, std::uint64_t seed) {
  for (const char c : text)
    seed = (seed ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return seed;
}

} // namespace ringfence
