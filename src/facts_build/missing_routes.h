// Which ways for requests a driver registers and discovery did not follow. Derived from what stands side by side in the
// facts (imports and the kind of driver, against entry points and callbacks found), so that a reason goes away by
// itself as soon as discovery follows that kind.
#pragma once

#include <ringfence/driver/driver.h>
#include <ringfence/facts/image_facts.h>
#include <ringfence/facts/surface_facts.h>

#include <vector>

namespace ringfence::facts_build {

/// Sorted by place and text; empty when every registered route was followed.
std::vector<facts::MissingRoute> missing_routes(const facts::ImageFacts &image, const driver::Driver &driver);

} // namespace ringfence::facts_build
