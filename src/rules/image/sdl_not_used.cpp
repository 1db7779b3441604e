// Not compiled with /sdl: see docs/rules/image/sdl-not-used.md.

#include <ringfence/rules/rule.h>

namespace ringfence::rules {

void run_sdl_not_used(const facts::Facts &facts, Sink &sink) {
  const facts::ImageFacts &image = *facts.image;
  if (!image.debug.present() || !image.debug->vc_feature)
    return sink.not_applicable("the linker left no VC_FEATURE record that counts objects compiled with /sdl");
  const facts::VcFeatureFacts &feature = *image.debug->vc_feature;
  if (!feature.has_sdl)
    return sink.not_applicable("the VC_FEATURE record is too short to count objects compiled with /sdl");
  if (feature.sdl == 0)
    return sink.fail("none of " + std::to_string(feature.c_cpp) + " C and C++ objects was compiled with /sdl",
                     {.anchor = "/sdl"});
  sink.pass(std::to_string(feature.sdl) + " of " + std::to_string(feature.c_cpp) +
            " C and C++ objects were compiled with /sdl");
}

} // namespace ringfence::rules
