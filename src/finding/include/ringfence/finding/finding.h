// What a rule says about a subject. Plain data: rules make findings, reports read them, neither knows the other.
// A verdict is always given: silence is not a pass.
#pragma once

#include <ringfence/base/strong.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ringfence::finding {

enum class Verdict : std::uint8_t { fail, pass, not_applicable, inconclusive };
enum class Severity : std::uint8_t { note, low, medium, high, critical };

std::string_view name_of(Verdict verdict);
std::string_view name_of(Severity severity);
/// The severity named `text` (note, low, medium, high, critical), or nothing.
std::optional<Severity> severity_from_name(std::string_view text);

/// Where in the subject a finding points. Every part is optional; none of them enters the fingerprint.
struct Location {
  std::optional<Rva> rva{};
  std::optional<FileOffset> file_offset{};
  std::string section{};  ///< section name, empty when it does not apply
  std::string symbol{};   ///< function, import or source position, empty when unknown
  std::string source{};   ///< path of the source file, as the compiler was given it; empty when unknown
  std::uint32_t line = 0; ///< in `source`, from 1; 0: unknown
};

/// One step of the way from an entry of the driver to the place of a finding.
struct PathStep {
  std::string what;
  Location location;
  unsigned request = 0; ///< which request of the sequence, from 1; 0: before the first
};

struct Finding {
  std::string rule; ///< the rule's id
  Verdict verdict = Verdict::inconclusive;
  Severity severity = Severity::note; ///< meaningful for `fail`
  std::string reach;                  ///< who can cause it, as a word of the access model; empty where nobody has to
  std::string gives;   ///< what it gives to them: "the kernel", "a step to the kernel", "information"; empty as `reach`
  std::string title;   ///< the rule's title
  std::string message; ///< one sentence: what was found (fail, pass) or the reason (not_applicable, inconclusive)
  std::string fix;     ///< one line, only for `fail`
  std::string anchor;  ///< what the finding is about, free of addresses: a section, an import, a control code
  Location location;
  std::vector<PathStep> path;
  bool gated = false; ///< an inconclusive verdict of this rule fails the run
};

/// 32 hexadecimal digits over rule, anchor and `occurrence` (the index among findings of one subject with the same
/// rule and anchor). No address, path or message enters, so a rebuild of the same defect keeps its fingerprint.
std::string fingerprint(const Finding &finding, unsigned occurrence);

/// Worst first: fails by descending severity, then inconclusive, not_applicable, pass; ties by rule, anchor and
/// location, so that the order is the same on every run.
void sort_worst_first(std::vector<Finding> &findings);

} // namespace ringfence::finding
