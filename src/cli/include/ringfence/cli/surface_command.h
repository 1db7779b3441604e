// `ringfence surface`: what can be called, by whom. `ringfence diff`: what changed in that between two builds.
#pragma once

#include <ringfence/cli/console.h>

#include <string>
#include <vector>

namespace ringfence::cli {

struct SurfaceOptions {
  std::vector<std::string> paths;
  std::string format = "text"; ///< text, json or dot
  std::string output;          ///< file; empty: standard output
  std::vector<std::string> pdbs;
  bool primitives = false; ///< also what a caller can steer, as far as `check` follows it
  unsigned jobs = 0;
};
/// Returns an ExitCode: passed, or not assessed when a driver could not be read or its code not analysed.
int run_surface(const SurfaceOptions &options, const Console &console);

struct DiffOptions {
  std::string before, after;
  std::string format = "text"; ///< text or json
  std::string output;
  std::vector<std::string> pdbs;
};
/// Returns exit_findings when something got worse, exit_passed when nothing did, exit_not_assessed when a side has no
/// surface.
int run_diff(const DiffOptions &options, const Console &console);

} // namespace ringfence::cli
