// Caller chooses the size of contiguous memory: see docs/rules/privilege/caller-chosen-contiguous-allocation.md.

#include "family.h"

namespace ringfence::rules {

void run_caller_chosen_contiguous_allocation(const facts::Facts &facts, Sink &sink) {
  constexpr PrivilegedKind kinds[] = {
      {"physical-contiguous-alloc-map", "allocate physically contiguous memory of the size of its choice",
       Power::limited,
       "replace {} by a constant; allocate once, when the device starts, and hand out neither the physical address nor "
       "a mapping"},
  };
  judge_family(*facts.surface, sink,
               {.kinds = kinds,
                .subject = "the size of contiguous physical memory",
                .remedy = "Allocate a buffer of constant size once, when the device starts, and hand out neither its "
                          "address nor its size"});
}

} // namespace ringfence::rules
