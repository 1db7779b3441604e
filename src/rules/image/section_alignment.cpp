// Sections are not aligned to pages: see docs/rules/image/section-alignment.md.

#include <ringfence/rules/rule.h>

#include <ringfence/base/text.h>

namespace ringfence::rules {

void run_section_alignment(const facts::Facts &facts, Sink &sink) {
  const finding::Severity at_most =
      facts.image->has_memory_integrity() ? finding::Severity::critical : finding::Severity::low;
  constexpr std::uint32_t page = 0x1000;
  const std::uint32_t alignment = facts.image->section_alignment;
  if (alignment == 0 || alignment % page != 0)
    return sink.fail("section alignment is " + hex(alignment) + ", not a multiple of the page size 0x1000",
                     {.anchor = "SectionAlignment", .at_most = at_most});
  for (const facts::SectionFacts &section : facts.image->sections)
    if (section.rva.value % page != 0)
      return sink.fail(
          "section " + section.name + " starts at " + hex(section.rva.value) + ", not on a page",
          {.anchor = section.name, .location = {.rva = section.rva, .section = section.name}, .at_most = at_most});
  sink.pass("sections are aligned to " + hex(alignment));
}

} // namespace ringfence::rules
