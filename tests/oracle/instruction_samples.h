// Instructions of the corpus' reachable code, each byte sequence once, made to run at oracle::kCode: absolute and
// instruction-pointer-relative addresses are pointed into the arena.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace oracle {

struct Sample {
  std::uint8_t bits = 64;
  std::uint8_t length = 0;
  std::uint8_t bytes[15] = {};
  friend auto operator<=>(const Sample &, const Sample &) = default;
};

struct Samples {
  std::vector<Sample> all;                       ///< ascending, each once
  std::map<std::string, std::uint64_t> excluded; ///< mnemonic -> instructions not run: privileged, or no semantics
  std::uint64_t instructions = 0;
};

Samples collect(const std::filesystem::path &corpus);

} // namespace oracle
