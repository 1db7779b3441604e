// Section is writable and executable: see docs/rules/image/wx-section.md.

#include <ringfence/rules/rule.h>

namespace ringfence::rules {

void run_wx_section(const facts::Facts &facts, Sink &sink) {
  const finding::Severity at_most =
      facts.image->has_memory_integrity() ? finding::Severity::critical : finding::Severity::medium;
  bool failed = false;
  bool init = false;
  for (const facts::SectionFacts &section : facts.image->sections) {
    if (!section.has(facts::IMAGE_SCN_MEM_WRITE | facts::IMAGE_SCN_MEM_EXECUTE))
      continue;
    if (section.name == "INIT" && section.has(facts::IMAGE_SCN_MEM_DISCARDABLE)) {
      init = true;
      continue;
    }
    failed = true;
    sink.fail("section " + section.name + " is writable and executable",
              {.anchor = section.name, .location = {.rva = section.rva, .section = section.name}, .at_most = at_most});
  }
  if (!failed)
    sink.pass(init ? "no section but the exempt INIT is writable and executable"
                   : "no section is writable and executable");
}

} // namespace ringfence::rules
