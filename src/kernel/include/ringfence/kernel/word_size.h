// The two word sizes for which the vocabulary holds numbers, and a pair of numbers for both.
#pragma once

#include <cstdint>

namespace ringfence::kernel {

enum class WordSize : std::uint8_t { bits32, bits64 };

/// Bytes of a pointer.
constexpr std::uint32_t pointer_bytes(WordSize word) { return word == WordSize::bits64 ? 8 : 4; }

/// A number that differs between x64 (and ARM64) and x86.
struct PerWord {
  std::uint32_t x64;
  std::uint32_t x86;

  constexpr std::uint32_t at(WordSize word) const { return word == WordSize::bits64 ? x64 : x86; }
  friend constexpr bool operator==(const PerWord &, const PerWord &) = default;
};

} // namespace ringfence::kernel
