// Some objects were compiled without /GS: see docs/rules/image/gs-missing-objects.md.

#include <ringfence/rules/rule.h>

namespace ringfence::rules {

void run_gs_missing_objects(const facts::Facts &facts, Sink &sink) {
  const facts::ImageFacts &image = *facts.image;
  if (!image.debug.present() || !image.debug->vc_feature)
    return sink.not_applicable("the linker left no VC_FEATURE record that counts objects compiled with /GS");
  const facts::VcFeatureFacts &feature = *image.debug->vc_feature;
  if (feature.c_cpp == 0)
    return sink.not_applicable("the VC_FEATURE record counts no C or C++ object");
  if (feature.gs < feature.c_cpp)
    return sink.fail(std::to_string(feature.c_cpp - feature.gs) + " of " + std::to_string(feature.c_cpp) +
                         " C and C++ objects were compiled without /GS",
                     {.anchor = "/GS"});
  sink.pass("all " + std::to_string(feature.c_cpp) + " C and C++ objects were compiled with /GS");
}

} // namespace ringfence::rules
