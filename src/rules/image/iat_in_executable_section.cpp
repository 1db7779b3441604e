// Import address table lies in an executable section: see docs/rules/image/iat-in-executable-section.md.

#include <ringfence/rules/rule.h>

#include <ringfence/base/text.h>

namespace ringfence::rules {

void run_iat_in_executable_section(const facts::Facts &facts, Sink &sink) {
  const finding::Severity at_most =
      facts.image->has_memory_integrity() ? finding::Severity::critical : finding::Severity::low;
  const facts::ImageFacts &image = *facts.image;
  if (!image.import_address_table)
    return sink.not_applicable("the image has no import address table directory");
  const facts::RangeFacts &iat = *image.import_address_table;
  const std::uint64_t end = std::uint64_t{iat.rva.value} + iat.size;
  for (const facts::SectionFacts &section : image.sections) {
    const std::uint64_t extent = section.virtual_size != 0 ? section.virtual_size : section.raw_size;
    if (!section.has(facts::IMAGE_SCN_MEM_EXECUTE) || iat.rva.value >= section.rva.value + extent ||
        end <= section.rva.value)
      continue;
    return sink.fail(
        "the import address table lies in the executable section " + section.name,
        {.anchor = section.name, .location = {.rva = iat.rva, .section = section.name}, .at_most = at_most});
  }
  const facts::SectionFacts *home = image.section_at(iat.rva);
  sink.pass("the import address table lies in " +
            (home ? "section " + home->name + ", which is not executable" : std::string("no section")));
}

} // namespace ringfence::rules
