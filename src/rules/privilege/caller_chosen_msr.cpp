// Caller chooses a model-specific register: see docs/rules/privilege/caller-chosen-msr.md.

#include "family.h"

namespace ringfence::rules {

void run_caller_chosen_msr(const facts::Facts &facts, Sink &sink) {
  constexpr PrivilegedKind kinds[] = {
      {"msr-read", "read the model-specific register of its choice", Power::strong,
       "compare {} with the list of registers that the product reads and fail with STATUS_ACCESS_DENIED otherwise"},
      {"msr-write", "write the model-specific register of its choice", Power::full,
       "compare {} with the list of registers that the product writes and fail with STATUS_ACCESS_DENIED otherwise; "
       "mask the bits of the value that it may change"},
  };
  judge_family(*facts.surface, sink,
               {.kinds = kinds,
                .subject = "a model-specific register",
                .remedy = "Before rdmsr or wrmsr compare the register number with the list of those that the product "
                          "needs and fail with STATUS_ACCESS_DENIED otherwise"});
}

} // namespace ringfence::rules
