// Replays inputs through the function of a fuzzer, in a build without libFuzzer: REPLAY DIRECTORY...
// Reads *.hex (hexadecimal digits, white space, # comments) and *.sys below the directories, in the order of their
// paths. An input that breaks an invariant ends the process, as it does in the fuzzer.
#include <ringfence/base/characters.h>
#include <ringfence/base/text.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size);

namespace {

namespace fs = std::filesystem;

std::string read(const fs::path &path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::string from_hex(const std::string &text) {
  std::string bytes;
  int high = -1;
  bool comment = false;
  for (const char c : text) {
    comment = c == '#' || (comment && c != '\n');
    const int value = comment ? -1 : ringfence::hex_digit(c);
    if (value < 0)
      continue;
    if (high >= 0)
      bytes += static_cast<char>(high * 16 + value);
    high = high >= 0 ? -1 : value;
  }
  return bytes;
}

std::vector<fs::path> inputs_below(const fs::path &directory) {
  std::vector<fs::path> paths;
  if (fs::is_directory(directory))
    for (const auto &entry : fs::recursive_directory_iterator(directory))
      if (entry.path().extension() == ".hex" || ringfence::ascii_iends_with(entry.path().string(), ".sys"))
        paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  return paths;
}

} // namespace

int main(int argument_count, char **arguments) {
  std::size_t count = 0;
  for (int i = 1; i < argument_count; ++i)
    for (const auto &path : inputs_below(arguments[i])) {
      std::string bytes = read(path);
      if (path.extension() == ".hex")
        bytes = from_hex(bytes);
      std::fprintf(stderr, "%s: %zu bytes\n", path.string().c_str(), bytes.size());
      LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t *>(bytes.data()), bytes.size());
      ++count;
    }
  std::printf("replayed %zu inputs\n", count);
  return count == 0 ? 1 : 0;
}
