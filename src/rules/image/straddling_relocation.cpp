// Relocation crosses a page boundary: see docs/rules/image/straddling-relocation.md.

#include <ringfence/rules/rule.h>

#include <ringfence/base/text.h>

namespace ringfence::rules {

void run_straddling_relocation(const facts::Facts &facts, Sink &sink) {
  const facts::ImageFacts &image = *facts.image;
  if (image.relocations.is_absent())
    return sink.not_applicable("the image has no base relocations");
  const facts::RelocationFacts &relocations = *image.relocations;
  if (relocations.straddling_count == 0)
    return sink.pass("none of " + std::to_string(relocations.count) + " relocations crosses a page boundary");
  const Rva first = relocations.straddling.empty() ? Rva(0) : relocations.straddling.front();
  const facts::SectionFacts *section = image.section_at(first);
  sink.fail(std::to_string(relocations.straddling_count) + " of " + std::to_string(relocations.count) +
                " relocations cross a page boundary, the first at " + hex(first.value),
            {.anchor = section ? section->name : "relocations",
             .location = {.rva = first, .section = section ? section->name : ""},
             .at_most = image.has_memory_integrity() ? finding::Severity::critical : finding::Severity::note});
}

} // namespace ringfence::rules
