// SurfaceFacts from a description, for the fixtures of rules on the surface: a table `surface` with the members of the
// facts. What is not named is what an empty surface has; unknown members are refused.
#pragma once

#include <ringfence/base/result.h>
#include <ringfence/base/value.h>
#include <ringfence/facts/surface_facts.h>

namespace ringfence::surface_value {

Result<facts::SurfaceFacts> describe(const Value &description);

} // namespace ringfence::surface_value
