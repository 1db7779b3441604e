// What the process says to the script that called it.
#pragma once

namespace ringfence::cli {

enum ExitCode : int {
  exit_passed = 0,
  exit_findings = 1,     ///< a finding of at least the severity of --fail-on
  exit_usage = 2,        ///< the command line could not be understood
  exit_not_assessed = 3, ///< a subject could not be read or analysed, or a gated rule is inconclusive
  exit_internal = 4,     ///< a defect of Ringfence, or an output that could not be written
  exit_nothing = 5,      ///< there was nothing to scan
};

/// The code that wins when several apply: usage, then internal, then findings, then not assessed.
constexpr int combine(int a, int b) {
  const auto rank = [](int code) {
    switch (code) {
    case exit_usage:
      return 5;
    case exit_internal:
      return 4;
    case exit_findings:
      return 3;
    case exit_not_assessed:
      return 2;
    case exit_nothing:
      return 1;
    default:
      return 0;
    }
  };
  return rank(a) >= rank(b) ? a : b;
}

} // namespace ringfence::cli
