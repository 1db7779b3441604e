// Driver uses a caller's pointer unprobed: see docs/rules/memory/unprobed-user-pointer.md.

#include "privilege/family.h"

namespace ringfence::rules {

void run_unprobed_user_pointer(const facts::Facts &facts, Sink &sink) {
  constexpr PrivilegedKind kinds[] = {
      {"user-pointer-unprobed", "make the driver read or write an address of its choice", Power::full},
  };
  judge_family(*facts.surface, sink,
               {.kinds = kinds,
                .subject = "",
                .remedy = "Use METHOD_BUFFERED; else ProbeForRead or ProbeForWrite over exactly the bytes that are "
                          "used, inside __try, in the context of the caller",
                .nothing = "no unprobed pointer of a caller was seen on the followed paths"});
}

} // namespace ringfence::rules
