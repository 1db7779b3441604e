// The rules every lifted block keeps: operand references, widths, register types, positions of terminators.
#pragma once

#include <ringfence/base/result.h>
#include <ringfence/ir/body.h>

namespace ringfence::ir {

/// The first rule a block breaks; Error::offset is the index in Body::ops (or the instruction's address when the
/// tables themselves are wrong).
Status verify(const Body &body, const Block &block);
/// All blocks.
Status verify(const Body &body);

} // namespace ringfence::ir
