// Rich header does not match its checksum: see docs/rules/image/rich-checksum-mismatch.md.

#include <ringfence/rules/rule.h>

#include <ringfence/base/text.h>

namespace ringfence::rules {

void run_rich_checksum_mismatch(const facts::Facts &facts, Sink &sink) {
  const facts::ImageFacts &image = *facts.image;
  if (!image.rich.present())
    return sink.not_applicable("the image has no Rich header");
  const facts::RichFacts &rich = *image.rich;
  if (rich.checksum_stored != rich.checksum_computed)
    return sink.fail("the Rich header states checksum " + hex(rich.checksum_stored, 8) + ", its content gives " +
                         hex(rich.checksum_computed, 8),
                     {.anchor = "Rich"});
  sink.pass("the Rich header matches its checksum");
}

} // namespace ringfence::rules
