// What the vector categories share with others.
#pragma once

#include "x86_instruction.h"

namespace ringfence::lift {

/// movsd and cmpsd are string instructions too (x86_string.cpp).
void lift_movs_doubleword(X86Instruction &x);
void lift_cmps_doubleword(X86Instruction &x);

/// Operand `index` of a legacy SSE instruction: in memory, 128 bits must be aligned.
Value aligned_source(X86Instruction &x, unsigned index);

} // namespace ringfence::lift
