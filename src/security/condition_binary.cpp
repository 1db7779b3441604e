// The `artx` form: one byte of code per token, little-endian operands, zero padding at the end.
#include <ringfence/security/condition.h>

#include <ringfence/base/text.h>

#include "condition_words.h"

namespace ringfence::security {
namespace {

using Code = ConditionCode;
constexpr std::size_t maximum_tokens = 4096;

void put_u32(std::vector<std::byte> &out, std::size_t value) {
  for (unsigned i = 0; i < 4; ++i)
    out.push_back(static_cast<std::byte>(value >> 8 * i & 0xff));
}

Result<ConditionToken> read_token(Cursor &cursor, bool inside_composite, std::size_t &budget);

Result<ConditionToken> read_composite(Cursor &cursor, ConditionToken token, std::size_t &budget) {
  const std::uint64_t at = cursor.absolute();
  const std::uint32_t length = cursor.u32();
  const Bytes body = cursor.bytes(length);
  if (!cursor.ok())
    return cursor.error("a composite literal");
  Cursor members(SpanReader(body, at + 4));
  while (members.remaining()) {
    auto member = read_token(members, true, budget);
    if (!member)
      return member.error();
    token.members.push_back(std::move(*member));
  }
  return token;
}

Status read_operand(Cursor &cursor, ConditionToken &token) {
  const std::uint64_t at = cursor.absolute();
  if (is_integer(token.code)) {
    token.number.value = cursor.u64();
    token.number.sign = static_cast<LiteralNumber::Sign>(cursor.u8());
    token.number.base = static_cast<LiteralNumber::Base>(cursor.u8());
    if (!cursor.ok())
      return cursor.error("an integer literal of 10 bytes");
    const auto sign = static_cast<unsigned>(token.number.sign);
    const auto base = static_cast<unsigned>(token.number.base);
    if (sign < 1 || sign > 3 || base < 1 || base > 3)
      return Error{ErrorCode::malformed, at + 8, "expected sign and base of a literal between 1 and 3"};
    return {};
  }
  const std::uint32_t length = cursor.u32();
  const Bytes body = cursor.bytes(length);
  if (!cursor.ok())
    return cursor.error("the operand that token " + hex(static_cast<unsigned>(token.code), 2) + " announces");
  if (token.code == Code::octets) {
    token.bytes.assign(body.begin(), body.end());
    return {};
  }
  if (token.code == Code::sid) {
    Cursor inner(SpanReader(body, at + 4));
    const auto sid = read_sid(inner);
    if (!sid)
      return sid.error();
    if (inner.remaining())
      return Error{ErrorCode::malformed, at, "expected a SID that fills its operand"};
    token.bytes.assign(body.begin(), body.end());
    return {};
  }
  if (length % 2)
    return Error{ErrorCode::malformed, at, "expected an even number of bytes of UTF-16"};
  for (std::size_t i = 0; i < length; i += 2)
    token.text += static_cast<char16_t>(load_little_endian<std::uint16_t>(body.data() + i));
  if (is_attribute(token.code) && token.text.empty())
    return Error{ErrorCode::malformed, at, "expected an attribute name"};
  return {};
}

Result<ConditionToken> read_token(Cursor &cursor, bool inside_composite, std::size_t &budget) {
  ConditionToken token;
  const std::uint64_t at = cursor.absolute();
  if (!budget--)
    return Error{ErrorCode::limit, at, "expected at most 4096 tokens in a condition"};
  token.code = static_cast<Code>(cursor.u8());
  const bool composite = token.code == Code::composite;
  if (inside_composite && (composite || !is_literal(token.code)))
    return Error{ErrorCode::malformed, at, "expected a simple literal inside a composite"};
  if (composite)
    return read_composite(cursor, std::move(token), budget);
  if (is_literal(token.code) || is_attribute(token.code)) {
    if (const Status status = read_operand(cursor, token); !status)
      return status.error();
    return token;
  }
  if (!find_operator(token.code))
    return Error{ErrorCode::malformed, at,
                 "expected a condition token, found " + hex(static_cast<unsigned>(token.code), 2)};
  return token;
}

void append(std::vector<std::byte> &out, const ConditionToken &token) {
  out.push_back(static_cast<std::byte>(token.code));
  if (token.code == Code::composite) {
    std::vector<std::byte> body;
    for (const ConditionToken &member : token.members)
      append(body, member);
    put_u32(out, body.size());
    out.insert(out.end(), body.begin(), body.end());
  } else if (is_integer(token.code)) {
    put_u32(out, token.number.value & 0xffffffffu);
    put_u32(out, token.number.value >> 32);
    out.push_back(static_cast<std::byte>(token.number.sign));
    out.push_back(static_cast<std::byte>(token.number.base));
  } else if (token.code == Code::octets || token.code == Code::sid) {
    put_u32(out, token.bytes.size());
    out.insert(out.end(), token.bytes.begin(), token.bytes.end());
  } else if (token.code == Code::string || is_attribute(token.code)) {
    put_u32(out, token.text.size() * 2);
    for (const char16_t unit : token.text) {
      out.push_back(static_cast<std::byte>(unit & 0xff));
      out.push_back(static_cast<std::byte>(unit >> 8));
    }
  }
}

} // namespace

Result<Condition> parse_condition_binary(Bytes bytes) {
  Cursor cursor{SpanReader(bytes)};
  if (cursor.u32() != 0x78747261)
    return Error{ErrorCode::malformed, 0, "expected a condition that starts with artx"};
  Condition condition;
  std::size_t depth = 0;
  std::size_t budget = maximum_tokens;
  while (cursor.remaining()) {
    const std::uint64_t at = cursor.absolute();
    if (std::to_integer<unsigned>(bytes[static_cast<std::size_t>(at)]) == 0) {
      cursor.u8();
      if (cursor.remaining() > 2)
        return Error{ErrorCode::malformed, at, "expected at most three bytes of padding"};
      continue;
    }
    auto token = read_token(cursor, false, budget);
    if (!token)
      return token.error();
    const OperatorWord *word = find_operator(token->code);
    const std::size_t operands = !word ? 0
                                 : word->kind == OperatorKind::relational || word->kind == OperatorKind::binary_logic
                                     ? 2
                                     : 1;
    if (depth < operands)
      return Error{ErrorCode::malformed, at, "expected operands before " + std::string(word->text)};
    depth = depth - operands + 1;
    condition.postfix.push_back(std::move(*token));
  }
  if (depth != 1)
    return Error{ErrorCode::malformed, cursor.absolute(),
                 "expected one result of the condition, found " + std::to_string(depth)};
  return condition;
}

std::vector<std::byte> write_condition_binary(const Condition &condition) {
  std::vector<std::byte> out = {std::byte{'a'}, std::byte{'r'}, std::byte{'t'}, std::byte{'x'}};
  for (const ConditionToken &token : condition.postfix)
    append(out, token);
  out.resize((out.size() + 3) & ~std::size_t{3});
  return out;
}

} // namespace ringfence::security
