#include "text_format.h"

#include <algorithm>

namespace ringfence::driver {

namespace {

/// One conversion: %[flags][width][.precision][size]type.
struct Conversion {
  bool zero = false, left = false, plus = false, alternate = false;
  bool narrow = false, wide = false, quad = false;
  std::size_t width = 0;
  std::optional<std::size_t> precision;
  char16_t type = 0;
};

class Formatter {
public:
  Formatter(const std::u16string &format, const FormatArguments &arguments) : format_(format), arguments_(arguments) {}
  std::optional<std::u16string> run();
  std::optional<std::size_t> longest();

private:
  std::optional<std::uint64_t> next_slot() { return arguments_.slot(slot_++); }
  std::optional<std::size_t> number();
  std::optional<Conversion> parse();
  std::optional<std::u16string> convert(const Conversion &c);
  std::optional<std::uint64_t> integer(const Conversion &c);
  std::optional<std::u16string> text(const Conversion &c);

  static constexpr std::size_t longest_field = 256;
  const std::u16string &format_;
  const FormatArguments &arguments_;
  std::size_t at_ = 0;
  unsigned slot_ = 0;
};

/// A decimal number or `*`, which takes an argument.
std::optional<std::size_t> Formatter::number() {
  if (at_ < format_.size() && format_[at_] == u'*') {
    ++at_;
    const auto value = next_slot();
    return value && *value <= longest_field ? std::optional(static_cast<std::size_t>(*value)) : std::nullopt;
  }
  std::size_t value = 0;
  for (; at_ < format_.size() && format_[at_] >= u'0' && format_[at_] <= u'9'; ++at_)
    value = std::min(value * 10 + (format_[at_] - u'0'), longest_field);
  return value;
}

std::optional<Conversion> Formatter::parse() {
  Conversion c;
  for (; at_ < format_.size(); ++at_) {
    const char16_t f = format_[at_];
    if (f == u'0')
      c.zero = true;
    else if (f == u'-')
      c.left = true;
    else if (f == u'#')
      c.alternate = true;
    else if (f == u'+' || f == u' ')
      c.plus = true;
    else
      break;
  }
  const auto width = number();
  if (!width)
    return std::nullopt;
  c.width = *width;
  if (at_ < format_.size() && format_[at_] == u'.') {
    ++at_;
    c.precision = number();
    if (!c.precision)
      return std::nullopt;
  }
  const std::u16string_view rest = std::u16string_view(format_).substr(at_);
  if (rest.starts_with(u"I64") || rest.starts_with(u"ll")) {
    c.quad = true;
    at_ += rest.starts_with(u"ll") ? 2 : 3;
  } else if (rest.starts_with(u"I32")) {
    at_ += 3;
  } else if (!rest.empty() && (rest[0] == u'h' || rest[0] == u'l' || rest[0] == u'w' || rest[0] == u'I')) {
    c.narrow = rest[0] == u'h';
    c.wide = rest[0] == u'l' || rest[0] == u'w';
    c.quad = rest[0] == u'I' && arguments_.pointer_bytes == 8;
    at_ += 1;
  }
  if (at_ >= format_.size())
    return std::nullopt;
  c.type = format_[at_++];
  return c;
}

std::optional<std::uint64_t> Formatter::integer(const Conversion &c) {
  const auto low = next_slot();
  if (!low)
    return std::nullopt;
  if (!c.quad)
    return *low & 0xffffffffu;
  if (arguments_.pointer_bytes == 8)
    return low;
  const auto high = next_slot();
  return high ? std::optional(*low | *high << 32) : std::nullopt;
}

std::optional<std::u16string> Formatter::text(const Conversion &c) {
  const auto address = next_slot();
  if (!address)
    return std::nullopt;
  const bool capital = c.type == u'S';
  const bool wide = c.type == u'Z' ? c.wide : c.wide || (!c.narrow && arguments_.wide != capital);
  auto out = arguments_.text(*address, wide ? 2 : 1, c.type == u'Z', c.precision.value_or(longest_field * 8));
  return out;
}

std::optional<std::u16string> Formatter::convert(const Conversion &c) {
  switch (c.type) {
  case u's':
  case u'S':
  case u'Z':
    return text(c);
  case u'c':
  case u'C': {
    const auto value = next_slot();
    return value ? std::optional(std::u16string(1, static_cast<char16_t>(*value & 0xffff))) : std::nullopt;
  }
  default:
    break;
  }
  const bool pointer = c.type == u'p';
  const bool is_signed = c.type == u'd' || c.type == u'i';
  if (!pointer && !is_signed && c.type != u'u' && c.type != u'x' && c.type != u'X' && c.type != u'o')
    return std::nullopt;
  auto value = pointer ? next_slot() : integer(c);
  if (!value)
    return std::nullopt;
  bool negative = false;
  if (is_signed) {
    const std::uint64_t sign = std::uint64_t{1} << (c.quad ? 63 : 31);
    negative = (*value & sign) != 0;
    if (negative)
      *value = (~*value + 1) & (c.quad ? ~std::uint64_t{0} : 0xffffffffu);
  }
  const unsigned base = c.type == u'x' || c.type == u'X' || pointer ? 16 : c.type == u'o' ? 8 : 10;
  const std::u16string_view digits = c.type == u'x' ? u"0123456789abcdef" : u"0123456789ABCDEF";
  std::u16string out;
  for (std::uint64_t v = *value; v != 0 || out.empty(); v /= base)
    out.insert(out.begin(), digits[static_cast<std::size_t>(v % base)]);
  const std::size_t least =
      pointer ? arguments_.pointer_bytes * 2
              : c.precision.value_or(c.zero && !c.left ? c.width - (negative && c.width > 0 ? 1 : 0) : 0);
  if (out.size() < least)
    out.insert(0, least - out.size(), u'0');
  if (c.alternate && base == 16)
    out.insert(0, c.type == u'X' ? u"0X" : u"0x");
  if (negative || (c.plus && is_signed))
    out.insert(out.begin(), negative ? u'-' : u'+');
  return out;
}

std::optional<std::u16string> Formatter::run() {
  std::u16string out;
  while (at_ < format_.size()) {
    if (format_[at_] != u'%') {
      out.push_back(format_[at_++]);
      continue;
    }
    ++at_;
    if (at_ < format_.size() && format_[at_] == u'%') {
      out.push_back(format_[at_++]);
      continue;
    }
    const auto conversion = parse();
    auto part = conversion ? convert(*conversion) : std::nullopt;
    if (!part)
      return std::nullopt;
    if (part->size() < conversion->width)
      part->insert(conversion->left ? part->size() : 0, conversion->width - part->size(), u' ');
    out += *part;
  }
  return out;
}

/// As `run`, but an argument that is not known is as long as it can be.
std::optional<std::size_t> Formatter::longest() {
  constexpr std::size_t longest_number = 24; // 64 bits in octal, a sign, a prefix
  std::size_t out = 0;
  while (at_ < format_.size()) {
    if (format_[at_++] != u'%') {
      ++out;
      continue;
    }
    if (at_ < format_.size() && format_[at_] == u'%') {
      ++at_;
      ++out;
      continue;
    }
    const auto conversion = parse();
    if (!conversion || conversion->type == u'n')
      return std::nullopt;
    const unsigned first = slot_;
    const auto part = convert(*conversion);
    const bool is_text = conversion->type == u's' || conversion->type == u'S' || conversion->type == u'Z';
    if (!part && is_text && !conversion->precision)
      return std::nullopt;
    const bool two_slots = !is_text && conversion->quad && arguments_.pointer_bytes == 4;
    slot_ = first + (two_slots ? 2 : 1);
    out +=
        std::max(conversion->width, part ? part->size() : std::max(longest_number, conversion->precision.value_or(0)));
  }
  return out;
}

} // namespace

std::optional<std::size_t> longest_text(const std::u16string &format, const FormatArguments &arguments) {
  return Formatter(format, arguments).longest();
}

std::optional<std::u16string> format_text(const std::u16string &format, const FormatArguments &arguments) {
  return Formatter(format, arguments).run();
}

} // namespace ringfence::driver
