// Source files identified by a weak hash: see docs/rules/pdb/weak-source-hash.md.

#include "objects.h"

namespace ringfence::rules {
namespace {

ObjectVerdict judge(const facts::PdbObjectFacts &object) {
  if (object.sources.empty())
    return ObjectVerdict::left_out;
  for (const facts::PdbSourceFacts &source : object.sources)
    if (source.hash != facts::SourceHash::sha256)
      return source.hash == facts::SourceHash::unknown ? ObjectVerdict::unknown : ObjectVerdict::bad;
  return ObjectVerdict::good;
}

} // namespace

void run_weak_source_hash(const facts::Facts &facts, Sink &sink) {
  judge_objects(*facts.pdb, sink,
                {.anchor = "/ZH:SHA_256",
                 .bad = "identify source files by MD5, by SHA-1 or not at all",
                 .good = "identify their source files by SHA-256",
                 .unknown = "identify source files by a hash that is not known here"},
                judge);
}

} // namespace ringfence::rules
