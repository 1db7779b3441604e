// Answers of PathFacts that were given a moment ago. What a set of facts says about an expression never changes, and
// each set has a number of its own: a loop that compares one value with the same checks in every pass asks for little
// new.
#pragma once

#include <ringfence/symbolic/range.h>

#include <array>

namespace ringfence::symbolic {

class RangeMemory {
public:
  struct Entry {
    std::uint64_t facts = ~std::uint64_t{0};
    Expr expr;
    Range range;
  };
  /// The place for an answer; it may hold another one.
  Entry &at(std::uint64_t facts, Expr e) {
    return entries_[(facts * 0x9e3779b97f4a7c15u ^ e.value * 0xbf58476d1ce4e5b9u) >> 54];
  }
  /// The number of a set of facts that is about to change.
  std::uint64_t next() { return ++newest_; }

private:
  std::array<Entry, 1024> entries_;
  std::uint64_t newest_ = 0; ///< 0 is the empty set
};

} // namespace ringfence::symbolic
