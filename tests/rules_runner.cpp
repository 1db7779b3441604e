// Runs the fixtures of the rules, tests/rules/<id>/<verdict>/*.toml, through the whole path:
// description -> PE bytes -> image -> facts -> rule. The verdict must be the folder's name. A fixture is a
// description for tests/support/pe_builder, with an optional table `expect`: message_contains, anchor, severity; and an
// optional table `pdb`, a description for tests/support/pdb_value, without which no program database is given. Rules on
// the surface start from facts: a table `surface`, a description for tests/support/surface_value (the built test
// drivers take them through the whole path: tests/drivers/tools/check_surface_rules.py).
#include "pdb_value.h"
#include "pe_builder.h"
#include "surface_value.h"

#include <ringfence/document/document.h>
#include <ringfence/facts_build/image_facts.h>
#include <ringfence/facts_build/pdb_facts.h>
#include <ringfence/image/hashes.h>
#include <ringfence/image/image.h>
#include <ringfence/rules/rule.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <vector>

namespace ringfence {
namespace {

namespace fs = std::filesystem;

struct Fixture {
  std::string rule, verdict;
  fs::path path;
};

std::vector<fs::path> sorted_entries(const fs::path &folder) {
  std::vector<fs::path> entries;
  for (const fs::directory_entry &entry : fs::directory_iterator(folder))
    entries.push_back(entry.path());
  std::sort(entries.begin(), entries.end());
  return entries;
}

std::vector<Fixture> all_fixtures() {
  std::vector<Fixture> out;
  for (const fs::path &rule : sorted_entries(fs::path(RINGFENCE_SOURCE_DIR) / "tests" / "rules"))
    for (const fs::path &verdict : sorted_entries(rule))
      for (const fs::path &file : sorted_entries(verdict))
        out.push_back({rule.filename().string(), verdict.filename().string(), file});
  return out;
}

std::string text_of(const fs::path &path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Takes the member `name` out of the document; null when there is none.
Value take(Value &document, std::string_view name) {
  Value rest = Value::object();
  Value taken;
  for (const auto &[key, value] : *document.if_object()) {
    if (key == name)
      taken = value;
    else
      rest.set(key, value);
  }
  document = rest;
  return taken;
}

/// The facts of the program database that `description` asks for; nothing when it is null.
std::optional<facts::PdbFacts> pdb_facts(const Value &description, const image::Image &image) {
  if (description.is_null())
    return std::nullopt;
  auto contents = pdb_value::describe(description);
  if (!contents) {
    ADD_FAILURE() << contents.error().what;
    return std::nullopt;
  }
  return facts_build::build_pdb_facts(pdb::Pdb(*std::move(contents)), image, "described.pdb");
}

std::optional<facts::SurfaceFacts> surface_facts(const Value &description) {
  if (description.is_null())
    return std::nullopt;
  auto facts = surface_value::describe(description);
  if (!facts) {
    ADD_FAILURE() << facts.error().what;
    return std::nullopt;
  }
  return *std::move(facts);
}

std::vector<finding::Finding> run(const rules::Rule &rule, std::vector<std::byte> bytes, const Value &pdb = {},
                                  const Value &surface = {}) {
  auto image = image::load(std::move(bytes));
  if (!image) {
    ADD_FAILURE() << "the described image does not load: " << to_string(image.error());
    return {};
  }
  image::Hasher hasher;
  const facts::ImageFacts image_facts = facts_build::build_image_facts(*image, hasher.hash(*image));
  const std::optional<facts::PdbFacts> of_pdb = pdb_facts(pdb, *image);
  const std::optional<facts::SurfaceFacts> of_surface = surface_facts(surface);
  std::vector<finding::Finding> findings;
  rules::run_rule(
      rule, {.image = &image_facts, .pdb = of_pdb ? &*of_pdb : nullptr, .surface = of_surface ? &*of_surface : nullptr},
      findings);
  return findings;
}

std::string verdict_folder(finding::Verdict verdict) {
  return verdict == finding::Verdict::not_applicable ? "not-applicable" : std::string(finding::name_of(verdict));
}

void check_expectations(const Value &expect, const finding::Finding &finding) {
  if (!expect.if_object())
    return;
  for (const auto &[key, value] : *expect.if_object()) {
    ASSERT_NE(value.if_string(), nullptr) << "expect." << key << " is a text";
    const std::string &wanted = *value.if_string();
    if (key == "message_contains")
      EXPECT_NE(finding.message.find(wanted), std::string::npos) << "message: " << finding.message;
    else if (key == "anchor")
      EXPECT_EQ(finding.anchor, wanted);
    else if (key == "fix_contains")
      EXPECT_NE(finding.fix.find(wanted), std::string::npos) << "fix: " << finding.fix;
    else if (key == "reach")
      EXPECT_EQ(finding.reach, wanted);
    else if (key == "severity")
      EXPECT_EQ(finding::name_of(finding.severity), wanted);
    else
      ADD_FAILURE() << "unknown key expect." << key;
  }
}

void check_fixture(const Fixture &fixture) {
  const rules::Rule *rule = rules::find_rule(fixture.rule);
  ASSERT_NE(rule, nullptr) << "no rule has this id";
  auto document = document::parse_toml(text_of(fixture.path));
  ASSERT_TRUE(document.ok()) << to_string(document.error());
  const Value expect = take(*document, "expect");
  const Value pdb = take(*document, "pdb");
  const Value surface = take(*document, "surface");
  auto description = pe_builder::describe(*document);
  ASSERT_TRUE(description.ok()) << to_string(description.error());
  const std::vector<finding::Finding> findings = run(*rule, pe_builder::build_pe(*description), pdb, surface);
  ASSERT_FALSE(findings.empty());
  for (const finding::Finding &finding : findings)
    EXPECT_EQ(verdict_folder(finding.verdict), fixture.verdict) << "message: " << finding.message;
  check_expectations(expect, findings.front());
}

TEST(RuleFixtures, GiveTheVerdictOfTheirFolder) {
  const std::vector<Fixture> fixtures = all_fixtures();
  for (const Fixture &fixture : fixtures) {
    SCOPED_TRACE(fixture.path.lexically_relative(RINGFENCE_SOURCE_DIR).string());
    check_fixture(fixture);
  }
  std::printf("%zu fixtures\n", fixtures.size());
}

TEST(RuleFixtures, EveryRuleHasAFailingAndAPassingOne) {
  const std::vector<Fixture> fixtures = all_fixtures();
  for (const rules::Rule &rule : rules::all_rules())
    for (const char *verdict : {"fail", "pass"})
      EXPECT_TRUE(std::any_of(fixtures.begin(), fixtures.end(),
                              [&](const Fixture &f) { return f.rule == rule.id && f.verdict == verdict; }))
          << rule.id << ": no fixture for " << verdict;
}

TEST(RuleFixtures, ADifferentMachineOrSubsystemIsAVerdictOfTheRunner) {
  for (const rules::Rule &rule : rules::all_rules()) {
    if (!rule.kernel_only)
      continue;
    auto description = pe_builder::describe(Value::object({{"subsystem", 3}}));
    ASSERT_TRUE(description.ok());
    const auto findings = run(rule, pe_builder::build_pe(*description));
    ASSERT_EQ(findings.size(), 1u) << rule.id;
    EXPECT_EQ(findings.front().verdict, finding::Verdict::not_applicable) << rule.id;
  }
}

} // namespace
} // namespace ringfence
