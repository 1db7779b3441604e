#include <ringfence/rules/rule.h>

#include <gtest/gtest.h>

#include <set>

namespace ringfence::rules {
namespace {

using finding::Finding;
using finding::Verdict;

void silent(const facts::Facts &, Sink &) {}
void passes(const facts::Facts &, Sink &sink) { sink.pass("fine"); }
void fails(const facts::Facts &, Sink &sink) { sink.fail("bad", {.anchor = "x"}); }

facts::ImageFacts x64_driver() {
  facts::ImageFacts image;
  image.machine = facts::Machine::x64;
  image.machine_name = "x64";
  image.subsystem = facts::IMAGE_SUBSYSTEM_NATIVE;
  return image;
}

Finding run(const Rule &rule, const facts::Facts &facts) {
  std::vector<Finding> findings;
  run_rule(rule, facts, findings);
  EXPECT_EQ(findings.size(), 1u);
  return findings.at(0);
}

TEST(Runner, SilenceIsNotAPass) {
  const facts::ImageFacts image = x64_driver();
  EXPECT_EQ(run({.id = "r", .run = silent}, {.image = &image}).verdict, Verdict::inconclusive);
}

TEST(Runner, AnUnreadImageIsInconclusive) {
  EXPECT_EQ(run({.id = "r", .run = passes}, {}).verdict, Verdict::inconclusive);
}

TEST(Runner, APartThatCouldNotBeReadNeverPasses) {
  facts::ImageFacts image = x64_driver();
  image.load_config = facts::Part<facts::LoadConfigFacts>::unreadable("load configuration: truncated");
  const Finding f = run({.id = "r", .needs = need_load_config, .run = passes}, {.image = &image});
  EXPECT_EQ(f.verdict, Verdict::inconclusive);
  EXPECT_EQ(f.message, "load configuration: truncated");
  EXPECT_EQ(run({.id = "r", .needs = need_debug, .run = passes}, {.image = &image}).verdict, Verdict::pass);
}

TEST(Runner, MachineAndSubsystemDecideApplicability) {
  facts::ImageFacts image = x64_driver();
  EXPECT_EQ(run({.id = "r", .machines = "x86, arm64", .run = fails}, {.image = &image}).verdict,
            Verdict::not_applicable);
  EXPECT_EQ(run({.id = "r", .machines = "x86, x64", .run = fails}, {.image = &image}).verdict, Verdict::fail);
  image.subsystem = 2;
  EXPECT_EQ(run({.id = "r", .run = fails}, {.image = &image}).verdict, Verdict::not_applicable);
  EXPECT_EQ(run({.id = "r", .kernel_only = false, .run = fails}, {.image = &image}).verdict, Verdict::fail);
}

TEST(Runner, SaysThatAPdbIsNeeded) {
  const facts::ImageFacts image = x64_driver();
  const Finding f = run({.id = "r", .needs = need_pdb, .run = passes}, {.image = &image});
  EXPECT_EQ(f.verdict, Verdict::inconclusive);
  EXPECT_EQ(f.message, "not assessed without a PDB");
}

TEST(Runner, APlaceLowersTheSeverityButNeverRaisesIt) {
  const facts::ImageFacts image = x64_driver();
  const auto low = [](const facts::Facts &, Sink &sink) { sink.fail("x", {.at_most = finding::Severity::low}); };
  EXPECT_EQ(run({.id = "r", .severity = finding::Severity::high, .run = low}, {.image = &image}).severity,
            finding::Severity::low);
  EXPECT_EQ(run({.id = "r", .severity = finding::Severity::note, .run = low}, {.image = &image}).severity,
            finding::Severity::note);
}

TEST(Runner, ADriverOfAnotherSubsystemThatImportsTheKernelIsAKernelImage) {
  facts::ImageFacts image = x64_driver();
  image.subsystem = 2;
  image.imports = std::vector<facts::ImportFacts>{{.module = "NTOSKRNL.exe", .name = "IoCreateDevice"}};
  EXPECT_EQ(run({.id = "r", .run = fails}, {.image = &image}).verdict, Verdict::fail);
}

TEST(Runner, AStrippedOrDamagedPdbNeverPasses) {
  const facts::ImageFacts image = x64_driver();
  facts::PdbFacts pdb;
  EXPECT_EQ(run({.id = "r", .needs = need_pdb, .run = passes}, {.image = &image, .pdb = &pdb}).verdict, Verdict::pass);
  pdb.damage = "module a.obj: a symbol record is broken";
  const Finding f = run({.id = "r", .needs = need_pdb, .run = passes}, {.image = &image, .pdb = &pdb});
  EXPECT_EQ(f.verdict, Verdict::inconclusive);
  EXPECT_NE(f.message.find("a.obj"), std::string::npos);
  EXPECT_EQ(run({.id = "r", .needs = need_pdb, .run = fails}, {.image = &image, .pdb = &pdb}).verdict, Verdict::fail);
  pdb.stripped = true;
  EXPECT_EQ(run({.id = "r", .needs = need_pdb, .run = fails}, {.image = &image, .pdb = &pdb}).verdict,
            Verdict::inconclusive);
}

TEST(Table, EveryRuleIsFoundByItsId) {
  ASSERT_FALSE(all_rules().empty());
  std::set<std::string_view> ids;
  for (const Rule &rule : all_rules()) {
    EXPECT_EQ(find_rule(rule.id), &rule);
    EXPECT_TRUE(ids.insert(rule.id).second) << rule.id;
    EXPECT_FALSE(rule.fix.empty()) << rule.id;
  }
  EXPECT_EQ(find_rule("no-such-rule"), nullptr);
}

TEST(Runner, NothingPassesOverARouteThatWasNotFollowed) {
  const facts::ImageFacts image = x64_driver();
  facts::SurfaceFacts surface;
  const Rule passing{.id = "r", .needs = need_surface, .run = passes},
      failing{.id = "r", .needs = need_surface, .run = fails};
  const facts::Facts facts{.image = &image, .surface = &surface};
  EXPECT_EQ(run(passing, facts).verdict, Verdict::pass);
  surface.missing = {{"minifilter operations", "no routine was followed", {}}, {"messages", "nor here", {}}};
  const Finding f = run(passing, facts);
  EXPECT_EQ(f.verdict, Verdict::inconclusive);
  EXPECT_NE(f.message.find("minifilter operations: no routine was followed; and 1 more"), std::string::npos)
      << f.message;
  EXPECT_EQ(run(failing, facts).verdict, Verdict::fail) << "a defect that was found stands";
  const auto absent = [](const facts::Facts &, Sink &sink) { sink.not_applicable("no codes"); };
  EXPECT_EQ(run({.id = "r", .needs = need_surface, .run = absent}, facts).verdict, Verdict::inconclusive);
  EXPECT_EQ(run({.id = "r", .needs = need_routines, .run = passes}, facts).verdict, Verdict::pass)
      << "imports are all there";
}

TEST(Runner, ACodeThatWasNotFollowedIsInconclusive) {
  const facts::ImageFacts image = x64_driver();
  EXPECT_EQ(run({.id = "r", .needs = need_surface, .run = passes}, {.image = &image}).verdict, Verdict::inconclusive);
}

TEST(Runner, APlaceGivesReachPathAndFix) {
  const facts::ImageFacts image = x64_driver();
  const auto fails_here = [](const facts::Facts &, Sink &sink) {
    sink.fail("x", {.anchor = "a", .reach = "admin", .path = {{"step", {}}}, .fix = "do this"});
  };
  const Finding f = run({.id = "r", .fix = "do that", .run = fails_here}, {.image = &image});
  EXPECT_EQ(f.reach, "admin");
  EXPECT_EQ(f.fix, "do this");
  ASSERT_EQ(f.path.size(), 1u);
  EXPECT_EQ(run({.id = "r", .fix = "do that", .run = fails}, {.image = &image}).fix, "do that");
}

TEST(Rules, AKindOfOperationHasOneRule) {
  for (const char *kind : {"msr-read",
                           "msr-write",
                           "port-read",
                           "port-write",
                           "pci-config-read",
                           "pci-config-write",
                           "control-register",
                           "physical-memory-map",
                           "physical-memory-read",
                           "physical-memory-write",
                           "kernel-memory-read",
                           "kernel-memory-write",
                           "process-terminate",
                           "process-open",
                           "process-memory-rw",
                           "arbitrary-call",
                           "arbitrary-file-or-registry",
                           "physical-contiguous-alloc-map",
                           "stack-overflow",
                           "pool-overflow",
                           "integer-overflow",
                           "info-leak",
                           "null-deref",
                           "user-pointer-unprobed",
                           "double-fetch",
                           "handle-misuse",
                           "other"})
    EXPECT_NE(find_rule_of_kind(kind), nullptr) << kind;
  EXPECT_EQ(find_rule_of_kind(""), nullptr);
}

} // namespace
} // namespace ringfence::rules
