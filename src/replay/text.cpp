// Text verbs with the text itself: copies, comparisons, searches, printf. Text is kept as 16-bit units throughout; a
// narrow string has one unit a byte.

#include "machine.h"

#include <ringfence/base/text.h>

#include <algorithm>
#include <array>

namespace ringfence::replay {

using kernel::Effect;
using kernel::Key;
using kernel::Kind;

namespace {

constexpr std::size_t longest = 0x4000;

std::u16string widened(const std::string &text) {
  std::u16string out;
  for (const char c : text)
    out.push_back(static_cast<unsigned char>(c));
  return out;
}

char16_t lower(char16_t c) { return c >= u'A' && c <= u'Z' ? static_cast<char16_t>(c + 32) : c; }
char16_t upper(char16_t c) { return c >= u'a' && c <= u'z' ? static_cast<char16_t>(c - 32) : c; }

std::u16string folded(std::u16string text) {
  std::transform(text.begin(), text.end(), text.begin(), lower);
  return text;
}

void write_text(Machine &machine, std::uint64_t at, const std::u16string &text, bool wide, bool terminate) {
  for (std::size_t i = 0; i < text.size() + (terminate ? 1 : 0); ++i)
    machine.save(at + (wide ? 2 * i : i), i < text.size() ? text[i] : 0, wide ? 2 : 1);
}

std::u16string read_text(Machine &machine, std::uint64_t at, bool wide, std::size_t most) {
  return at == 0 ? std::u16string() : wide ? machine.load_wide(at, most) : widened(machine.load_narrow(at, most));
}

/// An ANSI_STRING or a UNICODE_STRING.
std::u16string read_counted(Machine &machine, std::uint64_t at, bool wide) {
  if (at == 0 || wide)
    return machine.load_unicode(at);
  std::u16string out;
  const std::uint64_t length = machine.load(at, 2), buffer = machine.load(at + machine.pointer(), machine.pointer());
  for (std::uint64_t i = 0; i < length && buffer != 0; ++i)
    out.push_back(static_cast<char16_t>(machine.load(buffer + i, 1)));
  return out;
}

/// Replaces the content of a counted string that keeps its buffer, as far as it fits.
void write_counted(Machine &machine, std::uint64_t at, std::u16string text, bool wide) {
  const std::uint64_t room = machine.load(at + 2, 2), buffer = machine.load(at + machine.pointer(), machine.pointer());
  const unsigned unit = wide ? 2 : 1;
  text.resize(std::min<std::size_t>(text.size(), static_cast<std::size_t>(room / unit)));
  if (buffer == 0)
    return;
  write_text(machine, buffer, text, wide, (text.size() + 1) * unit <= room);
  machine.save(at, text.size() * unit, 2);
}

std::u16string digits(std::uint64_t value, unsigned base, bool capital) {
  std::u16string out;
  do {
    const auto digit = static_cast<unsigned>(value % base);
    out.insert(out.begin(), static_cast<char16_t>(digit < 10 ? u'0' + digit : (capital ? u'A' : u'a') + digit - 10));
    value /= base;
  } while (value != 0);
  return out;
}

struct Directive {
  std::size_t width = 0, precision = longest;
  bool zero = false, left = false, narrow = false, long_text = false, long_number = false;
  char16_t kind = 0;
};

Directive parse_directive(const std::u16string &format, std::size_t &at, const auto &next_argument) {
  Directive d;
  bool in_precision = false;
  for (; at < format.size(); ++at) {
    const char16_t c = format[at];
    const auto number = [&](std::size_t &value) { value = std::min<std::size_t>(value * 10 + (c - u'0'), longest); };
    if (c == u'.') {
      in_precision = true;
      d.precision = 0;
    } else if (c == u'*') {
      (in_precision ? d.precision : d.width) =
          std::min<std::size_t>(static_cast<std::size_t>(next_argument() & 0xffffffff), longest);
    } else if (c == u'0' && !in_precision && d.width == 0) {
      d.zero = true;
    } else if (c >= u'0' && c <= u'9') {
      number(in_precision ? d.precision : d.width);
    } else if (c == u'-') {
      d.left = true;
    } else if (c == u'h') {
      d.narrow = true;
    } else if (c == u'l' || c == u'w') {
      d.long_number = d.long_text;
      d.long_text = true;
    } else if (c == u'I') {
      d.long_number = format.compare(at + 1, 2, u"64") == 0;
      at += format.compare(at + 1, 2, u"64") == 0 || format.compare(at + 1, 2, u"32") == 0 ? 2 : 0;
    } else if (c != u'+' && c != u' ' && c != u'#') {
      d.kind = c;
      break;
    }
  }
  return d;
}

} // namespace

void OutsideCall::text(const Effect &effect) {
  const std::uint64_t to = place(effect, Key::to), from = place(effect, Key::from);
  const auto copy = [&](bool wide, bool append) {
    const std::uint64_t bound = effect.find(Key::size) ? operand(effect, Key::size) / (wide ? 2 : 1) : longest;
    const std::u16string before = append ? read_text(machine, to, wide, longest) : std::u16string();
    write_text(machine, to + before.size() * (wide ? 2 : 1),
               read_text(machine, from, wide, std::min<std::size_t>(static_cast<std::size_t>(bound), longest)), wide,
               true);
  };
  const auto find = [&](bool wide, bool last) {
    const std::u16string text = read_text(machine, from, wide, longest);
    const auto wanted = static_cast<char16_t>(operand(effect, Key::value) & (wide ? 0xffff : 0xff));
    const std::size_t at = last ? text.rfind(wanted) : text.find(wanted);
    produce(effect, at == std::u16string::npos ? 0 : from + at * (wide ? 2 : 1));
  };
  const auto find_text = [&](bool wide) {
    const std::size_t at =
        read_text(machine, from, wide, longest).find(read_text(machine, operand(effect, Key::value), wide, longest));
    produce(effect, at == std::u16string::npos ? 0 : from + at * (wide ? 2 : 1));
  };
  const auto change_case = [&](bool wide, char16_t (*change)(char16_t)) {
    if (effect.find(Key::flags)) { // a UNICODE_STRING
      std::u16string text = machine.load_unicode(from);
      std::transform(text.begin(), text.end(), text.begin(), change);
      return write_counted(machine, to, std::move(text), true);
    }
    if (to == 0 || from == 0)
      return produce(effect, change(static_cast<char16_t>(operand(effect, Key::from))));
    std::u16string text = read_text(machine, from, wide, longest);
    std::transform(text.begin(), text.end(), text.begin(), change);
    write_text(machine, to, text, wide, true);
    produce(effect, to);
  };
  switch (effect.kind) {
  case Kind::copy:
    return copy(false, false);
  case Kind::append:
    return copy(false, true);
  case Kind::copy_wide:
    return copy(true, false);
  case Kind::append_wide:
    return copy(true, true);
  case Kind::copy_unicode:
    return to == 0 ? void() : write_counted(machine, to, machine.load_unicode(from), true);
  case Kind::append_unicode:
    return write_counted(machine, to, machine.load_unicode(to) + machine.load_unicode(from), true);
  case Kind::append_wide_to_unicode:
    return write_counted(machine, to, machine.load_unicode(to) + read_text(machine, from, true, longest), true);
  case Kind::length:
    return produce(effect, read_text(machine, from, false, longest).size());
  case Kind::length_wide:
    return produce(effect, read_text(machine, from, true, longest).size());
  case Kind::find_char:
    return find(false, false);
  case Kind::find_char_wide:
    return find(true, false);
  case Kind::find_last_char:
    return find(false, true);
  case Kind::find_last_char_wide:
    return find(true, true);
  case Kind::find_text:
    return find_text(false);
  case Kind::find_text_wide:
    return find_text(true);
  case Kind::upcase:
    return change_case(false, upper);
  case Kind::upcase_wide:
    return change_case(true, upper);
  case Kind::downcase_wide:
    return change_case(true, lower);
  case Kind::to_unicode:
  case Kind::to_ansi: { // allocates when asked; a fresh buffer is always right
    const bool wide = effect.kind == Kind::to_unicode;
    const std::u16string text = read_counted(machine, from, !wide);
    const std::uint64_t unit = wide ? 2 : 1, buffer = machine.allocate((text.size() + 1) * unit, RegionKind::pool);
    write_text(machine, buffer, text, wide, true);
    machine.save(to, text.size() * unit, 2);
    machine.save(to + 2, (text.size() + 1) * unit, 2);
    return machine.save(to + machine.pointer(), buffer, machine.pointer());
  }
  case Kind::text_to_integer: {
    const bool counted = effect.find(Key::from)->path()->width.at(machine.word()) > 8;
    std::uint64_t value = 0;
    for (const char16_t c : counted ? machine.load_unicode(from) : read_text(machine, from, false, 64))
      if (c >= u'0' && c <= u'9')
        value = value * 10 + (c - u'0');
      else
        break;
    return produce(effect, value);
  }
  case Kind::integer_to_text:
    return to == 0 ? void() : write_counted(machine, to, digits(operand(effect, Key::from), 10, false), true);
  default:
    return;
  }
}

void OutsideCall::format(const Effect &effect) {
  if (effect.kind == Kind::debug)
    return;
  const bool wide = effect.kind == Kind::wide;
  const std::u16string format = read_text(machine, operand(effect, Key::format), wide, longest);
  const kernel::Operand *arguments = effect.find(Key::arguments);
  const bool is_list = arguments && arguments->path() && arguments->path()->root != kernel::PathRoot::varargs;
  const std::uint64_t list = is_list ? operand(effect, Key::arguments) : 0;
  auto next = static_cast<unsigned>(api.parameters().size());
  unsigned taken = 0;
  const auto next_argument = [&]() -> std::uint64_t {
    return is_list ? machine.load(list + machine.pointer() * taken++, machine.pointer()) : machine.argument(next++);
  };
  std::u16string out;
  for (std::size_t i = 0; i < format.size() && out.size() < longest; ++i) {
    if (format[i] != u'%') {
      out.push_back(format[i]);
      continue;
    }
    const Directive d = parse_directive(format, ++i, next_argument);
    std::u16string part;
    switch (d.kind) {
    case u'%':
      part = u"%";
      break;
    case u'd':
    case u'i':
    case u'u':
    case u'x':
    case u'X':
    case u'p': {
      std::uint64_t value = next_argument();
      if (d.long_number && machine.bits() == 32)
        value |= next_argument() << 32;
      else if (!d.long_number && d.kind != u'p')
        value &= 0xffffffff;
      const bool negative = (d.kind == u'd' || d.kind == u'i') && !d.long_number && value >> 31 != 0;
      part = digits(negative ? 0x1'0000'0000u - value : value,
                    d.kind == u'x' || d.kind == u'X' || d.kind == u'p' ? 16 : 10, d.kind == u'X');
      if (negative)
        part.insert(part.begin(), u'-');
      break;
    }
    case u'c':
    case u'C':
      part.push_back(static_cast<char16_t>(next_argument()));
      break;
    case u's':
    case u'S':
      part = read_text(machine, next_argument(), ((d.kind == u's') == wide && !d.narrow) || d.long_text, d.precision);
      break;
    case u'Z':
      part = read_counted(machine, next_argument(), d.long_text);
      break;
    default: // an argument of a kind that is not printed
      next_argument();
      break;
    }
    if (part.size() < d.width)
      part.insert(d.left ? part.end() : part.begin(), d.width - part.size(), d.zero && !d.left ? u'0' : u' ');
    out += part;
  }
  const std::uint64_t to = place(effect, Key::to);
  const unsigned unit = wide ? 2 : 1;
  if (effect.find(Key::size))
    out.resize(std::min<std::size_t>(
        out.size(), static_cast<std::size_t>(std::max<std::uint64_t>(operand(effect, Key::size) / unit, 1) - 1)));
  if (to != 0)
    write_text(machine, to, out, wide, true);
  if (api.returns.type != kernel::TypeClass::status)
    produce(effect, out.size());
}

void OutsideCall::compare(const Effect &effect) {
  const std::uint64_t a = place(effect, Key::at), b = place(effect, Key::from);
  const auto order = [&](const std::u16string &x, const std::u16string &y) {
    return x == y ? 0 : x < y ? ~std::uint64_t{0} : 1;
  };
  const auto texts = [&](bool wide, bool no_case) {
    const std::size_t most =
        effect.find(Key::size)
            ? std::min<std::size_t>(static_cast<std::size_t>(operand(effect, Key::size) / (wide ? 2 : 1)), longest)
            : longest;
    const std::u16string x = read_text(machine, a, wide, most), y = read_text(machine, b, wide, most);
    produce(effect, no_case ? order(folded(x), folded(y)) : order(x, y));
  };
  const auto counted = [&](bool wide) {
    std::array<std::u16string, 2> out = {read_counted(machine, a, wide), read_counted(machine, b, wide)};
    if (operand(effect, Key::flags) & 0xff) // CaseInSensitive
      out = {folded(out[0]), folded(out[1])};
    return out;
  };
  switch (effect.kind) {
  case Kind::bytes:
  case Kind::equal_guid: {
    const std::uint64_t size = operand(effect, Key::size, 16);
    const auto x = machine.load_bytes(a, size), y = machine.load_bytes(b, size);
    const auto prefix = static_cast<std::uint64_t>(
        std::mismatch(x.begin(), x.begin() + static_cast<std::ptrdiff_t>(std::min(x.size(), y.size())), y.begin())
            .first -
        x.begin());
    return produce(effect, effect.kind == Kind::bytes ? prefix : prefix == size);
  }
  case Kind::order:
    if (effect.find(Key::size) && api.name.view().find("mem") != std::string_view::npos) {
      const auto x = machine.load_bytes(a, operand(effect, Key::size)),
                 y = machine.load_bytes(b, operand(effect, Key::size));
      return produce(effect, x == y ? 0 : x < y ? ~std::uint64_t{0} : 1);
    }
    return texts(false, false);
  case Kind::order_no_case:
    return texts(false, true);
  case Kind::order_wide:
    return texts(true, false);
  case Kind::order_wide_no_case:
    return texts(true, true);
  case Kind::equal_string:
  case Kind::equal_unicode: {
    const auto both = counted(effect.kind == Kind::equal_unicode);
    return produce(effect, both[0] == both[1]);
  }
  case Kind::order_unicode: {
    const auto both = counted(true);
    return produce(effect, order(both[0], both[1]));
  }
  case Kind::prefix_unicode: {
    const auto both = counted(true);
    return produce(effect, both[1].starts_with(both[0]));
  }
  case Kind::equal_sid: {
    const std::uint64_t count = machine.load(a + 1, 1);
    return produce(effect, machine.load_bytes(a, 8 + 4 * count) == machine.load_bytes(b, 8 + 4 * count));
  }
  default:
    return produce(effect, 0);
  }
}

} // namespace ringfence::replay
