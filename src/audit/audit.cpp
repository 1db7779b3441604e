#include <ringfence/audit/audit.h>

#include "image_value.h"

#include <ringfence/base/text.h>
#include <ringfence/facts_build/image_facts.h>
#include <ringfence/finding/finding.h>
#include <ringfence/image/image.h>

namespace ringfence::audit {
namespace {

report::Subject unreadable(std::string path, std::string why) {
  report::Subject subject;
  subject.path = std::move(path);
  subject.coverage = {report::CoverageVerdict::not_analysable, {{"image", why, {}}}};
  subject.error = std::move(why);
  return subject;
}

report::Coverage coverage_of(const image::Image &image) {
  report::Coverage coverage;
  for (const image::Diagnostic &d : image.diagnostics()) {
    coverage.verdict = report::CoverageVerdict::partial;
    coverage.reasons.push_back({std::string(image::name_of(d.part)), d.what + " at file offset " + hex(d.offset), {}});
  }
  return coverage;
}

} // namespace

Auditor::Auditor(Options options) : options_(std::move(options)) {
  if (options_.rules.empty())
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
  const facts::Facts facts{.image = &image_facts};

  report::Subject subject;
  subject.path = std::move(path);
  subject.sha256 = hex_bytes(hashes.file.sha256);
  subject.coverage = coverage_of(image);
  subject.image = image_value(image, hashes, image_facts);
  for (const rules::Rule *rule : options_.rules)
    rules::run_rule(*rule, facts, subject.findings);
  finding::sort_worst_first(subject.findings);
  return subject;
}

report::Tool tool() {
  return {.version = RINGFENCE_VERSION, .rules = rules::all_rules().size(), .models = 0};
}

} // namespace ringfence::audit
