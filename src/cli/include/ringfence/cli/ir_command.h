// `ringfence ir`: what control flow reaches in a driver, as IR text for developers.
#pragma once

#include <ringfence/cli/console.h>

#include <cstdint>
#include <optional>
#include <string>

namespace ringfence::cli {

struct IrOptions {
  std::string path;
  std::optional<std::uint32_t> function; ///< RVA of an instruction: only the function it belongs to
  bool list = false;                     ///< functions only, without their code
  bool stats = false;                    ///< coverage only
};

/// Prints; returns the exit code.
int run_ir(const IrOptions &options, const Console &console);

} // namespace ringfence::cli
