// Caller chooses a kernel address: see docs/rules/privilege/caller-chosen-kernel-memory.md.

#include "family.h"

namespace ringfence::rules {

void run_caller_chosen_kernel_memory(const facts::Facts &facts, Sink &sink) {
  constexpr PrivilegedKind kinds[] = {
      {"kernel-memory-read", "read the kernel memory of its choice", Power::full,
       "take an offset into a buffer of the driver in place of {} and check it against the size of the buffer; probe "
       "an address of the caller's own memory (ProbeForRead) inside __try and copy it once"},
      {"kernel-memory-write", "write the kernel memory of its choice", Power::full,
       "take an offset into a buffer of the driver in place of {} and check it against the size of the buffer; probe "
       "an address of the caller's own memory (ProbeForWrite) inside __try"},
  };
  judge_family(
      *facts.surface, sink,
      {.kinds = kinds,
       .subject = "an address that the driver reads or writes",
       .remedy =
           "Take offsets into a buffer of the driver in place of addresses and check them against its size; probe "
           "addresses of the caller's own memory (ProbeForRead, ProbeForWrite) inside __try and copy them once"});
}

} // namespace ringfence::rules
