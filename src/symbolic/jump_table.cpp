// Jumps and calls through tables: the target is an expression over one bounded value, the index, and every value that
// the path admits is followed.
#include <ringfence/symbolic/apply.h>
#include <ringfence/symbolic/executor.h>

#include <algorithm>
#include <map>

namespace ringfence::symbolic {

/// The bounded expression that a computed jump depends on: the innermost one whose values can all be tried. Nothing
/// when there is none, or more than one.
std::optional<Expr> Executor::leaf_of(const State &state, Expr whole) const {
  std::map<Expr, std::optional<Expr>> known; // operands are shared: without it the walk is exponential
  const auto bounded = [&](Expr e) -> std::optional<Expr> {
    if (pool_[e].bits > 64)
      return std::nullopt;
    const Range r = state.facts.range(pool_, e);
    return r.high - r.low < limits_.jump_targets ? std::optional(e) : std::nullopt;
  };
  const auto find = [&](const auto &self, Expr e) -> std::optional<Expr> {
    const Node n = pool_[e];
    switch (n.kind) {
    case Kind::constant:
      return Expr(0); // depends on nothing
    case Kind::read:
      return self(self, Expr(n.b));
    case Kind::slice:
    case Kind::symbol:
    case Kind::opaque:
    case Kind::ite:
      return bounded(e);
    default:
      break;
    }
    if (const auto seen = known.find(e); seen != known.end())
      return seen->second;
    const bool unary = n.kind == Kind::zext || n.kind == Kind::sext || n.kind == Kind::extract || n.kind == Kind::not_;
    const auto a = self(self, Expr(n.a));
    const auto b = unary ? std::optional(Expr(0)) : self(self, Expr(n.b));
    const bool one = a && b && (*a == *b || *a == Expr(0) || *b == Expr(0));
    const auto out = one ? (*a == Expr(0) ? b : a) : bounded(e);
    known.emplace(e, out);
    return out;
  };
  return find(find, whole);
}

/// The value of `e` when `leaf` has `value`; table reads come from memory. Nothing when something else is unknown.
std::optional<std::uint64_t> Executor::evaluate(State &state, Expr whole, Expr leaf, std::uint64_t value) {
  std::map<Expr, std::optional<std::uint64_t>> known; // operands are shared
  const auto value_of = [&](const auto &self, Expr e) -> std::optional<std::uint64_t> {
    if (e == leaf)
      return value;
    const Node n = pool_[e];
    if (n.bits > 64)
      return std::nullopt;
    if (n.kind == Kind::constant)
      return n.imm;
    if (const auto seen = known.find(e); seen != known.end())
      return seen->second;
    std::optional<std::uint64_t> out;
    if (n.kind == Kind::read) {
      const auto offset = self(self, Expr(n.b));
      const auto owner = objects_.owner_of(ArrayId(n.a));
      if (offset && owner)
        if (const Expr entry = state.memory.load(pool_, objects_, *owner, *offset, n.bits / 8);
            pool_.is_constant(entry))
          out = pool_.value(entry);
    } else if (const unsigned operands = operands_of(n.kind); operands != 0) {
      const auto a = self(self, Expr(n.a));
      const auto b = operands == 2 && a ? self(self, Expr(n.b)) : std::optional<std::uint64_t>(0);
      if (a && b)
        out = apply(pool_, n, *a, *b);
      if (out)
        *out &= low_mask(n.bits);
    }
    known.emplace(e, out);
    return out;
  };
  return value_of(value_of, whole);
}

/// True when some branch that the path took says that the leaf does not have this value.
bool Executor::is_refuted(State &state, Expr leaf, std::uint64_t value) {
  const std::vector<Expr> conditions(state.facts.conditions().begin(), state.facts.conditions().end());
  return std::any_of(conditions.begin(), conditions.end(), [&](Expr condition) {
    const Node n = pool_[condition];
    const bool negated = n.kind == Kind::not_;
    const Node of = negated ? pool_[Expr(n.a)] : n;
    if (of.kind != Kind::ult && of.kind != Kind::eq)
      return false;
    const auto a = evaluate(state, Expr(of.a), leaf, value), b = evaluate(state, Expr(of.b), leaf, value);
    return a && b && (of.kind == Kind::ult ? *a < *b : *a == *b) == negated;
  });
}

/// Follows every target of a computed jump, or of a call through a table (`return_address` is given). Flow::next: the
/// target is not computed from one bounded value.
Executor::Flow Executor::jump_table(State &state, Expr target, std::uint64_t pc,
                                    std::optional<std::uint64_t> return_address) {
  constexpr std::uint64_t most_calls = 256;
  const auto leaf = leaf_of(state, target);
  const Range range = leaf && *leaf != Expr(0) ? state.facts.range(pool_, *leaf) : Range();
  if (!leaf || *leaf == Expr(0) || (return_address && range.high - range.low >= most_calls)) {
    if (!return_address) // of a call the host says it
      add_gap(Gap::What::unresolved_jump, pc);
    return Flow::next;
  }
  const std::vector<std::uint64_t> excluded = state.facts.excluded(*leaf);
  std::vector<State> sides;
  for (std::uint64_t v = range.low;; ++v) {
    if (range.contains(v) && !std::binary_search(excluded.begin(), excluded.end(), v)) {
      const auto to = evaluate(state, target, *leaf, v);
      if ((!to || !code_.block_at(*to)) && is_refuted(state, *leaf, v)) {
        // no value of this path: the bound was on a rotated index, say
      } else if (!to || !code_.block_at(*to)) {
        if (return_address && sides.empty() && v == range.low)
          return Flow::next; // no table of routines
        add_gap(return_address ? Gap::What::unresolved_call : Gap::What::unresolved_jump, pc);
      } else {
        State side = state;
        side.ip = *to;
        side.newest = 0;
        if (side.facts.assume(pool_, pool_.eq(*leaf, pool_.constant(v, pool_.bits(*leaf))), true) &&
            (!return_address || enter_call(side, *to, *return_address, pc) == Flow::moved) && host_.keep(*this, side))
          sides.push_back(std::move(side));
      }
    }
    if (v >= range.high)
      break;
  }
  // The last pushed is followed first: keep the order of the table.
  for (std::size_t i = sides.size(); i-- > 0;)
    push(std::move(sides[i]));
  return Flow::ended;
}

} // namespace ringfence::symbolic
