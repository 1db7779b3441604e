// Windows' case folding for comparisons: each UTF-16 code unit is raised by a table (Unicode 5.1, as l_intl.nls).
#pragma once

#include <string_view>

namespace ringfence::security {

char16_t upcase(char16_t unit);
/// Negative, zero or positive, by code unit after upcasing both sides (or without, when case_sensitive).
int compare(std::u16string_view a, std::u16string_view b, bool case_sensitive);

} // namespace ringfence::security
