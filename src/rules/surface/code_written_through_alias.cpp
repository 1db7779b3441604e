// Code mapped a second time as data: see docs/rules/surface/code-written-through-alias.md.

#include "words.h"

#include <ringfence/rules/rule.h>

#include <set>

namespace ringfence::rules {

void run_code_written_through_alias(const facts::Facts &facts, Sink &sink) {
  std::set<std::string> routines;
  for (const facts::ArgumentFacts &argument : facts.surface->arguments)
    if (argument.kind == "alias-of-code" && routines.insert(argument.routine).second)
      sink.fail(argument.routine + " gets the address of code: a second mapping of it can be written",
                {.anchor = argument.routine, .location = {.rva = argument.at}});
  if (routines.empty())
    sink.pass("no followed call describes or maps code as data");
}

} // namespace ringfence::rules
