// MDL mapped executable: see docs/rules/surface/executable-mdl-mapping.md.

#include "words.h"

#include <ringfence/rules/rule.h>

namespace ringfence::rules {

namespace {

/// MdlMappingNoExecute is bit 30 of the priority; mappings for user mode take their protection from the process.
bool is_executable(const facts::ArgumentFacts &argument) {
  return !argument.for_user && (*argument.value & 0x40000000) == 0;
}

} // namespace

void run_executable_mdl_mapping(const facts::Facts &facts, Sink &sink) {
  judge_arguments(facts, sink,
                  {.kinds = {"mdl-priority"},
                   .is_bad = is_executable,
                   .bad = "without MdlMappingNoExecute",
                   .good = "every mapping of an MDL for the kernel has MdlMappingNoExecute",
                   .none = "no followed call maps an MDL for the kernel"},
                  with_memory_integrity(facts, finding::Severity::medium));
}

} // namespace ringfence::rules
