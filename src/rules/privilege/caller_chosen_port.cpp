// Caller chooses an I/O port: see docs/rules/privilege/caller-chosen-port.md.

#include "family.h"

namespace ringfence::rules {

void run_caller_chosen_port(const facts::Facts &facts, Sink &sink) {
  constexpr PrivilegedKind kinds[] = {
      {"port-read", "read the I/O port of its choice", Power::strong,
       "check that {} and the last port of the access lie in the range that the device was given (CmResourceTypePort) "
       "and fail with STATUS_ACCESS_DENIED otherwise"},
      {"port-write", "write the I/O port of its choice", Power::strong,
       "check that {} and the last port of the access lie in the range that the device was given (CmResourceTypePort) "
       "and fail with STATUS_ACCESS_DENIED otherwise; where a few constant ports do, take an index in place of a port"},
  };
  judge_family(*facts.surface, sink,
               {.kinds = kinds,
                .subject = "an I/O port",
                .remedy = "Before the port access check that first and last port lie in the range that the device was "
                          "given (CmResourceTypePort) and fail with STATUS_ACCESS_DENIED otherwise"});
}

} // namespace ringfence::rules
