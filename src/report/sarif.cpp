// Report -> SARIF 2.1.0 (section numbers are those of the standard). What GitHub code scanning demands beyond it: every
// location has a physical one with a region (a binary gets line 1), a rule's `security-severity` is text, texts are not
// empty.

#include <ringfence/report/sarif.h>

#include <ringfence/base/text.h>
#include <ringfence/document/document.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>
#include <vector>

namespace ringfence::report {
namespace {

using finding::Finding;
using finding::Severity;
using finding::Verdict;

constexpr std::size_t most_results = 5'000; ///< that GitHub keeps of an upload
constexpr std::size_t most_notifications = 1'000;

// --- words ----------------------------------------------------------------------------------------------------------

std::string_view level_of(Severity severity) {
  return severity >= Severity::high ? "error" : severity == Severity::medium ? "warning" : "note";
}

/// Scores in the middle of the ranges that code scanning gives names to.
std::string_view score_of(Severity severity) {
  constexpr std::string_view scores[] = {"1.0", "3.0", "5.5", "8.0", "9.5"};
  return scores[static_cast<std::size_t>(severity)];
}

/// 3.27.9
std::string_view kind_of(Verdict verdict) {
  constexpr std::string_view kinds[] = {"fail", "pass", "notApplicable", "open"};
  return kinds[static_cast<std::size_t>(verdict)];
}

std::string rule_id_of(const Finding &f) {
  return f.verdict == Verdict::fail && !f.reach.empty() ? f.rule + "." + f.reach : f.rule;
}

/// RFC 3986: what is not reserved, and the slashes and colon of a path, stand for themselves.
std::string uri_of(std::string_view path) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  while (path.starts_with("./"))
    path.remove_prefix(2);
  const bool drive = path.size() > 1 && path[1] == ':';
  std::string out = path.starts_with('/') ? "file://" : drive ? "file:///" : "";
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       std::string_view("-._~/").find(c) != std::string_view::npos;
    if (plain || (c == ':' && drive))
      out += c;
    else if (c == '\\')
      out += '/';
    else
      (out += '%') += {digits[byte >> 4], digits[byte & 15]};
  }
  return out;
}

Value message(std::string_view text) {
  return Value::object({{"text", text.empty() ? std::string("(no text)") : printable(text)}});
}

// --- places ---------------------------------------------------------------------------------------------------------

/// 3.28: the source line where a program database tells it, else the driver, with the address.
Value location_of(const Subject &subject, std::size_t artifact, const finding::Location &at) {
  Value physical = Value::object();
  if (at.line != 0) {
    physical.set("artifactLocation", Value::object({{"uri", uri_of(at.source)}}));
    physical.set("region", Value::object({{"startLine", at.line}, {"startColumn", 1}}));
  } else {
    physical.set("artifactLocation",
                 Value::object({{"uri", uri_of(subject.path)}, {"index", static_cast<std::uint64_t>(artifact)}}));
    physical.set("region", Value::object({{"startLine", 1}, {"startColumn", 1}}));
  }
  if (at.rva)
    physical.set("address", Value::object({{"relativeAddress", std::uint64_t{at.rva->value}},
                                           {"kind", at.section.empty() ? "instruction" : "section"}}));
  else if (at.file_offset)
    physical.set("address",
                 Value::object({{"offsetFromParent", std::uint64_t{at.file_offset->value}}, {"kind", "data"}}));
  Value out = Value::object({{"physicalLocation", std::move(physical)}});
  if (!at.symbol.empty() || !at.section.empty()) {
    const bool function = !at.symbol.empty();
    Value logical = Value::object(
        {{"name", printable(function ? at.symbol : at.section)}, {"kind", function ? "function" : "section"}});
    out.set("logicalLocations", Value::Array{std::move(logical)});
  }
  return out;
}

/// 3.36: one thread flow for each request of the sequence; what comes before the first belongs to it.
Value code_flows_of(const Subject &subject, std::size_t artifact, const Finding &f) {
  Value flows = Value::array();
  std::uint64_t order = 0;
  for (std::size_t i = 0; i < f.path.size();) {
    const unsigned request = std::max(f.path[i].request, 1u);
    Value steps = Value::array();
    for (; i < f.path.size() && std::max(f.path[i].request, 1u) == request; ++i) {
      Value location = location_of(subject, artifact, f.path[i].location);
      location.set("message", message(f.path[i].what));
      steps.push(Value::object({{"location", std::move(location)}, {"executionOrder", ++order}}));
    }
    flows.push(Value::object({{"id", "request " + std::to_string(request)}, {"locations", std::move(steps)}}));
  }
  return Value(Value::Array{Value::object({{"threadFlows", std::move(flows)}})});
}

// --- results --------------------------------------------------------------------------------------------------------

struct Found {
  const Finding *finding;
  std::size_t subject;
  std::string fingerprint;
};

Value result_of(const Report &report, const Found &found, std::uint64_t rule_index) {
  const Finding &f = *found.finding;
  const Subject &subject = report.subjects[found.subject];
  const bool fail = f.verdict == Verdict::fail;
  Value out = Value::object({{"ruleId", rule_id_of(f)},
                             {"ruleIndex", rule_index},
                             {"level", fail ? level_of(f.severity) : std::string_view("none")}});
  if (!fail)
    out.set("kind", kind_of(f.verdict));
  std::string text = f.message;
  if (!f.fix.empty())
    text += "\n\nFix: " + f.fix;
  out.set("message", message(text));
  out.set("locations", Value::Array{location_of(subject, found.subject, f.location)});
  out.set("partialFingerprints",
          Value::object({{"primaryLocationLineHash", found.fingerprint + ":" + std::string(file_name_of(subject.path))},
                         {"ringfence/v1", found.fingerprint}}));
  if (!f.path.empty())
    out.set("codeFlows", code_flows_of(subject, found.subject, f));
  Value properties = Value::object();
  for (const auto &[key, value] : {std::pair{"reach", &f.reach}, {"gives", &f.gives}, {"anchor", &f.anchor}})
    if (!value->empty())
      properties.set(key, printable(*value));
  if (!properties.is_null() && !properties.if_object()->empty())
    out.set("properties", std::move(properties));
  return out;
}

/// Failures of all subjects, the worst first; what else was said behind them when it is asked for.
std::vector<Found> findings_of(const Report &report, bool everything) {
  std::vector<Found> out;
  for (std::size_t i = 0; i < report.subjects.size(); ++i) {
    std::map<std::pair<std::string, std::string>, unsigned> seen;
    for (const Finding &f : report.subjects[i].findings) {
      const unsigned occurrence = seen[{f.rule, f.anchor}]++;
      if (f.verdict == Verdict::fail || everything)
        out.push_back({&f, i, finding::fingerprint(f, occurrence)});
    }
  }
  std::stable_sort(out.begin(), out.end(), [](const Found &a, const Found &b) {
    const auto rank = [](const Finding &f) {
      return f.verdict == Verdict::fail ? 1 + static_cast<int>(f.severity) : 0;
    };
    return rank(*a.finding) > rank(*b.finding);
  });
  return out;
}

// --- the run --------------------------------------------------------------------------------------------------------

/// 3.49: severity is that of the rule's worst result in this run.
Value rule_of(const std::string &id, const RuleText &rule, Severity severity) {
  Value out = Value::object({{"id", id},
                             {"shortDescription", message(rule.title)},
                             {"fullDescription", message(std::string(rule.title) + ". " + std::string(rule.fix))}});
  if (id != rule.id) // 3.49.7: a name says something else than the id
    out.set("name", rule.id);
  out.set("help", Value::object({{"text", rule.fix.empty() ? rule.title : rule.fix},
                                 {"markdown", rule.page.empty() ? rule.title : rule.page}}));
  out.set("defaultConfiguration", Value::object({{"level", level_of(severity)}}));
  Value tags = Value(Value::Array{"security", "windows-driver"});
  if (!rule.cwe.empty()) {
    tags.push("external/cwe/" + ascii_lower(rule.cwe));
    const Value target = Value::object({{"id", rule.cwe}, {"toolComponent", Value::object({{"name", "CWE"}})}});
    out.set("relationships", Value::Array{Value::object({{"target", target}, {"kinds", Value::Array{"superset"}}})});
  }
  Value properties = Value::object({{"tags", std::move(tags)}, {"security-severity", score_of(severity)}});
  if (!rule.precision.empty())
    properties.set("precision", rule.precision);
  out.set("properties", std::move(properties));
  return out;
}

/// What was not analysed: 3.20.21, so that a run without results is not taken for a clean driver.
Value notifications_of(const Report &report, std::size_t left_out) {
  Value out = Value::array();
  const auto say = [&](const std::string &text, std::string_view level, std::size_t subject) {
    if (out.if_array()->size() < most_notifications)
      out.push(Value::object({{"message", message(text)},
                              {"level", level},
                              {"locations", Value::Array{location_of(report.subjects[subject], subject, {})}}}));
  };
  if (left_out > 0)
    out.push(
        Value::object({{"message", message(std::to_string(left_out) +
                                           " results of the lowest severities were left out: code scanning keeps " +
                                           std::to_string(most_results))},
                       {"level", "warning"}}));
  for (std::size_t i = 0; i < report.subjects.size(); ++i) {
    const Subject &subject = report.subjects[i];
    if (!subject.error.empty())
      say("not read: " + subject.error, "error", i);
    for (const CoverageReason &reason : subject.coverage.reasons)
      say("not analysed: " + reason.what + ": " + reason.why + (reason.rva ? " at " + hex(reason.rva->value) : ""),
          "warning", i);
    for (const Finding &f : subject.findings)
      if (f.verdict == Verdict::inconclusive && f.gated)
        say(f.rule + " could not decide: " + f.message, "warning", i);
  }
  return out;
}

Value artifacts_of(const Report &report) {
  Value out = Value::array();
  for (const Subject &subject : report.subjects) {
    Value one = Value::object(
        {{"location", Value::object({{"uri", uri_of(subject.path)}})}, {"roles", Value::Array{"analysisTarget"}}});
    if (!subject.sha256.empty())
      one.set("hashes", Value::object({{"sha-256", subject.sha256}}));
    out.push(std::move(one));
  }
  return out;
}

} // namespace

std::string to_sarif(const Report &report, std::span<const RuleText> rules, const SarifOptions &options) {
  std::vector<Found> found = findings_of(report, options.everything);
  const std::size_t left_out = found.size() > most_results ? found.size() - most_results : 0;
  found.resize(found.size() - left_out);
  std::map<std::string, Severity> ids; // of the results, with the worst severity
  std::map<std::string, std::string> rule_named;
  for (const Found &one : found) {
    const std::string id = rule_id_of(*one.finding);
    Severity &worst = ids.try_emplace(id, Severity::note).first->second;
    worst = std::max(worst, one.finding->verdict == Verdict::fail ? one.finding->severity : Severity::note);
    rule_named.emplace(id, one.finding->rule);
  }
  Value described = Value::array(), taxa = Value::array(), results = Value::array();
  std::map<std::string, std::uint64_t> index;
  std::set<std::string_view> weaknesses;
  for (const auto &[id, severity] : ids) {
    const auto text =
        std::find_if(rules.begin(), rules.end(), [&](const RuleText &r) { return r.id == rule_named[id]; });
    const RuleText rule =
        text != rules.end()
            ? *text
            : RuleText{
                  .id = rule_named[id], .title = rule_named[id], .fix = {}, .page = {}, .cwe = {}, .precision = {}};
    index.emplace(id, index.size());
    described.push(rule_of(id, rule, severity));
    if (!rule.cwe.empty())
      weaknesses.insert(rule.cwe);
  }
  for (const std::string_view weakness : weaknesses)
    taxa.push(Value::object({{"id", weakness}}));
  for (const Found &one : found)
    results.push(result_of(report, one, index[rule_id_of(*one.finding)]));

  const bool read =
      std::all_of(report.subjects.begin(), report.subjects.end(), [](const Subject &s) { return s.error.empty(); });
  const Value tool =
      Value::object({{"name", "Ringfence"}, {"semanticVersion", report.tool.version}, {"rules", std::move(described)}});
  const Value cwe = Value::object({{"name", "CWE"},
                                   {"organization", "MITRE"},
                                   {"shortDescription", message("Common Weakness Enumeration")},
                                   {"taxa", std::move(taxa)}});
  std::string id = "ringfence/";
  if (report.subjects.size() == 1)
    id += printable(file_name_of(report.subjects.front().path)) + "/" +
          report.subjects.front().image.text_at("machine") + "/";
  const Value run = Value::object(
      {{"tool", Value::object({{"driver", tool}})},
       {"automationDetails", Value::object({{"id", id}})},
       {"columnKind", "utf16CodeUnits"},
       {"invocations",
        Value::Array{Value::object(
            {{"executionSuccessful", read}, {"toolExecutionNotifications", notifications_of(report, left_out)}})}},
       {"artifacts", artifacts_of(report)},
       {"taxonomies", Value::Array{cwe}},
       {"results", std::move(results)}});
  return document::write_json(Value::object({{"$schema", "https://json.schemastore.org/sarif-2.1.0.json"},
                                             {"version", "2.1.0"},
                                             {"runs", Value::Array{run}}})) +
         "\n";
}

} // namespace ringfence::report
