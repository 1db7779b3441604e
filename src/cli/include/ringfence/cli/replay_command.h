// `ringfence replay`: runs the witnesses of a report again, against the same or another build of the driver.
// `ringfence check --save-witness`: writes each witness into a file of its own.
#pragma once

#include <ringfence/cli/console.h>
#include <ringfence/report/report.h>

#include <string>
#include <vector>

namespace ringfence::cli {

struct ReplayOptions {
  std::string witnesses;             ///< a report, a witness file, or a directory of either
  std::vector<std::string> drivers;  ///< empty: the paths of the report
  std::vector<std::string> findings; ///< ids, codes, kinds, rules, fingerprints; empty: all
  std::string format = "text";       ///< text or json
  std::string output;                ///< file; empty: standard output
};

/// Returns exit_findings when a witness still reproduces, exit_not_assessed when none does and something could not be
/// judged, exit_passed when no witness reproduces.
int run_replay(const ReplayOptions &options, const Console &console);

/// Writes every witness of the report into the directory, which is made when it is missing. False: said on the console
/// why not.
bool save_witnesses(const report::Report &report, const std::string &directory, const Console &console);

} // namespace ringfence::cli
