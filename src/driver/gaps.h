// What the analysis of a driver left open, as the report's coverage says it.
#pragma once

#include "world.h"

#include <ringfence/driver/driver.h>

namespace ringfence::driver {

/// Adds the executor's gaps, requests that were kept and not completed, imports without a model and the counts of the
/// run. For the end of a driver's analysis.
void add_gaps(World &world, Driver &driver);

} // namespace ringfence::driver
