// Executable pool memory: see docs/rules/surface/executable-pool.md.

#include "words.h"

#include <ringfence/rules/rule.h>

namespace ringfence::rules {

namespace {

/// POOL_TYPE: odd types are paged; 0x200 is NonPagedPoolNx. POOL_FLAGS: 0x80 is POOL_FLAG_NON_PAGED_EXECUTE.
bool is_executable(const facts::ArgumentFacts &argument) {
  if (argument.kind == "pool-flags")
    return (*argument.value & 0x80) != 0;
  return (*argument.value & 1) == 0 && (*argument.value & 0x200) == 0;
}

} // namespace

void run_executable_pool(const facts::Facts &facts, Sink &sink) {
  judge_arguments(facts, sink,
                  {.kinds = {"pool-type", "pool-flags"},
                   .is_bad = is_executable,
                   .bad = "for executable pool memory",
                   .good = "no pool allocation asks for executable memory",
                   .none = "no followed call allocates pool memory with a type"},
                  with_memory_integrity(facts, finding::Severity::medium));
}

} // namespace ringfence::rules
