// Not marked compatible with shadow stacks: see docs/rules/image/no-cet-compatibility.md.

#include <ringfence/rules/rule.h>

namespace ringfence::rules {

void run_no_cet_compatibility(const facts::Facts &facts, Sink &sink) {
  const facts::ImageFacts &image = *facts.image;
  const auto flags = image.debug.present() ? image.debug->extended_dll_characteristics : std::nullopt;
  if (flags && (*flags & facts::IMAGE_DLLCHARACTERISTICS_EX_CET_COMPAT))
    return sink.pass("the image is marked compatible with shadow stacks");
  sink.fail(flags ? "the extended DLL characteristics lack CET_COMPAT"
                  : "the image has no extended DLL characteristics, so it is not marked compatible with shadow stacks",
            {.anchor = "CET_COMPAT"});
}

} // namespace ringfence::rules
