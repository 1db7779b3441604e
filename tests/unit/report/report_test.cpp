#include <ringfence/report/report.h>
#include <ringfence/report/sarif.h>

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

/// A finding that needs two requests, in a driver whose source is known.
Report sequence() {
  Report report = one_subject();
  report.subjects[0].path = "out dir/a.sys";
  finding::Finding f = failure("caller-chosen-msr", finding::Severity::critical);
  f.reach = "any-user";
  f.location = {.rva = Rva(0x1010), .symbol = "read+0x10 (a.c:7)", .source = "C:\\src\\a.c", .line = 7};
  f.path = {{"the device is opened", {}, 0},
            {"code 1 is handled", {.rva = Rva(0x1000)}, 1},
            {"code 2 is handled", {.rva = Rva(0x1008)}, 2},
            {"msr-read", f.location, 2}};
  report.subjects[0].findings.insert(report.subjects[0].findings.begin() + 1, f);
  report.subjects[0].coverage = {CoverageVerdict::partial, {{"routine", "too many paths", Rva(0x2000)}}};
  return report;
}

Value sarif_run(const Report &report, bool everything = false) {
  const RuleText rules[] = {
      {.id = "caller-chosen-msr",
       .title = "Caller chooses",
       .fix = "Compare",
       .page = "## What",
       .cwe = "CWE-782",
       .precision = "high"},
      {.id = "wx-section", .title = "W+X", .fix = "drop", .page = "", .cwe = "", .precision = "very-high"}};
  const auto parsed = document::parse_json(to_sarif(report, rules, {.everything = everything}));
  EXPECT_TRUE(parsed);
  EXPECT_EQ(parsed->text_at("version"), "2.1.0");
  return parsed->items_at("runs").front();
}

TEST(Sarif, WorstComesFirstAndRulesAreOnePerClassOfCallers) {
  const Value run = sarif_run(sequence());
  const auto results = run.items_at("results");
  ASSERT_EQ(results.size(), 3u);
  EXPECT_EQ(results[0].text_at("ruleId"), "caller-chosen-msr.any-user");
  EXPECT_EQ(results[0].text_at("level"), "error");
  const auto rules = run.find("tool")->find("driver")->items_at("rules");
  ASSERT_EQ(rules.size(), 2u);
  const Value &rule = rules[*results[0].number_at("ruleIndex")];
  EXPECT_EQ(rule.text_at("id"), "caller-chosen-msr.any-user");
  EXPECT_EQ(rule.find("properties")->text_at("security-severity"), "9.5");
  EXPECT_EQ(rules[*results[1].number_at("ruleIndex")].text_at("id"), "wx-section");
  EXPECT_NE(results[1].find("partialFingerprints")->text_at("primaryLocationLineHash"),
            results[2].find("partialFingerprints")->text_at("primaryLocationLineHash"));
}

TEST(Sarif, PlacesAreSourceLinesWhereKnownAndTheDriverElsewhere) {
  const Value run = sarif_run(sequence());
  const auto results = run.items_at("results");
  const Value &in_source = *results[0].items_at("locations").front().find("physicalLocation");
  EXPECT_EQ(in_source.find("artifactLocation")->text_at("uri"), "file:///C:/src/a.c");
  EXPECT_EQ(in_source.find("region")->number_at("startLine"), 7u);
  const Value &in_binary = *results[1].items_at("locations").front().find("physicalLocation");
  EXPECT_EQ(in_binary.find("artifactLocation")->text_at("uri"), "out%20dir/a.sys");
  EXPECT_EQ(in_binary.find("region")->number_at("startLine"), 1u);
  EXPECT_EQ(in_binary.find("address")->number_at("relativeAddress"), 0x1000u);
}

TEST(Sarif, EachRequestOfASequenceIsAThreadFlow) {
  const Value run = sarif_run(sequence());
  const auto flows = run.items_at("results")[0].items_at("codeFlows").front().items_at("threadFlows");
  ASSERT_EQ(flows.size(), 2u);
  EXPECT_EQ(flows[0].items_at("locations").size(), 2u); // the open belongs to the first
  EXPECT_EQ(flows[1].text_at("id"), "request 2");
  EXPECT_EQ(flows[1].items_at("locations")[1].number_at("executionOrder"), 4u);
  for (const Value &flow : flows)
    for (const Value &step : flow.items_at("locations"))
      EXPECT_TRUE(step.find("location")->find("physicalLocation")) << "a service refuses the file";
}

TEST(Sarif, SaysWhatWasNotAnalysed) {
  Report report = sequence();
  report.subjects.push_back({});
  report.subjects[1].path = "b.sys";
  report.subjects[1].error = "not a PE file";
  const Value run = sarif_run(report);
  const Value &invocation = run.items_at("invocations").front();
  EXPECT_FALSE(invocation.flag_at("executionSuccessful"));
  const auto said = invocation.items_at("toolExecutionNotifications");
  ASSERT_EQ(said.size(), 2u);
  EXPECT_EQ(said[0].find("message")->text_at("text"), "not analysed: routine: too many paths at 0x2000");
  EXPECT_EQ(said[1].find("message")->text_at("text"), "not read: not a PE file");
}

TEST(Sarif, OtherVerdictsAreResultsOnlyWhenAsked) {
  Report report = one_subject();
  finding::Finding passed = failure("cfg", finding::Severity::low);
  passed.verdict = finding::Verdict::pass;
  report.subjects[0].findings.push_back(passed);
  EXPECT_EQ(sarif_run(report).items_at("results").size(), 2u);
  const Value run = sarif_run(report, true);
  const auto all = run.items_at("results");
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[2].text_at("kind"), "pass");
  EXPECT_EQ(all[2].text_at("level"), "none");
}

TEST(Terminal, NumbersTheRequestsOfASequence) {
  const std::string text = to_text(sequence(), {});
  EXPECT_NE(text.find("path: request 1: code 1 is handled at 0x1000\n"), std::string::npos) << text;
  EXPECT_NE(text.find("request 2: code 2 is handled at 0x1008\n"), std::string::npos) << text;
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
  f.path = {{"the device is opened", {}},
            {"passes Length < 0x8", {.rva = Rva(0x1056)}},
            {"msr-write", {.rva = Rva(0x10a5), .symbol = "control+0x75 (a.c:18)"}}};
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
