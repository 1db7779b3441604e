// The PDB has no source link: see docs/rules/pdb/no-source-link.md.

#include <ringfence/rules/rule.h>

namespace ringfence::rules {

void run_no_source_link(const facts::Facts &facts, Sink &sink) {
  if (facts.pdb->source_link)
    return sink.pass("the PDB holds a source link document");
  sink.fail("the PDB holds no source link document: a debugger cannot fetch the sources of this build",
            {.anchor = "sourcelink"});
}

} // namespace ringfence::rules
