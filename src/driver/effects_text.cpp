// Text verbs: exact on constant text; what an unknown text leaves behind is unknown.

#include "world.h"

#include "text_format.h"

#include <ringfence/base/text.h>

#include <algorithm>

namespace ringfence::driver {

using kernel::Effect;
using kernel::Key;
using kernel::Kind;
using symbolic::Expr;
using symbolic::State;

namespace {

using Text = std::u16string; ///< one unit a character, narrow ones included

constexpr std::size_t unbounded = 2048;

char16_t lower(char16_t c) { return c >= u'A' && c <= u'Z' ? static_cast<char16_t>(c + 0x20) : c; }
char16_t upper(char16_t c) { return c >= u'a' && c <= u'z' ? static_cast<char16_t>(c - 0x20) : c; }

Text changed(Text text, char16_t (*change)(char16_t)) {
  std::transform(text.begin(), text.end(), text.begin(), change);
  return text;
}

Text integer_text(std::uint64_t value, std::uint64_t base) {
  constexpr std::u16string_view digits = u"0123456789ABCDEF";
  base = base == 2 || base == 8 || base == 16 ? base : 10;
  Text out;
  do
    out.insert(out.begin(), digits[static_cast<std::size_t>(value % base)]);
  while ((value /= base) != 0);
  return out;
}

bool is_wide(Kind kind) {
  switch (kind) {
  case Kind::copy_wide:
  case Kind::append_wide:
  case Kind::length_wide:
  case Kind::find_char_wide:
  case Kind::find_last_char_wide:
  case Kind::find_text_wide:
  case Kind::upcase_wide:
  case Kind::downcase_wide:
  case Kind::order_wide:
  case Kind::order_wide_no_case:
  case Kind::wide:
    return true;
  default:
    return false;
  }
}

/// One call of a routine that works on text.
class TextCall {
public:
  TextCall(World &world, State &state, const kernel::Api &api, const Effect &effect, std::uint64_t pc)
      : world_(world), machine_(world.machine()), state_(state), api_(api), effect_(effect), pc_(pc),
        unit_(is_wide(effect.kind) ? 2 : 1), to_(place(Key::to)), from_(place(Key::from)) {}

  /// Does it; the result is the expression for Key::result, or nothing when that is not known.
  std::optional<Expr> text();
  std::optional<Expr> format();
  std::optional<Expr> compare();

private:
  std::optional<std::uint64_t> place(Key key);
  std::optional<std::uint64_t> number(Key key);
  std::size_t bound(unsigned unit);
  std::size_t least_bound(unsigned unit);
  std::optional<Text> counted(std::uint64_t at, unsigned unit);
  std::optional<Text> plain(std::uint64_t at, unsigned unit, std::size_t most) {
    return machine_.read_units(state_, at, unit, most);
  }
  void write(std::uint64_t at, const Text &text, unsigned unit, bool terminate);
  void write_counted(std::uint64_t at, const Text &text, unsigned unit);
  void allocate_counted(std::uint64_t at, const std::optional<Text> &text, unsigned unit);
  void forget(std::optional<std::uint64_t> at, std::size_t bytes);
  std::optional<Expr> copy(bool append);
  void combine_counted(unsigned unit, bool append, bool plain_source);
  std::optional<Expr> change_case();
  void convert(unsigned from_unit, unsigned to_unit);
  std::optional<Expr> find();
  void integer();
  std::optional<Expr> pointer(std::uint64_t value) { return machine_.pointer(value); }
  std::optional<Text> compared(Key key);

  World &world_;
  Machine &machine_;
  State &state_;
  const kernel::Api &api_;
  const Effect &effect_;
  std::uint64_t pc_;
  unsigned unit_; ///< bytes of a character
  std::optional<std::uint64_t> to_, from_;
};

std::optional<std::uint64_t> TextCall::place(Key key) {
  const kernel::Operand *found = effect_.find(key);
  if (!found || !found->path())
    return std::nullopt;
  const auto at = world_.place_of(state_, api_, *found, pc_);
  const Expr e = at ? *at : world_.value_of(state_, api_, *found, pc_);
  return world_.pool().is_constant(e) && world_.pool().value(e) != 0 ? std::optional(world_.pool().value(e))
                                                                     : std::nullopt;
}

std::optional<std::uint64_t> TextCall::number(Key key) {
  const kernel::Operand *found = effect_.find(key);
  if (!found)
    return std::nullopt;
  const Expr e = world_.value_of(state_, api_, *found, pc_);
  return world_.pool().is_constant(e) ? std::optional(world_.pool().value(e)) : std::nullopt;
}

/// Characters that the call's size allows.
std::size_t TextCall::bound(unsigned unit) {
  const auto size = number(Key::size);
  return size ? static_cast<std::size_t>(std::min<std::uint64_t>(*size / unit, unbounded)) : unbounded;
}

/// The text of a UNICODE_STRING or STRING: Length, MaximumLength, Buffer.
std::optional<Text> TextCall::counted(std::uint64_t at, unsigned unit) {
  const unsigned bytes = machine_.bits() / 8;
  const auto length = machine_.read(state_, at, 2), buffer = machine_.read(state_, at + bytes, bytes);
  if (!length || !buffer)
    return std::nullopt;
  return plain(*buffer, unit, static_cast<std::size_t>(*length / unit));
}

void TextCall::write(std::uint64_t at, const Text &text, unsigned unit, bool terminate) {
  for (std::size_t i = 0; i < text.size() + (terminate ? 1 : 0); ++i)
    world_.executor().store(state_, machine_.pointer(at + unit * i),
                            world_.pool().constant(i < text.size() ? text[i] : 0, unit * 8), pc_);
}

/// Replaces the text of the counted string at `at`, which keeps its buffer.
void TextCall::write_counted(std::uint64_t at, const Text &text, unsigned unit) {
  const unsigned bytes = machine_.bits() / 8;
  const auto buffer = machine_.read(state_, at + bytes, bytes);
  if (!buffer || *buffer == 0)
    return;
  write(*buffer, text, unit, false);
  world_.executor().store(state_, machine_.pointer(at), world_.pool().constant(text.size() * unit, 16), pc_);
}

/// Gives the counted string at `at` a new buffer, of unknown content when the text is not known.
void TextCall::allocate_counted(std::uint64_t at, const std::optional<Text> &text, unsigned unit) {
  const std::uint64_t size = text ? (text->size() + 1) * unit : 0x400;
  const auto object = machine_.new_object(std::string(api_.name.view()), size, symbolic::ObjectKind::pool,
                                          text ? symbolic::Fill::zero : symbolic::Fill::lazy, 0);
  const std::uint64_t base = machine_.objects()[object].base;
  auto &pool = world_.pool();
  const auto store = [&](std::uint64_t offset, Expr value) {
    world_.executor().store(state_, machine_.pointer(at + offset), value, pc_);
  };
  store(0, text ? pool.constant(text->size() * unit, 16) : pool.symbol(16, 0, "text length"));
  store(2, text ? pool.constant(size, 16) : pool.symbol(16, 0, "text size"));
  store(machine_.bits() / 8, machine_.pointer(base));
  if (text)
    write(base, *text, unit, true);
}

void TextCall::forget(std::optional<std::uint64_t> at, std::size_t bytes) {
  const auto object = at ? machine_.objects().at(*at) : std::nullopt;
  if (!object)
    return;
  const std::uint64_t offset = *at - machine_.objects()[*object].base;
  const kernel::Operand *source = effect_.find(Key::from);
  const std::uint32_t labels =
      source && source->path() ? world_.pool().labels(world_.value_of(state_, api_, *source, pc_)) : 0;
  world_.executor().forget(state_, *object, offset, offset + std::min<std::size_t>(bytes, 0x200), labels);
}

/// strcpy, wcsncpy, strcat_s ...: those that return a pointer leave a text that fills its bound without a NUL.
std::optional<Expr> TextCall::copy(bool append) {
  const auto result = to_ ? pointer(*to_) : std::nullopt;
  const std::size_t most = bound(unit_);
  const auto source = from_ ? plain(*from_, unit_, most) : std::nullopt;
  const auto before = append && to_ ? plain(*to_, unit_, unbounded) : std::optional<Text>(Text());
  if (!to_ || !source || !before) {
    forget(to_, most * unit_);
    return result;
  }
  const bool open_end = !append && effect_.find(Key::result) && source->size() >= most;
  write(*to_ + before->size() * unit_, *source, unit_, !open_end);
  return result;
}

void TextCall::combine_counted(unsigned unit, bool append, bool plain_source) {
  const auto source = !from_ ? std::nullopt : plain_source ? plain(*from_, unit, unbounded) : counted(*from_, unit);
  const auto before = append && to_ ? counted(*to_, unit) : std::optional<Text>(Text());
  if (to_ && source && before)
    return write_counted(*to_, *before + *source, unit);
  if (to_) { // the buffer's content and how much of it counts
    const unsigned bytes = machine_.bits() / 8;
    if (const auto buffer = machine_.read(state_, *to_ + bytes, bytes); buffer && *buffer != 0)
      forget(buffer, 0x200);
    world_.executor().store(state_, machine_.pointer(*to_), world_.pool().symbol(16, 0, "text length"), pc_);
  }
}

/// _wcsupr works in place on plain text, RtlUpcaseUnicodeString on counted strings.
std::optional<Expr> TextCall::change_case() {
  const auto change = effect_.kind == Kind::downcase_wide ? lower : upper;
  if (!effect_.find(Key::flags)) {
    if (const auto text = from_ ? plain(*from_, unit_, unbounded) : std::nullopt; text && to_)
      write(*to_, changed(*text, change), unit_, false);
    return to_ ? pointer(*to_) : std::nullopt;
  }
  auto text = from_ ? counted(*from_, 2) : std::nullopt;
  if (text)
    text = changed(*text, change);
  if (!to_)
    return std::nullopt;
  if (number(Key::flags).value_or(1) & 0xff)
    allocate_counted(*to_, text, 2);
  else if (text)
    write_counted(*to_, *text, 2);
  return std::nullopt;
}

/// RtlAnsiStringToUnicodeString and the way back: into a new buffer when the flag says so.
void TextCall::convert(unsigned from_unit, unsigned to_unit) {
  const auto text = from_ ? counted(*from_, from_unit) : std::nullopt;
  if (!to_)
    return;
  if (number(Key::flags).value_or(1) & 0xff)
    allocate_counted(*to_, text, to_unit);
  else if (text)
    write_counted(*to_, *text, to_unit);
}

std::optional<Expr> TextCall::find() {
  const auto text = from_ ? plain(*from_, unit_, unbounded) : std::nullopt;
  const auto value = number(Key::value);
  if (!text || !value)
    return std::nullopt;
  std::size_t at = Text::npos;
  if (effect_.kind == Kind::find_text || effect_.kind == Kind::find_text_wide) {
    const auto wanted = plain(*value, unit_, unbounded);
    if (!wanted)
      return std::nullopt;
    at = text->find(*wanted);
  } else {
    const auto c = static_cast<char16_t>(unit_ == 2 ? *value & 0xffff : *value & 0xff);
    const bool last = effect_.kind == Kind::find_last_char || effect_.kind == Kind::find_last_char_wide;
    at = c == 0 ? text->size() : last ? text->rfind(c) : text->find(c);
  }
  return pointer(at == Text::npos ? 0 : *from_ + at * unit_);
}

void TextCall::integer() {
  const auto value = number(Key::from);
  if (!to_)
    return;
  const auto base = number(Key::flags).value_or(10);
  if (effect_.kind == Kind::integer_to_text)
    return value ? write_counted(*to_, integer_text(*value, base), 2) : forget(to_, 2);
  const unsigned unit = effect_.kind == Kind::integer_to_wide ? 2 : 1;
  if (value)
    write(*to_, changed(integer_text(*value, base), lower), unit, true);
  else
    forget(to_, 32);
}

std::optional<Expr> TextCall::text() {
  switch (effect_.kind) {
  case Kind::copy:
  case Kind::copy_wide:
    return copy(false);
  case Kind::append:
  case Kind::append_wide:
    return copy(true);
  case Kind::copy_unicode:
    combine_counted(2, false, false);
    return std::nullopt;
  case Kind::append_unicode:
    combine_counted(2, true, false);
    return std::nullopt;
  case Kind::append_wide_to_unicode:
    combine_counted(2, true, true);
    return std::nullopt;
  case Kind::copy_string:
  case Kind::append_string:
    combine_counted(1, effect_.kind == Kind::append_string, false);
    return std::nullopt;
  case Kind::length:
  case Kind::length_wide:
    if (const auto found = from_ ? plain(*from_, unit_, bound(unit_)) : std::nullopt)
      return world_.pool().constant(found->size(), machine_.bits());
    return std::nullopt;
  case Kind::to_unicode:
    convert(1, 2);
    return std::nullopt;
  case Kind::to_ansi:
    convert(2, 1);
    return std::nullopt;
  case Kind::duplicate:
    if (to_)
      allocate_counted(*to_, from_ ? counted(*from_, 2) : std::nullopt, 2);
    return std::nullopt;
  case Kind::create_unicode:
    if (to_)
      allocate_counted(*to_, from_ ? plain(*from_, 2, unbounded) : std::nullopt, 2);
    return std::nullopt;
  case Kind::guid_to_text:
    if (to_) {
      const auto guid = from_ ? machine_.read_guid(state_, *from_) : std::nullopt;
      allocate_counted(*to_, guid ? std::optional(utf16_from_utf8(*guid)) : std::nullopt, 2);
    }
    return std::nullopt;
  case Kind::widen:
  case Kind::narrow: {
    const unsigned out = effect_.kind == Kind::widen ? 2 : 1;
    const auto source = from_ ? plain(*from_, 3 - out, bound(out)) : std::nullopt;
    if (to_ && source)
      write(*to_, *source, out, source->size() < bound(out));
    else
      forget(to_, bound(out) * out);
    return std::nullopt;
  }
  case Kind::upcase:
  case Kind::upcase_wide:
  case Kind::downcase_wide:
    return change_case();
  case Kind::find_char:
  case Kind::find_char_wide:
  case Kind::find_last_char:
  case Kind::find_last_char_wide:
  case Kind::find_text:
  case Kind::find_text_wide:
    return find();
  case Kind::integer_to_text:
  case Kind::integer_to_wide:
  case Kind::integer_to_ansi:
    integer();
    return std::nullopt;
  default:
    return std::nullopt;
  }
}

/// Characters that the call's size allows at least, on this path.
std::size_t TextCall::least_bound(unsigned unit) {
  const kernel::Operand *found = effect_.find(Key::size);
  if (!found)
    return unbounded;
  const Expr size = world_.value_of(state_, api_, *found, pc_);
  return world_.pool().bits(size) > 64 ? 0
                                       : static_cast<std::size_t>(std::min<std::uint64_t>(
                                             state_.facts.range(world_.pool(), size).low / unit, unbounded));
}

std::optional<Expr> TextCall::format() {
  const auto at = place(Key::format);
  const auto pattern = at ? plain(*at, unit_, unbounded) : std::nullopt;
  const std::size_t most = bound(unit_);
  const kernel::Operand *arguments = effect_.find(Key::arguments);
  if (!pattern || !arguments || !arguments->path()) {
    forget(to_, most * unit_);
    return std::nullopt;
  }
  const bool listed = arguments->path()->root == kernel::PathRoot::varargs;
  const auto first = static_cast<unsigned>(api_.parameters().size());
  const auto list = listed ? std::nullopt : place(Key::arguments);
  const unsigned bytes = machine_.bits() / 8;
  const auto slot = [&](unsigned i) -> std::optional<std::uint64_t> {
    if (!listed)
      return list ? machine_.read(state_, *list + std::uint64_t{bytes} * i, bytes) : std::nullopt;
    const Expr e = world_.executor().argument(state_, first + i);
    return world_.pool().is_constant(e) ? std::optional(world_.pool().value(e)) : std::nullopt;
  };
  const auto text = [&](std::uint64_t address, unsigned unit, bool is_counted, std::size_t precision) {
    return is_counted ? counted(address, unit) : plain(address, unit, std::min(precision, unbounded));
  };
  const FormatArguments given{.wide = unit_ == 2, .pointer_bytes = bytes, .slot = slot, .text = text};
  auto out = format_text(*pattern, given);
  const auto longest = out ? std::optional(out->size()) : longest_text(*pattern, given);
  const bool fits = longest && *longest < least_bound(unit_);
  if (out && to_) {
    if (out->size() > most)
      out->resize(most);
    write(*to_, *out, unit_, out->size() < most);
    return world_.pool().constant(*longest, machine_.bits());
  }
  forget(to_, (fits ? *longest + 1 : most) * unit_);
  if (!fits)
    return std::nullopt;
  if (out)
    return world_.pool().constant(*longest, machine_.bits());
  // It fits whatever the arguments are: no path has to be followed on which it does not.
  const Expr length = world_.pool().symbol(machine_.bits(), 0, "text length");
  state_.facts.assume(world_.pool(), world_.pool().ult(length, machine_.pointer(*longest + 1)), true);
  return length;
}

/// One side of a comparison of text.
std::optional<Text> TextCall::compared(Key key) {
  const auto at = place(key);
  if (!at)
    return std::nullopt;
  switch (effect_.kind) {
  case Kind::equal_unicode:
  case Kind::order_unicode:
  case Kind::prefix_unicode:
    return counted(*at, 2);
  case Kind::equal_string:
    return counted(*at, 1);
  default:
    return plain(*at, unit_, bound(unit_));
  }
}

std::optional<Expr> TextCall::compare() {
  switch (effect_.kind) {
  case Kind::order:
  case Kind::order_no_case:
  case Kind::order_wide:
  case Kind::order_wide_no_case:
  case Kind::equal_string:
  case Kind::equal_unicode:
  case Kind::order_unicode:
  case Kind::prefix_unicode:
    break;
  default:
    return std::nullopt; // bytes, SIDs, GUIDs
  }
  auto a = compared(Key::at), b = compared(Key::from);
  if (!a || !b)
    return std::nullopt;
  const bool no_case = effect_.kind == Kind::order_no_case || effect_.kind == Kind::order_wide_no_case ||
                       (number(Key::flags).value_or(0) & 0xff) != 0;
  if (no_case) {
    a = changed(*a, upper);
    b = changed(*b, upper);
  }
  const auto answer = [&](std::uint64_t value) { return machine_.pointer(value); };
  if (effect_.kind == Kind::equal_string || effect_.kind == Kind::equal_unicode)
    return answer(*a == *b ? 1 : 0);
  if (effect_.kind == Kind::prefix_unicode)
    return answer(b->starts_with(*a) ? 1 : 0);
  const int order = a->compare(*b);
  return order == 0 ? answer(0) : order > 0 ? answer(1) : world_.pool().constant(0xffffffffu, 32);
}

} // namespace

void World::apply_text(State &state, const kernel::Api &api, const Effect &effect, Outcome &outcome, std::uint64_t pc) {
  TextCall call(*this, state, api, effect, pc);
  std::optional<Expr> result = effect.verb == kernel::Verb::text     ? call.text()
                               : effect.verb == kernel::Verb::format ? call.format()
                                                                     : call.compare();
  if (!effect.find(Key::result))
    return;
  const unsigned bits = machine_.bits();
  if (!result) {
    const Expr a = operand(state, api, effect, Key::at, pc, 0), b = operand(state, api, effect, Key::from, pc, 0);
    result = fresh(bits, pool().labels(a) | pool().labels(b), api.name.view());
  }
  write_operand(state, api, effect, Key::result, fit(*result, bits), outcome, pc);
}

} // namespace ringfence::driver
