// Caller chooses the value of a control or debug register: see docs/rules/privilege/caller-chosen-control-register.md.

#include "family.h"

namespace ringfence::rules {

void run_caller_chosen_control_register(const facts::Facts &facts, Sink &sink) {
  constexpr PrivilegedKind kinds[] = {
      {"control-register", "put the value of its choice into a control or debug register", Power::full,
       "remove the operation: no request of a program needs a control register; compute {} in the driver from "
       "constants"},
  };
  judge_family(*facts.surface, sink,
               {.kinds = kinds,
                .subject = "the value of a control or debug register",
                .remedy = "Remove the code: no request of a program needs a control register; compute the value in the "
                          "driver from constants"});
}

} // namespace ringfence::rules
