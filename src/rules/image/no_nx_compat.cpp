// User-mode driver is not marked NX compatible: see docs/rules/image/no-nx-compat.md.

#include <ringfence/rules/rule.h>

namespace ringfence::rules {

void run_no_nx_compat(const facts::Facts &facts, Sink &sink) {
  const facts::ImageFacts &image = *facts.image;
  if (image.is_kernel_driver())
    return sink.not_applicable("the kernel does not read NX_COMPAT: section flags decide what is executable");
  if (image.pe32_plus)
    return sink.not_applicable("64-bit processes always run with data execution prevention");
  if (image.dll_characteristics & facts::IMAGE_DLLCHARACTERISTICS_NX_COMPAT)
    return sink.pass("the header has NX_COMPAT");
  sink.fail("the header lacks NX_COMPAT (0x100)", {.anchor = "NX_COMPAT"});
}

} // namespace ringfence::rules
