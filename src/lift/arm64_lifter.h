// Where lift.cpp finds the ARM64 lifter.
#pragma once

#include "arm64_decoder.h"

#include <ringfence/lift/lift.h>

namespace ringfence::lift {

std::unique_ptr<Lifter> make_arm64_lifter(std::unique_ptr<Arm64Decoder> decoder);

} // namespace ringfence::lift
