// One driver from bytes to findings: the whole pipeline on one page.
#pragma once

#include <ringfence/audit/pdb_access.h>
#include <ringfence/image/hashes.h>
#include <ringfence/report/report.h>
#include <ringfence/rules/rule.h>

#include <cstddef>
#include <string>
#include <vector>

namespace ringfence::audit {

struct Options {
  std::vector<const rules::Rule *> rules; ///< empty: all
  bool findings = true;                   ///< false: no rule runs
  bool primitives = true;          ///< false: of the surface only what can be called, not what a caller can steer
  bool surface = true;             ///< false: only what the image shows, without following its code
  unsigned solver_seed = 0;        ///< of Z3's search: findings do not depend on it
  const PdbAccess *pdbs = nullptr; ///< null: program databases are not looked for; outlives the Auditor
};

/// Audits drivers, one after the other; one Auditor for each thread. It keeps what is costly to set up.
class Auditor {
public:
  explicit Auditor(Options options);

  /// Audits the driver whose file content is `bytes`. `path` is only a name for the report. Never fails: what could
  /// not be read is said in the subject's error, coverage and verdicts.
  report::Subject audit(std::string path, std::vector<std::byte> bytes);

private:
  Options options_;
  image::Hasher hasher_;
};

/// Name and counts for a report's header.
report::Tool tool();

} // namespace ringfence::audit
