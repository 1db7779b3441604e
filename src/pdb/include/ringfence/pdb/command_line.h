// The switches of a compiler's command line, as program databases record it: Microsoft's cl, or clang's internal -cc1
// form.
#pragma once

#include <optional>
#include <string_view>

namespace ringfence::pdb {

/// What a recorded command line decides. Nothing: the line does not say, or is not of a known compiler.
struct Switches {
  std::optional<bool> security_checks;    ///< /GS, /GS-
  std::optional<bool> sdl;                ///< /sdl, /sdl-
  std::optional<bool> spectre_mitigation; ///< /Qspectre, /Qspectre-load, /Qspectre-load-cf
  std::optional<unsigned> warning_level;  ///< 0 (/w, /W0) to 4, 5 for /Wall
  std::optional<bool> kernel;             ///< /kernel
};

/// The last of contradicting switches wins, as it does for the compiler; what is absent has the compiler's default (/GS
/// on, /W1, no /sdl, no /Qspectre). An empty line gives nothing at all.
Switches read_switches(std::string_view command_line);

} // namespace ringfence::pdb
