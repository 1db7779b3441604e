// Which values a caller can bring to an argument, and whether the driver's checks confine it.
//   AdmittedSet: a union of intervals, strides and masks over all paths, printed in the contract's grammar.
//   judge():     what the branches of one path say about one value. A value is confined by a set that is small for what
//                the caller's bytes could hold, by a window between values that are not the caller's, or by equality
//                with such a value. A check that does neither is a trap, which has a name.
#pragma once

#include "world.h"

#include <span>
#include <string>
#include <vector>

namespace ringfence::driver {

/// What is read through an address that the caller chose is his as well.
inline constexpr std::uint32_t caller_labels = symbolic::labels_of_caller | symbolic::label_arbitrary_read;

class AdmittedSet {
public:
  /// Adds the values of a range without the excluded ones (sorted).
  void add(const symbolic::Range &range, std::span<const std::uint64_t> excluded, unsigned bits);
  void add_value(std::uint64_t value) { pieces_.push_back({value, value, 1, 0}); }
  bool empty() const { return pieces_.empty(); }
  /// How many values, those between the steps of a stride included; saturating.
  std::uint64_t extent() const;
  /// "any", "0x2d", "[0x0,0xff]", "{0x60,0x64}", "0x10..0xf0/16", "mask 0xfffc", joined by " | ".
  std::string text(unsigned bits) const;
  /// What is missing between the admitted values: "inverted-check" one range, "deny-list" single values; empty:
  /// nothing.
  std::string_view hole_kind() const;

private:
  struct Piece {
    std::uint64_t low = 0, high = 0;
    std::uint64_t step = 1;
    std::uint64_t mask = 0; ///< not 0: all values within these bits instead
  };
  std::vector<Piece> merged() const;
  std::vector<Piece> pieces_;
};

/// What one path says about one value.
struct Judgement {
  bool from_caller = false;          ///< carries the caller's bytes, and more than one value is possible
  bool window = false;               ///< between values that are not the caller's, or equal to one
  std::string base;                  ///< what the caller's part is added to; empty: nothing
  symbolic::Expr part;               ///< the caller's part of the value
  unsigned freedom = 0;              ///< bits that the caller's bytes have in it before any check
  std::vector<std::uint64_t> values; ///< all values, when they come out of a table
};

/// `facts`: those of the state, or more.
Judgement judge(World &world, const symbolic::State &state, const symbolic::PathFacts &facts, symbolic::Expr value);

/// True when an extent is small, or bounded by something that is not the caller's. Expr(0) is no extent.
bool extent_is_confined(World &world, const symbolic::State &state, const symbolic::PathFacts &facts,
                        symbolic::Expr size);

/// True when so few of the values that `freedom` bits hold are admitted that the caller no longer chooses freely.
bool is_confined(std::uint64_t count, unsigned freedom);

/// True when the checks of the path leave only addresses of user space: a probe of some length, a comparison.
bool is_user_address(World &world, const symbolic::State &state, symbolic::Expr address);

/// The name of a check on the path that looks at the value without confining it; empty when there is none.
std::string trap_of(World &world, const symbolic::State &state, symbolic::Expr part);

} // namespace ringfence::driver
