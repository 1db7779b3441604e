// `ringfence check`: audits drivers and reports.
#pragma once

#include <ringfence/cli/console.h>
#include <ringfence/finding/finding.h>

#include <string>
#include <vector>

namespace ringfence::cli {

struct CheckOptions {
  std::vector<std::string> paths;
  std::string format = "text";    ///< text, json or sarif: what goes to `output`
  std::string output;             ///< file for the report in `format`; empty: standard output
  std::string json;               ///< file that gets the JSON report besides
  std::string sarif;              ///< file that gets the SARIF report besides
  bool sarif_everything = false;  ///< the SARIF report has passes and what was not decided, too
  std::string witnesses;          ///< directory that gets each witness; empty: none is written
  std::vector<std::string> rules; ///< ids; empty: all
  std::vector<std::string> pdbs; ///< files and directories with program databases; one beside a driver is found without
  finding::Severity fail_on = finding::Severity::medium;
  std::string trace;        ///< a control code or route to explain instead of a report; empty: none
  bool image_only = false;  ///< the code is not followed: no surface
  bool gate = true;         ///< an inconclusive verdict of a gated rule fails the run
  unsigned jobs = 0;        ///< threads; 0: one per processor
  unsigned solver_seed = 0; ///< of Z3's search
  int verbosity = 0;        ///< -1, 0 or 1
};

/// Returns an ExitCode. Outputs are written before a failure is reported.
int run_check(const CheckOptions &options, const Console &console);

} // namespace ringfence::cli
