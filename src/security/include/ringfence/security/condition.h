// Conditional expressions of callback ACEs ([MS-DTYP] 2.4.4.17): text, the `artx` binary form, and three-valued
// evaluation. A Condition is the expression in postfix order, exactly the order of the binary form. Invariant: every
// operator finds its operands (the stack never runs dry and one entry is left), nesting of the text is at most 64,
// literals are not nested.
#pragma once

#include <ringfence/base/result.h>
#include <ringfence/base/span_reader.h>
#include <ringfence/security/claim.h>
#include <ringfence/security/sddl_number.h>
#include <ringfence/security/sid.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ringfence::security {

enum class ConditionCode : std::uint8_t {
  padding = 0x00,
  int8 = 0x01,
  int16 = 0x02,
  int32 = 0x03,
  int64 = 0x04,
  string = 0x10,
  octets = 0x18,
  composite = 0x50,
  sid = 0x51,
  equal = 0x80,
  not_equal = 0x81,
  less = 0x82,
  less_or_equal = 0x83,
  greater = 0x84,
  greater_or_equal = 0x85,
  contains = 0x86,
  exists = 0x87,
  any_of = 0x88,
  member_of = 0x89,
  device_member_of = 0x8a,
  member_of_any = 0x8b,
  device_member_of_any = 0x8c,
  not_exists = 0x8d,
  not_contains = 0x8e,
  not_any_of = 0x8f,
  not_member_of = 0x90,
  not_device_member_of = 0x91,
  not_member_of_any = 0x92,
  not_device_member_of_any = 0x93,
  logical_and = 0xa0,
  logical_or = 0xa1,
  logical_not = 0xa2,
  local_attribute = 0xf8,
  user_attribute = 0xf9,
  resource_attribute = 0xfa,
  device_attribute = 0xfb,
};

struct ConditionToken {
  ConditionCode code = ConditionCode::padding;
  LiteralNumber number;                ///< int8 to int64
  std::u16string text;                 ///< string, or the name of an attribute
  std::vector<std::byte> bytes;        ///< octets, or a SID in wire form
  std::vector<ConditionToken> members; ///< composite
  friend bool operator==(const ConditionToken &a, const ConditionToken &b) {
    return a.code == b.code && a.number.value == b.number.value && a.text == b.text && a.bytes == b.bytes &&
           a.members == b.members;
  }
};

struct Condition {
  std::vector<ConditionToken> postfix;
  friend bool operator==(const Condition &, const Condition &) = default;
};

/// Reads `( ... )` at `position` of `text` and moves `position` behind it. Error offsets are positions in `text`.
/// `leniencies`, where given, receives what only Windows accepts (position and what); without it those are errors.
struct ConditionLeniency {
  std::size_t position;
  std::string what;
};
Result<Condition> parse_condition_text(std::string_view text, std::size_t &position, const SidContext &context,
                                       std::vector<ConditionLeniency> *leniencies);
/// Fully parenthesised, as Windows writes it.
std::string format_condition(const Condition &condition, const SidContext &context);

/// Reads the application data of a callback ACE. Errors: no `artx`, unknown codes, lengths that leave the data,
/// operators without operands, more than 4,096 tokens.
Result<Condition> parse_condition_binary(Bytes bytes);
/// `artx`, the tokens, zero bytes up to a multiple of 4.
std::vector<std::byte> write_condition_binary(const Condition &condition);

enum class Truth : std::uint8_t { false_, true_, unknown };
std::string_view name_of(Truth truth);

/// What a condition may look at. Membership asks for enabled SIDs; the caller prepares the lists.
struct ConditionSubject {
  std::span<const Claim> user_claims;
  std::span<const Claim> device_claims;
  std::span<const Claim> local_claims;
  std::span<const Claim> resource_attributes;
  std::span<const Sid> groups;
  std::span<const Sid> device_groups;
};
Truth evaluate(const Condition &condition, const ConditionSubject &subject);

} // namespace ringfence::security
