// The dispatch table as the code says it, for a driver that no path followed to where it fills it: a function that
// stores addresses of code through a register at the places of DRIVER_OBJECT.MajorFunction.
#pragma once

#include "request.h"

#include <array>
#include <cstdint>
#include <optional>

namespace ringfence::driver {

struct StaticDispatch {
  std::array<std::uint64_t, irp_mj_maximum_function + 1> major{}; ///< by IRP_MJ_*; 0: not stored
  std::uint64_t filled_at = 0;                                    ///< the first of the stores
};

/// The function that stores most of them; nothing when none stores two, one of which takes requests of programs.
std::optional<StaticDispatch> static_dispatch(const Machine &machine);

} // namespace ringfence::driver
