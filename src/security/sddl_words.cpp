#include <ringfence/security/sddl_words.h>

#include <ringfence/base/text.h>

namespace ringfence::security {
namespace {

constexpr RightWord rights[] = {
    {"CC", 0x1},     {"DC", 0x2},        {"LC", 0x4},        {"SW", 0x8},        {"RP", 0x10},       {"WP", 0x20},
    {"DT", 0x40},    {"LO", 0x80},       {"CR", 0x100},      {"SD", 0x10000},    {"RC", 0x20000},    {"WD", 0x40000},
    {"WO", 0x80000}, {"GA", 0x10000000}, {"GX", 0x20000000}, {"GW", 0x40000000}, {"GR", 0x80000000},
};
constexpr RightWord whole_masks[] = {
    {"FA", 0x1f01ff}, {"FR", 0x120089}, {"FW", 0x120116}, {"FX", 0x1200a0},
    {"KA", 0xf003f},  {"KR", 0x20019},  {"KW", 0x20006},  {"KX", 0x20019},
};
constexpr RightWord labels[] = {{"NW", 0x1}, {"NR", 0x2}, {"NX", 0x4}};

constexpr AceTypeWord ace_types[] = {
    {"A", AceType::allow, false, false, false},
    {"D", AceType::deny, false, false, false},
    {"OA", AceType::allow_object, false, true, false},
    {"OD", AceType::deny_object, false, true, false},
    {"XA", AceType::allow_callback, false, false, true},
    {"XD", AceType::deny_callback, false, false, true},
    {"ZA", AceType::allow_callback_object, false, true, true},
    {"AU", AceType::audit, true, false, false},
    {"AL", AceType::alarm, true, false, false},
    {"OU", AceType::audit_object, true, true, false},
    {"OL", AceType::alarm_object, true, true, false},
    {"XU", AceType::audit_callback, true, false, true},
    {"ML", AceType::mandatory_label, true, false, false},
    {"RA", AceType::resource_attribute, true, false, false},
    {"SP", AceType::scoped_policy, true, false, false},
    {"TL", AceType::process_trust_label, true, false, false},
    {"FL", AceType::access_filter, true, false, true},
};

struct FlagWord {
  std::string_view code;
  std::uint8_t bit;
};
constexpr FlagWord flags_in_order[] = {
    {"OI", ace_flag::object_inherit}, {"CI", ace_flag::container_inherit},
    {"NP", ace_flag::no_propagate},   {"IO", ace_flag::inherit_only},
    {"ID", ace_flag::inherited},      {"CR", ace_flag::critical},
    {"SA", ace_flag::successful},     {"FA", ace_flag::failed},
};

} // namespace

std::span<const RightWord> right_words() { return rights; }
std::span<const RightWord> whole_mask_words() { return whole_masks; }
std::span<const RightWord> label_words() { return labels; }

std::optional<AccessMask> find_right(std::string_view code, bool label) {
  if (label)
    for (const RightWord &word : labels)
      if (word.code == code)
        return word.mask;
  for (const RightWord &word : rights)
    if (word.code == code)
      return word.mask;
  for (const RightWord &word : whole_masks)
    if (word.code == code)
      return word.mask;
  return std::nullopt;
}

std::string format_rights(AccessMask mask, bool label) {
  if (!mask)
    return {};
  if (!label)
    for (const RightWord &word : whole_masks)
      if (word.mask == mask)
        return std::string(word.code);
  std::string text;
  AccessMask rest = mask;
  for (const RightWord &word : label ? label_words() : right_words())
    if (rest & word.mask) {
      text += word.code;
      rest &= ~word.mask;
    }
  return rest ? hex(mask) : text;
}

std::span<const AceTypeWord> ace_type_words() { return ace_types; }

const AceTypeWord *find_ace_type(std::string_view code) {
  for (const AceTypeWord &word : ace_types)
    if (word.code == code)
      return &word;
  return nullptr;
}

const AceTypeWord *find_ace_type(AceType type) {
  for (const AceTypeWord &word : ace_types)
    if (word.type == type)
      return &word;
  return nullptr;
}

std::string format_ace_flags(std::uint8_t flags, AceType type) {
  std::string text;
  for (const FlagWord &word : flags_in_order)
    if (flags & word.bit)
      text += word.bit == ace_flag::successful && type == AceType::access_filter ? "TP" : word.code;
  return text;
}

std::optional<std::uint8_t> find_ace_flag(std::string_view code) {
  if (code == "TP")
    return ace_flag::successful;
  for (const FlagWord &word : flags_in_order)
    if (word.code == code)
      return word.bit;
  return std::nullopt;
}

} // namespace ringfence::security
