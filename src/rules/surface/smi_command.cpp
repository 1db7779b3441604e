// Firmware called through the SMI port: see docs/rules/surface/smi-command.md.

#include <ringfence/base/text.h>
#include <ringfence/rules/rule.h>

namespace ringfence::rules {

void run_smi_command(const facts::Facts &facts, Sink &sink) {
  const facts::ArgumentFacts *worst = nullptr;
  for (const facts::ArgumentFacts &argument : facts.surface->arguments)
    if (argument.kind == "smi-port" && (!worst || (argument.for_user && !worst->for_user)))
      worst = &argument;
  if (!worst)
    return sink.pass("no followed path writes the SMI port");
  const facts::Reach reach = facts.surface->reach;
  sink.fail(
      worst->for_user ? "the command that goes to the SMI port is the caller's"
                      : "the driver sends a command to the SMI port",
      {.anchor = "SMI",
       .location = {.rva = worst->at},
       .at_most = worst->for_user && facts::is_unprivileged(reach) ? finding::Severity::medium : finding::Severity::low,
       .reach = std::string(facts::name_of(reach))});
}

} // namespace ringfence::rules
