// Banned routine: see docs/rules/surface/banned-routine.md.

#include <ringfence/base/text.h>
#include <ringfence/rules/rule.h>

namespace ringfence::rules {

void run_banned_routine(const facts::Facts &facts, Sink &sink) {
  bool failed = false;
  for (const facts::RoutineFacts &routine : facts.surface->routines) {
    if (routine.lifecycle != facts::Lifecycle::banned)
      continue;
    failed = true;
    sink.fail(
        "the driver uses " + printable(routine.name) + ", which is banned" +
            (routine.replacement.empty() ? std::string() : ": use " + routine.replacement),
        {.anchor = routine.name, .location = {.rva = routine.at, .symbol = routine.at ? std::string() : routine.name}});
  }
  if (!failed)
    sink.pass("no banned routine is imported or looked up");
}

} // namespace ringfence::rules
