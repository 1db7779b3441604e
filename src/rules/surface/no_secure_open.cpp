// Device without FILE_DEVICE_SECURE_OPEN: see docs/rules/surface/no-secure-open.md.

#include "words.h"

#include <ringfence/base/text.h>
#include <ringfence/rules/rule.h>

namespace ringfence::rules {

void run_no_secure_open(const facts::Facts &facts, Sink &sink) {
  bool failed = false, named = false;
  for (const facts::DeviceFacts &device : facts.surface->devices) {
    if (!device.named())
      continue;
    named = true;
    if (device.secure_open)
      continue;
    failed = true;
    const bool changes_nothing = device.reach == device.reach_if_secured;
    sink.fail("the device " + printable(name_of(device)) +
                  " is created without FILE_DEVICE_SECURE_OPEN: the I/O manager does not compare "
                  "opens of names below it with its descriptor" +
                  (changes_nothing ? "; the descriptor admits the same callers today" : ""),
              {.anchor = name_of(device),
               .location = place_of(device),
               .at_most = changes_nothing ? finding::Severity::low : finding::Severity::critical,
               .reach = std::string(facts::name_of(device.reach))});
  }
  if (!failed)
    named ? sink.pass("every named device has FILE_DEVICE_SECURE_OPEN")
          : sink.not_applicable("no device of the driver has a name");
}

} // namespace ringfence::rules
