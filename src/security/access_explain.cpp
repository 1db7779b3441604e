// Words for access checks: statuses, deciders, sentences.
#include <ringfence/security/access_check.h>

#include <ringfence/base/text.h>
#include <ringfence/security/sddl.h>

#include <array>
#include <bit>

namespace ringfence::security {
namespace {

struct StatusWord {
  std::string_view name;
  std::uint32_t value;
};
constexpr std::array<StatusWord, 8> statuses = {{
    {"STATUS_SUCCESS", 0},
    {"STATUS_ACCESS_DENIED", 0xc0000022},
    {"STATUS_PRIVILEGE_NOT_HELD", 0xc0000061},
    {"STATUS_GENERIC_NOT_MAPPED", 0xc00000e6},
    {"STATUS_NO_IMPERSONATION_TOKEN", 0xc000005c},
    {"STATUS_BAD_IMPERSONATION_LEVEL", 0xc00000a5},
    {"STATUS_INVALID_SECURITY_DESCR", 0xc0000079},
    {"STATUS_INVALID_PARAMETER", 0xc000000d},
}};
constexpr std::array<std::string_view, 12> deciders = {"kernel-mode", "argument",  "trust-label", "access-filter",
                                                       "integrity",   "privilege", "owner",       "no-dacl",
                                                       "ace",         "no-ace",    "restricted",  "package"};

const Ace *ace_of(const AccessReason &reason, const SecurityDescriptor &descriptor) {
  const bool system = reason.by != Decider::ace;
  const auto &acl = system ? descriptor.sacl : descriptor.dacl;
  if (!acl || reason.ace < 0 || static_cast<std::size_t>(reason.ace) >= acl->aces.size())
    return nullptr;
  return &acl->aces[static_cast<std::size_t>(reason.ace)];
}

std::string source_of(const AccessReason &reason, const SecurityDescriptor &descriptor, const SidContext &context) {
  switch (reason.by) {
  case Decider::kernel_mode:
    return "the requestor mode is KernelMode: the descriptor is not looked at";
  case Decider::argument:
    return "the arguments are refused";
  case Decider::trust_label:
    return "the process trust label";
  case Decider::access_filter:
    return "the access filter";
  case Decider::integrity:
    return "the integrity label";
  case Decider::privilege:
    return "privilege";
  case Decider::owner:
    return "the caller owns the object " +
           (descriptor.owner ? "(" + describe(*descriptor.owner, context) + ")" : std::string());
  case Decider::no_dacl:
    return descriptor.null_dacl() ? "the null DACL" : "the absence of a DACL";
  case Decider::ace:
    return "the DACL";
  case Decider::no_ace:
    return "no entry of the DACL speaks for the caller";
  case Decider::restricted:
    return "the restricting SIDs of the token match no grant";
  case Decider::package:
    return "no entry of the DACL grants it to the package";
  }
  return {};
}

} // namespace

std::string_view name_of(AccessStatus status) { return statuses[static_cast<std::size_t>(status)].name; }
std::uint32_t ntstatus(AccessStatus status) { return statuses[static_cast<std::size_t>(status)].value; }
std::string_view name_of(Decider decider) { return deciders[static_cast<std::size_t>(decider)]; }

std::string describe(const AccessReason &reason, const SecurityDescriptor &descriptor, const ObjectType &type,
                     const SidContext &context) {
  // Many rights at once read better as a number.
  const bool few = std::popcount(reason.bits) <= 4 || reason.bits == type.mapping.all;
  std::string text =
      (few ? describe(reason.bits, type) : hex(reason.bits, 8)) + (reason.granted ? " granted: " : " refused: ");
  if (const Ace *ace = ace_of(reason, descriptor)) {
    const auto sddl = format_ace(*ace, context);
    text += (reason.by == Decider::ace ? "ACE " : "SACL ACE ") + std::to_string(reason.ace);
    if (sddl)
      text += " " + *sddl;
    text += ", " + describe(ace->sid, context);
  } else {
    text += source_of(reason, descriptor, context);
  }
  if (!reason.note.empty())
    text += " (" + reason.note + ")";
  return text;
}

} // namespace ringfence::security
