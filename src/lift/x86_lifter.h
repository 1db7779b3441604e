// Where lift.cpp finds the x86 and x64 lifter, without Zydis.
#pragma once

#include <ringfence/lift/lift.h>

namespace ringfence::lift {

/// `architecture` is x86 or x64.
std::unique_ptr<Lifter> make_x86_lifter(ir::Architecture architecture);

} // namespace ringfence::lift
