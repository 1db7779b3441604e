// The operators of conditional expressions: their codes, spelling and kinds.
#pragma once

#include <ringfence/security/condition.h>

#include <span>
#include <string_view>

namespace ringfence::security {

enum class OperatorKind { relational, exists, member, binary_logic, unary_logic };

struct OperatorWord {
  ConditionCode code;
  std::string_view text;
  OperatorKind kind;
};
std::span<const OperatorWord> operator_words();
/// The operator with this code, or nullptr for operands.
const OperatorWord *find_operator(ConditionCode code);
/// A word operator (Contains, Member_of, ...) in any case.
const OperatorWord *find_operator(std::string_view word);

bool is_attribute(ConditionCode code);
bool is_integer(ConditionCode code);
bool is_literal(ConditionCode code);

} // namespace ringfence::security
