#include "escape.h"

#include <ringfence/base/characters.h>
#include <ringfence/base/text.h>

namespace ringfence::security {
namespace {

// The code unit of an escape at the start of `text`, or -1.
int escape_at(std::string_view text) {
  if (text.size() < 5 || text[0] != '%')
    return -1;
  int unit = 0;
  for (std::size_t i = 1; i < 5; ++i) {
    const int digit = hex_digit(text[i]);
    if (digit < 0)
      return -1;
    unit = unit << 4 | digit;
  }
  return unit;
}

void append_escape(std::string &out, char16_t unit) {
  out += '%';
  out += hex(unit, 4).substr(2);
}

} // namespace

bool is_plain(char c, EscapeSet set) {
  const char lower = ascii_lower(c);
  if ((lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9'))
    return true;
  switch (set) {
  case EscapeSet::local_name:
    return std::string_view(":./_").find(c) != std::string_view::npos;
  case EscapeSet::qualified_name:
    return std::string_view(":./_#$'*+-;?@[\\]^`{}~").find(c) != std::string_view::npos;
  case EscapeSet::string:
    return c >= ' ' && c < 0x7f && c != '"';
  }
  return false;
}

std::u16string unescape(std::string_view text) {
  std::u16string out;
  std::string plain;
  const auto flush = [&] {
    out += utf16_from_utf8(plain);
    plain.clear();
  };
  while (!text.empty()) {
    if (const int unit = escape_at(text); unit >= 0) {
      flush();
      out += static_cast<char16_t>(unit);
      text.remove_prefix(5);
    } else {
      plain += text[0];
      text.remove_prefix(1);
    }
  }
  flush();
  return out;
}

std::string escape(std::u16string_view text, EscapeSet set) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char16_t unit = text[i];
    if (unit < 0x80) {
      // A % that would read as an escape must be one.
      bool plain = is_plain(static_cast<char>(unit), set);
      if (unit == u'%') {
        std::string ahead = "%";
        for (std::size_t j = i + 1; j < text.size() && ahead.size() < 5; ++j)
          ahead += text[j] < 0x80 ? static_cast<char>(text[j]) : ' ';
        plain = plain && escape_at(ahead) < 0;
      }
      if (plain)
        out += static_cast<char>(unit);
      else
        append_escape(out, unit);
    } else if (unit >= 0xd800 && unit < 0xdc00 && i + 1 < text.size() && text[i + 1] >= 0xdc00 &&
               text[i + 1] < 0xe000) {
      append_utf8(out, 0x10000 + ((char32_t{unit} - 0xd800) << 10) + (text[i + 1] - 0xdc00));
      ++i;
    } else if (unit < 0xa0 || (unit >= 0xd800 && unit < 0xe000) || unit == 0xfffd) {
      append_escape(out, unit);
    } else {
      append_utf8(out, unit);
    }
  }
  return out;
}

} // namespace ringfence::security
