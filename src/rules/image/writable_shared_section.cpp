// Section is writable and shared: see docs/rules/image/writable-shared-section.md.

#include <ringfence/rules/rule.h>

namespace ringfence::rules {

void run_writable_shared_section(const facts::Facts &facts, Sink &sink) {
  bool failed = false;
  for (const facts::SectionFacts &section : facts.image->sections) {
    if (!section.has(facts::IMAGE_SCN_MEM_WRITE | facts::IMAGE_SCN_MEM_SHARED))
      continue;
    failed = true;
    sink.fail("section " + section.name + " is writable and shared",
              {.anchor = section.name, .location = {.rva = section.rva, .section = section.name}});
  }
  if (!failed)
    sink.pass("no section is writable and shared");
}

} // namespace ringfence::rules
