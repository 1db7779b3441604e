#include <ringfence/security/sddl_number.h>

#include <ringfence/base/text.h>

namespace ringfence::security {
namespace {

std::optional<std::uint64_t> parse_octal(std::string_view digits) {
  std::uint64_t value = 0;
  for (const char c : digits) {
    if (c < '0' || c > '7' || value >> 61)
      return std::nullopt;
    value = value << 3 | static_cast<std::uint64_t>(c - '0');
  }
  return value;
}

} // namespace

std::optional<LiteralNumber> parse_literal_number(std::string_view text) {
  LiteralNumber number;
  if (text.starts_with('+') || text.starts_with('-')) {
    number.sign = text[0] == '+' ? LiteralNumber::Sign::plus : LiteralNumber::Sign::minus;
    text.remove_prefix(1);
  }
  if (text.empty() || text[0] < '0' || text[0] > '9')
    return std::nullopt;
  std::optional<std::uint64_t> magnitude;
  if (ascii_istarts_with(text, "0x")) {
    number.base = LiteralNumber::Base::hexadecimal;
    magnitude = parse_unsigned("0x" + std::string(text.substr(2)));
  } else if (text.size() > 1 && text[0] == '0') {
    number.base = LiteralNumber::Base::octal;
    magnitude = parse_octal(text);
  } else {
    magnitude = parse_unsigned(text);
  }
  if (!magnitude)
    return std::nullopt;
  if (number.sign == LiteralNumber::Sign::minus) {
    if (*magnitude > std::uint64_t{1} << 63)
      return std::nullopt;
    number.value = 0 - *magnitude;
  } else {
    number.value = *magnitude;
  }
  return number;
}

std::string format(const LiteralNumber &number) {
  const bool negative = static_cast<std::int64_t>(number.value) < 0;
  // Without a sign the value is shown as it was written: 0xffffffffffffffff stays unsigned.
  const bool minus = number.sign == LiteralNumber::Sign::minus;
  const std::uint64_t magnitude = minus && negative ? 0 - number.value : number.value;
  std::string text = minus ? "-" : number.sign == LiteralNumber::Sign::plus ? "+" : "";
  switch (number.base) {
  case LiteralNumber::Base::hexadecimal:
    return text + hex(magnitude);
  case LiteralNumber::Base::octal: {
    std::string digits;
    for (std::uint64_t rest = magnitude; rest; rest >>= 3)
      digits.insert(digits.begin(), static_cast<char>('0' + (rest & 7)));
    return text + "0" + (digits.empty() ? "0" : digits);
  }
  default:
    return text + std::to_string(magnitude);
  }
}

} // namespace ringfence::security
