// The decoder of the `ringfence` executable on Linux: ringfence_arm64.so beside it, which holds arm64_llvm.cpp and
// LLVM's description of the processor. LLVM's tables need 50,000 relocations, which a run that meets no ARM64 code does
// not pay for. Everything else that lifts (tests, fuzzers, other systems) links the decoder itself.
#include "arm64_decoder.h"

#include <ringfence/base/shared_library.h>

#include <filesystem>
#include <system_error>

namespace ringfence::lift {

std::unique_ptr<Arm64Decoder> make_arm64_decoder() {
  std::error_code error;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error)
    return nullptr;
  const SharedLibrary module = SharedLibrary::open((program.parent_path() / "ringfence_arm64.so").c_str());
  void *const make = module ? module.symbol("ringfence_make_arm64_decoder") : nullptr;
  return std::unique_ptr<Arm64Decoder>(make ? reinterpret_cast<Arm64Decoder *(*)()>(make)() : nullptr);
}

} // namespace ringfence::lift
