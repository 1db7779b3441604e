// Device is named although it is found by an interface: see docs/rules/surface/named-device-without-need.md.

#include "words.h"

#include <ringfence/base/text.h>
#include <ringfence/rules/rule.h>

namespace ringfence::rules {

void run_named_device_without_need(const facts::Facts &facts, Sink &sink) {
  bool failed = false, named = false;
  for (const facts::DeviceFacts &device : facts.surface->devices) {
    named = named || !device.name.empty();
    if (device.name.empty() || (device.interfaces.empty() && device.origin != "AddDevice"))
      continue;
    failed = true;
    sink.fail(
        "the device " + printable(device.name) +
            (device.interfaces.empty() ? " belongs to a device that Plug and Play found" : " has an interface") +
            " and a name besides: a second way in, with a descriptor of its own",
        {.anchor = device.name, .location = place_of(device), .reach = std::string(facts::name_of(device.reach))});
  }
  if (!failed)
    named ? sink.pass("only control devices have names") : sink.not_applicable("no device of the driver has a name");
}

} // namespace ringfence::rules
