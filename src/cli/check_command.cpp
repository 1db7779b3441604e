#include <ringfence/cli/check_command.h>

#include <ringfence/audit/trace.h>
#include <ringfence/base/text.h>
#include <ringfence/cli/audit_run.h>
#include <ringfence/cli/exit_code.h>
#include <ringfence/cli/files.h>
#include <ringfence/cli/pdb_files.h>
#include <ringfence/cli/replay_command.h>
#include <ringfence/document/document.h>
#include <ringfence/report/report.h>
#include <ringfence/report/sarif.h>
#include <ringfence/report/trace.h>
#include <ringfence/rules/rule.h>

#include <algorithm>

namespace ringfence::cli {
namespace {

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

std::string sarif_of(const report::Report &report, const CheckOptions &options) {
  std::vector<report::RuleText> texts;
  for (const rules::Rule &rule : rules::all_rules())
    texts.push_back({.id = rule.id,
                     .title = rule.title,
                     .fix = rule.fix,
                     .page = rule.page,
                     .cwe = rule.cwe,
                     .precision = rule.precision});
  return report::to_sarif(report, texts, {.everything = options.sarif_everything});
}

int write_outputs(const report::Report &report, const CheckOptions &options, const Console &console) {
  bool written = true;
  if (!options.json.empty())
    written = write_output(options.json, report::to_json(report), console);
  if (!options.sarif.empty())
    written = write_output(options.sarif, sarif_of(report, options), console) && written;
  const report::TextOptions text{
      .color = console.color && options.output.empty(), .fail_on = options.fail_on, .verbosity = options.verbosity};
  written = write_output(options.output,
                         options.format == "json"    ? report::to_json(report)
                         : options.format == "sarif" ? sarif_of(report, options)
                                                     : report::to_text(report, text),
                         console) &&
            written;
  if (!options.witnesses.empty())
    written = save_witnesses(report, options.witnesses, console) && written;
  return written ? exit_passed : exit_internal;
}

/// One driver, one code: explains instead of judging, so it always passes.
int run_trace(const CheckOptions &options, const std::vector<Candidate> &candidates, const Console &console) {
  if (candidates.size() != 1) {
    print(console.err, "ringfence: --trace explains one driver, found " + std::to_string(candidates.size()) + "\n");
    return exit_usage;
  }
  const PdbFiles pdbs(options.pdbs, true);
  const std::string &path = candidates.front().path;
  auto bytes = read_file(path);
  const auto traced =
      bytes ? audit::trace_driver(path, *std::move(bytes), options.trace, &pdbs) : Result<Value>(bytes.error());
  if (!traced) {
    print(console.err, "ringfence: " + printable(path) + ": " + traced.error().what + "\n");
    return exit_not_assessed;
  }
  std::string text;
  if (options.format == "json") {
    Value root = Value::object({{"schema", "ringfence.trace/1"}});
    for (const std::string_view key : {"path", "trace"})
      root.set(key, *traced->find(key));
    text = document::write_json(root) + "\n";
  } else {
    text = report::trace_text(*traced, console.color && options.output.empty());
  }
  return write_output(options.output, text, console) ? exit_passed : exit_internal;
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
  if (!options.trace.empty())
    return run_trace(options, candidates, console);
  const PdbFiles pdbs(options.pdbs, candidates.size() == 1);
  audit_options.pdbs = &pdbs;
  audit_options.surface = !options.image_only;
  audit_options.solver_seed = options.solver_seed;
  const report::Report report = audit_files(candidates, audit_options, options.jobs, options.verbosity >= 0, console);
  const int written = write_outputs(report, options, console);
  return combine(written, exit_code(report, options));
}

} // namespace ringfence::cli
