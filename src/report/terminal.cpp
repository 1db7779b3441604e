// Report -> terminal. Every text that comes from a driver goes through printable().

#include <ringfence/report/report.h>

#include <ringfence/base/text.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

namespace ringfence::report {
namespace {

using finding::Finding;
using finding::Severity;
using finding::Verdict;

class Painter {
public:
  explicit Painter(bool color) : color_(color) {}
  std::string operator()(std::string_view code, std::string_view text) const {
    if (!color_)
      return std::string(text);
    return "\x1b[" + std::string(code) + "m" + std::string(text) + "\x1b[0m";
  }

private:
  bool color_;
};

std::string_view color_of(Severity severity) {
  switch (severity) {
  case Severity::critical:
  case Severity::high:
    return "1;31";
  case Severity::medium:
    return "1;33";
  default:
    return "36";
  }
}

std::string padded(std::string text, std::size_t width) {
  if (text.size() < width)
    text.append(width - text.size(), ' ');
  return text;
}

/// Appends `text` broken at spaces into lines of at most 100 columns, each after `indent`.
void append_wrapped(std::string &out, std::string_view indent, std::string_view first, std::string_view text) {
  constexpr std::size_t width = 100;
  std::string line = std::string(indent) + std::string(first);
  const std::string hanging(indent.size() + first.size(), ' ');
  bool empty = true;
  for (const std::string_view word : split(text, ' ')) {
    if (!empty && line.size() + 1 + word.size() > width) {
      out += line + "\n";
      line = hanging;
      empty = true;
    }
    line += (empty ? "" : " ") + std::string(word);
    empty = false;
  }
  out += line + "\n";
}

/// "KMDF 1.15, minifilter".
std::string kinds_of(const Value &image) {
  std::string text;
  for (const Value &kind : image.items_at("kinds"))
    if (const std::string *name = kind.if_string())
      text += (text.empty() ? "" : ", ") + *name;
  return text;
}

struct Counts {
  std::array<std::size_t, 5> fails{};
  std::size_t failed = 0, passed = 0, not_applicable = 0, inconclusive = 0;
  std::size_t undecided = 0; ///< inconclusive rules that fail the run
};

Counts count(const Subject &subject) {
  Counts counts;
  for (const Finding &f : subject.findings) {
    switch (f.verdict) {
    case Verdict::fail:
      ++counts.failed;
      ++counts.fails[static_cast<std::size_t>(f.severity)];
      break;
    case Verdict::pass:
      ++counts.passed;
      break;
    case Verdict::not_applicable:
      ++counts.not_applicable;
      break;
    case Verdict::inconclusive:
      ++counts.inconclusive;
      counts.undecided += f.gated ? 1 : 0;
      break;
    }
  }
  return counts;
}

std::string place_of(const Finding &f) {
  std::string place;
  if (f.location.rva)
    place = " at " + hex(f.location.rva->value);
  else if (f.location.file_offset)
    place = " at file offset " + hex(f.location.file_offset->value);
  if (!f.location.symbol.empty())
    place += " in " + printable(f.location.symbol);
  return place;
}

/// The steps that have an address, one a line; those of a sequence under the number of their request.
void append_path(std::string &out, const Finding &f) {
  const bool sequence =
      std::any_of(f.path.begin(), f.path.end(), [](const finding::PathStep &s) { return s.request > 1; });
  std::string_view first = "path: ";
  unsigned request = 0;
  for (const finding::PathStep &step : f.path) {
    const std::string number =
        sequence && step.request != request ? "request " + std::to_string(step.request) + ": " : "";
    request = step.request;
    if (!step.location.rva && number.empty())
      continue;
    append_wrapped(out, "           ", first,
                   number + printable(step.what) + (step.location.rva ? " at " + hex(step.location.rva->value) : "") +
                       (step.location.symbol.empty() ? "" : " in " + printable(step.location.symbol)));
    first = "      ";
  }
}

void append_failure(std::string &out, const Finding &f, const Painter &paint) {
  const std::string severity = padded(std::string(finding::name_of(f.severity)), 9);
  out += "  " + paint(color_of(f.severity), severity) + paint("1", f.rule) + place_of(f) +
         (f.reach.empty() ? "" : "  [reach: " + f.reach + (f.gives.empty() ? "" : ", gives: " + f.gives) + "]") + "\n";
  append_wrapped(out, "           ", "", printable(f.message));
  append_path(out, f);
  append_wrapped(out, "           ", "fix: ", f.fix);
}

void append_line(std::string &out, std::string_view mark, const Finding &f) {
  append_wrapped(out, "  ", padded(std::string(mark), 9) + f.rule + ": ", printable(f.message));
}

/// Rules that could not decide for the same reason are one line.
void append_undecided(std::string &out, const Subject &subject) {
  std::vector<std::pair<std::string_view, std::string>> reasons;
  for (const Finding &f : subject.findings) {
    if (f.verdict != Verdict::inconclusive || !f.gated)
      continue;
    const auto same = std::find_if(reasons.begin(), reasons.end(), [&](const auto &r) { return r.first == f.message; });
    if (same == reasons.end())
      reasons.emplace_back(f.message, f.rule);
    else
      same->second += ", " + f.rule;
  }
  for (const auto &[message, rules] : reasons) {
    append_wrapped(out, "  ", padded("unknown", 9), rules + ":");
    append_wrapped(out, "           ", "", printable(message));
  }
}

/// "1 critical, 2 low": of the severities from `least` to `most`.
std::string severities(const Counts &counts, std::size_t least, std::size_t most) {
  std::string text;
  for (std::size_t i = most + 1; i-- > least;)
    if (counts.fails[i] > 0)
      text += (text.empty() ? "" : ", ") + std::to_string(counts.fails[i]) + " " +
              std::string(finding::name_of(static_cast<Severity>(i)));
  return text;
}

std::string verdict_line(const Subject &subject, const Counts &counts, Severity fail_on, const Painter &paint) {
  if (!subject.error.empty())
    return paint("1;35", "not read") + ": " + printable(subject.error);
  const auto threshold = static_cast<std::size_t>(fail_on);
  const std::string failing = severities(counts, threshold, counts.fails.size() - 1);
  const std::string advice = threshold == 0 ? std::string() : severities(counts, 0, threshold - 1);
  std::string text;
  if (!failing.empty())
    text = paint("1;31", "FAIL") + ": " + failing;
  else if (counts.undecided > 0)
    text = paint("1;33", "inconclusive") + ": " + std::to_string(counts.undecided) +
           (counts.undecided == 1 ? " rule" : " rules") + " could not decide";
  else if (subject.coverage.verdict == CoverageVerdict::complete)
    text = paint("1;32", "pass");
  else if (subject.coverage.verdict == CoverageVerdict::partial)
    text = paint("1;33", "no finding, but not everything was analysed");
  if (subject.coverage.verdict == CoverageVerdict::not_analysable)
    text += (text.empty() ? "" : "; ") + paint("1;35", "code not analysable");
  if (!advice.empty())
    text += "; advice: " + advice;
  text += "; " + std::to_string(counts.passed) + " passed, " + std::to_string(counts.inconclusive) + " not assessed, " +
          std::to_string(counts.not_applicable) + " not applicable";
  return text;
}

void append_subject(std::string &out, const Subject &subject, const TextOptions &options, const Painter &paint) {
  const Counts counts = count(subject);
  const std::string machine = subject.image.text_at("machine");
  const std::string framework = kinds_of(subject.image);
  out += paint("1", printable(subject.path));
  if (!machine.empty())
    out += "  " + machine + (framework.empty() ? "" : ", " + printable(framework));
  out += "\n  " + verdict_line(subject, counts, options.fail_on, paint) + "\n";
  if (options.verbosity < 0)
    return;
  for (const CoverageReason &reason : subject.coverage.reasons)
    append_wrapped(out, "  ", paint("1;33", "coverage "),
                   printable(reason.what + ": " + reason.why) + (reason.rva ? " at " + hex(reason.rva->value) : ""));
  for (const Finding &f : subject.findings) {
    if (f.verdict == Verdict::fail)
      append_failure(out, f, paint);
    else if (options.verbosity >= 1)
      append_line(out, f.verdict == Verdict::pass ? "pass" : f.verdict == Verdict::inconclusive ? "unknown" : "n/a", f);
  }
  if (options.verbosity < 1)
    append_undecided(out, subject);
}

} // namespace

std::string to_text(const Report &report, const TextOptions &options) {
  const Painter paint(options.color);
  std::string out;
  std::size_t failed = 0, clean = 0, partial = 0, unread = 0;
  for (const Subject &subject : report.subjects) {
    append_subject(out, subject, options, paint);
    if (options.verbosity >= 0)
      out += "\n";
    const bool fails = !subject.findings.empty() && subject.findings.front().verdict == Verdict::fail &&
                       subject.findings.front().severity >= options.fail_on;
    if (!subject.error.empty())
      ++unread;
    else if (fails)
      ++failed;
    else if (subject.coverage.verdict != CoverageVerdict::complete || count(subject).undecided > 0)
      ++partial;
    else
      ++clean;
  }
  out += std::to_string(report.subjects.size()) + (report.subjects.size() == 1 ? " driver: " : " drivers: ") +
         std::to_string(failed) + " with findings, " + std::to_string(clean) + " passed, " + std::to_string(partial) +
         " not fully analysed, " + std::to_string(unread) + " not read\n";
  return out;
}

} // namespace ringfence::report
