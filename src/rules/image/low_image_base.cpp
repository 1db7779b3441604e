// User-mode driver prefers an address below 4 GB: see docs/rules/image/low-image-base.md.

#include <ringfence/rules/rule.h>

#include <ringfence/base/text.h>

namespace ringfence::rules {

void run_low_image_base(const facts::Facts &facts, Sink &sink) {
  constexpr std::uint64_t four_gigabytes = 0x100000000;
  const facts::ImageFacts &image = *facts.image;
  if (image.is_kernel_driver())
    return sink.not_applicable("the kernel relocates every driver above its preferred base");
  if (!image.pe32_plus)
    return sink.not_applicable("a 32-bit image has no address above 4 GB");
  if (image.image_base <= four_gigabytes)
    return sink.fail("the preferred base " + hex(image.image_base) + " is not above 4 GB", {.anchor = "ImageBase"});
  sink.pass("the preferred base " + hex(image.image_base) + " is above 4 GB");
}

} // namespace ringfence::rules
