// Header checksum does not match the file: see docs/rules/image/checksum-mismatch.md.

#include <ringfence/rules/rule.h>

#include <ringfence/base/text.h>

namespace ringfence::rules {

void run_checksum_mismatch(const facts::Facts &facts, Sink &sink) {
  const facts::ImageFacts &image = *facts.image;
  if (image.checksum_stored == image.checksum_computed)
    return sink.pass("the header checksum matches the file");
  if (image.checksum_stored == 0)
    return sink.fail("the header checksum is not set; it should be " + hex(image.checksum_computed, 8),
                     {.anchor = "not set"});
  sink.fail("the header checksum is " + hex(image.checksum_stored, 8) + ", the file's is " +
                hex(image.checksum_computed, 8) + ": the file was changed after it was linked or signed",
            {.anchor = "CheckSum"});
}

} // namespace ringfence::rules
