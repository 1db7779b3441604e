// Section marked as code is writable but not executable: see docs/rules/image/writable-code-section.md.

#include <ringfence/rules/rule.h>

namespace ringfence::rules {

void run_writable_code_section(const facts::Facts &facts, Sink &sink) {
  bool failed = false;
  for (const facts::SectionFacts &section : facts.image->sections) {
    if (!section.has(facts::IMAGE_SCN_CNT_CODE | facts::IMAGE_SCN_MEM_WRITE) ||
        section.has(facts::IMAGE_SCN_MEM_EXECUTE))
      continue;
    failed = true;
    sink.fail("section " + section.name + " is marked as code and writable, but not executable",
              {.anchor = section.name, .location = {.rva = section.rva, .section = section.name}});
  }
  if (!failed)
    sink.pass("no section marked as code is writable without being executable");
}

} // namespace ringfence::rules
