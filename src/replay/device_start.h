// IRP_MN_START_DEVICE in the replayed machine, with the same hardware as in the analysis: its addresses are made up.
#pragma once

#include "machine.h"

namespace ringfence::replay {

/// Starts the device that AddDevice attached, with the first list of resources on which the driver's routine succeeds.
/// False when it succeeds on none: the machine is then as it was before.
bool start_device(Machine &machine);

} // namespace ringfence::replay
