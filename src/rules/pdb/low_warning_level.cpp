// Compiled below /W3: see docs/rules/pdb/low-warning-level.md.

#include "objects.h"

namespace ringfence::rules {
namespace {

constexpr unsigned lowest_good_level = 3;

ObjectVerdict judge(const facts::PdbObjectFacts &object) {
  if (!object.warning_level)
    return ObjectVerdict::unknown;
  return *object.warning_level >= lowest_good_level ? ObjectVerdict::good : ObjectVerdict::bad;
}

} // namespace

void run_low_warning_level(const facts::Facts &facts, Sink &sink) {
  judge_objects(*facts.pdb, sink,
                {.anchor = "/W3",
                 .bad = "were compiled below warning level 3",
                 .good = "were compiled at warning level 3 or above",
                 .unknown = "do not record their command line, and so not their warning level"},
                judge);
}

} // namespace ringfence::rules
