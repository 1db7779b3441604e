// The x87's double extended format in software: exact, rounded once by the control word, the same on every host. A
// NaN made from two is chosen by the x87's rule. Intel SDM volume 1, 4.2.2, 4.8.3.5, 4.8.4, table 4-7 and 8.1.5.
#pragma once

#include "wide.h"

namespace ringfence::ir {

/// FpOp `which` where an operand or the result is extended. `bits` are those of Op::width: 128, or of the float that
/// `extend` takes and `reduce` gives. `compare` returns FlagBit masks, `to_i64` a number, `examine` a status word.
Wide evaluate_extended(FpOp which, unsigned bits, const Wide &a, const Wide &b, std::uint16_t control);

} // namespace ringfence::ir
