// The report in SARIF 2.1.0 (OASIS), as code scanning services read it. Severity is a property of a rule there: a rule
// whose findings depend on who reaches them is written once for each class of callers, "caller-chosen-msr.any-user".
#pragma once

#include <ringfence/report/report.h>

#include <span>
#include <string>
#include <string_view>

namespace ringfence::report {

/// What a result's rule is, in words: the rule's page.
struct RuleText {
  std::string_view id, title, fix;
  std::string_view page;      ///< Markdown
  std::string_view cwe;       ///< "CWE-782"; empty: none
  std::string_view precision; ///< very-high, high, medium or low
};

struct SarifOptions {
  /// Also what passed, does not apply or could not be decided (`kind` of a result). Services that know failures only
  /// take each of them for an alert.
  bool everything = false;
};

/// One run over all subjects. Results are failures, worst first; more than a service keeps are left out, and a
/// notification says so. Paths become URIs: relative ones as they are, absolute ones with the scheme `file`.
std::string to_sarif(const Report &report, std::span<const RuleText> rules, const SarifOptions &options);

} // namespace ringfence::report
