#include "few_values.h"

#include <ringfence/symbolic/apply.h>

#include <algorithm>
#include <bit>
#include <map>

namespace ringfence::symbolic {

namespace {

using Values = std::vector<std::uint64_t>;

class FewValues {
public:
  FewValues(const ExprPool &pool, const PathFacts &facts) : pool_(pool), facts_(facts) {}

  std::optional<Values> of(Expr e) {
    const Node &node = pool_[e];
    if (node.kind == Kind::constant)
      return node.bits > 64 ? std::nullopt : std::optional(Values{node.imm});
    if (const auto known = known_.find(e); known != known_.end())
      return known->second;
    if (known_.size() >= most_nodes || node.bits > 64)
      return std::nullopt;
    known_.emplace(e, std::nullopt);
    auto values = compute(node);
    if (!values)
      values = all_in_range(e);
    return known_[e] = std::move(values);
  }

private:
  static constexpr std::size_t most = 16, most_nodes = 64; ///< 16: four open bits

  std::optional<Values> all_in_range(Expr e) const {
    const Range range = facts_.range(pool_, e);
    const std::uint64_t open = low_mask(pool_.bits(e)) & ~(range.zeros | range.ones);
    Values out;
    if (range.high - range.low < most) {
      for (std::uint64_t value = range.low; value - range.low <= range.high - range.low; ++value)
        if (range.contains(value))
          out.push_back(value);
      return out;
    }
    if (std::popcount(open) > 4)
      return std::nullopt;
    std::uint64_t some = 0;
    do { // every choice of the open bits, in ascending order
      if (range.contains(range.ones | some))
        out.push_back(range.ones | some);
      some = (some - open) & open;
    } while (some != 0);
    return out;
  }

  std::optional<Values> compute(const Node &node) {
    if (node.kind == Kind::ite) {
      const auto condition = of(Expr(node.a));
      Values out;
      for (const bool side : {true, false}) {
        if (condition && std::find(condition->begin(), condition->end(), side ? 1 : 0) == condition->end())
          continue;
        const auto values = of(Expr(side ? node.b : node.c));
        if (!values)
          return std::nullopt;
        out.insert(out.end(), values->begin(), values->end());
      }
      return sorted(std::move(out));
    }
    const unsigned operands = operands_of(node.kind);
    if (operands == 0)
      return std::nullopt;
    const auto a = of(Expr(node.a));
    const auto b = operands == 2 && a ? of(Expr(node.b)) : std::optional(Values{0});
    if (!a || !b)
      return std::nullopt;
    Values out;
    for (const std::uint64_t x : *a)
      for (const std::uint64_t y : *b) {
        const auto value = apply(pool_, node, x, y);
        if (!value)
          return std::nullopt;
        out.push_back(*value & low_mask(node.bits));
      }
    return sorted(std::move(out));
  }

  static std::optional<Values> sorted(Values values) {
    std::sort(values.begin(), values.end());
    values.erase(std::unique(values.begin(), values.end()), values.end());
    return values.size() > most ? std::nullopt : std::optional(std::move(values));
  }

  const ExprPool &pool_;
  const PathFacts &facts_;
  std::map<Expr, std::optional<Values>> known_;
};

} // namespace

std::optional<Values> few_values(const ExprPool &pool, const PathFacts &facts, Expr e) {
  return FewValues(pool, facts).of(e);
}

} // namespace ringfence::symbolic
