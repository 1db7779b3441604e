// Routines looked up by name at run time: see docs/rules/surface/routine-found-at-run-time.md.

#include "words.h"

#include <ringfence/base/text.h>
#include <ringfence/rules/rule.h>

#include <algorithm>

namespace ringfence::rules {

namespace {

bool is_dangerous(const facts::RoutineFacts &routine) {
  constexpr std::string_view groups[] = {"physical-memory", "ports",       "msr",       "pci",   "process",
                                         "process-memory",  "driver-load", "callbacks", "token", "firmware"};
  return routine.lifecycle == facts::Lifecycle::undocumented ||
         std::find(std::begin(groups), std::end(groups), routine.danger) != std::end(groups);
}

} // namespace

void run_routine_found_at_run_time(const facts::Facts &facts, Sink &sink) {
  std::vector<std::string> plain, hidden;
  for (const facts::RoutineFacts &routine : facts.surface->routines)
    if (routine.found_at_run_time)
      (!routine.danger.empty() && is_dangerous(routine) ? hidden : plain).push_back(printable(routine.name));
  if (plain.empty() && hidden.empty())
    return sink.pass("no routine is looked up by name at run time");
  if (!hidden.empty())
    return sink.fail("the driver looks up " + enumeration(hidden) +
                         " by name at run time, so that the import table does not show what it does",
                     {.anchor = "dangerous"});
  sink.fail("the driver looks up " + enumeration(plain) + " by name at run time",
            {.anchor = "plain", .at_most = finding::Severity::note});
}

} // namespace ringfence::rules
