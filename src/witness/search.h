// Search: brings an expression to a value by changing the unknowns it is made of, one inversion after the other, and
// repairs the path's conditions until all of them hold or the rounds are used up.
#pragma once

#include "model.h"

#include <ringfence/symbolic/range.h>

#include <span>

namespace ringfence::witness {

class Search {
public:
  Search(const ExprPool &pool, const symbolic::PathFacts &facts, Model model)
      : pool_(pool), facts_(facts), model_(std::move(model)) {}

  Model &model() { return model_; }
  /// Gives every unknown in the expressions the lowest value that the path's ranges admit.
  void start(std::span<const Expr> expressions);
  /// Repairs until every condition is 1 and `argument` (Expr(0): none) has `value`. Conditions without a value are left
  /// open.
  bool satisfy(std::span<const Expr> conditions, Expr argument, std::uint64_t value);
  /// All conditions hold or are open.
  bool holds(std::span<const Expr> conditions);

  /// Brings one expression to a value, if the conditions still hold then; else nothing changes.
  bool wish(std::span<const Expr> conditions, Expr e, std::uint64_t value);

private:
  bool force(Expr e, std::uint64_t value, unsigned depth);
  bool force_binary(const Node &node, Expr e, std::uint64_t value, unsigned depth);
  bool force_one_side(const Node &node, bool left, std::uint64_t value, unsigned depth);
  bool force_different(const Node &node, bool left, std::uint64_t known, unsigned depth);
  bool force_less(const Node &node, bool truth, unsigned depth);

  const ExprPool &pool_;
  const symbolic::PathFacts &facts_;
  Model model_;
  unsigned steps_ = 0;
  unsigned variant_ = 0; ///< which of two equal choices is tried first
  unsigned round_ = 0;   ///< of the repair of broken conditions
};

/// The unknowns in the expressions, each once, ascending: symbols and parts of arrays.
std::vector<Expr> leaves_of(const ExprPool &pool, std::span<const Expr> expressions);

} // namespace ringfence::witness
