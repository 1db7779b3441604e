#include <ringfence/facts_build/surface_facts.h>

#include "missing_routes.h"

namespace ringfence::facts_build {

facts::SurfaceFacts build_surface_facts(const facts::ImageFacts &image, const driver::Driver &driver) {
  facts::SurfaceFacts out;
  out.missing = missing_routes(image, driver);
  return out;
}

} // namespace ringfence::facts_build
