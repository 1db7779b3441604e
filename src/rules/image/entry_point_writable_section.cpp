// Entry point lies in a writable section: see docs/rules/image/entry-point-writable-section.md.

#include <ringfence/rules/rule.h>

namespace ringfence::rules {

void run_entry_point_writable_section(const facts::Facts &facts, Sink &sink) {
  const facts::ImageFacts &image = *facts.image;
  const facts::SectionFacts *section = image.entry_point.value != 0 ? image.section_at(image.entry_point) : nullptr;
  if (!section)
    return sink.not_applicable("the entry point lies in no section");
  if (!section->has(facts::IMAGE_SCN_MEM_WRITE))
    return sink.pass("the entry point lies in section " + section->name + ", which is not writable");
  if (section->name == "INIT" && section->has(facts::IMAGE_SCN_MEM_DISCARDABLE))
    return sink.pass("the entry point lies in INIT, whose write permission Windows 10 and later remove");
  sink.fail("the entry point lies in the writable section " + section->name,
            {.anchor = section->name, .location = {.rva = image.entry_point, .section = section->name}});
}

} // namespace ringfence::rules
