// An assignment of values to the unknowns of a path, and the value of any expression under it. Changes can be taken
// back to a mark. Values of inner expressions are kept until the next change.
#pragma once

#include <ringfence/symbolic/expression.h>

#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace ringfence::witness {

using symbolic::ArrayId;
using symbolic::Expr;
using symbolic::ExprPool;
using symbolic::Kind;
using symbolic::Node;

/// Values of inner expressions, one place for each expression of the pool; reused from one model to the next.
class Values {
public:
  struct Entry {
    std::uint32_t generation = 0;
    bool known = false;
    std::uint64_t value = 0;
  };
  /// Makes place for the expressions that there are.
  void fit(const ExprPool &pool) { entries_.resize(pool.size()); }
  void forget() { ++generation_; }
  /// Null when the expression has not been evaluated since the last change.
  const Entry *find(Expr e) const { return entries_[e.value].generation == generation_ ? &entries_[e.value] : nullptr; }
  void keep(Expr e, std::optional<std::uint64_t> value) { entries_[e.value] = {generation_, value.has_value(), value.value_or(0)}; }

private:
  std::vector<Entry> entries_;
  std::uint32_t generation_ = 1;
};

class Model {
public:
  /// `readable`: arrays whose bytes have a value at a computed offset, too. `fuel`: evaluations that are left.
  Model(const ExprPool &pool, Values &values, std::vector<ArrayId> readable, std::uint64_t fuel)
      : pool_(pool), values_(values), readable_(std::move(readable)), fuel_(fuel) {
    values_.forget();
  }

  /// The value of an expression of at most 64 bits; nothing when a part of it has no theory here.
  std::optional<std::uint64_t> evaluate(Expr e);
  bool is_spent() const { return fuel_ == 0; }

  void set_symbol(Expr symbol, std::uint64_t value);
  void set_bytes(ArrayId array, std::uint64_t offset, std::uint64_t value, unsigned bytes);
  std::uint64_t bytes(ArrayId array, std::uint64_t offset, unsigned bytes) const;
  /// Array and offset of every byte that was set, ascending.
  const std::map<std::pair<std::uint32_t, std::uint64_t>, std::uint8_t> &content() const { return bytes_; }

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
  std::map<std::uint32_t, std::uint64_t> symbols_; ///< by expression; others are 0
  std::map<std::pair<std::uint32_t, std::uint64_t>, std::uint8_t> bytes_;
  std::vector<Change> changes_;
};

} // namespace ringfence::witness
