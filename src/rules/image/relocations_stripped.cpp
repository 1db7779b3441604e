// Relocations are stripped: see docs/rules/image/relocations-stripped.md.

#include <ringfence/rules/rule.h>

namespace ringfence::rules {

void run_relocations_stripped(const facts::Facts &facts, Sink &sink) {
  const facts::ImageFacts &image = *facts.image;
  if (image.characteristics & facts::IMAGE_FILE_RELOCS_STRIPPED)
    return sink.fail("the header has RELOCS_STRIPPED: the image can only be loaded at its preferred base",
                     {.anchor = "RELOCS_STRIPPED"});
  sink.pass(image.relocations.present()
                ? "the image carries " + std::to_string(image.relocations->count) + " relocations"
                : std::string("the header says that nothing was stripped, and no address needs a relocation"));
}

} // namespace ringfence::rules
