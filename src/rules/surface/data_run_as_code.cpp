// Data run as code: see docs/rules/surface/data-run-as-code.md.

#include "words.h"

#include <ringfence/rules/rule.h>

#include <algorithm>
#include <array>

namespace ringfence::rules {

namespace {

/// Classes of ZwSetSystemInformation that load a module: SystemLoadGdiDriverInformation,
/// SystemLoadGdiDriverInSystemSpace.
constexpr std::array<std::uint64_t, 2> loading = {26, 54};

bool loads(const facts::ArgumentFacts &argument) {
  return argument.kind == "system-information" && argument.routine.find("SetSystemInformation") != std::string::npos &&
         argument.value && std::find(loading.begin(), loading.end(), *argument.value) != loading.end();
}

} // namespace

void run_data_run_as_code(const facts::Facts &facts, Sink &sink) {
  bool called = false, loaded = false;
  for (const facts::ArgumentFacts &argument : facts.surface->arguments) {
    if (argument.kind == "call-into-data" && !called) {
      called = true;
      sink.fail("the driver calls an address in memory that is no code",
                {.anchor = "call", .location = {.rva = argument.at}});
    } else if (loads(argument) && !loaded) {
      loaded = true;
      sink.fail(argument.routine + " makes Windows load a module into the kernel",
                {.anchor = argument.routine, .location = {.rva = argument.at}});
    }
  }
  if (!called && !loaded)
    sink.pass("every call that was followed goes to code");
}

} // namespace ringfence::rules
