// The program databases of the test drivers, from the build tree.
#pragma once

#include <cstddef>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace ringfence::pdb {

/// The bytes of tests/drivers/<arch>/<name>; empty when it was not built.
inline std::vector<std::byte> read_sample(const std::string &arch, const std::string &name) {
  std::ifstream file(RINGFENCE_BINARY_DIR "/tests/drivers/" + arch + "/" + name, std::ios::binary);
  std::vector<std::byte> bytes;
  for (std::istreambuf_iterator<char> at(file), end; at != end; ++at)
    bytes.push_back(static_cast<std::byte>(*at));
  return bytes;
}

} // namespace ringfence::pdb
