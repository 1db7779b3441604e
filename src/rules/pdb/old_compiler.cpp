// Object of an old compiler: see docs/rules/pdb/old-compiler.md.

#include "objects.h"

#include <array>

namespace ringfence::rules {
namespace {

/// Visual Studio 2012, the first compiler with /sdl and with the stack cookie of today.
constexpr std::array<std::uint16_t, 4> oldest_good = {17, 0, 65501, 0};

ObjectVerdict judge(const facts::PdbObjectFacts &object) {
  if (!object.microsoft)
    return ObjectVerdict::left_out;
  return object.compiler_version >= oldest_good ? ObjectVerdict::good : ObjectVerdict::bad;
}

} // namespace

void run_old_compiler(const facts::Facts &facts, Sink &sink) {
  judge_objects(*facts.pdb, sink,
                {.anchor = "compiler",
                 .bad = "were compiled by a Microsoft compiler older than 17.0.65501 (Visual Studio 2012)",
                 .good = "were compiled by version 17.0.65501 or newer",
                 .unknown = "do not record their compiler"},
                judge);
}

} // namespace ringfence::rules
