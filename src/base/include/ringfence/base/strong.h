// Distinct integer types: an index of one table cannot be used with another, an RVA is not a file offset.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>

namespace ringfence {

/// An integer that only compares with its own kind. `Tag` is an incomplete type that names it.
template <class Tag, class Representation = std::uint32_t> struct Strong {
  using representation = Representation;
  Representation value = 0;

  constexpr Strong() = default;
  constexpr explicit Strong(Representation v) : value(v) {}
  friend constexpr auto operator<=>(Strong, Strong) = default;
};

/// Offset from the image base (PE specification: "relative virtual address").
using Rva = Strong<struct RvaTag, std::uint32_t>;
/// Virtual address at the preferred image base, or in a replayed machine.
using Va = Strong<struct VaTag, std::uint64_t>;
/// Offset from the start of a file.
using FileOffset = Strong<struct FileOffsetTag, std::uint64_t>;

} // namespace ringfence

template <class Tag, class Representation> struct std::hash<ringfence::Strong<Tag, Representation>> {
  std::size_t operator()(ringfence::Strong<Tag, Representation> id) const noexcept {
    return std::hash<Representation>{}(id.value);
  }
};
