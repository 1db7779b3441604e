// `ringfence ioctl`: decodes control codes.
#pragma once

#include <ringfence/cli/console.h>

#include <string>
#include <vector>

namespace ringfence::cli {

struct IoctlOptions {
  std::vector<std::string> codes; ///< numbers, public names, CTL_CODE(...)
  std::string format = "text";    ///< or json
};
int run_ioctl(const IoctlOptions &options, const Console &console);

} // namespace ringfence::cli
