#include "objects.h"

namespace ringfence::rules {
namespace {

constexpr std::size_t shown = 6;

struct Count {
  std::size_t number = 0;
  std::string names; ///< of the first few

  void add(const std::string &name) {
    if (number < shown)
      names += (number == 0 ? "" : ", ") + name;
    else if (number == shown)
      names += ", ...";
    ++number;
  }
};

std::string sentence(const Count &count, std::size_t all, std::string_view words) {
  return std::to_string(count.number) + " of " + std::to_string(all) + " C and C++ objects " + std::string(words) +
         ": " + count.names;
}

} // namespace

void judge_objects(const facts::PdbFacts &pdb, Sink &sink, const ObjectWords &words,
                   ObjectVerdict (*judge)(const facts::PdbObjectFacts &)) {
  Count bad, unknown;
  std::size_t all = 0;
  for (const facts::PdbObjectFacts &object : pdb.objects) {
    const ObjectVerdict verdict = judge(object);
    if (verdict == ObjectVerdict::left_out)
      continue;
    ++all;
    if (verdict == ObjectVerdict::bad)
      bad.add(object.name);
    else if (verdict == ObjectVerdict::unknown)
      unknown.add(object.name);
  }
  if (all == 0)
    return sink.not_applicable("the PDB describes no C or C++ object that this rule could judge");
  if (bad.number != 0)
    return sink.fail(sentence(bad, all, words.bad), {.anchor = std::string(words.anchor)});
  if (unknown.number != 0)
    return sink.inconclusive(sentence(unknown, all, words.unknown));
  sink.pass("all " + std::to_string(all) + " C and C++ objects " + std::string(words.good));
}

} // namespace ringfence::rules
