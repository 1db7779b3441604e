// Filter does not take over the flags of the device below: see docs/rules/surface/filter-flags-not-copied.md.

#include "words.h"

#include <ringfence/rules/rule.h>

namespace ringfence::rules {

void run_filter_flags_not_copied(const facts::Facts &facts, Sink &sink) {
  bool failed = false, attached = false;
  for (const facts::DeviceFacts &device : facts.surface->devices) {
    if (!device.attached)
      continue;
    attached = true;
    if (device.takes_lower_flags || device.named()) // a name: a function driver's
      continue;
    failed = true;
    sink.fail("a device object is attached over another one and copies neither Flags nor Characteristics from it",
              {.anchor = "attached device", .location = place_of(device)});
  }
  if (!failed)
    attached ? sink.pass("attached device objects take over what the device below has, or are a function driver's")
             : sink.not_applicable("the driver attaches to no device stack");
}

} // namespace ringfence::rules
