#include <ringfence/lift/lift.h>

#include "arm64_lifter.h"
#include "x86_lifter.h"

namespace ringfence::lift {

Result<std::unique_ptr<Lifter>> make_lifter(ir::Architecture architecture) {
  if (architecture != ir::Architecture::arm64)
    return make_x86_lifter(architecture);
  auto decoder = make_arm64_decoder();
  if (!decoder)
    return Error{ErrorCode::unsupported, 0,
                 "no decoder for ARM64 code: the build has no LLVM, or ringfence_arm64.so is not beside the program"};
  return make_arm64_lifter(std::move(decoder));
}

} // namespace ringfence::lift
