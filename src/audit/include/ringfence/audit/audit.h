// One driver from bytes to findings: the whole pipeline on one page.
#pragma once

#include <ringfence/report/report.h>
#include <ringfence/rules/rule.h>

#include <cstddef>
#include <string>
#include <vector>

namespace ringfence::audit {

struct Options {
  std::vector<const rules::Rule *> rules;  ///< empty: all
};

/// Audits the driver whose file content is `bytes`. `path` is only a name for the report. Never fails: what could
/// not be read is said in the subject's error, coverage and verdicts.
report::Subject audit(std::string path, std::vector<std::byte> bytes, const Options &options);

/// Name and counts for a report's header.
report::Tool tool();

} // namespace ringfence::audit
