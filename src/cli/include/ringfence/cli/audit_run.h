// Many files through the audit: read, one Auditor a thread, progress. What `check`, `surface` and `diff` share.
#pragma once

#include <ringfence/audit/audit.h>
#include <ringfence/cli/console.h>
#include <ringfence/cli/files.h>
#include <ringfence/report/report.h>

#include <string_view>
#include <vector>

namespace ringfence::cli {

/// The report over the candidates, in their order. `jobs` threads (0: one per processor); progress is drawn when asked
/// for.
report::Report audit_files(const std::vector<Candidate> &candidates, const audit::Options &options, unsigned jobs,
                           bool show_progress, const Console &console);

/// Writes `text` to the file `path`, or to the console when it is empty; says why it could not and returns false.
bool write_output(const std::string &path, std::string_view text, const Console &console);

} // namespace ringfence::cli
