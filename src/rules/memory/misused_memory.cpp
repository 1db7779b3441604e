// Driver ends or misdescribes memory for a caller: see docs/rules/memory/misused-memory.md.

#include "privilege/family.h"

namespace ringfence::rules {

void run_misused_memory(const facts::Facts &facts, Sink &sink) {
  constexpr PrivilegedKind kinds[] = {
      {"other", "make the driver free, unmap, lock, complete, print or overwrite what it must not", Power::strong},
  };
  judge_family(*facts.surface, sink,
               {.kinds = kinds,
                .subject = "",
                .remedy = "Act on allocations of the driver only, looked up by an index that is checked against its "
                          "table, in place of the caller's number or text in {}",
                .nothing = "no misuse of memory was seen on the followed paths"});
}

} // namespace ringfence::rules
