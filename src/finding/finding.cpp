#include <ringfence/finding/finding.h>

#include <ringfence/base/text.h>

#include <algorithm>
#include <tuple>

namespace ringfence::finding {
namespace {

constexpr std::string_view severity_names[] = {"note", "low", "medium", "high", "critical"};

int rank_of(const Finding &f) {
  switch (f.verdict) {
  case Verdict::fail:
    return -static_cast<int>(f.severity);
  case Verdict::inconclusive:
    return 1;
  case Verdict::not_applicable:
    return 2;
  case Verdict::pass:
    return 3;
  }
  return 4;
}

} // namespace

std::string_view name_of(Verdict verdict) {
  switch (verdict) {
  case Verdict::fail:
    return "fail";
  case Verdict::pass:
    return "pass";
  case Verdict::not_applicable:
    return "not_applicable";
  case Verdict::inconclusive:
    return "inconclusive";
  }
  return "inconclusive";
}

std::string_view name_of(Severity severity) { return severity_names[static_cast<std::size_t>(severity)]; }

std::optional<Severity> severity_from_name(std::string_view text) {
  for (std::size_t i = 0; i < std::size(severity_names); ++i)
    if (severity_names[i] == text)
      return static_cast<Severity>(i);
  return std::nullopt;
}

std::string fingerprint(const Finding &f, unsigned occurrence) {
  const std::string text = f.rule + '\n' + f.anchor + '\n' + std::to_string(occurrence);
  const std::uint64_t low = fnv1a(text);
  const std::uint64_t high = fnv1a(text, low);
  return hex(high, 16).substr(2) + hex(low, 16).substr(2);
}

void sort_worst_first(std::vector<Finding> &findings) {
  const auto key = [](const Finding &f) {
    return std::tuple(rank_of(f), std::string_view(f.rule), std::string_view(f.anchor), f.location.rva.value_or(Rva(0)),
                      std::string_view(f.message));
  };
  std::stable_sort(findings.begin(), findings.end(),
                   [&key](const Finding &a, const Finding &b) { return key(a) < key(b); });
}

} // namespace ringfence::finding
