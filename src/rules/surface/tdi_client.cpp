// Driver uses the Transport Driver Interface: see docs/rules/surface/tdi-client.md.

#include <ringfence/base/text.h>
#include <ringfence/rules/rule.h>

namespace ringfence::rules {

void run_tdi_client(const facts::Facts &facts, Sink &sink) {
  for (const facts::RoutineFacts &routine : facts.surface->routines)
    if (ascii_iequals(routine.module, "tdi.sys"))
      return sink.fail("the driver imports " + printable(routine.name) + " from TDI.SYS",
                       {.anchor = "TDI", .location = {.rva = routine.at}});
  for (const std::string &name : facts.surface->opened_names)
    for (const std::string_view device :
         {"\\Device\\Tcp", "\\Device\\Udp", "\\Device\\RawIp", "\\Device\\Tcp6", "\\Device\\Udp6"})
      if (ascii_iequals(name, device))
        return sink.fail("the driver opens the TDI device " + printable(name), {.anchor = "TDI"});
  sink.pass("the driver neither imports TDI.SYS nor opens its devices");
}

} // namespace ringfence::rules
