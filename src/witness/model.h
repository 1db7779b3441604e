// An assignment of values to the unknowns of a path, and the value of any expression under it. Changes can be taken
// back to a mark. Values of inner expressions are kept until the next change.
#pragma once

#include <ringfence/symbolic/expression.h>

#include <array>
#include <bit>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace ringfence::witness {

using symbolic::ArrayId;
using symbolic::Expr;
using symbolic::ExprPool;
using symbolic::Kind;
using symbolic::Node;

/// Values of inner expressions, one place for each expression of the pool; reused from one model to the next. A value
/// stays good until one of the unknowns changes that it was computed from; which those are is kept as a set of 64
/// classes.
class Values {
public:
  struct Entry {
    std::uint64_t value = 0;
    std::uint64_t unknowns = 0; ///< classes of what it was computed from
    std::uint32_t generation = 0;
    bool known = false;
  };
  static constexpr std::uint64_t all = ~std::uint64_t{0};
  /// The class of an unknown: a symbol, or eight bytes of an array.
  static std::uint64_t class_of(std::uint64_t key, std::uint64_t place) {
    return std::uint64_t{1} << ((key * 0x9e3779b97f4a7c15u ^ (place + 1) * 0xbf58476d1ce4e5b9u) >> 58);
  }

  /// Makes place for the expressions that there are.
  void fit(const ExprPool &pool) { entries_.resize(pool.size()); }
  /// The unknowns of these classes have changed.
  void forget(std::uint64_t classes) {
    ++generation_;
    for (; classes != 0; classes &= classes - 1)
      changed_[static_cast<unsigned>(std::countr_zero(classes))] = generation_;
  }
  /// Null when the expression has not been evaluated since its unknowns changed.
  const Entry *find(Expr e) const {
    const Entry &entry = entries_[e.value];
    if (entry.generation == generation_)
      return &entry;
    if (entry.generation < oldest_)
      return nullptr;
    for (std::uint64_t classes = entry.unknowns; classes != 0; classes &= classes - 1)
      if (changed_[static_cast<unsigned>(std::countr_zero(classes))] > entry.generation)
        return nullptr;
    return &entry;
  }
  void keep(Expr e, std::optional<std::uint64_t> value, std::uint64_t unknowns) {
    entries_[e.value] = {value.value_or(0), unknowns, generation_, value.has_value()};
  }
  /// Forgets everything.
  void begin() { oldest_ = ++generation_; }

private:
  std::vector<Entry> entries_;
  std::array<std::uint32_t, 64> changed_{}; ///< by class: the generation of its last change
  std::uint32_t generation_ = 1, oldest_ = 1;
};

class Model {
public:
  /// `readable`: arrays whose bytes have a value at a computed offset, too. `fuel`: evaluations that are left.
  Model(const ExprPool &pool, Values &values, std::vector<ArrayId> readable, std::uint64_t fuel)
      : pool_(pool), values_(values), readable_(std::move(readable)), fuel_(fuel) {
    values_.begin();
  }

  /// The value of an expression of at most 64 bits; nothing when a part of it has no theory here.
  std::optional<std::uint64_t> evaluate(Expr e);
  bool is_spent() const { return fuel_ == 0; }

  void set_symbol(Expr symbol, std::uint64_t value);
  void set_bytes(ArrayId array, std::uint64_t offset, std::uint64_t value, unsigned bytes);
  std::uint64_t bytes(ArrayId array, std::uint64_t offset, unsigned bytes) const;
  /// Array and offset of every byte that was set, ascending.
  using Place = std::pair<std::uint32_t, std::uint64_t>;
  const std::vector<std::pair<Place, std::uint8_t>> &content() const { return bytes_; }

  std::size_t mark() const { return changes_.size(); }
  /// Takes back what was set after the mark.
  void undo(std::size_t mark);

private:
  struct Change {
    bool symbol = false;
    std::uint32_t key = 0;
    std::uint64_t offset = 0;
    std::optional<std::uint64_t> before;
  };
  std::optional<std::uint64_t> compute(const Node &node, Expr e);
  bool is_readable(ArrayId array) const;

  const ExprPool &pool_;
  Values &values_;
  std::vector<ArrayId> readable_;
  std::uint64_t fuel_;
  std::uint64_t unknowns_ = 0; ///< classes that the evaluation on the way has looked at
  std::vector<std::pair<std::uint32_t, std::uint64_t>> symbols_; ///< by expression, ascending; others are 0
  std::vector<std::pair<Place, std::uint8_t>> bytes_;            ///< ascending
  std::vector<Change> changes_;
};

} // namespace ringfence::witness
