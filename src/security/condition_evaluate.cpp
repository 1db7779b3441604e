// Three-valued evaluation. Every behaviour that [MS-DTYP] leaves open follows what Windows was observed to answer:
// see docs/security-model.md, "Conditional entries".
#include <ringfence/security/condition.h>

#include "condition_words.h"
#include "upcase.h"

#include <algorithm>
#include <array>
#include <optional>

namespace ringfence::security {
namespace {

using Code = ConditionCode;

enum class ValueKind : std::uint8_t { integer, unsigned_integer, boolean, string, octets, sid };

struct Value {
  ValueKind kind = ValueKind::integer;
  std::uint64_t number = 0;
  std::u16string_view text;
  std::span<const std::byte> bytes;
};

// What stands on the stack: a value set (an attribute or a literal) or the result of an operator.
struct Operand {
  enum class Kind : std::uint8_t { missing, values, result } kind = Kind::missing;
  bool attribute = false;
  bool composite = false; ///< a list literal; claims are sets in any case
  bool case_sensitive = false;
  Truth truth = Truth::unknown;
  std::vector<Value> values;
};

Operand result_of(Truth truth) {
  Operand operand;
  operand.kind = Operand::Kind::result;
  operand.truth = truth;
  return operand;
}
Truth truth_of(bool value) { return value ? Truth::true_ : Truth::false_; }
Truth negate(Truth truth) {
  return truth == Truth::unknown ? truth : truth == Truth::true_ ? Truth::false_ : Truth::true_;
}

std::span<const Claim> claims_of(Code code, const ConditionSubject &subject) {
  switch (code) {
  case Code::user_attribute:
    return subject.user_claims;
  case Code::device_attribute:
    return subject.device_claims;
  case Code::resource_attribute:
    return subject.resource_attributes;
  default:
    return subject.local_claims;
  }
}

ValueKind kind_of(ClaimType type) {
  switch (type) {
  case ClaimType::uint64:
    return ValueKind::unsigned_integer;
  case ClaimType::string:
    return ValueKind::string;
  case ClaimType::sid:
    return ValueKind::sid;
  case ClaimType::boolean:
    return ValueKind::boolean;
  case ClaimType::octets:
    return ValueKind::octets;
  default:
    return ValueKind::integer;
  }
}

// The attribute's values; missing where no claim has the name. Nothing when the claim is invalid.
std::optional<Operand> attribute_operand(const ConditionToken &token, const ConditionSubject &subject) {
  Operand operand;
  operand.attribute = true;
  const Claim *found = nullptr;
  // The last claim of a name takes precedence.
  for (const Claim &claim : claims_of(token.code, subject))
    if (compare(claim.name, token.text, false) == 0)
      found = &claim;
  if (!found || (found->flags & claim_flag::disabled))
    return operand;
  if (has_duplicate_values(*found))
    return std::nullopt;
  operand.kind = Operand::Kind::values;
  operand.case_sensitive = (found->flags & claim_flag::value_case_sensitive) != 0;
  for (const ClaimValue &value : found->values)
    operand.values.push_back({kind_of(found->type), value.number, value.text, value.bytes});
  return operand;
}

Value literal_value(const ConditionToken &token) {
  switch (token.code) {
  case Code::string:
    return {ValueKind::string, 0, token.text, {}};
  case Code::octets:
    return {ValueKind::octets, 0, {}, token.bytes};
  case Code::sid:
    return {ValueKind::sid, 0, {}, token.bytes};
  default:
    return {ValueKind::integer, token.number.value, {}, {}};
  }
}

Operand literal_operand(const ConditionToken &token) {
  Operand operand;
  operand.kind = Operand::Kind::values;
  operand.composite = token.code == Code::composite;
  if (!operand.composite)
    operand.values.push_back(literal_value(token));
  for (const ConditionToken &member : token.members)
    operand.values.push_back(literal_value(member));
  return operand;
}

bool is_number(ValueKind kind) { return kind == ValueKind::integer || kind == ValueKind::unsigned_integer; }

int compare_numbers(const Value &a, const Value &b) {
  const bool a_negative = a.kind == ValueKind::integer && static_cast<std::int64_t>(a.number) < 0;
  const bool b_negative = b.kind == ValueKind::integer && static_cast<std::int64_t>(b.number) < 0;
  if (a_negative != b_negative)
    return a_negative ? -1 : 1;
  return a.number < b.number ? -1 : a.number > b.number ? 1 : 0;
}

int compare_bytes(std::span<const std::byte> a, std::span<const std::byte> b) {
  const auto order = std::lexicographical_compare_three_way(a.begin(), a.end(), b.begin(), b.end());
  return order < 0 ? -1 : order > 0 ? 1 : 0;
}

// The order of two values; nothing when their types cannot be compared.
std::optional<int> order(const Value &a, const Value &b, bool case_sensitive) {
  if (is_number(a.kind) && is_number(b.kind))
    return compare_numbers(a, b);
  // A boolean compares with the literals 0 and 1.
  if ((a.kind == ValueKind::boolean && is_number(b.kind) && b.number < 2) ||
      (b.kind == ValueKind::boolean && is_number(a.kind) && a.number < 2))
    return (a.number != 0) == (b.number != 0) ? 0 : 1;
  if (a.kind != b.kind)
    return std::nullopt;
  switch (a.kind) {
  case ValueKind::string:
    return compare(a.text, b.text, case_sensitive);
  case ValueKind::boolean:
    return a.number == b.number ? 0 : 1;
  default:
    return compare_bytes(a.bytes, b.bytes);
  }
}

bool comparable(const Operand &left, const Operand &right) {
  return std::ranges::all_of(left.values, [&](const Value &a) {
    return std::ranges::all_of(right.values, [&](const Value &b) { return order(a, b, true).has_value(); });
  });
}

bool holds(const Operand &set, const Value &value, bool case_sensitive) {
  return std::ranges::any_of(set.values,
                             [&](const Value &member) { return order(member, value, case_sensitive) == 0; });
}

Truth equality(const Operand &left, const Operand &right, bool sensitive) {
  if (!comparable(left, right))
    return Truth::unknown;
  // A literal with duplicates is longer than any claim with the same members, and never equal.
  return truth_of(left.values.size() == right.values.size() &&
                  std::ranges::all_of(left.values, [&](const Value &v) { return holds(right, v, sensitive); }));
}

Truth ordering(Code code, const Operand &left, const Operand &right, bool sensitive) {
  if (left.values.size() != 1 || right.values.size() != 1 || right.composite)
    return Truth::unknown;
  const Value &a = left.values[0];
  if (a.kind == ValueKind::sid || a.kind == ValueKind::boolean || right.values[0].kind == ValueKind::boolean)
    return Truth::unknown;
  const auto cmp = order(a, right.values[0], sensitive);
  if (!cmp)
    return Truth::unknown;
  switch (code) {
  case Code::less:
    return truth_of(*cmp < 0);
  case Code::less_or_equal:
    return truth_of(*cmp <= 0);
  case Code::greater:
    return truth_of(*cmp > 0);
  default:
    return truth_of(*cmp >= 0);
  }
}

Truth contains(const Operand &left, const Operand &right, bool sensitive) {
  if (right.composite && right.values.empty())
    return Truth::false_; // decided before the left side is looked at
  if (left.kind == Operand::Kind::missing || right.kind == Operand::Kind::missing || right.values.empty() ||
      left.values.empty() || !comparable(left, right))
    return Truth::unknown;
  return truth_of(std::ranges::all_of(right.values, [&](const Value &v) { return holds(left, v, sensitive); }));
}

Truth any_of(const Operand &left, const Operand &right, bool sensitive) {
  const bool needs_list = !right.attribute && !right.composite;
  if (left.kind == Operand::Kind::missing || right.kind == Operand::Kind::missing || needs_list ||
      left.values.empty() || (right.attribute && right.values.empty()) || !comparable(left, right))
    return Truth::unknown;
  return truth_of(std::ranges::any_of(right.values, [&](const Value &v) { return holds(left, v, sensitive); }));
}

// Nothing when the expression is in error: its result is Unknown whatever else stands in it.
std::optional<Truth> relation(Code code, const Operand &left, const Operand &right) {
  if (!left.attribute || left.kind == Operand::Kind::result || right.kind == Operand::Kind::result)
    return std::nullopt;
  const bool sensitive = left.case_sensitive || right.case_sensitive;
  switch (code) {
  case Code::contains:
    return contains(left, right, sensitive);
  case Code::not_contains:
    return negate(contains(left, right, sensitive));
  case Code::any_of:
    return any_of(left, right, sensitive);
  case Code::not_any_of:
    return negate(any_of(left, right, sensitive));
  default:
    break;
  }
  if (left.kind == Operand::Kind::missing || right.kind == Operand::Kind::missing || left.values.empty() ||
      (right.attribute && right.values.empty()))
    return Truth::unknown;
  if (code == Code::equal)
    return equality(left, right, sensitive);
  if (code == Code::not_equal)
    return negate(equality(left, right, sensitive));
  return ordering(code, left, right, sensitive);
}

std::optional<Truth> membership(Code code, const Operand &list, const ConditionSubject &subject) {
  if (list.kind != Operand::Kind::values || list.attribute || list.values.empty())
    return std::nullopt;
  const bool device = code == Code::device_member_of || code == Code::device_member_of_any ||
                      code == Code::not_device_member_of || code == Code::not_device_member_of_any;
  const bool any = code == Code::member_of_any || code == Code::device_member_of_any ||
                   code == Code::not_member_of_any || code == Code::not_device_member_of_any;
  const bool inverted = code >= Code::not_member_of && code <= Code::not_device_member_of_any;
  const auto groups = device ? subject.device_groups : subject.groups;
  std::size_t found = 0;
  for (const Value &value : list.values) {
    if (value.kind != ValueKind::sid)
      return std::nullopt;
    Cursor cursor{SpanReader(value.bytes)};
    const auto sid = read_sid(cursor);
    if (!sid)
      return std::nullopt;
    found += std::ranges::find(groups, *sid) != groups.end() ? 1u : 0u;
  }
  const bool member = any ? found > 0 : found == list.values.size();
  return truth_of(member != inverted);
}

// The truth of an operand of && || !. Nothing for a literal, which is an error.
std::optional<Truth> logical_value(const Operand &operand) {
  if (operand.kind == Operand::Kind::result)
    return operand.truth;
  if (!operand.attribute)
    return std::nullopt;
  if (operand.kind == Operand::Kind::missing || operand.values.empty())
    return Truth::unknown;
  bool any = false;
  for (const Value &value : operand.values) {
    if (value.kind == ValueKind::sid || value.kind == ValueKind::octets)
      return Truth::unknown;
    any = any || (value.kind == ValueKind::string ? !value.text.empty() : value.number != 0);
  }
  return truth_of(any);
}

std::optional<Truth> exists(const Operand &operand) {
  if (!operand.attribute)
    return std::nullopt;
  if (operand.kind == Operand::Kind::missing)
    return Truth::false_;
  return operand.values.empty() ? Truth::unknown : Truth::true_;
}

std::optional<Truth> logic(Code code, const Operand &left, const Operand &right) {
  const auto a = logical_value(left);
  const auto b = logical_value(right);
  if (!a || !b)
    return std::nullopt;
  const Truth decisive = code == Code::logical_and ? Truth::false_ : Truth::true_;
  if (*a == decisive || *b == decisive)
    return decisive;
  return *a == Truth::unknown || *b == Truth::unknown ? Truth::unknown : negate(decisive);
}

bool is_bare_attribute(const Operand &operand) { return operand.attribute && operand.kind != Operand::Kind::result; }

std::optional<Truth> unary(const OperatorWord &op, const Operand &operand, const std::vector<Operand> &below,
                           const ConditionSubject &subject) {
  switch (op.kind) {
  case OperatorKind::member:
    return membership(op.code, operand, subject);
  case OperatorKind::exists: {
    const auto truth = exists(operand);
    return truth && op.code == Code::not_exists ? negate(*truth) : truth;
  }
  default:
    // Windows gets lost when ! meets an attribute while another one waits: `a && !(b)` is Unknown, `!(b) && a` is not.
    if (is_bare_attribute(operand) && !below.empty() && is_bare_attribute(below.back()))
      return std::nullopt;
    const auto truth = logical_value(operand);
    return truth ? std::optional(negate(*truth)) : std::nullopt;
  }
}

} // namespace

std::string_view name_of(Truth truth) {
  constexpr std::array<std::string_view, 3> names = {"false", "true", "unknown"};
  return names[static_cast<std::size_t>(truth)];
}

Truth evaluate(const Condition &condition, const ConditionSubject &subject) {
  std::vector<Operand> stack;
  for (const ConditionToken &token : condition.postfix) {
    if (is_attribute(token.code)) {
      auto operand = attribute_operand(token, subject);
      if (!operand)
        return Truth::unknown;
      stack.push_back(std::move(*operand));
      continue;
    }
    const OperatorWord *op = find_operator(token.code);
    if (!op) {
      stack.push_back(literal_operand(token));
      continue;
    }
    const bool binary = op->kind == OperatorKind::relational || op->kind == OperatorKind::binary_logic;
    if (stack.size() < (binary ? 2u : 1u))
      return Truth::unknown;
    const Operand right = std::move(stack.back());
    stack.pop_back();
    std::optional<Truth> truth;
    if (binary) {
      const Operand left = std::move(stack.back());
      stack.pop_back();
      truth = op->kind == OperatorKind::relational ? relation(token.code, left, right) : logic(token.code, left, right);
    } else {
      truth = unary(*op, right, stack, subject);
    }
    if (!truth)
      return Truth::unknown;
    stack.push_back(result_of(*truth));
  }
  if (stack.size() != 1)
    return Truth::unknown;
  return logical_value(stack[0]).value_or(Truth::unknown);
}

} // namespace ringfence::security
