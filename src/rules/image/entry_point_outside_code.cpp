// Entry point lies outside executable sections: see docs/rules/image/entry-point-outside-code.md.

#include <ringfence/rules/rule.h>

#include <ringfence/base/text.h>

namespace ringfence::rules {

void run_entry_point_outside_code(const facts::Facts &facts, Sink &sink) {
  const facts::ImageFacts &image = *facts.image;
  const Rva entry = image.entry_point;
  if (entry.value == 0)
    return sink.not_applicable("the image has no entry point: it can only serve as a library of other drivers");
  const facts::SectionFacts *section = image.section_at(entry);
  if (!section)
    return sink.fail("the entry point " + hex(entry.value) + " lies in no section",
                     {.anchor = "no section", .location = {.rva = entry}});
  if (!section->has(facts::IMAGE_SCN_MEM_EXECUTE))
    return sink.fail("the entry point lies in section " + section->name + ", which is not executable",
                     {.anchor = section->name, .location = {.rva = entry, .section = section->name}});
  sink.pass("the entry point lies in the executable section " + section->name);
}

} // namespace ringfence::rules
