#include <ringfence/security/claim.h>

#include <ringfence/base/text.h>
#include <ringfence/security/sddl_number.h>

#include "escape.h"
#include "upcase.h"

#include <algorithm>

namespace ringfence::security {
namespace {

constexpr std::uint32_t maximum_values = 1024;

struct TypeWord {
  std::string_view code;
  ClaimType type;
};
constexpr TypeWord type_words[] = {
    {"TI", ClaimType::int64}, {"TU", ClaimType::uint64}, {"TS", ClaimType::string},
    {"TD", ClaimType::sid},   {"TX", ClaimType::octets}, {"TB", ClaimType::boolean},
};

void put_u16(std::vector<std::byte> &out, std::uint32_t value) {
  out.push_back(static_cast<std::byte>(value & 0xff));
  out.push_back(static_cast<std::byte>(value >> 8 & 0xff));
}
void put_u32(std::vector<std::byte> &out, std::uint64_t value) {
  put_u16(out, static_cast<std::uint32_t>(value & 0xffff));
  put_u16(out, static_cast<std::uint32_t>(value >> 16 & 0xffff));
}
void put_text(std::vector<std::byte> &out, std::u16string_view text) {
  for (const char16_t unit : text)
    put_u16(out, unit);
  put_u16(out, 0);
}

Result<std::u16string> read_text(const SpanReader &reader, std::uint32_t offset) {
  std::u16string text;
  for (std::uint64_t at = offset;; at += 2) {
    const auto unit = reader.get<std::uint16_t>(at);
    if (!unit)
      return Error{ErrorCode::truncated, offset, "expected a NUL-terminated UTF-16 string"};
    if (!*unit)
      return text;
    text += static_cast<char16_t>(*unit);
  }
}

Result<ClaimValue> read_value(const SpanReader &reader, std::uint32_t offset, ClaimType type) {
  ClaimValue value;
  switch (type) {
  case ClaimType::int64:
  case ClaimType::uint64:
  case ClaimType::boolean: {
    const auto number = reader.get<std::uint64_t>(offset);
    if (!number)
      return Error{ErrorCode::truncated, offset, "expected a 64-bit claim value"};
    value.number = *number;
    return value;
  }
  case ClaimType::string: {
    auto text = read_text(reader, offset);
    if (!text)
      return text.error();
    value.text = std::move(*text);
    return value;
  }
  case ClaimType::sid:
  case ClaimType::octets: {
    const auto length = reader.get<std::uint32_t>(offset);
    const auto part = length ? reader.slice(std::uint64_t{offset} + 4, *length) : std::nullopt;
    if (!part)
      return Error{ErrorCode::truncated, offset, "expected an octet string claim value"};
    value.bytes.assign(part->bytes().begin(), part->bytes().end());
    if (type == ClaimType::sid) {
      Cursor cursor(*part);
      if (const auto sid = read_sid(cursor); !sid || cursor.remaining())
        return Error{ErrorCode::malformed, offset, "expected a SID as claim value"};
    }
    return value;
  }
  default:
    return Error{ErrorCode::unsupported, offset,
                 "expected claim type 1, 2, 3, 5, 6 or 16, found " + std::to_string(static_cast<unsigned>(type))};
  }
}

// A scanner over the parenthesised text of one resource attribute.
class ClaimText {
public:
  ClaimText(std::string_view text, std::size_t position, const SidContext &context)
      : text_(text), at_(position), context_(context) {}

  std::size_t position() const { return at_; }
  Error error(std::string what) const { return {ErrorCode::malformed, at_, std::move(what)}; }
  void skip_spaces() {
    while (at_ < text_.size() && text_[at_] == ' ')
      ++at_;
  }
  bool accept(char c) {
    skip_spaces();
    if (at_ >= text_.size() || text_[at_] != c)
      return false;
    ++at_;
    return true;
  }
  Result<std::u16string> quoted() {
    if (!accept('"'))
      return error("expected a quoted string");
    const std::size_t end = text_.find('"', at_);
    if (end == std::string_view::npos)
      return error("expected a closing quote");
    auto text = unescape(text_.substr(at_, end - at_));
    if (text.find(u'\0') != std::u16string::npos)
      return error("expected a string without NUL");
    at_ = end + 1;
    return text;
  }
  std::string_view word() {
    skip_spaces();
    const std::size_t start = at_;
    while (at_ < text_.size() && text_[at_] != ',' && text_[at_] != ')' && text_[at_] != ' ')
      ++at_;
    return text_.substr(start, at_ - start);
  }
  Result<ClaimValue> value(ClaimType type);

private:
  Result<ClaimValue> sid();
  Result<ClaimValue> octets();

  std::string_view text_;
  std::size_t at_;
  const SidContext &context_;
};

Result<ClaimValue> ClaimText::sid() {
  skip_spaces();
  if (!ascii_istarts_with(text_.substr(at_), "SID("))
    return error("expected SID(...)");
  at_ += 4;
  const auto end = text_.find(')', at_);
  if (end == std::string_view::npos)
    return error("expected ) after SID(");
  const auto sid = sid_from_text(trim(text_.substr(at_, end - at_)), context_);
  if (!sid)
    return error(sid.error().what);
  at_ = end + 1;
  ClaimValue value;
  append(value.bytes, *sid);
  return value;
}

Result<ClaimValue> ClaimText::octets() {
  std::string_view digits = word();
  if (digits.starts_with('#'))
    digits.remove_prefix(1);
  std::string even(digits);
  // Windows reads # as the digit 0 and puts 0 before an odd number of digits.
  std::ranges::replace(even, '#', '0');
  if (even.size() % 2)
    even.insert(even.begin(), '0');
  const auto bytes = bytes_from_hex(even);
  if (!bytes)
    return error("expected hexadecimal digits of an octet string");
  ClaimValue value;
  value.bytes = *bytes;
  return value;
}

Result<ClaimValue> ClaimText::value(ClaimType type) {
  ClaimValue value;
  switch (type) {
  case ClaimType::string: {
    auto text = quoted();
    if (!text)
      return text.error();
    value.text = std::move(*text);
    return value;
  }
  case ClaimType::sid:
    return sid();
  case ClaimType::octets:
    return octets();
  default:
    break;
  }
  const std::size_t start = at_;
  const auto number = parse_literal_number(word());
  if (!number || (type == ClaimType::boolean && number->value != 0 && number->value != 1)) {
    at_ = start;
    return error(type == ClaimType::boolean ? "expected 0 or 1" : "expected a 64-bit number");
  }
  value.number = number->value;
  return value;
}

std::string format_value(const ClaimValue &value, ClaimType type, const SidContext &context) {
  switch (type) {
  case ClaimType::int64:
    return std::to_string(static_cast<std::int64_t>(value.number));
  case ClaimType::string:
    return '"' + escape(value.text, EscapeSet::string) + '"';
  case ClaimType::octets:
    return hex_bytes(value.bytes);
  case ClaimType::sid: {
    Cursor cursor{SpanReader(value.bytes)};
    const auto sid = read_sid(cursor);
    const std::string_view alias = sid ? alias_of(*sid, context) : std::string_view{};
    return "SID(" + (alias.empty() ? sid ? to_string(*sid) : "" : std::string(alias)) + ")";
  }
  default:
    return std::to_string(value.number);
  }
}

} // namespace

Result<Claim> parse_claim_binary(Bytes bytes) {
  const SpanReader reader(bytes);
  Cursor cursor(reader);
  const std::uint32_t name = cursor.u32();
  Claim claim;
  claim.type = static_cast<ClaimType>(cursor.u16());
  cursor.u16();
  claim.flags = cursor.u32();
  const std::uint32_t count = cursor.u32();
  if (!cursor.ok())
    return cursor.error("a claim header of 16 bytes");
  if (count > maximum_values)
    return Error{ErrorCode::limit, 12, "expected at most 1024 claim values, found " + std::to_string(count)};
  auto text = read_text(reader, name);
  if (!text)
    return text.error();
  claim.name = std::move(*text);
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::uint32_t offset = cursor.u32();
    if (!cursor.ok())
      return cursor.error("the offset of a claim value");
    auto value = read_value(reader, offset, claim.type);
    if (!value)
      return value.error();
    claim.values.push_back(std::move(*value));
  }
  return claim;
}

std::vector<std::byte> write_claim_binary(const Claim &claim) {
  const std::size_t name_offset = 16 + 4 * claim.values.size();
  std::vector<std::byte> tail;
  put_text(tail, claim.name);
  std::vector<std::byte> out;
  put_u32(out, name_offset);
  put_u16(out, static_cast<std::uint16_t>(claim.type));
  put_u16(out, 0);
  put_u32(out, claim.flags);
  put_u32(out, claim.values.size());
  for (const ClaimValue &value : claim.values) {
    put_u32(out, name_offset + tail.size());
    switch (claim.type) {
    case ClaimType::string:
      put_text(tail, value.text);
      break;
    case ClaimType::sid:
    case ClaimType::octets:
      put_u32(tail, value.bytes.size());
      tail.insert(tail.end(), value.bytes.begin(), value.bytes.end());
      break;
    default:
      put_u32(tail, value.number & 0xffffffffu);
      put_u32(tail, value.number >> 32);
    }
  }
  out.insert(out.end(), tail.begin(), tail.end());
  out.resize((out.size() + 3) & ~std::size_t{3});
  return out;
}

Result<Claim> parse_claim_text(std::string_view text, std::size_t &position, const SidContext &context) {
  ClaimText in(text, position, context);
  if (!in.accept('('))
    return in.error("expected ( before a resource attribute");
  auto name = in.quoted();
  if (!name)
    return name.error();
  Claim claim;
  claim.name = std::move(*name);
  if (!in.accept(','))
    return in.error("expected , after the attribute name");
  const std::string_view type = in.word();
  const auto found = std::ranges::find(type_words, type, &TypeWord::code);
  if (found == std::end(type_words))
    return in.error("expected an attribute type (TI TU TS TD TX TB), found '" + printable(type) + "'");
  claim.type = found->type;
  if (!in.accept(','))
    return in.error("expected , after the attribute type");
  const auto flags = parse_literal_number(in.word());
  if (!flags || flags->value > 0xffffffffu)
    return in.error("expected 32-bit attribute flags");
  claim.flags = static_cast<std::uint32_t>(flags->value);
  while (in.accept(',')) {
    if (claim.values.size() == maximum_values)
      return Error{ErrorCode::limit, in.position(), "expected at most 1024 attribute values"};
    auto value = in.value(claim.type);
    if (!value)
      return value.error();
    claim.values.push_back(std::move(*value));
  }
  if (!in.accept(')'))
    return in.error("expected , or ) in a resource attribute");
  position = in.position();
  return claim;
}

std::string format_claim(const Claim &claim, const SidContext &context) {
  const auto found = std::ranges::find(type_words, claim.type, &TypeWord::type);
  std::string text = "(\"" + escape(claim.name, EscapeSet::string) + "\",";
  text += found == std::end(type_words) ? "?" : found->code;
  text += "," + hex(claim.flags);
  for (const ClaimValue &value : claim.values)
    text += "," + format_value(value, claim.type, context);
  return text + ")";
}

bool has_duplicate_values(const Claim &claim) {
  const bool sensitive = (claim.flags & claim_flag::value_case_sensitive) != 0;
  const auto order = [&](const ClaimValue &a, const ClaimValue &b) {
    if (claim.type == ClaimType::string)
      return compare(a.text, b.text, sensitive) < 0;
    return a.number != b.number ? a.number < b.number : a.bytes < b.bytes;
  };
  std::vector<std::size_t> indices(claim.values.size());
  for (std::size_t i = 0; i < indices.size(); ++i)
    indices[i] = i;
  const auto by_value = [&](std::size_t a, std::size_t b) { return order(claim.values[a], claim.values[b]); };
  std::ranges::sort(indices, by_value);
  return std::ranges::adjacent_find(indices, [&](std::size_t a, std::size_t b) { return !by_value(a, b); }) !=
         indices.end();
}

} // namespace ringfence::security
