// Descriptor in the code admits ordinary users: see docs/rules/surface/device-open-to-users.md.

#include "words.h"

#include <ringfence/base/text.h>
#include <ringfence/rules/rule.h>

#include <algorithm>

namespace ringfence::rules {

void run_device_open_to_users(const facts::Facts &facts, Sink &sink) {
  const auto &codes = facts.surface->codes;
  const bool steers = std::any_of(codes.begin(), codes.end(), [](const facts::CodeFacts &c) {
    return facts::is_unprivileged(c.reach) && has_open_primitive(c);
  });
  const bool handles = std::any_of(codes.begin(), codes.end(),
                                   [](const facts::CodeFacts &c) { return c.status == facts::CodeStatus::handled; });
  bool failed = false, judged = false;
  for (const facts::DeviceFacts &device : facts.surface->devices) {
    if (!device.named() || device.sddl.empty())
      continue;
    judged = true;
    if (!facts::is_unprivileged(device.reach_if_secured))
      continue;
    failed = true;
    sink.fail("the descriptor of " + printable(name_of(device)) + ", " + printable(device.sddl) + " (" +
                  device.sddl_source + "), admits " + std::string(facts::name_of(device.reach_if_secured)) +
                  (steers ? ", and codes of the driver let such callers steer privileged operations" : ""),
              {.anchor = name_of(device),
               .location = place_of(device),
               .at_most = steers    ? finding::Severity::high
                          : handles ? finding::Severity::medium
                                    : finding::Severity::low,
               .reach = std::string(facts::name_of(device.reach_if_secured)),
               .path = {{device.reach_why, place_of(device)}}});
  }
  if (!failed)
    judged ? sink.pass("no descriptor in the code admits callers without administrator's rights")
           : sink.not_applicable("the driver gives no named device a descriptor");
}

} // namespace ringfence::rules
