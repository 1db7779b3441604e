#include <ringfence/finding/finding.h>

#include <gtest/gtest.h>

namespace ringfence::finding {
namespace {

Finding make(std::string rule, Verdict verdict, Severity severity = Severity::note) {
  Finding f;
  f.rule = std::move(rule);
  f.verdict = verdict;
  f.severity = severity;
  return f;
}

TEST(Fingerprint, SurvivesARebuildThatMovesCode) {
  Finding before = make("wx-section", Verdict::fail);
  before.anchor = ".data";
  Finding after = before;
  after.location.rva = Rva(0x4000);
  after.message = "another wording";
  EXPECT_EQ(fingerprint(before, 0), fingerprint(after, 0));
}

TEST(Fingerprint, TellsRulesAnchorsAndOccurrencesApart) {
  Finding f = make("wx-section", Verdict::fail);
  f.anchor = ".data";
  const std::string first = fingerprint(f, 0);
  EXPECT_EQ(first.size(), 32u);
  EXPECT_NE(first, fingerprint(f, 1));
  f.anchor = ".text";
  EXPECT_NE(first, fingerprint(f, 0));
}

TEST(Order, WorstFirstAndIndependentOfInputOrder) {
  std::vector<Finding> findings{make("a", Verdict::pass), make("z", Verdict::fail, Severity::critical),
                                make("b", Verdict::inconclusive), make("c", Verdict::fail, Severity::low)};
  sort_worst_first(findings);
  EXPECT_EQ(findings[0].rule, "z");
  EXPECT_EQ(findings[1].rule, "c");
  EXPECT_EQ(findings[2].rule, "b");
  EXPECT_EQ(findings[3].rule, "a");
}

TEST(Severity, NamesRoundTrip) {
  EXPECT_EQ(severity_from_name("high"), Severity::high);
  EXPECT_EQ(name_of(Severity::critical), "critical");
  EXPECT_FALSE(severity_from_name("HIGH"));
}

} // namespace
} // namespace ringfence::finding
