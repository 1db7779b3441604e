// INIT section is not discardable: see docs/rules/image/init-not-discardable.md.

#include <ringfence/rules/rule.h>

namespace ringfence::rules {

void run_init_not_discardable(const facts::Facts &facts, Sink &sink) {
  bool found = false;
  for (const facts::SectionFacts &section : facts.image->sections) {
    if (section.name != "INIT")
      continue;
    found = true;
    if (!section.has(facts::IMAGE_SCN_MEM_DISCARDABLE))
      return sink.fail("section INIT is not marked discardable, so its memory is never freed",
                       {.anchor = "INIT", .location = {.rva = section.rva, .section = "INIT"}});
  }
  if (!found)
    return sink.not_applicable("the image has no section INIT");
  sink.pass("section INIT is discardable");
}

} // namespace ringfence::rules
