// Executable page protection: see docs/rules/surface/executable-page-protection.md.

#include "words.h"

#include <ringfence/rules/rule.h>

namespace ringfence::rules {

namespace {

/// PAGE_EXECUTE (0x10), PAGE_EXECUTE_READ, PAGE_EXECUTE_READWRITE, PAGE_EXECUTE_WRITECOPY (0x80).
bool is_executable(const facts::ArgumentFacts &argument) { return (*argument.value & 0xf0) != 0; }

} // namespace

void run_executable_page_protection(const facts::Facts &facts, Sink &sink) {
  judge_arguments(facts, sink,
                  {.kinds = {"page-protection"},
                   .is_bad = is_executable,
                   .bad = "with an executable page protection",
                   .good = "no call asks for executable pages",
                   .none = "no followed call sets a page protection"},
                  with_memory_integrity(facts, finding::Severity::medium));
}

} // namespace ringfence::rules
