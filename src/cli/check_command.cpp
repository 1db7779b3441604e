#include <ringfence/cli/check_command.h>

#include <ringfence/audit/audit.h>
#include <ringfence/base/text.h>
#include <ringfence/cli/exit_code.h>
#include <ringfence/cli/files.h>
#include <ringfence/cli/pdb_files.h>
#include <ringfence/fleet/fleet.h>
#include <ringfence/report/report.h>
#include <ringfence/rules/rule.h>

#include <algorithm>

namespace ringfence::cli {
namespace {

constexpr std::size_t many_files = 8;

report::Subject audit_candidate(const Candidate &candidate, audit::Auditor &auditor) {
  report::Subject subject;
  subject.path = candidate.path;
  subject.error = candidate.error;
  if (subject.error.empty()) {
    auto bytes = read_file(candidate.path);
    if (bytes)
      return auditor.audit(candidate.path, *std::move(bytes));
    subject.error = bytes.error().what;
  }
  subject.coverage = {report::CoverageVerdict::not_analysable, {{"file", subject.error, {}}}};
  return subject;
}

int exit_code(const report::Report &report, const CheckOptions &options) {
  int code = exit_passed;
  for (const report::Subject &subject : report.subjects) {
    if (!subject.error.empty() || subject.coverage.verdict == report::CoverageVerdict::not_analysable)
      code = combine(code, exit_not_assessed);
    for (const finding::Finding &f : subject.findings) {
      if (f.verdict == finding::Verdict::fail && f.severity >= options.fail_on)
        code = combine(code, exit_findings);
      if (f.verdict == finding::Verdict::inconclusive && f.gated && options.gate)
        code = combine(code, exit_not_assessed);
    }
  }
  return code;
}

bool write_output(const std::string &path, std::string_view text, const Console &console) {
  if (path.empty()) {
    print(console.out, text);
    return true;
  }
  const Status status = write_file(path, text);
  if (!status)
    print(console.err, "ringfence: " + path + ": " + status.error().what + "\n");
  return status.ok();
}

int write_outputs(const report::Report &report, const CheckOptions &options, const Console &console) {
  const bool as_json = options.format == "json";
  const std::string json = as_json || !options.json.empty() ? report::to_json(report) : std::string();
  bool written = true;
  if (!options.json.empty())
    written = write_output(options.json, json, console);
  const report::TextOptions text{.color = console.color && options.output.empty(), .verbosity = options.verbosity};
  written = write_output(options.output, as_json ? json : report::to_text(report, text), console) && written;
  return written ? exit_passed : exit_internal;
}

} // namespace

int run_check(const CheckOptions &options, const Console &console) {
  audit::Options audit_options;
  for (const std::string &id : options.rules) {
    const rules::Rule *rule = rules::find_rule(id);
    if (!rule) {
      print(console.err, "ringfence: no rule is named '" + printable(id) + "'; `ringfence rules` lists them\n");
      return exit_usage;
    }
    audit_options.rules.push_back(rule);
  }
  const std::vector<Candidate> candidates = find_drivers(options.paths);
  if (candidates.empty()) {
    print(console.err, "ringfence: nothing to scan: no *.sys file below the given paths\n");
    return exit_nothing;
  }
  const PdbFiles pdbs(options.pdbs, candidates.size() == 1);
  audit_options.pdbs = &pdbs;
  audit_options.surface = !options.image_only;
  report::Report report;
  report.tool = audit::tool();
  report.subjects.resize(candidates.size());
  const bool progress = console.progress && candidates.size() >= many_files && options.verbosity >= 0;
  std::vector<audit::Auditor> auditors;
  for (std::size_t i = 0; i < fleet::worker_count(candidates.size(), options.jobs); ++i)
    auditors.emplace_back(audit_options);
  fleet::for_each(
      candidates.size(), options.jobs,
      [&](std::size_t worker, std::size_t i) {
        report.subjects[i] = audit_candidate(candidates[i], auditors[worker]);
      },
      [&](std::size_t done) {
        if (progress)
          print(console.err, "\r" + std::to_string(done) + "/" + std::to_string(candidates.size()) + " drivers");
      });
  if (progress)
    print(console.err, "\r\x1b[K");
  const int written = write_outputs(report, options, console);
  return combine(written, exit_code(report, options));
}

} // namespace ringfence::cli
