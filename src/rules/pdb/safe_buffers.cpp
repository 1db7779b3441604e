// Function exempted from /GS: see docs/rules/pdb/safe-buffers.md.

#include <ringfence/rules/rule.h>

namespace ringfence::rules {

void run_safe_buffers(const facts::Facts &facts, Sink &sink) {
  constexpr std::size_t cap = 32;
  const facts::PdbFacts &pdb = *facts.pdb;
  if (pdb.objects.empty())
    return sink.not_applicable("the PDB describes no C or C++ object");
  if (pdb.safe_buffers.empty())
    return sink.pass("no function is exempted from the stack cookie");
  for (std::size_t i = 0; i < pdb.safe_buffers.size() && i < cap; ++i) {
    const facts::PdbFunctionFacts &function = pdb.safe_buffers[i];
    sink.fail("function " + function.name + " in " + function.object +
                  " is exempted from the stack cookie (safebuffers)" +
                  (function.source.empty() ? "" : ", at " + function.source),
              {.anchor = function.name, .location = {.rva = function.rva, .symbol = function.name}});
  }
  if (pdb.safe_buffers.size() > cap)
    sink.fail(std::to_string(pdb.safe_buffers.size() - cap) + " more functions are exempted from the stack cookie",
              {.anchor = "more"});
}

} // namespace ringfence::rules
