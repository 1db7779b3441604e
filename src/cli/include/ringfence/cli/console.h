// Where commands print. Commands never name stdout themselves, so that tests can read what they say.
#pragma once

#include <cstdio>
#include <string_view>

namespace ringfence::cli {

struct Console {
  std::FILE *out = stdout;
  std::FILE *err = stderr;
  bool color = false;    ///< out is a terminal that takes colour
  bool progress = false; ///< err is a terminal: progress lines may be drawn over
};

void print(std::FILE *to, std::string_view text);

/// Colour and progress as the environment wants them: NO_COLOR, and whether the streams are terminals.
Console standard_console();

} // namespace ringfence::cli
