// Pageable code is writable: see docs/rules/image/writable-page-code.md.

#include <ringfence/rules/rule.h>

namespace ringfence::rules {

void run_writable_page_code(const facts::Facts &facts, Sink &sink) {
  bool found = false;
  bool failed = false;
  for (const facts::SectionFacts &section : facts.image->sections) {
    if (!section.name.starts_with("PAGE") || !section.has(facts::IMAGE_SCN_MEM_EXECUTE))
      continue;
    found = true;
    if (!section.has(facts::IMAGE_SCN_MEM_WRITE))
      continue;
    failed = true;
    sink.fail("pageable code section " + section.name + " is writable",
              {.anchor = section.name, .location = {.rva = section.rva, .section = section.name}});
  }
  if (!found)
    sink.not_applicable("the image has no pageable code section");
  else if (!failed)
    sink.pass("no pageable code section is writable");
}

} // namespace ringfence::rules
