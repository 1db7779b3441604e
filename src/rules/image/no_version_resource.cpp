// No version resource: see docs/rules/image/no-version-resource.md.

#include <ringfence/rules/rule.h>

namespace ringfence::rules {

void run_no_version_resource(const facts::Facts &facts, Sink &sink) {
  if (facts.image->version.present())
    return sink.pass("the image has a version resource");
  sink.fail("the image has no version resource", {.anchor = "VS_VERSION_INFO"});
}

} // namespace ringfence::rules
