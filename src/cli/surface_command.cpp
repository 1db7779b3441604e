#include <ringfence/cli/surface_command.h>

#include <ringfence/base/text.h>
#include <ringfence/cli/audit_run.h>
#include <ringfence/cli/exit_code.h>
#include <ringfence/cli/pdb_files.h>
#include <ringfence/document/document.h>
#include <ringfence/report/surface.h>
#include <ringfence/subject/surface_diff.h>

#include <algorithm>

namespace ringfence::cli {
namespace {

bool has_no_surface(const report::Subject &subject) { return !subject.error.empty() || subject.surface.is_null(); }

Value to_value(const subject::SurfaceChange &change) {
  return Value::object(
      {{"kind", change.kind}, {"subject", change.subject}, {"what", change.what}, {"worse", change.worse}});
}

std::string diff_json(const report::Report &report, const std::vector<subject::SurfaceChange> &changes, bool worse) {
  Value list = Value::array();
  for (const subject::SurfaceChange &change : changes)
    list.push(to_value(change));
  const auto side = [](const report::Subject &s) { return Value::object({{"path", s.path}, {"sha256", s.sha256}}); };
  const Value root = Value::object({{"schema", "ringfence.diff/1"},
                                    {"before", side(report.subjects[0])},
                                    {"after", side(report.subjects[1])},
                                    {"worse", worse},
                                    {"changes", std::move(list)}});
  return document::write_json(root) + "\n";
}

std::string diff_text(const report::Report &report, const std::vector<subject::SurfaceChange> &changes, bool color) {
  const auto paint = [&](std::string_view code, const std::string &text) {
    return color ? "\x1b[" + std::string(code) + "m" + text + "\x1b[0m" : text;
  };
  std::string out = printable(report.subjects[0].path) + " -> " + printable(report.subjects[1].path) + "\n";
  std::size_t worse = 0, width = 0;
  for (const subject::SurfaceChange &change : changes)
    width = std::max(width, change.kind.size());
  for (const subject::SurfaceChange &change : changes) {
    worse += change.worse;
    const std::string kind = change.kind + std::string(width - change.kind.size(), ' ');
    out += "  " + (change.worse ? paint("1;31", "worse  " + kind) : "       " + kind) + "  " +
           printable(change.subject) + (change.what.empty() ? "" : "  " + printable(change.what)) + "\n";
  }
  out += changes.empty() ? "no change of the surface\n"
                         : std::to_string(changes.size()) + (changes.size() == 1 ? " change, " : " changes, ") +
                               std::to_string(worse) + " worse\n";
  for (const report::Subject &subject : report.subjects)
    if (subject.coverage.verdict != report::CoverageVerdict::complete)
      out += "note: " + printable(subject.path) + " was not fully analysed (" +
             std::string(name_of(subject.coverage.verdict)) + ")\n";
  return out;
}

} // namespace

int run_surface(const SurfaceOptions &options, const Console &console) {
  const std::vector<Candidate> candidates = find_drivers(options.paths);
  if (candidates.empty()) {
    print(console.err, "ringfence: nothing to show: no *.sys file below the given paths\n");
    return exit_nothing;
  }
  const PdbFiles pdbs(options.pdbs, candidates.size() == 1);
  const report::Report report = audit_files(
      candidates, {.findings = false, .primitives = options.primitives, .pdbs = &pdbs}, options.jobs, true, console);
  std::string text = options.format == "json" ? report::to_json(report) : std::string();
  int code = exit_passed;
  for (const report::Subject &subject : report.subjects) {
    if (has_no_surface(subject))
      code = combine(code, exit_not_assessed);
    if (options.format == "dot")
      text += report::surface_dot(subject);
    else if (options.format == "text")
      text += (text.empty() ? "" : "\n") +
              report::surface_text(subject, {.color = console.color && options.output.empty()});
  }
  return write_output(options.output, text, console) ? code : exit_internal;
}

int run_diff(const DiffOptions &options, const Console &console) {
  const std::vector<Candidate> candidates = {{options.before, {}}, {options.after, {}}};
  const PdbFiles pdbs(options.pdbs, false);
  const report::Report report =
      audit_files(candidates, {.findings = false, .primitives = false, .pdbs = &pdbs}, 0, false, console);
  for (const report::Subject &subject : report.subjects)
    if (has_no_surface(subject)) {
      print(console.err,
            "ringfence: " + printable(subject.path) + ": " +
                (subject.error.empty() ? "has no surface: its code was not followed" : printable(subject.error)) +
                "\n");
      return exit_not_assessed;
    }
  const auto changes = subject::diff_surfaces(report.subjects[0].surface, report.subjects[1].surface);
  const bool worse =
      std::any_of(changes.begin(), changes.end(), [](const subject::SurfaceChange &c) { return c.worse; });
  const std::string text = options.format == "json"
                               ? diff_json(report, changes, worse)
                               : diff_text(report, changes, console.color && options.output.empty());
  if (!write_output(options.output, text, console))
    return exit_internal;
  return worse ? exit_findings : exit_passed;
}

} // namespace ringfence::cli
