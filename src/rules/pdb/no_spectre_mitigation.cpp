// Compiled without /Qspectre: see docs/rules/pdb/no-spectre-mitigation.md.

#include "objects.h"

namespace ringfence::rules {
namespace {

ObjectVerdict judge(const facts::PdbObjectFacts &object) {
  if (object.functions == 0)
    return ObjectVerdict::left_out;
  if (!object.spectre_mitigation)
    return ObjectVerdict::unknown;
  return *object.spectre_mitigation ? ObjectVerdict::good : ObjectVerdict::bad;
}

} // namespace

void run_no_spectre_mitigation(const facts::Facts &facts, Sink &sink) {
  judge_objects(*facts.pdb, sink,
                {.anchor = "/Qspectre",
                 .bad = "were compiled without /Qspectre",
                 .good = "were compiled with /Qspectre",
                 .unknown = "do not record their command line, and so not whether /Qspectre was used"},
                judge);
}

} // namespace ringfence::rules
