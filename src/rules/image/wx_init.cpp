// INIT section is writable and executable: see docs/rules/image/wx-init.md.

#include <ringfence/rules/rule.h>

namespace ringfence::rules {

void run_wx_init(const facts::Facts &facts, Sink &sink) {
  bool found = false;
  for (const facts::SectionFacts &section : facts.image->sections) {
    if (section.name != "INIT" || !section.has(facts::IMAGE_SCN_MEM_DISCARDABLE))
      continue;
    found = true;
    if (section.has(facts::IMAGE_SCN_MEM_WRITE | facts::IMAGE_SCN_MEM_EXECUTE))
      return sink.fail("section INIT is writable and executable; Windows 10 and later remove the write permission",
                       {.anchor = "INIT", .location = {.rva = section.rva, .section = "INIT"}});
  }
  if (!found)
    return sink.not_applicable("the image has no discardable section INIT");
  sink.pass("section INIT is not writable and executable");
}

} // namespace ringfence::rules
