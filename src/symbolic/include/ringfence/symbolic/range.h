// Range: the cheap value domain. An unsigned interval together with the bits that are known; each sharpens the other.
// PathFacts: what the branches of one path say about expressions, and what follows for any other expression.
#pragma once

#include <ringfence/symbolic/expression.h>

#include <memory>
#include <optional>
#include <vector>

namespace ringfence::symbolic {

/// All values v with low <= v <= high, (v & zeros) == 0 and (v & ones) == ones. Never empty: an empty
/// intersection is std::nullopt.
struct Range {
  std::uint64_t low = 0, high = ~std::uint64_t{0};
  std::uint64_t zeros = 0, ones = 0;

  static Range full(unsigned bits) { return {0, low_mask(bits), ~low_mask(bits), 0}; }
  static Range single(std::uint64_t value) { return {value, value, ~value, value}; }
  bool is_single() const { return low == high; }
  bool contains(std::uint64_t value) const {
    return value >= low && value <= high && (value & zeros) == 0 && (value & ones) == ones;
  }
  /// True when every value of `bits` bits is in the range.
  bool is_full(unsigned bits) const { return low == 0 && high == low_mask(bits) && (zeros & low_mask(bits)) == 0; }
  friend bool operator==(const Range &, const Range &) = default;
};

/// The values in both; nothing when there are none.
std::optional<Range> intersect(const Range &a, const Range &b);
/// A range that holds the values of both.
Range join(const Range &a, const Range &b);

/// The conjunction of branch conditions along one path, with the ranges that follow from them.
class PathFacts {
public:
  /// Adds that the 1-bit expression is `truth`. False when that contradicts what is known: the path is infeasible.
  /// Contradictions between expressions that no range sees are not found here.
  bool assume(ExprPool &pool, Expr condition, bool truth);
  /// A range that holds every value the expression can take on this path. For at most 64 bits; wider ones are full.
  Range range(const ExprPool &pool, Expr e) const;
  /// The condition's value when the ranges decide it.
  std::optional<bool> decide(const ExprPool &pool, Expr condition) const;
  /// Values that the expression is known not to have (from != comparisons).
  std::vector<std::uint64_t> excluded(Expr e) const;

  /// The conditions in the order of assumption; each is true on the path.
  const std::vector<Expr> &conditions() const { return content().conditions; }

private:
  struct Fact {
    Expr expr;
    Range range;
  };
  bool assume_equal(ExprPool &pool, Expr a, Expr b, bool truth);
  bool assume_node(ExprPool &pool, const Node &node, bool truth);
  bool assume_less(ExprPool &pool, Expr a, Expr b, bool strict, bool is_signed);
  bool retry_deferred(ExprPool &pool);
  bool narrow(ExprPool &pool, Expr e, const Range &range);
  bool narrow_operands(ExprPool &pool, Expr e, const Range &range);
  const Range *find(Expr e) const;
  Range compute(const ExprPool &pool, Expr e, unsigned &fuel) const;
  Range range_of_halves(const ExprPool &pool, const Node &node) const;
  Range compute_node(const ExprPool &pool, const Node &node, unsigned &fuel) const;
  std::optional<bool> decide_within(const ExprPool &pool, Expr condition, unsigned &fuel) const;
  std::optional<bool> decide_distance(const ExprPool &pool, Expr a, Expr b, unsigned &fuel) const;

  /// A signed comparison whose operand could still have either sign: tried again when more is known.
  struct Deferred {
    Expr a, b;
    bool strict;
  };

  /// Shared by the copies until one of them learns something: paths are copied more often than they learn.
  struct Content {
    std::uint64_t number = 0; ///< of these ranges and exclusions in the pool
    std::vector<Fact> facts;  ///< sorted by expression
    std::vector<Deferred> deferred;
    std::vector<std::pair<Expr, std::uint64_t>> excluded;
    std::vector<Expr> conditions;
  };
  const Content &content() const;
  Content &writable();

  std::shared_ptr<Content> content_; ///< null: nothing is known
};

} // namespace ringfence::symbolic
