// `ringfence explain`, `ringfence rules`, `ringfence version`.
#pragma once

#include <ringfence/cli/console.h>

#include <string>

namespace ringfence::cli {

/// Prints the page of a rule.
int run_explain(const std::string &rule, const Console &console);
/// Lists every rule with its severity, checklist items and title.
int run_rules(const std::string &format, const Console &console);
/// Name, version and number of rules, on one line.
std::string version_text();
int run_version(const Console &console);

} // namespace ringfence::cli
