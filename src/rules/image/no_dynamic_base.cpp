// User-mode driver is not randomised: see docs/rules/image/no-dynamic-base.md.

#include <ringfence/rules/rule.h>

namespace ringfence::rules {

void run_no_dynamic_base(const facts::Facts &facts, Sink &sink) {
  const facts::ImageFacts &image = *facts.image;
  if (image.is_kernel_driver())
    return sink.not_applicable("the kernel relocates every driver, whatever DYNAMIC_BASE says");
  if (!(image.dll_characteristics & facts::IMAGE_DLLCHARACTERISTICS_DYNAMIC_BASE))
    return sink.fail("the header lacks DYNAMIC_BASE (0x40)", {.anchor = "DYNAMIC_BASE"});
  if (image.characteristics & facts::IMAGE_FILE_RELOCS_STRIPPED)
    return sink.fail("the header has DYNAMIC_BASE, but the relocations are stripped", {.anchor = "RELOCS_STRIPPED"});
  sink.pass("the header has DYNAMIC_BASE, and relocations are not stripped");
}

} // namespace ringfence::rules
