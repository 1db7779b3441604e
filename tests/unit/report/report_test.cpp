#include <ringfence/report/report.h>

#include <ringfence/document/document.h>

#include <gtest/gtest.h>

namespace ringfence::report {
namespace {

finding::Finding failure(std::string rule, finding::Severity severity) {
  finding::Finding f;
  f.rule = std::move(rule);
  f.verdict = finding::Verdict::fail;
  f.severity = severity;
  f.message = "section .x\x1b[2J is writable and executable";
  f.fix = "drop the flag";
  f.anchor = ".x";
  f.location.rva = Rva(0x1000);
  return f;
}

Report one_subject() {
  Report report;
  report.tool = {"0.1.0", 1, 0};
  Subject subject;
  subject.path = "a.sys";
  subject.sha256 = std::string(64, 'a');
  Value kinds = Value::array();
  kinds.push("KMDF 1.15");
  kinds.push("USB");
  subject.image = Value::object({{"machine", "x64"}, {"framework", "KMDF"}, {"kinds", std::move(kinds)}});
  subject.findings = {failure("wx-section", finding::Severity::high), failure("wx-section", finding::Severity::high)};
  report.subjects.push_back(subject);
  return report;
}

TEST(Json, CarriesTheContractFields) {
  const auto parsed = document::parse_json(to_json(one_subject()));
  ASSERT_TRUE(parsed);
  EXPECT_EQ(*parsed->find("schema")->if_string(), "ringfence.report/1");
  const Value &subject = parsed->find("subjects")->if_array()->front();
  EXPECT_EQ(*subject.find("coverage")->find("verdict")->if_string(), "complete");
  const Value &finding = subject.find("findings")->if_array()->front();
  EXPECT_EQ(*finding.find("location")->find("rva")->if_string(), "0x1000");
  EXPECT_EQ(*finding.find("severity")->if_string(), "high");
}

TEST(Json, EqualFindingsOfOneSubjectHaveDifferentFingerprints) {
  const auto parsed = document::parse_json(to_json(one_subject()));
  const auto &findings = *parsed->find("subjects")->if_array()->front().find("findings")->if_array();
  EXPECT_NE(*findings[0].find("fingerprint")->if_string(), *findings[1].find("fingerprint")->if_string());
}

TEST(Terminal, NeverPassesControlCharactersOn) {
  const std::string text = to_text(one_subject(), {});
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_NE(text.find("fix: drop the flag"), std::string::npos);
  EXPECT_NE(text.find("FAIL: 2 high"), std::string::npos) << text;
  EXPECT_NE(text.find("a.sys  x64, KMDF 1.15, USB\n"), std::string::npos) << text;
}

TEST(Terminal, DoesNotCallASubjectPassedThatWasNotAnalysed) {
  Report report = one_subject();
  report.subjects[0].findings.clear();
  report.subjects[0].coverage = {CoverageVerdict::not_analysable, {{"code", "packed", {}}}};
  const std::string text = to_text(report, {});
  EXPECT_EQ(text.find("pass;"), std::string::npos) << text;
  EXPECT_NE(text.find("code: packed"), std::string::npos) << text;
  EXPECT_NE(text.find("1 not fully analysed"), std::string::npos) << text;
  EXPECT_NE(to_text(report, {.verbosity = -1}).find("code not analysable"), std::string::npos);
}

TEST(Terminal, SaysBesideAFindingThatTheCodeWasNotAnalysed) {
  Report report = one_subject();
  report.subjects[0].coverage.verdict = CoverageVerdict::not_analysable;
  EXPECT_NE(to_text(report, {.verbosity = -1}).find("FAIL: 2 high; code not analysable"), std::string::npos);
}

TEST(Terminal, QuietIsOneVerdictASubject) {
  const std::string text = to_text(one_subject(), {.verbosity = -1});
  EXPECT_EQ(text.find("fix:"), std::string::npos);
}

finding::Finding undecided(std::string rule, bool gated) {
  finding::Finding f;
  f.rule = std::move(rule);
  f.verdict = finding::Verdict::inconclusive;
  f.message = "the ports were not followed";
  f.gated = gated;
  return f;
}

TEST(Terminal, AnUndecidedGateIsInconclusiveAndItsReasonIsSaidOnce) {
  Report report = one_subject();
  report.subjects[0].findings = {undecided("one", true), undecided("two", true), undecided("advice", false)};
  const std::string text = to_text(report, {});
  EXPECT_EQ(text.find("pass;"), std::string::npos) << text;
  EXPECT_NE(text.find("inconclusive: 2 rules could not decide"), std::string::npos) << text;
  EXPECT_NE(text.find("one, two:"), std::string::npos) << text;
  EXPECT_EQ(text.find("the ports were not followed"), text.rfind("the ports were not followed")) << text;
  EXPECT_NE(text.find("0 passed, 1 not fully analysed"), std::string::npos) << text;
  report.subjects[0].findings.resize(1);
  report.subjects[0].findings[0].gated = false;
  EXPECT_NE(to_text(report, {}).find("  pass;"), std::string::npos);
}

TEST(Terminal, AFailureShowsItsPathAndBothAxes) {
  Report report = one_subject();
  finding::Finding f = failure("a-rule", finding::Severity::high);
  f.reach = "any-user";
  f.gives = "the kernel";
  f.path = {{"the device is opened", {}}, {"passes Length < 0x8", {.rva = Rva(0x1056)}}, {"msr-write", {.rva = Rva(0x10a5), .symbol = "control+0x75 (a.c:18)"}}};
  report.subjects[0].findings = {f};
  const std::string text = to_text(report, {});
  EXPECT_NE(text.find("[reach: any-user, gives: the kernel]"), std::string::npos) << text;
  EXPECT_NE(text.find("path: passes Length < 0x8 at 0x1056\n"), std::string::npos) << text;
  EXPECT_NE(text.find("      msr-write at 0x10a5 in control+0x75 (a.c:18)\n"), std::string::npos) << text;
  EXPECT_NE(to_json(report).find("\"gives\": \"the kernel\""), std::string::npos) << to_json(report);
}

TEST(Terminal, FindingsBelowTheThresholdAreAdvice) {
  Report report = one_subject();
  report.subjects[0].findings = {failure("a-rule", finding::Severity::low)};
  const std::string text = to_text(report, {});
  EXPECT_NE(text.find("pass; advice: 1 low; 0 passed"), std::string::npos) << text;
  EXPECT_NE(text.find("a-rule"), std::string::npos) << text;
  EXPECT_NE(text.find("0 with findings, 1 passed"), std::string::npos) << text;
  EXPECT_NE(to_text(report, {.fail_on = finding::Severity::low}).find("FAIL: 1 low"), std::string::npos);
}

} // namespace
} // namespace ringfence::report
