#include <ringfence/cli/audit_run.h>

#include <ringfence/fleet/fleet.h>

#include <string>

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

} // namespace

report::Report audit_files(const std::vector<Candidate> &candidates, const audit::Options &options, unsigned jobs,
                           bool show_progress, const Console &console) {
  report::Report report;
  report.tool = audit::tool();
  report.subjects.resize(candidates.size());
  const bool progress = show_progress && console.progress && candidates.size() >= many_files;
  std::vector<audit::Auditor> auditors;
  for (std::size_t i = 0; i < fleet::worker_count(candidates.size(), jobs); ++i)
    auditors.emplace_back(options);
  fleet::for_each(
      candidates.size(), jobs,
      [&](std::size_t worker, std::size_t i) { report.subjects[i] = audit_candidate(candidates[i], auditors[worker]); },
      [&](std::size_t done) {
        if (progress)
          print(console.err, "\r" + std::to_string(done) + "/" + std::to_string(candidates.size()) + " drivers");
      });
  if (progress)
    print(console.err, "\r\x1b[K");
  return report;
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

} // namespace ringfence::cli
