#include <ringfence/cli/console.h>

#include <cstdlib>

#ifdef _WIN32
#include <io.h>
#else
#include <unistd.h>
#endif

namespace ringfence::cli {
namespace {

bool is_terminal(std::FILE *stream) {
#ifdef _WIN32
  return _isatty(_fileno(stream)) != 0;
#else
  return isatty(fileno(stream)) != 0;
#endif
}

} // namespace

void print(std::FILE *to, std::string_view text) { std::fwrite(text.data(), 1, text.size(), to); }

Console standard_console() {
  Console console;
  const char *no_color = std::getenv("NO_COLOR");
  console.color = is_terminal(stdout) && (no_color == nullptr || *no_color == '\0');
  console.progress = is_terminal(stderr);
  return console;
}

} // namespace ringfence::cli
