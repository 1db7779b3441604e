// What the security commands read from the command line: SID contexts, descriptors, tokens.
#pragma once

#include <ringfence/base/result.h>
#include <ringfence/base/value.h>
#include <ringfence/cli/console.h>
#include <ringfence/security/sddl.h>
#include <ringfence/security/token.h>

#include <string>
#include <string_view>

namespace ringfence::cli {

/// Empty texts leave the placeholder domain.
Result<security::SidContext> sid_context(const std::string &machine, const std::string &domain);
/// SDDL, or the name of an SDDL_DEVOBJ_ string.
std::string resolve_devobj(const std::string &text);
/// A preset, or a TOML or JSON file.
Result<security::Token> load_token(const std::string &text, const security::SidContext &context);
/// "ringfence: <what>" on the error stream; returns exit_usage.
int usage_error(const Console &console, std::string_view what);
/// "0x00120089" as reports write it.
std::string mask_text(security::AccessMask mask);

/// Runs the cases of a JSON file (see docs/security-model.md, "Vectors") and prints their results as JSON.
int run_vectors(const std::string &path, const Console &console);

} // namespace ringfence::cli
