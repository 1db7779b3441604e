// Text verbs: exact on constant text, and labels without content on any other.

#include "world.h"

#include <ringfence/base/text.h>

#include <algorithm>

namespace ringfence::driver {

using kernel::Effect;
using kernel::Key;
using kernel::Kind;
using symbolic::Expr;
using symbolic::State;

namespace {

/// printf with constant arguments, as far as device names need it. Nothing for what is not understood.
std::optional<std::string> format_text(const std::string &format, const std::function<std::optional<std::uint64_t>(unsigned)> &argument,
                                       const std::function<std::optional<std::string>(std::uint64_t, bool)> &text) {
  std::string out;
  unsigned next = 0;
  for (std::size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%') {
      out.push_back(format[i]);
      continue;
    }
    unsigned width = 0;
    bool zero = false, narrow = false, wide = false;
    for (++i; i < format.size(); ++i) {
      const char c = format[i];
      if (c == '0' && width == 0)
        zero = true;
      else if (c >= '0' && c <= '9')
        width = width * 10 + static_cast<unsigned>(c - '0');
      else if (c == 'h')
        narrow = true;
      else if (c == 'l' || c == 'w' || c == 'I' || c == '-' || c == '#')
        wide = wide || c == 'l' || c == 'w';
      else
        break;
    }
    if (i >= format.size() || width > 64)
      return std::nullopt;
    if (format[i] == '%') {
      out.push_back('%');
      continue;
    }
    const auto value = argument(next++);
    if (!value)
      return std::nullopt;
    std::string part;
    switch (format[i]) {
    case 'd':
    case 'i':
    case 'u':
      part = std::to_string(*value & 0xffffffffu);
      break;
    case 'x':
    case 'X':
    case 'p':
      part = hex(*value & 0xffffffffu).substr(2);
      break;
    case 'c':
      part = std::string(1, static_cast<char>(*value));
      break;
    case 's':
    case 'S':
    case 'Z': {
      const auto content = text(*value, (format[i] == 's') != narrow || wide);
      if (!content)
        return std::nullopt;
      part = *content;
      break;
    }
    default:
      return std::nullopt;
    }
    if (part.size() < width)
      part.insert(0, width - part.size(), zero ? '0' : ' ');
    out += part;
  }
  return out;
}

} // namespace

void World::apply_text(State &state, const kernel::Api &api, const Effect &effect, Outcome &outcome, std::uint64_t pc) {
  const unsigned bits = machine_.bits();
  const auto place = [&](Key key) -> std::optional<std::uint64_t> {
    const kernel::Operand *found = effect.find(key);
    if (!found || !found->path())
      return std::nullopt;
    const auto at = place_of(state, api, *found, pc);
    const Expr e = at ? *at : value_of(state, api, *found, pc);
    return pool().is_constant(e) && pool().value(e) != 0 ? std::optional(pool().value(e)) : std::nullopt;
  };
  const auto write_wide = [&](std::uint64_t at, const std::string &text, bool terminate) {
    const std::u16string units = utf16_from_utf8(text);
    for (std::size_t i = 0; i < units.size(); ++i)
      executor_.store(state, machine_.pointer(at + 2 * i), pool().constant(units[i], 16), pc);
    if (terminate)
      executor_.store(state, machine_.pointer(at + 2 * units.size()), pool().constant(0, 16), pc);
    return units.size();
  };
  const auto write_narrow = [&](std::uint64_t at, const std::string &text) {
    for (std::size_t i = 0; i <= text.size(); ++i)
      executor_.store(state, machine_.pointer(at + i), pool().constant(i < text.size() ? static_cast<unsigned char>(text[i]) : 0, 8), pc);
  };
  /// Replaces the text of the UNICODE_STRING at `at`, which keeps its buffer.
  const auto set_unicode = [&](std::uint64_t at, const std::string &text) {
    const auto buffer = machine_.read(state, at + bits / 8, bits / 8);
    if (!buffer || *buffer == 0)
      return;
    const std::size_t units = write_wide(*buffer, text, false);
    executor_.store(state, machine_.pointer(at), pool().constant(units * 2, 16), pc);
  };
  const auto to = place(Key::to), from = place(Key::from);
  const auto produce = [&](Expr value) { write_operand(state, api, effect, Key::result, value, outcome, pc); };
  constexpr std::size_t any = 1024;
  switch (effect.kind) {
  case Kind::copy:
  case Kind::append: {
    const auto text = from ? machine_.read_text(state, *from) : std::nullopt;
    const auto before = effect.kind == Kind::append && to ? machine_.read_text(state, *to) : std::optional<std::string>(std::string());
    if (to && text && before)
      write_narrow(*to + before->size(), *text);
    return;
  }
  case Kind::copy_wide:
  case Kind::append_wide: {
    const auto text = from ? machine_.read_wide_text(state, *from, any) : std::nullopt;
    const auto before = effect.kind == Kind::append_wide && to ? machine_.read_wide_text(state, *to, any) : std::optional<std::string>(std::string());
    if (to && text && before)
      write_wide(*to + 2 * utf16_from_utf8(*before).size(), *text, true);
    return;
  }
  case Kind::copy_unicode:
  case Kind::append_unicode: {
    const auto text = from ? machine_.read_unicode_string(state, *from) : std::nullopt;
    const auto before = effect.kind == Kind::append_unicode && to ? machine_.read_unicode_string(state, *to) : std::optional<std::string>(std::string());
    if (to && text && before)
      set_unicode(*to, *before + *text);
    return;
  }
  case Kind::append_wide_to_unicode: {
    const auto text = from ? machine_.read_wide_text(state, *from, any) : std::nullopt;
    const auto before = to ? machine_.read_unicode_string(state, *to) : std::nullopt;
    if (text && before)
      set_unicode(*to, *before + *text);
    return;
  }
  case Kind::length: {
    const auto text = from ? machine_.read_text(state, *from) : std::nullopt;
    return produce(text ? pool().constant(text->size(), bits) : fresh(bits, 0, "strlen"));
  }
  case Kind::length_wide: {
    const auto text = from ? machine_.read_wide_text(state, *from, any) : std::nullopt;
    return produce(text ? pool().constant(utf16_from_utf8(*text).size(), bits) : fresh(bits, 0, "wcslen"));
  }
  case Kind::to_unicode: { // RtlAnsiStringToUnicodeString: allocates when asked; a fresh buffer is always right
    const auto buffer = from ? machine_.read(state, *from + bits / 8, bits / 8) : std::nullopt;
    const auto text = buffer ? machine_.read_text(state, *buffer) : std::nullopt;
    if (!to || !text)
      return;
    const auto object = machine_.new_object("UnicodeBuffer", text->size() * 2 + 2, symbolic::ObjectKind::pool, symbolic::Fill::zero, 0);
    const std::uint64_t base = machine_.objects()[object].base;
    const std::size_t units = write_wide(base, *text, true);
    executor_.store(state, machine_.pointer(*to), pool().constant(units * 2, 16), pc);
    executor_.store(state, machine_.pointer(*to + 2), pool().constant(units * 2 + 2, 16), pc);
    executor_.store(state, machine_.pointer(*to + bits / 8), machine_.pointer(base), pc);
    return;
  }
  case Kind::ansi:
  case Kind::wide: {
    const bool wide = effect.kind == Kind::wide;
    const auto at = place(Key::format);
    const auto format = !at ? std::nullopt : wide ? machine_.read_wide_text(state, *at, any) : machine_.read_text(state, *at);
    if (!to || !format)
      return;
    const auto first = static_cast<unsigned>(api.parameters().size());
    const auto text = format_text(
        *format,
        [&](unsigned i) -> std::optional<std::uint64_t> {
          const Expr e = executor_.argument(state, first + i);
          return pool().is_constant(e) ? std::optional(pool().value(e)) : std::nullopt;
        },
        [&](std::uint64_t address, bool is_wide) {
          return is_wide == wide ? (wide ? machine_.read_wide_text(state, address, any) : machine_.read_text(state, address))
                                 : (wide ? machine_.read_text(state, address) : machine_.read_wide_text(state, address, any));
        });
    if (!text)
      return;
    if (wide)
      write_wide(*to, *text, true);
    else
      write_narrow(*to, *text);
    return produce(pool().constant(text->size(), bits));
  }
  default: // comparisons, searches, conversions: a fact about the operands
    if (effect.find(Key::result)) {
      const Expr a = operand(state, api, effect, Key::at, pc, 0), b = operand(state, api, effect, Key::from, pc, 0);
      produce(fresh(bits, pool().labels(a) | pool().labels(b), api.name.view()));
    }
    return;
  }
}

} // namespace ringfence::driver
