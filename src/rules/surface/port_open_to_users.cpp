// Filter port that ordinary users connect to: see docs/rules/surface/port-open-to-users.md.

#include "words.h"

#include <ringfence/base/text.h>
#include <ringfence/rules/rule.h>

#include <algorithm>

namespace ringfence::rules {

void run_port_open_to_users(const facts::Facts &facts, Sink &sink) {
  const facts::SurfaceFacts &surface = *facts.surface;
  if (surface.ports.empty())
    return sink.not_applicable("the driver makes no communication port");
  const bool steers = std::any_of(surface.codes.begin(), surface.codes.end(), [](const facts::CodeFacts &c) {
    return c.text.starts_with("port:") && facts::is_unprivileged(c.reach) && has_open_primitive(c);
  });
  bool failed = false, unknown = false;
  for (const facts::PortFacts &port : surface.ports) {
    unknown = unknown || port.reach == facts::Reach::unknown;
    if (!facts::is_unprivileged(port.reach))
      continue;
    failed = true;
    sink.fail("the port " + printable(port.name) + " admits " + std::string(facts::name_of(port.reach)) +
                  (port.sddl.empty() ? std::string() : ", by " + printable(port.sddl)) +
                  (steers ? ", and its messages let such callers steer privileged operations" : ""),
              {.anchor = port.name,
               .location = port.connect.value != 0 ? finding::Location{.rva = port.connect} : finding::Location{},
               .at_most = steers ? finding::Severity::high : finding::Severity::medium,
               .reach = std::string(facts::name_of(port.reach)),
               .path = {{port.reach_why, {}}}});
  }
  if (failed)
    return;
  if (unknown)
    return sink.inconclusive("who may connect to a port of the driver is not known: its descriptor was not recovered");
  sink.pass("only administrators and SYSTEM connect to the driver's ports");
}

} // namespace ringfence::rules
