// Caller chooses a call target: see docs/rules/privilege/caller-chosen-call-target.md.

#include "family.h"

namespace ringfence::rules {

void run_caller_chosen_call_target(const facts::Facts &facts, Sink &sink) {
  constexpr PrivilegedKind kinds[] = {
      {"arbitrary-call", "make the kernel call the address of its choice", Power::full,
       "take an index in place of {}, check it against the size of a constant table of routines, and call through the "
       "table; reference objects by handle (ObReferenceObjectByHandle with type and UserMode), never by address"},
  };
  judge_family(*facts.surface, sink,
               {.kinds = kinds,
                .subject = "the target of a call",
                .remedy = "Take an index in place of a pointer, check it against the size of a constant table of "
                          "routines, and call through the table"});
}

} // namespace ringfence::rules
