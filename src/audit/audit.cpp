#include <ringfence/audit/audit.h>

#include "image_value.h"
#include "pdb_match.h"
#include "surface.h"

#include <ringfence/base/text.h>
#include <ringfence/facts_build/image_facts.h>
#include <ringfence/facts_build/pdb_facts.h>
#include <ringfence/facts_build/surface_facts.h>
#include <ringfence/finding/finding.h>
#include <ringfence/image/image.h>
#include <ringfence/kernel/api.h>

namespace ringfence::audit {
namespace {

report::Subject unreadable(std::string path, std::string why) {
  report::Subject subject;
  subject.path = std::move(path);
  subject.coverage = {report::CoverageVerdict::not_analysable, {{"image", why, {}}}};
  subject.error = std::move(why);
  return subject;
}

report::Coverage coverage_of(const image::Image &image, const facts::ImageFacts &facts) {
  report::Coverage coverage;
  for (const image::Diagnostic &d : image.diagnostics()) {
    coverage.verdict = report::CoverageVerdict::partial;
    coverage.reasons.push_back({std::string(image::name_of(d.part)), d.what + " at file offset " + hex(d.offset), {}});
  }
  // Last, because it is the stronger verdict: what runs is not what stands in the file.
  for (const std::string &why : facts.not_analysable) {
    coverage.verdict = report::CoverageVerdict::not_analysable;
    coverage.reasons.push_back({"code", "packed or obfuscated: " + why, {}});
  }
  return coverage;
}

/// Which program database was used, and what of it could not be read.
void say_pdb(const MatchedPdb &matched, const facts::PdbFacts &facts, report::Subject &subject) {
  subject.image.set("pdb", Value::object({{"path", matched.path},
                                          {"identity", pdb::to_string(matched.pdb.identity())},
                                          {"functions", static_cast<std::uint64_t>(matched.pdb.functions().size())},
                                          {"objects", static_cast<std::uint64_t>(facts.objects.size())}}));
  for (const Error &diagnostic : matched.pdb.diagnostics())
    subject.coverage.reasons.push_back({"PDB " + matched.path, diagnostic.what, {}});
  if (!facts.damage.empty() && subject.coverage.verdict == report::CoverageVerdict::complete)
    subject.coverage.verdict = report::CoverageVerdict::partial;
}

/// What is behind the entry point: devices, codes, who gets there. Code that is packed is not the code that runs.
facts::SurfaceFacts say_surface(const image::Image &image, const facts::ImageFacts &facts, const pdb::Pdb *pdb,
                                const Options &options, report::Subject &subject) {
  facts::SurfaceFacts surface = facts_build::build_surface_facts(facts, {}, {}); // what the imports alone tell
  surface.missing.clear();
  if (!facts.not_analysable.empty()) {
    surface.missing.push_back({"code", "packed or obfuscated: " + facts.not_analysable.front(), {}});
    return surface;
  }
  if (const std::string why = why_no_surface(image); !why.empty()) {
    surface.missing.push_back({"code", why, {}});
    say_gaps({}, surface, subject.coverage);
    return surface;
  }
  if (!has_surface(image))
    return surface;
  driver::Budget budget = options.primitives ? driver::Budget() : driver::surface_budget;
  budget.solver_seed = options.solver_seed;
  const driver::Driver driver = driver::discover(image, budget);
  const subject::Access access = subject::judge_access(driver);
  surface = facts_build::build_surface_facts(facts, driver, access);
  Prover prover(image);
  subject.surface = surface_value(driver, access, image, pdb, options.primitives ? &prover : nullptr);
  say_gaps(driver, surface, subject.coverage);
  say_framework(driver, facts, subject.image);
  return surface;
}

} // namespace

Auditor::Auditor(Options options) : options_(std::move(options)) {
  if (!options_.findings)
    options_.rules.clear();
  else if (options_.rules.empty())
    for (const rules::Rule &rule : rules::all_rules())
      options_.rules.push_back(&rule);
}

report::Subject Auditor::audit(std::string path, std::vector<std::byte> bytes) {
  auto loaded = image::load(std::move(bytes));
  if (!loaded)
    return unreadable(std::move(path), to_string(loaded.error()));
  const image::Image image = *std::move(loaded);
  const image::Hashes hashes = hasher_.hash(image);
  const facts::ImageFacts image_facts = facts_build::build_image_facts(image, hashes);

  report::Subject subject;
  subject.path = path;
  subject.coverage = coverage_of(image, image_facts);
  const auto matched = find_pdb(image, path, options_.pdbs, subject.coverage);
  const facts::PdbFacts pdb_facts =
      matched ? facts_build::build_pdb_facts(matched->pdb, image, matched->path) : facts::PdbFacts();
  subject.sha256 = hex_bytes(hashes.file.sha256);
  subject.image = image_value(image, hashes, image_facts);
  if (matched)
    say_pdb(*matched, pdb_facts, subject);
  facts::SurfaceFacts surface;
  if (options_.surface)
    surface = say_surface(image, image_facts, matched ? &matched->pdb : nullptr, options_, subject);
  const facts::Facts facts{
      .image = &image_facts, .pdb = matched ? &pdb_facts : nullptr, .surface = options_.surface ? &surface : nullptr};
  for (const rules::Rule *rule : options_.rules)
    if (options_.surface || (rule->needs & (rules::need_surface | rules::need_routines)) == 0)
      rules::run_rule(*rule, facts, subject.findings);
  if (matched)
    name_places(matched->pdb, subject.findings);
  finding::sort_worst_first(subject.findings);
  return subject;
}

report::Tool tool() {
  return {.version = RINGFENCE_VERSION, .rules = rules::all_rules().size(), .models = kernel::all_apis().size()};
}

} // namespace ringfence::audit
