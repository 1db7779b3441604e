// Driver ends or uses a caller's handle or object: see docs/rules/memory/caller-chosen-handle.md.

#include "privilege/family.h"

namespace ringfence::rules {

void run_caller_chosen_handle(const facts::Facts &facts, Sink &sink) {
  constexpr PrivilegedKind kinds[] = {
      {"handle-misuse", "make the kernel use or close a handle or object of its choice", Power::strong},
  };
  judge_family(*facts.surface, sink,
               {.kinds = kinds,
                .subject = "",
                .remedy = "Reference handles with ObReferenceObjectByHandle, the object type, the access that is "
                          "needed and UserMode; close only what the driver opened itself",
                .nothing = "no misuse of a handle was seen on the followed paths"});
}

} // namespace ringfence::rules
