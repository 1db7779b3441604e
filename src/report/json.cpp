// Report -> JSON. Absent facts are absent members; nothing is invented to fill a field.

#include <ringfence/report/report.h>

#include <ringfence/base/text.h>
#include <ringfence/document/document.h>

#include <algorithm>
#include <map>
#include <utility>

namespace ringfence::report {
namespace {

Value to_value(const finding::Location &location) {
  Value out = Value::object();
  if (location.rva)
    out.set("rva", hex(location.rva->value));
  if (location.file_offset)
    out.set("file_offset", hex(location.file_offset->value));
  if (!location.section.empty())
    out.set("section", location.section);
  if (!location.symbol.empty())
    out.set("symbol", location.symbol);
  return out;
}

Value to_value(const finding::Finding &f, unsigned occurrence) {
  Value out = Value::object({{"rule", f.rule}, {"verdict", finding::name_of(f.verdict)}});
  if (f.verdict == finding::Verdict::fail)
    out.set("severity", finding::name_of(f.severity));
  if (!f.reach.empty())
    out.set("reach", f.reach);
  if (!f.gives.empty())
    out.set("gives", f.gives);
  out.set("title", f.title);
  out.set("message", f.message);
  if (!f.fix.empty())
    out.set("fix", f.fix);
  if (!f.anchor.empty())
    out.set("anchor", f.anchor);
  out.set("location", to_value(f.location));
  Value path = Value::array();
  const bool sequence =
      std::any_of(f.path.begin(), f.path.end(), [](const finding::PathStep &s) { return s.request > 1; });
  for (const finding::PathStep &step : f.path) {
    Value one = Value::object({{"what", step.what}, {"location", to_value(step.location)}});
    if (sequence)
      one.set("request", step.request);
    path.push(std::move(one));
  }
  out.set("path", std::move(path));
  out.set("fingerprint", finding::fingerprint(f, occurrence));
  return out;
}

Value to_value(const std::vector<finding::Finding> &findings) {
  Value out = Value::array();
  std::map<std::pair<std::string, std::string>, unsigned> seen;
  for (const finding::Finding &f : findings)
    out.push(to_value(f, seen[{f.rule, f.anchor}]++));
  return out;
}

Value to_value(const Coverage &coverage) {
  Value reasons = Value::array();
  for (const CoverageReason &reason : coverage.reasons) {
    Value one = Value::object({{"what", reason.what}, {"why", reason.why}});
    if (reason.rva)
      one.set("rva", hex(reason.rva->value));
    reasons.push(std::move(one));
  }
  return Value::object({{"verdict", name_of(coverage.verdict)}, {"reasons", std::move(reasons)}});
}

Value to_value(const Subject &subject) {
  Value out = Value::object({{"path", subject.path}});
  if (!subject.sha256.empty())
    out.set("sha256", subject.sha256);
  out.set("kind", "driver");
  if (!subject.error.empty())
    out.set("error", subject.error);
  out.set("coverage", to_value(subject.coverage));
  if (!subject.image.is_null())
    out.set("image", subject.image);
  if (!subject.surface.is_null())
    out.set("surface", subject.surface);
  out.set("findings", to_value(subject.findings));
  return out;
}

} // namespace

std::string_view name_of(CoverageVerdict verdict) {
  switch (verdict) {
  case CoverageVerdict::complete:
    return "complete";
  case CoverageVerdict::partial:
    return "partial";
  case CoverageVerdict::not_analysable:
    return "not-analysable";
  }
  return "not-analysable";
}

std::string to_json(const Report &report) {
  Value subjects = Value::array();
  for (const Subject &subject : report.subjects)
    subjects.push(to_value(subject));
  const Value tool = Value::object({{"name", "ringfence"},
                                    {"version", report.tool.version},
                                    {"models", static_cast<std::uint64_t>(report.tool.models)},
                                    {"rules", static_cast<std::uint64_t>(report.tool.rules)}});
  const Value root =
      Value::object({{"schema", "ringfence.report/1"}, {"tool", tool}, {"subjects", std::move(subjects)}});
  return document::write_json(root) + "\n";
}

} // namespace ringfence::report
