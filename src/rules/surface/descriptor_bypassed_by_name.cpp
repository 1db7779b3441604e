// A trailing name opens the device past its descriptor: see docs/rules/surface/descriptor-bypassed-by-name.md.

#include "words.h"

#include <ringfence/base/text.h>
#include <ringfence/rules/rule.h>

namespace ringfence::rules {

void run_descriptor_bypassed_by_name(const facts::Facts &facts, Sink &sink) {
  bool failed = false, named = false;
  for (const facts::DeviceFacts &device : facts.surface->devices) {
    if (!device.named())
      continue;
    named = true;
    const bool known = device.reach != facts::Reach::unknown && device.reach_if_secured != facts::Reach::unknown;
    if (!known || device.reach <= device.reach_if_secured)
      continue;
    failed = true;
    sink.fail("the descriptor of " + printable(name_of(device)) + " admits " +
                  std::string(facts::name_of(device.reach_if_secured)) + ", but an open of " +
                  printable(name_of(device)) + "\\x is not compared with it and lets " +
                  std::string(facts::name_of(device.reach)) + " in",
              {.anchor = name_of(device),
               .location = place_of(device),
               .at_most = facts::is_unprivileged(device.reach) ? finding::Severity::critical : finding::Severity::low,
               .reach = std::string(facts::name_of(device.reach)),
               .path = {{device.reach_why, place_of(device)}}});
  }
  if (!failed)
    named ? sink.pass("no name behind a device's name opens it for more callers than its descriptor admits")
          : sink.not_applicable("no device of the driver has a name");
}

} // namespace ringfence::rules
