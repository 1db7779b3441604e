// Rules that ask the same question of every object file share how the answer is counted and worded.
#pragma once

#include <ringfence/rules/rule.h>

#include <string_view>

namespace ringfence::rules {

enum class ObjectVerdict : std::uint8_t { good, bad, unknown, left_out };

/// The sentences of one question; each follows "3 of 7 C and C++ objects".
struct ObjectWords {
  std::string_view anchor;  ///< what the finding is about: "/GS"
  std::string_view bad;     ///< "were compiled without /GS"
  std::string_view good;    ///< "were compiled with /GS"
  std::string_view unknown; ///< "do not record whether /GS was used"
};

/// Fails when an object is bad, else is inconclusive when one is unknown, else passes; not applicable without objects.
void judge_objects(const facts::PdbFacts &pdb, Sink &sink, const ObjectWords &words,
                   ObjectVerdict (*judge)(const facts::PdbObjectFacts &));

} // namespace ringfence::rules
