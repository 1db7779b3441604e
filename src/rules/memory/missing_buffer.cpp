// Request without a buffer makes the driver dereference NULL: see docs/rules/memory/missing-buffer.md.

#include "privilege/family.h"

namespace ringfence::rules {

void run_missing_buffer(const facts::Facts &facts, Sink &sink) {
  constexpr PrivilegedKind kinds[] = {
      {"null-deref", "crash the machine with a request that has no buffer", Power::limited},
  };
  judge_family(*facts.surface, sink,
               {.kinds = kinds,
                .subject = "",
                .remedy = "Compare the length with the structure before SystemBuffer or MdlAddress is used: both are "
                          "NULL for a request of length 0",
                .nothing = "no use of a missing buffer was seen on the followed paths"});
}

} // namespace ringfence::rules
