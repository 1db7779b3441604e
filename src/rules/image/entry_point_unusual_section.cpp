// Entry point lies in an unusual section: see docs/rules/image/entry-point-unusual-section.md.

#include <ringfence/rules/rule.h>

#include <ringfence/base/text.h>

#include <algorithm>
#include <iterator>

namespace ringfence::rules {
namespace {

/// Sections in which linkers for drivers place DriverEntry: of Microsoft's linker, of lld and of GNU ld, and
/// the pageable sections whose names begin with PAGE.
bool is_usual(std::string_view name) {
  constexpr std::string_view usual[] = {"INIT", ".text", "text", ".init", "init"};
  return ascii_istarts_with(name, "PAGE") || name.starts_with(".text$") ||
         std::find(std::begin(usual), std::end(usual), name) != std::end(usual);
}

} // namespace

void run_entry_point_unusual_section(const facts::Facts &facts, Sink &sink) {
  const facts::ImageFacts &image = *facts.image;
  const facts::SectionFacts *section = image.entry_point.value != 0 ? image.section_at(image.entry_point) : nullptr;
  if (!section)
    return sink.not_applicable("the entry point lies in no section");
  if (!is_usual(section->name))
    return sink.fail("the entry point lies in section " + section->name +
                         ", where compilers do not place it: a packer or protector may have rewritten the image",
                     {.anchor = section->name, .location = {.rva = image.entry_point, .section = section->name}});
  sink.pass("the entry point lies in section " + section->name);
}

} // namespace ringfence::rules
