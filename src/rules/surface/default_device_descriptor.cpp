// Named device with the descriptor that Windows chooses: see docs/rules/surface/default-device-descriptor.md.

#include "words.h"

#include <ringfence/base/text.h>
#include <ringfence/rules/rule.h>

namespace ringfence::rules {

void run_default_device_descriptor(const facts::Facts &facts, Sink &sink) {
  bool failed = false, named = false;
  for (const facts::DeviceFacts &device : facts.surface->devices) {
    if (!device.named())
      continue;
    named = true;
    if (device.sddl_source != "default")
      continue;
    failed = true;
    sink.fail("the device " + printable(name_of(device)) + " is created without a descriptor: Windows chooses " +
                  (device.effective_sddl.empty() ? std::string("one by its type") : printable(device.effective_sddl)) +
                  ", which admits " + std::string(facts::name_of(device.reach)),
              {.anchor = name_of(device),
               .location = place_of(device),
               .at_most = facts::is_unprivileged(device.reach) || device.reach == facts::Reach::unknown
                              ? finding::Severity::medium
                              : finding::Severity::low,
               .reach = std::string(facts::name_of(device.reach))});
  }
  if (!failed)
    named ? sink.pass("the driver or its framework gives every named device a descriptor")
          : sink.not_applicable("no device of the driver has a name");
}

} // namespace ringfence::rules
