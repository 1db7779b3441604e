// Caller chooses a process to open, end or change: see docs/rules/privilege/caller-chosen-process.md.

#include "family.h"

namespace ringfence::rules {

void run_caller_chosen_process(const facts::Facts &facts, Sink &sink) {
  constexpr PrivilegedKind kinds[] = {
      {"process-terminate", "end the process of its choice", Power::strong,
       "refuse a protected process (PsIsProtectedProcess) and every one that the product did not start, on the object "
       "behind {} that is then ended"},
      {"process-open", "open the process of its choice past its access check", Power::strong,
       "open the process behind {} with the caller's rights (OBJ_FORCE_ACCESS_CHECK, UserMode), with "
       "OBJ_KERNEL_HANDLE, and do not give the handle away"},
      {"process-memory-rw", "read or write the memory of the process of its choice", Power::full,
       "act on the caller's own process only, or on one that the product started, instead of the one behind {}; open "
       "it with the caller's rights and refuse protected ones (PsIsProtectedProcess)"},
  };
  judge_family(*facts.surface, sink,
               {.kinds = kinds,
                .subject = "a process",
                .remedy = "Act only on processes that the product started itself, open them with the caller's rights "
                          "(OBJ_FORCE_ACCESS_CHECK, UserMode), and refuse protected ones (PsIsProtectedProcess) on the "
                          "object that is then used"});
}

} // namespace ringfence::rules
