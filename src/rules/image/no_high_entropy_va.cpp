// User-mode driver refuses high-entropy addresses: see docs/rules/image/no-high-entropy-va.md.

#include <ringfence/rules/rule.h>

namespace ringfence::rules {

void run_no_high_entropy_va(const facts::Facts &facts, Sink &sink) {
  const facts::ImageFacts &image = *facts.image;
  if (image.is_kernel_driver())
    return sink.not_applicable("the kernel does not read HIGH_ENTROPY_VA");
  if (!image.pe32_plus)
    return sink.not_applicable("a 32-bit process has no room for high-entropy addresses");
  if (!(image.dll_characteristics & facts::IMAGE_DLLCHARACTERISTICS_HIGH_ENTROPY_VA))
    return sink.fail("the header lacks HIGH_ENTROPY_VA (0x20)", {.anchor = "HIGH_ENTROPY_VA"});
  if (!(image.characteristics & facts::IMAGE_FILE_LARGE_ADDRESS_AWARE))
    return sink.fail("the header has HIGH_ENTROPY_VA but lacks LARGE_ADDRESS_AWARE (0x20)",
                     {.anchor = "LARGE_ADDRESS_AWARE"});
  sink.pass("the header has HIGH_ENTROPY_VA and LARGE_ADDRESS_AWARE");
}

} // namespace ringfence::rules
