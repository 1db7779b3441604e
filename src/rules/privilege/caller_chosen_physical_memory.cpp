// Caller chooses physical memory: see docs/rules/privilege/caller-chosen-physical-memory.md.

#include "family.h"

namespace ringfence::rules {

void run_caller_chosen_physical_memory(const facts::Facts &facts, Sink &sink) {
  constexpr PrivilegedKind kinds[] = {
      {"physical-memory-map", "map the physical memory of its choice", Power::full,
       "check that {} and the end of the mapping (size compared with limit - start) lie in a memory resource of the "
       "device (CmResourceTypeMemory) and fail with STATUS_ACCESS_DENIED otherwise; keep the mapping in the kernel and "
       "give the process a copy"},
      {"physical-memory-read", "read the physical memory of its choice", Power::full,
       "check that {} and the end of the copy (size compared with limit - start) lie in a memory resource of the "
       "device (CmResourceTypeMemory) and fail with STATUS_ACCESS_DENIED otherwise"},
      {"physical-memory-write", "write the physical memory of its choice", Power::full,
       "check that {} and the end of the copy (size compared with limit - start) lie in a memory resource of the "
       "device (CmResourceTypeMemory) and fail with STATUS_ACCESS_DENIED otherwise"},
  };
  judge_family(
      *facts.surface, sink,
      {.kinds = kinds,
       .subject = "a physical address",
       .remedy =
           "Before mapping or copying check that start and end (computed without overflow) lie in a memory resource "
           "that the device was given (CmResourceTypeMemory) and fail with STATUS_ACCESS_DENIED otherwise"});
}

} // namespace ringfence::rules
