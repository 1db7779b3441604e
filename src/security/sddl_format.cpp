#include <ringfence/security/sddl.h>

#include <ringfence/base/text.h>
#include <ringfence/security/claim.h>
#include <ringfence/security/condition.h>
#include <ringfence/security/sddl_words.h>

namespace ringfence::security {
namespace {

std::string sid_text(const Sid &sid, const SidContext &context) {
  const std::string_view alias = alias_of(sid, context);
  return alias.empty() ? to_string(sid) : std::string(alias);
}

struct ControlBits {
  std::uint16_t is_protected;
  std::uint16_t required;
  std::uint16_t inherited;
};
constexpr ControlBits dacl_bits{control::dacl_protected, control::dacl_auto_inherit_required,
                                control::dacl_auto_inherited};
constexpr ControlBits sacl_bits{control::sacl_protected, control::sacl_auto_inherit_required,
                                control::sacl_auto_inherited};

Status append_acl(std::string &out, char section, std::uint16_t word, const ControlBits &bits,
                  const std::optional<Acl> &acl, const SidContext &context) {
  out += section;
  out += ':';
  if (word & bits.is_protected)
    out += 'P';
  if (word & bits.required)
    out += "AR";
  if (word & bits.inherited)
    out += "AI";
  if (!acl) {
    out += "NO_ACCESS_CONTROL";
    return {};
  }
  for (const Ace &ace : acl->aces) {
    auto text = format_ace(ace, context);
    if (!text)
      return text.error();
    out += *text;
  }
  return {};
}

} // namespace

Result<std::string> format_ace(const Ace &ace, const SidContext &context) {
  const AceTypeWord *word = find_ace_type(ace.type);
  if (!word)
    return Error{ErrorCode::unsupported, 0,
                 "SDDL has no word for ACE type " + hex(static_cast<std::uint8_t>(ace.type), 2)};
  std::string text = "(";
  text += word->code;
  text += ';';
  text += format_ace_flags(ace.flags, ace.type);
  text += ';';
  text += format_rights(ace.mask, ace.type == AceType::mandatory_label);
  text += ';';
  if (ace.object_type)
    text += to_string(*ace.object_type);
  text += ';';
  if (ace.inherited_object_type)
    text += to_string(*ace.inherited_object_type);
  text += ';';
  text += sid_text(ace.sid, context);
  if (word->conditional) {
    const auto condition = parse_condition_binary(ace.application_data);
    if (!condition)
      return condition.error();
    text += ';' + format_condition(*condition, context);
  } else if (ace.type == AceType::resource_attribute) {
    const auto claim = parse_claim_binary(ace.application_data);
    if (!claim)
      return claim.error();
    text += ';' + format_claim(*claim, context);
  }
  return text + ')';
}

Result<std::string> format_sddl(const SecurityDescriptor &descriptor, const SidContext &context) {
  std::string text;
  if (descriptor.owner)
    text += "O:" + sid_text(*descriptor.owner, context);
  if (descriptor.group)
    text += "G:" + sid_text(*descriptor.group, context);
  if (descriptor.dacl_present())
    if (const Status status = append_acl(text, 'D', descriptor.control, dacl_bits, descriptor.dacl, context); !status)
      return status.error();
  if (descriptor.sacl_present())
    if (const Status status = append_acl(text, 'S', descriptor.control, sacl_bits, descriptor.sacl, context); !status)
      return status.error();
  return text;
}

} // namespace ringfence::security
