// Caller chooses a PCI configuration register: see docs/rules/privilege/caller-chosen-pci-config.md.

#include "family.h"

namespace ringfence::rules {

void run_caller_chosen_pci_config(const facts::Facts &facts, Sink &sink) {
  constexpr PrivilegedKind kinds[] = {
      {"pci-config-read", "read the PCI configuration space of a device of its choice", Power::limited,
       "fix bus, device and function to the device that the driver serves, and compare the register in {} with those "
       "that it needs and fail with STATUS_ACCESS_DENIED otherwise"},
      {"pci-config-write", "write the PCI configuration space of a device of its choice", Power::strong,
       "fix bus, device and function to the device that the driver serves, compare the register in {} with those that "
       "it may write, never a base address or the command register, and fail with STATUS_ACCESS_DENIED otherwise"},
  };
  judge_family(*facts.surface, sink,
               {.kinds = kinds,
                .subject = "a PCI configuration register",
                .remedy = "Fix bus, device and function to the device that the driver serves, check the register "
                          "against the ones that it needs, and fail with STATUS_ACCESS_DENIED otherwise"});
}

} // namespace ringfence::rules
