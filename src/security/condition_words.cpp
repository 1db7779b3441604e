#include "condition_words.h"

#include <ringfence/base/text.h>

namespace ringfence::security {
namespace {

using Code = ConditionCode;
using Kind = OperatorKind;

// `_any` in lower case is how Windows writes it.
constexpr OperatorWord operators[] = {
    {Code::equal, "==", Kind::relational},
    {Code::not_equal, "!=", Kind::relational},
    {Code::less, "<", Kind::relational},
    {Code::less_or_equal, "<=", Kind::relational},
    {Code::greater, ">", Kind::relational},
    {Code::greater_or_equal, ">=", Kind::relational},
    {Code::contains, "Contains", Kind::relational},
    {Code::exists, "Exists", Kind::exists},
    {Code::any_of, "Any_of", Kind::relational},
    {Code::member_of, "Member_of", Kind::member},
    {Code::device_member_of, "Device_Member_of", Kind::member},
    {Code::member_of_any, "Member_of_any", Kind::member},
    {Code::device_member_of_any, "Device_Member_of_any", Kind::member},
    {Code::not_exists, "Not_Exists", Kind::exists},
    {Code::not_contains, "Not_Contains", Kind::relational},
    {Code::not_any_of, "Not_Any_of", Kind::relational},
    {Code::not_member_of, "Not_Member_of", Kind::member},
    {Code::not_device_member_of, "Not_Device_Member_of", Kind::member},
    {Code::not_member_of_any, "Not_Member_of_any", Kind::member},
    {Code::not_device_member_of_any, "Not_Device_Member_of_any", Kind::member},
    {Code::logical_and, "&&", Kind::binary_logic},
    {Code::logical_or, "||", Kind::binary_logic},
    {Code::logical_not, "!", Kind::unary_logic},
};

} // namespace

std::span<const OperatorWord> operator_words() { return operators; }

const OperatorWord *find_operator(ConditionCode code) {
  for (const OperatorWord &word : operators)
    if (word.code == code)
      return &word;
  return nullptr;
}

const OperatorWord *find_operator(std::string_view text) {
  for (const OperatorWord &word : operators)
    if (ascii_iequals(word.text, text))
      return &word;
  return nullptr;
}

bool is_attribute(ConditionCode code) { return code >= Code::local_attribute && code <= Code::device_attribute; }
bool is_integer(ConditionCode code) { return code >= Code::int8 && code <= Code::int64; }
bool is_literal(ConditionCode code) {
  return is_integer(code) || code == Code::string || code == Code::octets || code == Code::composite ||
         code == Code::sid;
}

} // namespace ringfence::security
