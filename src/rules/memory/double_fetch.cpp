// Driver reads user memory twice: see docs/rules/memory/double-fetch.md.

#include "privilege/family.h"

namespace ringfence::rules {

void run_double_fetch(const facts::Facts &facts, Sink &sink) {
  constexpr PrivilegedKind kinds[] = {
      {"double-fetch", "change a value in its memory after the driver checked it", Power::strong},
  };
  judge_family(*facts.surface, sink,
               {.kinds = kinds,
                .subject = "",
                .remedy = "Copy the request into memory of the driver once, check the copy, and use only the copy",
                .nothing = "no value that is fetched twice was seen on the followed paths"});
}

} // namespace ringfence::rules
