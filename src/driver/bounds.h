// What the checks of a path say about a length against the room there is. Lengths and rooms are expressions; a proof is
// an inequality that holds for every value the path admits, without wrapping. What can neither be proved nor refuted is
// unknown, and nobody is accused of it.
#pragma once

#include <ringfence/symbolic/range.h>

#include <initializer_list>
#include <optional>

namespace ringfence::driver {

/// Labels of values that the caller chooses: the bytes, the pointers and the lengths of the request.
inline constexpr std::uint32_t caller_or_length = symbolic::labels_of_caller | symbolic::label_length;

enum class Fit : std::uint8_t {
  fits,    ///< on every request that takes the path
  exceeds, ///< on some request that takes the path
  unknown,
};

class Bounds {
public:
  Bounds(symbolic::ExprPool &pool, const symbolic::PathFacts &facts) : pool_(pool), facts_(facts) {}

  /// Whether `length` bytes from `offset` on lie within `extent` bytes. `slack` is what exists behind the extent
  /// without doing harm: the rest of a pool block.
  Fit judge(symbolic::Expr length, std::uint64_t offset, symbolic::Expr extent, std::uint64_t slack) const;
  /// True when `length + offset <= extent` follows from the path.
  bool at_most(symbolic::Expr length, std::uint64_t offset, symbolic::Expr extent) const {
    return at_most(length, offset, extent, 4);
  }
  /// An addition, subtraction or multiplication of the caller's values inside `e` that can wrap; nothing when none can.
  std::optional<symbolic::Expr> wrapping_part(symbolic::Expr e) const { return wrapping_part(e, 8); }
  /// True when `length` was not shown to fit because arithmetic on the way wraps: in it, in the extent, in a comparison
  /// of the two.
  bool arithmetic_wraps(symbolic::Expr length, symbolic::Expr extent) const {
    return wrapping_part(extent) || wrapping_part(length) || relation(length, extent) == Relation::wraps;
  }
  /// True when the path keeps a value of the caller's between two limits that are neither constant nor the caller's: a
  /// module, a resource.
  bool has_window(symbolic::Expr value) const;
  /// True when nothing on the path speaks against a request for which all of `assumptions` hold, too.
  bool admits(std::initializer_list<symbolic::Expr> assumptions) const;
  /// True when a request that takes the path may have both lengths below `bytes` (for a maximum of two lengths), or
  /// the one length.
  bool may_be_less(symbolic::Expr extent, std::uint64_t bytes) const;

private:
  /// True when a comparison keeps `length` below something that this class cannot evaluate: an entry of a table.
  bool below_unknown(symbolic::Expr length) const;
  /// True when a condition looks at the wide product or the carry of the values in `e`.
  bool overflow_is_checked(symbolic::Expr e) const;
  symbolic::Expr plain(symbolic::Expr e) const;
  bool at_most(symbolic::Expr length, std::uint64_t offset, symbolic::Expr extent, unsigned depth) const;
  bool directly(symbolic::Expr length, std::uint64_t offset, symbolic::Expr extent, unsigned depth) const;
  std::optional<symbolic::Expr> wrapping_part(symbolic::Expr e, unsigned depth) const;
  enum class Relation : std::uint8_t {
    none,
    related, ///< they share a source, or a comparison has sources of both
    wraps,   ///< such a comparison is made of arithmetic that can wrap
  };
  Relation relation(symbolic::Expr length, symbolic::Expr extent) const;

  symbolic::ExprPool &pool_;
  const symbolic::PathFacts &facts_;
};

/// The sources that a value is made of: symbols, slices and reads, at most 16.
void collect_sources(const symbolic::ExprPool &pool, symbolic::Expr e, std::vector<symbolic::Expr> &sources,
                     unsigned depth = 12);
/// True when two sources are the same, or overlap in the same array.
bool is_same_source(const symbolic::ExprPool &pool, symbolic::Expr a, symbolic::Expr b);

} // namespace ringfence::driver
