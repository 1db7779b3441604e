// SeExports: the structure of well-known privileges and SIDs that the kernel exports to drivers (ntifs.h, SE_EXPORTS).
#pragma once

#include "machine.h"

namespace ringfence::driver {

/// Puts the structure and its SIDs into the analysed machine; the address of the structure.
std::uint64_t make_security_exports(Machine &machine, symbolic::State &state);

} // namespace ringfence::driver
