// Object compiled without /sdl: see docs/rules/pdb/object-without-sdl.md.

#include "objects.h"

namespace ringfence::rules {
namespace {

ObjectVerdict judge(const facts::PdbObjectFacts &object) {
  if (object.functions == 0 || object.implements_cookie || !object.microsoft)
    return ObjectVerdict::left_out;
  if (!object.sdl)
    return ObjectVerdict::unknown;
  return *object.sdl ? ObjectVerdict::good : ObjectVerdict::bad;
}

} // namespace

void run_object_without_sdl(const facts::Facts &facts, Sink &sink) {
  judge_objects(*facts.pdb, sink,
                {.anchor = "/sdl",
                 .bad = "were compiled without /sdl",
                 .good = "were compiled with /sdl",
                 .unknown = "do not record whether they were compiled with /sdl"},
                judge);
}

} // namespace ringfence::rules
