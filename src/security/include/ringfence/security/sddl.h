// SDDL, the text form of security descriptors ([MS-DTYP] 2.5.1), both ways.
// Strict reading accepts the documented grammar. Windows' reading accepts what ConvertStringSecurityDescriptorTo...
// accepts, too (lower case, spaces in places, saturating numbers); every such leniency is reported with its column.
#pragma once

#include <ringfence/base/result.h>
#include <ringfence/security/security_descriptor.h>
#include <ringfence/security/sid.h>

#include <string>
#include <string_view>
#include <vector>

namespace ringfence::security {

enum class SddlMode : std::uint8_t { strict, windows };

struct SddlOptions {
  SddlMode mode = SddlMode::strict;
  SidContext context;
};

struct SddlFinding {
  std::size_t column = 0; ///< 1-based byte position
  std::string what;
};

struct ParsedSddl {
  SecurityDescriptor descriptor;
  std::vector<SddlFinding> leniencies; ///< empty in strict mode
};

/// Errors carry the byte offset, and "column N: expected ..., found ..." in their text.
Result<ParsedSddl> parse_sddl(std::string_view text, const SddlOptions &options = {});

/// Canonical text in the order and with the words that Windows uses. Fails (unsupported) for entries SDDL has no words
/// for.
Result<std::string> format_sddl(const SecurityDescriptor &descriptor, const SidContext &context = {});
/// One entry, with its parentheses.
Result<std::string> format_ace(const Ace &ace, const SidContext &context = {});

} // namespace ringfence::security
