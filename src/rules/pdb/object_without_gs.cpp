// Object compiled without /GS: see docs/rules/pdb/object-without-gs.md.

#include "objects.h"

namespace ringfence::rules {
namespace {

ObjectVerdict judge(const facts::PdbObjectFacts &object) {
  if (object.functions == 0 || object.implements_cookie)
    return ObjectVerdict::left_out;
  if (!object.security_checks)
    return ObjectVerdict::unknown;
  return *object.security_checks ? ObjectVerdict::good : ObjectVerdict::bad;
}

} // namespace

void run_object_without_gs(const facts::Facts &facts, Sink &sink) {
  judge_objects(*facts.pdb, sink,
                {.anchor = "/GS",
                 .bad = "were compiled without /GS",
                 .good = "were compiled with /GS",
                 .unknown = "do not record whether they were compiled with /GS"},
                judge);
}

} // namespace ringfence::rules
