// The closed vocabularies of SDDL ([MS-DTYP] 2.5.1.1): rights, ACE types and ACE flags, with their bits.
#pragma once

#include <ringfence/security/access_mask.h>
#include <ringfence/security/acl.h>

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace ringfence::security {

struct RightWord {
  std::string_view code;
  AccessMask mask;
};
/// Single rights in the order in which Windows writes them: CC ... CR SD RC WD WO GA GX GW GR.
std::span<const RightWord> right_words();
/// Whole masks: FA FR FW FX KA KR KW KX.
std::span<const RightWord> whole_mask_words();
/// NW NR NX, the policy bits of a mandatory label.
std::span<const RightWord> label_words();
/// The mask of a two-letter right in upper case. `label` selects the label's vocabulary in addition.
std::optional<AccessMask> find_right(std::string_view code, bool label);
/// The rights field as Windows writes it: a whole-mask word, single words, hexadecimal, or nothing for 0.
std::string format_rights(AccessMask mask, bool label);

struct AceTypeWord {
  std::string_view code;
  AceType type;
  bool system;      ///< belongs in a SACL
  bool object;      ///< takes GUIDs
  bool conditional; ///< takes a condition
};
std::span<const AceTypeWord> ace_type_words();
const AceTypeWord *find_ace_type(std::string_view code);
const AceTypeWord *find_ace_type(AceType type);

/// The ACE flags in output order for `type`: OI CI NP IO ID CR SA FA, and TP instead of SA for an access filter.
std::string format_ace_flags(std::uint8_t flags, AceType type);
/// The bit of a two-letter ACE flag in upper case.
std::optional<std::uint8_t> find_ace_flag(std::string_view code);

} // namespace ringfence::security
