// Caller chooses a kernel address: see docs/rules/privilege/caller-chosen-kernel-memory.md.

#include "family.h"

namespace ringfence::rules {

void run_caller_chosen_kernel_memory(const facts::Facts &facts, Sink &sink) {
  constexpr PrivilegedKind kinds[] = {
      {"kernel-memory-read", "read the kernel memory of its choice", Power::full},
      {"kernel-memory-write", "write the kernel memory of its choice", Power::full},
  };
  judge_family(*facts.surface, sink,
               {.kinds = kinds,
                .subject = "an address that the driver reads or writes",
                .remedy = "Take offsets into a buffer of the driver in place of addresses and check them against its size; probe addresses of the caller's own memory (ProbeForRead, ProbeForWrite) inside __try and copy them once"});
}

} // namespace ringfence::rules
