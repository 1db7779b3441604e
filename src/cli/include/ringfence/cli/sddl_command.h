// `ringfence sddl`: explain, lint, format, to-binary, from-binary, minimize, strings.
#pragma once

#include <ringfence/cli/console.h>

#include <optional>
#include <string>
#include <vector>

namespace ringfence::cli {

struct SddlCommandOptions {
  std::string action;          ///< one of the words above
  std::string text;            ///< SDDL, an SDDL_DEVOBJ_ name, or hexadecimal bytes for from-binary
  std::string mode = "strict"; ///< or windows
  std::string object_type = "Device";
  bool inf = false; ///< lint: the text stands in an INF, not in code
  std::optional<std::string> class_guid;
  std::vector<std::string> callers; ///< minimize: SID or SID=CODE,CODE...
  bool without_administrators = false;
  std::string machine_sid;
  std::string domain_sid;
  std::string format = "text"; ///< or json
};
int run_sddl(const SddlCommandOptions &options, const Console &console);

} // namespace ringfence::cli
