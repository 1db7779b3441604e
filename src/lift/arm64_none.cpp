// A build without LLVM decodes no ARM64 code.
#include "arm64_decoder.h"

namespace ringfence::lift {

std::unique_ptr<Arm64Decoder> make_arm64_decoder() { return nullptr; }

} // namespace ringfence::lift
