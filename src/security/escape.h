// The %xxxx escapes of SDDL names and strings: one escape is one UTF-16 code unit in four hexadecimal digits.
#pragma once

#include <string>
#include <string_view>

namespace ringfence::security {

/// What may stand unescaped besides ASCII letters, digits and everything above U+007F.
enum class EscapeSet { local_name, qualified_name, string };

/// UTF-8 text without escapes. A % that is not followed by four hexadecimal digits stands for itself.
std::u16string unescape(std::string_view text);
/// The inverse: unpaired surrogates, controls and whatever `set` does not allow become %xxxx.
std::string escape(std::u16string_view text, EscapeSet set);
/// True for an ASCII character that may stand in a name of this kind.
bool is_plain(char c, EscapeSet set);

} // namespace ringfence::security
