// Blocks as text and back. print(parse(print(b))) == print(b), and parse gives back the same operations. Form:
//
//   block x64 0x1000
//     0x1000 3
//       %0 = get.64 rsp
//       %1 = sub.64 %0, 0x28
//       put.64 rsp, %1
//     0x1003 2
//       %0 = get.flags flags
//       %1 = condition.e %0
//       branch %1, @0x1020
//   end
//
// %n is the n-th operation of the instruction, a bare number the operation's immediate operand, @number an
// immediate that is an attribute (a branch target, a bit position). A `#` starts a comment that ends with the line.
#pragma once

#include <ringfence/base/result.h>
#include <ringfence/ir/body.h>

#include <string>
#include <string_view>

namespace ringfence::ir {

/// One operation, without indentation or line end; `index` is its number within the instruction.
std::string print(const Op &op, unsigned index, Architecture architecture);
/// One block, as above.
std::string print(const Body &body, const Block &block);
/// All blocks of a body.
std::string print(const Body &body);
/// Appends the blocks in `text` to `body`, whose architecture is set by the first block and must be the same in all.
/// Errors name the byte offset in `text`. Does not verify: see verify.h.
Status parse(std::string_view text, Body &body);

} // namespace ringfence::ir
