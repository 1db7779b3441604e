// Memory in which the driver's own state is open: for a driver whose requests are refused in the state that it was
// followed to.
#pragma once

#include "machine.h"

namespace ringfence::driver {

/// The same memory, but what is zero in the driver's variables, device extensions and framework contexts has any value:
/// a flag that hardware, the system or an earlier request sets. Addresses and tables stay.
symbolic::State loosened(Machine &machine, symbolic::State state);

} // namespace ringfence::driver
