// Request writes behind a buffer: see docs/rules/memory/buffer-overflow.md.

#include "privilege/family.h"

namespace ringfence::rules {

void run_buffer_overflow(const facts::Facts &facts, Sink &sink) {
  constexpr PrivilegedKind kinds[] = {
      {"stack-overflow", "write behind a buffer on the kernel stack", Power::full},
      {"pool-overflow", "write behind a buffer in pool memory", Power::full},
      {"integer-overflow", "make a computed size wrap around", Power::strong},
  };
  judge_family(*facts.surface, sink,
               {.kinds = kinds,
                .subject = "",
                .remedy =
                    "Compare each length of the caller with the size of the buffer it goes to, without arithmetic that "
                    "can wrap (RtlULongMult, RtlULongAdd), and fail with STATUS_INVALID_PARAMETER",
                .nothing = "no write behind a buffer was seen on the followed paths"});
}

} // namespace ringfence::rules
