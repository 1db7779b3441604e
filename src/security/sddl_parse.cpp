#include <ringfence/security/sddl.h>

#include <ringfence/base/characters.h>
#include <ringfence/base/text.h>
#include <ringfence/security/claim.h>
#include <ringfence/security/condition.h>
#include <ringfence/security/sddl_words.h>

#include <optional>

namespace ringfence::security {
namespace {

char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

// strtoul as Windows calls it: what does not fit saturates. Moves `at` behind the digits; nothing without a digit.
std::optional<std::uint64_t> saturating(std::string_view text, std::size_t &at, bool hexadecimal,
                                        std::uint64_t maximum) {
  std::uint64_t value = 0;
  const std::size_t start = at;
  for (; at < text.size(); ++at) {
    const int found = hex_digit(text[at]);
    if (found < 0 || found >= (hexadecimal ? 16 : 10))
      break;
    const auto digit = static_cast<std::uint64_t>(found);
    const std::uint64_t base = hexadecimal ? 16 : 10;
    value = value > (maximum - digit) / base ? maximum : value * base + digit;
  }
  return at == start ? std::nullopt : std::optional(value);
}

class SddlReader {
public:
  SddlReader(std::string_view text, const SddlOptions &options) : text_(text), options_(options) {}

  Result<ParsedSddl> read() {
    if (!sections())
      return error_;
    return std::move(result_);
  }

private:
  bool fail(std::size_t at, std::string what, ErrorCode code = ErrorCode::malformed) {
    error_ = Error{code, at, "column " + std::to_string(at + 1) + ": " + std::move(what)};
    return false;
  }
  bool expected(std::size_t at, std::string_view what) {
    std::string found = "the end";
    if (at < text_.size()) {
      found = "'" + printable(text_.substr(at, 8)) + "'";
      const std::string_view rest = text_.substr(at);
      if (rest.starts_with("\xe2\x80\x9c") || rest.starts_with("\xe2\x80\x9d") || rest.starts_with("\xe2\x80\x98"))
        found = "a typographic quotation mark (copied from a web page?)";
    }
    return fail(at, "expected " + std::string(what) + ", found " + found);
  }
  /// What Windows accepts beyond the grammar: an error in strict reading, a finding otherwise.
  bool lenient(std::size_t at, std::string what) {
    if (options_.mode == SddlMode::strict)
      return fail(at, std::move(what) + " (only Windows' reading accepts this)");
    result_.leniencies.push_back({at + 1, std::move(what)});
    return true;
  }
  char peek(std::size_t at) const { return at < text_.size() ? text_[at] : '\0'; }
  bool skip_spaces(std::string_view where) {
    const std::size_t start = at_;
    while (peek(at_) == ' ')
      ++at_;
    return at_ == start || lenient(start, "spaces " + std::string(where));
  }
  /// Two letters at `at` in upper case; a note when they were not.
  bool two_letters(std::size_t at, std::string &out) {
    out = {upper(peek(at)), upper(peek(at + 1))};
    return (out[0] == peek(at) && out[1] == peek(at + 1)) || lenient(at, "lower case");
  }

  bool sections();
  bool sid_section(std::optional<Sid> &into);
  bool acl_section(bool system);
  bool control_flags(bool system, bool &no_access_control);
  bool ace(bool system, Acl &acl);
  bool ace_type(bool system, const AceTypeWord *&word);
  bool ace_flags(Ace &entry);
  bool rights(Ace &entry);
  bool number(std::size_t end, AccessMask &mask);
  bool guid(std::optional<Guid> &into, bool allowed);
  bool sid(std::size_t end, Sid &into);
  bool windows_sid(std::size_t end, Sid &into);
  bool last_field(const AceTypeWord &word, Ace &entry);
  bool semicolon(std::string_view after) {
    if (peek(at_) != ';')
      return expected(at_, "; after " + std::string(after));
    ++at_;
    return true;
  }

  std::string_view text_;
  const SddlOptions &options_;
  std::size_t at_ = 0;
  ParsedSddl result_;
  Error error_;
};

bool SddlReader::sections() {
  SecurityDescriptor &sd = result_.descriptor;
  unsigned seen = 0;
  while (true) {
    if (!skip_spaces("between sections"))
      return false;
    if (at_ >= text_.size())
      return true;
    const char section = peek(at_);
    const std::size_t index = std::string_view("OGDS").find(section);
    if (index == std::string_view::npos || peek(at_ + 1) != ':')
      return expected(at_, "O:, G:, D: or S:");
    if (seen & 1u << index)
      return fail(at_, std::string("expected one section ") + section + ":, found a second");
    seen |= 1u << index;
    at_ += 2;
    if (section == 'O' || section == 'G') {
      if (!sid_section(section == 'O' ? sd.owner : sd.group))
        return false;
    } else if (!acl_section(section == 'S')) {
      return false;
    }
  }
}

bool SddlReader::sid_section(std::optional<Sid> &into) {
  // The SID ends before the letter of the next section: 0x200D: is 0x200 and then D:.
  const std::size_t colon = text_.find(':', at_);
  const std::size_t end = colon == std::string_view::npos ? text_.size() : colon - 1;
  if (end < at_)
    return expected(at_, "a SID");
  Sid value;
  if (!sid(end, value))
    return false;
  into = value;
  return true;
}

bool SddlReader::control_flags(bool system, bool &no_access_control) {
  std::uint16_t &word = result_.descriptor.control;
  constexpr std::string_view null_acl = "NO_ACCESS_CONTROL";
  while (true) {
    if (!skip_spaces("before flags or entries"))
      return false;
    const std::string_view rest = text_.substr(at_);
    if (rest.starts_with(null_acl)) {
      no_access_control = true;
      at_ += null_acl.size();
    } else if (rest.starts_with("AR")) {
      word |= system ? control::sacl_auto_inherit_required : control::dacl_auto_inherit_required;
      at_ += 2;
    } else if (rest.starts_with("AI")) {
      word |= system ? control::sacl_auto_inherited : control::dacl_auto_inherited;
      at_ += 2;
    } else if (rest.starts_with('P') && !rest.starts_with("P:")) {
      word |= system ? control::sacl_protected : control::dacl_protected;
      at_ += 1;
    } else {
      return true;
    }
  }
}

bool SddlReader::acl_section(bool system) {
  SecurityDescriptor &sd = result_.descriptor;
  bool no_access_control = false;
  if (!control_flags(system, no_access_control))
    return false;
  // D:P:S: reads like a flag and is none.
  if (peek(at_) == ':')
    return expected(at_, "an entry or the next section");
  Acl acl;
  while (peek(at_) == '(') {
    if (no_access_control)
      return fail(at_, "expected no entry after NO_ACCESS_CONTROL");
    if (!ace(system, acl) || !skip_spaces("between entries"))
      return false;
    if (acl.aces.size() > 0xffff || (acl.aces.size() % 256 == 0 && binary_size(acl) > 0xffff))
      return fail(at_, "expected an ACL of at most 65535 bytes", ErrorCode::limit);
  }
  if (binary_size(acl) > 0xffff)
    return fail(at_, "expected an ACL of at most 65535 bytes", ErrorCode::limit);
  acl.revision = revision_for(acl.aces);
  sd.control |= system ? control::sacl_present : control::dacl_present;
  if (!no_access_control)
    (system ? sd.sacl : sd.dacl) = std::move(acl);
  return true;
}

bool SddlReader::ace(bool system, Acl &acl) {
  ++at_;
  Ace entry;
  const AceTypeWord *word = nullptr;
  if (!ace_type(system, word) || !semicolon("the ACE type"))
    return false;
  entry.type = word->type;
  if (!ace_flags(entry) || !semicolon("the ACE flags") || !rights(entry) || !semicolon("the rights") ||
      !guid(entry.object_type, word->object) || !semicolon("the object GUID") ||
      !guid(entry.inherited_object_type, word->object) || !semicolon("the inherited object GUID"))
    return false;
  const std::size_t end = text_.find_first_of(";)", at_);
  if (end == std::string_view::npos)
    return expected(text_.size(), ") after an entry");
  if (!sid(end, entry.sid) || !last_field(*word, entry))
    return false;
  if (peek(at_) != ')')
    return expected(at_, ") after an entry");
  ++at_;
  // An object entry that names no object is the plain entry.
  if (word->object && !entry.object_type && !entry.inherited_object_type) {
    switch (entry.type) {
    case AceType::allow_object:
      entry.type = AceType::allow;
      break;
    case AceType::deny_object:
      entry.type = AceType::deny;
      break;
    case AceType::audit_object:
      entry.type = AceType::audit;
      break;
    case AceType::alarm_object:
      entry.type = AceType::alarm;
      break;
    default:
      break;
    }
  }
  acl.aces.push_back(std::move(entry));
  return true;
}

bool SddlReader::ace_type(bool system, const AceTypeWord *&word) {
  if (!skip_spaces("before the ACE type"))
    return false;
  const std::size_t end = text_.find(';', at_);
  const std::size_t length = (end == std::string_view::npos ? text_.size() : end) - at_;
  std::string code;
  for (std::size_t i = 0; i < length && i < 3; ++i)
    code += upper(text_[at_ + i]);
  word = find_ace_type(std::string_view(code));
  if (!word)
    return expected(at_, "an ACE type (A D OA OD XA XD ZA AU AL OU OL XU ML RA SP TL FL)");
  if (code != text_.substr(at_, length) && !lenient(at_, "lower case"))
    return false;
  if (word->system != system)
    return fail(at_, "expected an ACE of the " + std::string(system ? "SACL" : "DACL") + ", found type " + code);
  at_ += length;
  return true;
}

bool SddlReader::ace_flags(Ace &entry) {
  if (!skip_spaces("before the ACE flags"))
    return false;
  while (peek(at_) != ';') {
    std::string code;
    if (at_ + 1 >= text_.size())
      return expected(at_, "an ACE flag (OI CI NP IO ID CR SA FA TP)");
    const std::string letters = {upper(peek(at_)), upper(peek(at_ + 1))};
    const auto bit = find_ace_flag(letters);
    if (!bit)
      return expected(at_, "an ACE flag (OI CI NP IO ID CR SA FA TP)");
    if (!two_letters(at_, code))
      return false;
    entry.flags |= *bit;
    at_ += 2;
  }
  return true;
}

bool SddlReader::number(std::size_t end, AccessMask &mask) {
  const std::size_t start = at_;
  const bool negative = peek(at_) == '-';
  if (negative && !lenient(start, "a negative access mask"))
    return false;
  std::size_t at = at_ + (negative ? 1u : 0u);
  const bool hexadecimal = peek(at) == '0' && upper(peek(at + 1)) == 'X';
  const bool octal = !hexadecimal && peek(at) == '0' && is_digit(peek(at + 1));
  if (hexadecimal)
    at += 2;
  std::optional<std::uint64_t> value;
  if (octal) {
    value = 0;
    for (; at < end && text_[at] >= '0' && text_[at] <= '7'; ++at)
      value = std::min<std::uint64_t>(*value * 8 + static_cast<std::uint64_t>(text_[at] - '0'), 0x100000000u);
  } else {
    value = saturating(text_, at, hexadecimal, 0x100000000u);
  }
  if (!value || at != end)
    return expected(at, "a number or the end of the rights");
  if (*value > 0xffffffffu) {
    if (!lenient(start, "an access mask above 32 bits, which saturates"))
      return false;
    value = 0xffffffffu;
  }
  mask = static_cast<AccessMask>(*value);
  if (negative)
    mask = 0 - mask;
  at_ = end;
  return true;
}

bool SddlReader::rights(Ace &entry) {
  if (!skip_spaces("before the rights"))
    return false;
  const std::size_t found = text_.find(';', at_);
  const std::size_t end = found == std::string_view::npos ? text_.size() : found;
  if (at_ < end && (is_digit(peek(at_)) || peek(at_) == '-'))
    return number(end, entry.mask);
  const bool label = entry.type == AceType::mandatory_label;
  while (at_ < end) {
    const std::string letters = {upper(peek(at_)), upper(peek(at_ + 1))};
    const auto mask = at_ + 1 < end ? find_right(letters, label) : std::nullopt;
    if (!mask)
      return expected(at_, "an access right (GA GR GW GX RC SD WD WO CC DC LC SW RP WP DT LO CR FA FR FW FX KA "
                           "KR KW KX, a number)");
    std::string code;
    if (!two_letters(at_, code))
      return false;
    entry.mask |= *mask;
    at_ += 2;
  }
  return true;
}

bool SddlReader::guid(std::optional<Guid> &into, bool allowed) {
  const std::size_t found = text_.find(';', at_);
  const std::size_t end = found == std::string_view::npos ? text_.size() : found;
  const std::string_view field = text_.substr(at_, end - at_);
  if (trim(field).empty())
    return skip_spaces("in an empty field");
  if (!allowed)
    return expected(at_, "no GUID in an entry that is not of an object type");
  into = parse_guid(field);
  if (!into)
    return expected(at_, "a GUID like f30e3bbf-9ff0-11d1-b603-0000f80367c1");
  at_ = end;
  return true;
}

bool SddlReader::sid(std::size_t end, Sid &into) {
  if (!skip_spaces("before a SID"))
    return false;
  const std::size_t start = at_;
  const std::string_view field = text_.substr(at_, end > at_ ? end - at_ : 0);
  const std::string_view token = field.substr(0, field.find_last_not_of(' ') + 1);
  if (token.size() == 2) {
    std::string code;
    const auto alias = sid_from_alias(std::string{upper(token[0]), upper(token[1])}, options_.context);
    if (!alias)
      return expected(start, "a SID alias such as SY, BA or WD");
    if (!two_letters(start, code) || (token.size() != field.size() && !lenient(start + 2, "spaces after a SID")))
      return false;
    into = *alias;
    at_ = end;
    return true;
  }
  if (!ascii_istarts_with(token, "S-"))
    return expected(start, "a SID (S-1-... or a two-letter alias)");
  if (const auto parsed = parse_sid(field)) {
    into = *parsed;
    at_ = end;
    return true;
  }
  return windows_sid(end, into);
}

// What Windows makes of a SID that the grammar does not know: spaces before numbers, saturation, S-0x1- for all
// hexadecimal.
bool SddlReader::windows_sid(std::size_t end, Sid &into) {
  const std::size_t start = at_;
  const std::string_view field = text_.substr(start, end - start);
  std::size_t at = 2;
  bool all_hexadecimal = false;
  Sid value;
  for (int index = -2; at <= field.size(); ++index) {
    while (at < field.size() && field[at] == ' ')
      ++at;
    bool hexadecimal = all_hexadecimal;
    if (at + 1 < field.size() && field[at] == '0' && upper(field[at + 1]) == 'X') {
      hexadecimal = true;
      at += 2;
    }
    const auto number = saturating(field, at, hexadecimal, index == -1 ? 0xffffffffffffffffu : 0xffffffffu);
    if (!number || (at < field.size() && field[at] != '-'))
      return expected(start, "a SID S-1-<authority>-<sub-authority>...");
    if (index == -2) {
      all_hexadecimal = hexadecimal;
      if (*number != 1)
        return expected(start, "SID revision 1");
    } else if (index == -1) {
      if (*number >> 48)
        return expected(start, "an identifier authority below 2^48");
      value.authority = *number;
    } else if (value.count == Sid::maximum_sub_authorities) {
      return expected(start, "at most 15 sub-authorities");
    } else {
      value.sub[value.count++] = static_cast<std::uint32_t>(*number);
    }
    if (at >= field.size())
      break;
    ++at;
  }
  if (!value.count)
    return expected(start, "at least one sub-authority");
  if (!lenient(start, "a SID outside the grammar, read as " + to_string(value)))
    return false;
  into = value;
  at_ = end;
  return true;
}

bool SddlReader::last_field(const AceTypeWord &word, Ace &entry) {
  const bool attribute = entry.type == AceType::resource_attribute;
  if (!word.conditional && !attribute)
    return peek(at_) != ';' || expected(at_, "no further field in an entry of this type");
  if (!semicolon("the SID"))
    return false;
  if (!skip_spaces(attribute ? "before a resource attribute" : "before a condition"))
    return false;
  if (attribute) {
    const auto claim = parse_claim_text(text_, at_, options_.context);
    if (!claim)
      return fail(static_cast<std::size_t>(claim.error().offset), claim.error().what, claim.error().code);
    entry.application_data = write_claim_binary(*claim);
  } else {
    std::vector<ConditionLeniency> leniencies;
    const auto condition =
        parse_condition_text(text_, at_, options_.context, options_.mode == SddlMode::windows ? &leniencies : nullptr);
    if (!condition)
      return fail(static_cast<std::size_t>(condition.error().offset), condition.error().what);
    for (ConditionLeniency &leniency : leniencies)
      result_.leniencies.push_back({leniency.position + 1, std::move(leniency.what)});
    entry.application_data = write_condition_binary(*condition);
  }
  const std::size_t start = at_;
  while (peek(at_) == ' ')
    ++at_;
  return at_ == start || lenient(start, "spaces after a condition");
}

} // namespace

Result<ParsedSddl> parse_sddl(std::string_view text, const SddlOptions &options) {
  return SddlReader(text, options).read();
}

} // namespace ringfence::security
