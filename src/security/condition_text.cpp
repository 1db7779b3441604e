// The text form of conditional expressions: a recursive descent reader and a writer.
#include <ringfence/security/condition.h>

#include <ringfence/base/text.h>

#include "condition_words.h"
#include "escape.h"

#include <algorithm>

namespace ringfence::security {
namespace {

using Code = ConditionCode;
constexpr unsigned maximum_depth = 64;
constexpr std::size_t maximum_members = 1024;

struct AttributePrefix {
  std::string_view text;
  Code code;
};
constexpr AttributePrefix prefixes[] = {
    {"@USER.", Code::user_attribute},
    {"@DEVICE.", Code::device_attribute},
    {"@RESOURCE.", Code::resource_attribute},
};

class ConditionReader {
public:
  ConditionReader(std::string_view text, std::size_t position, const SidContext &context,
                  std::vector<ConditionLeniency> *leniencies)
      : text_(text), at_(position), context_(context), leniencies_(leniencies) {}

  Result<Condition> read() {
    skip_spaces();
    if (peek() != '(')
      return error("expected ( before a condition");
    if (!parenthesised())
      return error_;
    return Condition{std::move(out_)};
  }
  std::size_t position() const { return at_; }

private:
  Error error(std::string what) const { return {ErrorCode::malformed, at_, std::move(what)}; }
  bool fail(std::string what) {
    error_ = error(std::move(what));
    return false;
  }
  /// Accepted by Windows only: noted, or an error in strict reading.
  bool lenient(std::string what) {
    if (!leniencies_)
      return fail(std::move(what));
    leniencies_->push_back({at_, std::move(what)});
    return true;
  }
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool starts(std::string_view what) const { return text_.substr(at_).starts_with(what); }
  void skip_spaces() {
    while (peek() == ' ' || peek() == '\t' || peek() == '\n' || peek() == '\r')
      ++at_;
  }
  bool accept(std::string_view what) {
    skip_spaces();
    if (!starts(what))
      return false;
    at_ += what.size();
    return true;
  }
  void emit(Code code) {
    ConditionToken token;
    token.code = code;
    out_.push_back(std::move(token));
  }

  bool parenthesised();
  bool disjunction();
  bool conjunction();
  bool term();
  bool comparison_after_attribute();
  bool attribute(bool local_allowed);
  bool operand(bool attribute_allowed);
  bool literal(ConditionToken &token);
  bool composite(ConditionToken &token);
  bool sid(ConditionToken &token);
  bool octets(ConditionToken &token);
  bool quoted(ConditionToken &token);
  bool number(ConditionToken &token);
  std::string_view word() const;

  std::string_view text_;
  std::size_t at_;
  const SidContext &context_;
  std::vector<ConditionLeniency> *leniencies_;
  std::vector<ConditionToken> out_;
  Error error_;
  unsigned depth_ = 0;
};

bool ConditionReader::parenthesised() {
  if (!accept("("))
    return fail("expected (");
  if (++depth_ > maximum_depth)
    return fail("expected at most 64 nested parentheses");
  if (!disjunction())
    return false;
  if (!accept(")"))
    return fail("expected an operator or ) in a condition");
  --depth_;
  return true;
}

bool ConditionReader::disjunction() {
  if (!conjunction())
    return false;
  while (accept("||")) {
    if (!conjunction())
      return false;
    emit(Code::logical_or);
  }
  return true;
}

bool ConditionReader::conjunction() {
  if (!term())
    return false;
  while (accept("&&")) {
    if (!term())
      return false;
    emit(Code::logical_and);
  }
  return true;
}

bool ConditionReader::term() {
  skip_spaces();
  if (accept("!")) {
    skip_spaces();
    if (peek() == '(') {
      if (!parenthesised())
        return false;
    } else if (peek() == '@') {
      if (!attribute(false))
        return false;
    } else {
      return fail("expected ( or an @ attribute after !");
    }
    emit(Code::logical_not);
    return true;
  }
  if (peek() == '(') {
    const std::size_t before = out_.size();
    if (!parenthesised())
      return false;
    skip_spaces();
    const bool bare_attribute = out_.size() == before + 1 && is_attribute(out_.back().code);
    const bool compared = peek() != ')' && !starts("&&") && !starts("||");
    if (!bare_attribute || !compared)
      return true;
    return lenient("an attribute in parentheses before an operator") && comparison_after_attribute();
  }
  if (const OperatorWord *op = find_operator(word()); op && op->kind != OperatorKind::relational) {
    at_ += word().size();
    if (op->kind == OperatorKind::exists) {
      const bool nested = accept("(");
      if (!attribute(true) || (nested && !accept(")")))
        return error_.what.empty() ? fail("expected ) after an attribute") : false;
    } else if (!operand(false)) {
      return false;
    }
    emit(op->code);
    return true;
  }
  return attribute(true) && comparison_after_attribute();
}

bool ConditionReader::comparison_after_attribute() {
  skip_spaces();
  // The two-character operators first: < is a prefix of <=.
  constexpr std::string_view symbols[] = {"==", "!=", "<=", ">=", "<", ">"};
  const OperatorWord *op = nullptr;
  for (const std::string_view symbol : symbols)
    if (!op && starts(symbol)) {
      op = find_operator(symbol);
      at_ += symbol.size();
    }
  if (!op) {
    op = find_operator(word());
    if (!op || op->kind != OperatorKind::relational)
      return true;
    at_ += word().size();
  }
  if (!operand(true))
    return false;
  emit(op->code);
  return true;
}

std::string_view ConditionReader::word() const {
  std::size_t end = at_;
  while (end < text_.size() &&
         (text_[end] == '_' || (ascii_lower(text_[end]) >= 'a' && ascii_lower(text_[end]) <= 'z')))
    ++end;
  return text_.substr(at_, end - at_);
}

bool ConditionReader::attribute(bool local_allowed) {
  skip_spaces();
  ConditionToken token;
  token.code = Code::local_attribute;
  EscapeSet set = EscapeSet::local_name;
  if (peek() == '@') {
    for (const AttributePrefix &prefix : prefixes)
      if (ascii_istarts_with(text_.substr(at_), prefix.text)) {
        token.code = prefix.code;
        at_ += prefix.text.size();
        break;
      }
    if (token.code == Code::local_attribute)
      return fail("expected @User., @Device. or @Resource.");
    set = EscapeSet::qualified_name;
  } else if (!local_allowed) {
    return fail("expected an @User., @Device. or @Resource. attribute");
  }
  const std::size_t start = at_;
  while (at_ < text_.size() && (is_plain(text_[at_], set) || text_[at_] == '%' || (text_[at_] & 0x80)))
    ++at_;
  if (at_ == start)
    return fail("expected an attribute name");
  const std::string_view name = text_.substr(start, at_ - start);
  if (token.code == Code::local_attribute && find_operator(name)) {
    at_ = start;
    return fail("expected an attribute, found the operator " + std::string(name));
  }
  token.text = unescape(name);
  out_.push_back(std::move(token));
  return true;
}

bool ConditionReader::operand(bool attribute_allowed) {
  skip_spaces();
  if (peek() == '(') {
    if (++depth_ > maximum_depth)
      return fail("expected at most 64 nested parentheses");
    ++at_;
    if (!operand(attribute_allowed))
      return false;
    if (!accept(")"))
      return fail("expected ) after an operand");
    --depth_;
    return true;
  }
  if (peek() == '@') {
    if (!attribute_allowed)
      return fail("expected a SID or a list of SIDs");
    return attribute(false);
  }
  ConditionToken token;
  if (peek() == '{' ? !composite(token) : !literal(token))
    return false;
  out_.push_back(std::move(token));
  return true;
}

bool ConditionReader::literal(ConditionToken &token) {
  skip_spaces();
  if (peek() == '"')
    return quoted(token);
  if (peek() == '#')
    return octets(token);
  if (ascii_iequals(word(), "SID"))
    return sid(token);
  return number(token);
}

bool ConditionReader::composite(ConditionToken &token) {
  token.code = Code::composite;
  accept("{");
  if (accept("}"))
    return true;
  do {
    if (token.members.size() == maximum_members)
      return fail("expected at most 1024 members of a list");
    ConditionToken member;
    if (!literal(member))
      return false;
    token.members.push_back(std::move(member));
  } while (accept(","));
  if (!accept("}"))
    return fail("expected , or } in a list");
  return true;
}

bool ConditionReader::quoted(ConditionToken &token) {
  const std::size_t end = text_.find('"', at_ + 1);
  if (end == std::string_view::npos)
    return fail("expected a closing quote");
  token.code = Code::string;
  token.text = unescape(text_.substr(at_ + 1, end - at_ - 1));
  at_ = end + 1;
  return true;
}

bool ConditionReader::octets(ConditionToken &token) {
  std::string digits;
  std::size_t end = at_ + 1;
  while (end < text_.size() && (text_[end] == '#' || (text_[end] >= '0' && text_[end] <= '9') ||
                                (ascii_lower(text_[end]) >= 'a' && ascii_lower(text_[end]) <= 'f')))
    digits += text_[end++];
  std::ranges::replace(digits, '#', '0');
  if (digits.size() % 2) {
    if (!lenient("an odd number of digits in an octet string"))
      return false;
    digits.insert(digits.begin(), '0');
  }
  token.code = Code::octets;
  token.bytes = *bytes_from_hex(digits);
  at_ = end;
  return true;
}

bool ConditionReader::sid(ConditionToken &token) {
  at_ += 3;
  if (!accept("("))
    return fail("expected ( after SID");
  const std::size_t end = text_.find(')', at_);
  if (end == std::string_view::npos)
    return fail("expected ) after SID(");
  const std::string_view inside = trim(text_.substr(at_, end - at_));
  auto found = inside.size() == 2 || inside.starts_with("S-") ? sid_from_text(inside, context_)
                                                              : Result<Sid>(error("expected a SID in SID()"));
  if (!found) {
    std::string upper(inside);
    for (char &c : upper)
      c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
    if (upper.size() == 2 || upper.starts_with("S-"))
      found = sid_from_text(upper, context_);
    if (!found)
      return fail("expected a SID in SID(), found '" + printable(inside) + "'");
    if (!lenient("a SID in lower case"))
      return false;
  }
  token.code = Code::sid;
  append(token.bytes, *found);
  at_ = end + 1;
  return true;
}

bool ConditionReader::number(ConditionToken &token) {
  std::size_t end = at_;
  while (end < text_.size() && (text_[end] == '+' || text_[end] == '-' || is_plain(text_[end], EscapeSet::local_name)))
    ++end;
  const auto value = parse_literal_number(text_.substr(at_, end - at_));
  if (!value)
    return fail("expected a literal: a 64-bit number, \"text\", #octets, SID() or a list");
  token.code = Code::int64;
  token.number = *value;
  at_ = end;
  return true;
}

std::string format_operand(const ConditionToken &token, const SidContext &context) {
  switch (token.code) {
  case Code::string:
    return '"' + escape(token.text, EscapeSet::string) + '"';
  case Code::octets:
    return "#" + hex_bytes(token.bytes);
  case Code::sid: {
    Cursor cursor{SpanReader(token.bytes)};
    const auto sid = read_sid(cursor);
    if (!sid)
      return "SID()";
    const std::string_view alias = alias_of(*sid, context);
    return "SID(" + (alias.empty() ? to_string(*sid) : std::string(alias)) + ")";
  }
  case Code::composite: {
    std::string text = "{";
    for (std::size_t i = 0; i < token.members.size(); ++i)
      text += (i ? ", " : "") + format_operand(token.members[i], context);
    return text + "}";
  }
  default:
    break;
  }
  if (!is_attribute(token.code))
    return format(token.number);
  for (const AttributePrefix &prefix : prefixes)
    if (prefix.code == token.code)
      return std::string(prefix.text) + escape(token.text, EscapeSet::qualified_name);
  return escape(token.text, EscapeSet::local_name);
}

struct Fragment {
  std::string text;
  bool bare = false; ///< an operand that has no parentheses of its own
};
std::string enclosed(Fragment fragment) { return fragment.bare ? "(" + fragment.text + ")" : std::move(fragment.text); }

} // namespace

Result<Condition> parse_condition_text(std::string_view text, std::size_t &position, const SidContext &context,
                                       std::vector<ConditionLeniency> *leniencies) {
  ConditionReader reader(text, position, context, leniencies);
  auto condition = reader.read();
  if (condition)
    position = reader.position();
  return condition;
}

std::string format_condition(const Condition &condition, const SidContext &context) {
  std::vector<Fragment> stack;
  const auto pop = [&] {
    Fragment top = stack.empty() ? Fragment{"?", true} : std::move(stack.back());
    if (!stack.empty())
      stack.pop_back();
    return top;
  };
  for (const ConditionToken &token : condition.postfix) {
    const OperatorWord *op = find_operator(token.code);
    if (!op) {
      stack.push_back({format_operand(token, context), true});
      continue;
    }
    Fragment right = pop();
    std::string text;
    switch (op->kind) {
    case OperatorKind::relational:
      text = pop().text + " " + std::string(op->text) + " " + right.text;
      break;
    case OperatorKind::binary_logic:
      text = enclosed(pop()) + " " + std::string(op->text) + " " + enclosed(std::move(right));
      break;
    case OperatorKind::unary_logic:
      text = "!" + enclosed(std::move(right));
      break;
    default:
      text = std::string(op->text) + " " + right.text;
    }
    stack.push_back({"(" + text + ")", false});
  }
  return enclosed(pop());
}

} // namespace ringfence::security
