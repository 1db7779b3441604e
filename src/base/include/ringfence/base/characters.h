// Single characters: the value of a hexadecimal digit, the UTF-8 of a code point.
#pragma once

#include <string>

namespace ringfence {

/// The value of a hexadecimal digit in any case, or -1.
int hex_digit(char c);
/// Appends a Unicode scalar value (at most U+10FFFF, no surrogate) as UTF-8.
void append_utf8(std::string &out, char32_t point);

} // namespace ringfence
