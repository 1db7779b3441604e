#include "bounds.h"

#include <algorithm>
#include <array>

namespace ringfence::driver {

using symbolic::Expr;
using symbolic::Kind;
using symbolic::Node;
using symbolic::Range;

void collect_sources(const symbolic::ExprPool &pool, Expr e, std::vector<Expr> &sources, unsigned depth) {
  constexpr std::size_t most = 16;
  const Node &n = pool[e];
  if (n.kind == Kind::constant || depth == 0 || sources.size() >= most)
    return;
  if (n.kind == Kind::symbol || n.kind == Kind::slice || n.kind == Kind::read) {
    if (std::find(sources.begin(), sources.end(), e) == sources.end())
      sources.push_back(e);
    return;
  }
  for (const std::uint32_t part : {n.a, n.b, n.c})
    if (part != 0)
      collect_sources(pool, Expr(part), sources, depth - 1);
}

bool is_same_source(const symbolic::ExprPool &pool, Expr a, Expr b) {
  if (a == b)
    return true;
  const Node &x = pool[a], &y = pool[b];
  return x.kind == Kind::slice && y.kind == Kind::slice && x.a == y.a && x.imm < y.imm + y.bits / 8 &&
         y.imm < x.imm + x.bits / 8;
}

namespace {

/// What a value is made of, asked of many others.
class Sources {
public:
  Sources(const symbolic::ExprPool &pool, Expr e) : pool_(pool) { collect_sources(pool, e, all_); }
  bool has_one_of(Expr other) {
    others_.clear();
    collect_sources(pool_, other, others_);
    return std::any_of(others_.begin(), others_.end(), [&](Expr x) {
      return std::any_of(all_.begin(), all_.end(), [&](Expr y) { return is_same_source(pool_, x, y); });
    });
  }

private:
  const symbolic::ExprPool &pool_;
  std::vector<Expr> all_, others_;
};

/// lhs + step <= rhs, as a condition says it.
struct Inequality {
  Expr lhs, rhs;
  std::uint64_t step = 0;
  bool is_signed = false;
};

/// The inequalities of a condition: at most two.
struct Inequalities {
  std::array<Inequality, 2> each{};
  std::size_t count = 0;
  const Inequality *begin() const { return each.data(); }
  const Inequality *end() const { return each.data() + count; }
};

Inequalities inequalities_of(const symbolic::ExprPool &pool, Expr condition) {
  const Node n = pool[condition];
  if (n.kind == Kind::ult || n.kind == Kind::slt)
    return {{{{Expr(n.a), Expr(n.b), 1, n.kind == Kind::slt}}}, 1};
  if (n.kind == Kind::eq)
    return {{{{Expr(n.a), Expr(n.b)}, {Expr(n.b), Expr(n.a)}}}, 2};
  if (n.kind != Kind::not_)
    return {};
  const Node inner = pool[Expr(n.a)];
  if (inner.kind == Kind::ult || inner.kind == Kind::slt)
    return {{{{Expr(inner.b), Expr(inner.a), 0, inner.kind == Kind::slt}}}, 1};
  return {};
}

/// The two lengths of a maximum.
std::optional<std::pair<Expr, Expr>> parts_of_maximum(const symbolic::ExprPool &pool, Expr e) {
  const Node n = pool[e];
  if (n.kind != Kind::ite)
    return std::nullopt;
  const Node c = pool[Expr(n.a)];
  if (c.kind != Kind::ult || c.a != n.c || c.b != n.b)
    return std::nullopt;
  return std::pair(Expr(n.b), Expr(n.c));
}

} // namespace

/// The same value without extensions that add zeros and truncations that take none away.
Expr Bounds::plain(Expr e) const {
  for (;;) {
    const Node n = pool_[e];
    const bool keeps = n.kind == Kind::extract && n.imm == 0 && pool_.bits(Expr(n.a)) <= 64 &&
                       facts_.range(pool_, Expr(n.a)).high <= symbolic::low_mask(n.bits);
    if (n.kind != Kind::zext && !keeps)
      return e;
    e = Expr(n.a);
  }
}

namespace {

/// e = term + added, as integers; `added` may be negative.
struct Shifted {
  Expr term;
  std::int64_t added = 0;
};

} // namespace

bool Bounds::directly(Expr length, std::uint64_t offset, Expr extent, unsigned depth) const {
  if (pool_.bits(length) > 64 || pool_.bits(extent) > 64 || depth == 0)
    return false;
  const Range l = facts_.range(pool_, length), e = facts_.range(pool_, extent);
  if (l.high <= ~std::uint64_t{0} - offset && l.high + offset <= e.low)
    return true;
  length = plain(length);
  extent = plain(extent);
  if (length == extent && offset == 0)
    return true;
  const auto shifted = [&](Expr x) -> Shifted {
    const Node n = pool_[x];
    if (n.kind != Kind::add || !pool_.is_constant(Expr(n.b)))
      return {x};
    const std::int64_t by = symbolic::as_signed(pool_.value(Expr(n.b)), n.bits);
    const Range r = facts_.range(pool_, Expr(n.a));
    const bool wraps = by >= 0 ? r.high > symbolic::low_mask(n.bits) - static_cast<std::uint64_t>(by)
                               : r.low < std::uint64_t{0} - static_cast<std::uint64_t>(by);
    return wraps ? Shifted{x} : Shifted{plain(Expr(n.a)), by};
  };
  const Shifted a = shifted(length), b = shifted(extent);
  constexpr std::uint64_t sensible = std::uint64_t{1} << 40;
  if (a.term == b.term && offset < sensible && a.added + static_cast<std::int64_t>(offset) <= b.added)
    return true;
  if (const auto maximum = parts_of_maximum(pool_, extent))
    return directly(length, offset, maximum->first, depth - 1) || directly(length, offset, maximum->second, depth - 1);
  const Node x = pool_[length], y = pool_[extent];
  if (y.kind == Kind::ite)
    return directly(length, offset, Expr(y.b), depth - 1) && directly(length, offset, Expr(y.c), depth - 1);
  switch (x.kind) {
  case Kind::ite: { // each under its condition: a minimum is below both
    const auto side = [&](std::uint32_t part, bool truth) {
      symbolic::PathFacts facts = facts_;
      return !facts.assume(pool_, Expr(x.a), truth) ||
             Bounds(pool_, facts).at_most(Expr(part), offset, extent, depth - 2);
    };
    return depth > 2 ? side(x.b, true) && side(x.c, false)
                     : directly(Expr(x.b), offset, extent, depth - 1) && directly(Expr(x.c), offset, extent, depth - 1);
  }
  case Kind::and_:
  case Kind::shr:
  case Kind::udiv:
  case Kind::urem:
    return directly(Expr(x.a), offset, extent, depth - 1);
  case Kind::extract:
    return x.imm == 0 && directly(Expr(x.a), offset, extent, depth - 1);
  default:
    return false;
  }
}

bool Bounds::at_most(Expr length, std::uint64_t offset, Expr extent, unsigned depth) const {
  constexpr unsigned plainly = 2; // the sides of a choice are looked at once, not for each condition
  if (directly(length, offset, extent, depth))
    return true;
  if (const auto maximum = parts_of_maximum(pool_, plain(extent)))
    return at_most(length, offset, maximum->first, depth) || at_most(length, offset, maximum->second, depth);
  for (const Expr condition : facts_.conditions())
    for (const Inequality &known : inequalities_of(pool_, condition)) {
      if (pool_.bits(known.lhs) > 64)
        continue;
      const std::uint64_t sign = std::uint64_t{1} << (pool_.bits(known.lhs) - 1);
      if (known.is_signed && facts_.range(pool_, known.lhs).high >= sign)
        continue;
      if (directly(length, offset >= known.step ? offset - known.step : 0, known.lhs, std::min(depth, plainly)) &&
          directly(known.rhs, 0, extent, std::min(depth, plainly)))
        return true;
    }
  return false;
}

std::optional<Expr> Bounds::wrapping_part(Expr e, unsigned depth) const {
  const Node n = pool_[e];
  if (depth == 0 || n.bits > 64 || n.bits < 32 || (n.labels & caller_or_length) == 0)
    return std::nullopt;
  const std::uint64_t mask = symbolic::low_mask(n.bits);
  const auto range = [&](std::uint32_t x) { return facts_.range(pool_, Expr(x)); };
  switch (n.kind) {
  case Kind::add: {
    const Range a = range(n.a), b = range(n.b);
    const bool negative = b.is_single() && b.low > mask / 2;
    // A buffer of nearly 4 GB is not what a caller gets: a length alone does not make a sum wrap.
    const bool wraps = negative ? a.low < ((std::uint64_t{0} - b.low) & mask)
                                : a.high > mask - b.high && (n.labels & symbolic::labels_of_caller) != 0;
    if (wraps)
      return e;
    break;
  }
  case Kind::sub:
    if (range(n.a).low < range(n.b).high)
      return e;
    break;
  case Kind::mul: {
    const Range a = range(n.a), b = range(n.b);
    if (b.high != 0 && a.high > mask / b.high && !overflow_is_checked(e))
      return e;
    break;
  }
  case Kind::shl:
    if (pool_.is_constant(Expr(n.b)) && pool_.value(Expr(n.b)) < n.bits &&
        range(n.a).high > mask >> pool_.value(Expr(n.b)))
      return e;
    break;
  case Kind::zext:
  case Kind::and_:
  case Kind::shr:
  case Kind::udiv:
    break;
  default:
    return std::nullopt;
  }
  if (const auto found = wrapping_part(Expr(n.a), depth - 1))
    return found;
  return n.b != 0 ? wrapping_part(Expr(n.b), depth - 1) : std::nullopt;
}

bool Bounds::overflow_is_checked(Expr e) const {
  const unsigned bits = pool_.bits(e);
  const auto is_wide = [&](auto &&self, Expr x, unsigned depth) -> bool {
    const Node &n = pool_[x];
    if (n.kind == Kind::constant || depth == 0)
      return false;
    if (n.kind == Kind::opaque || (n.kind == Kind::mul && n.bits > bits))
      return true;
    if (n.kind == Kind::symbol || n.kind == Kind::slice || n.kind == Kind::read)
      return false;
    return (n.a != 0 && self(self, Expr(n.a), depth - 1)) || (n.b != 0 && self(self, Expr(n.b), depth - 1)) ||
           (n.c != 0 && self(self, Expr(n.c), depth - 1));
  };
  constexpr unsigned depth = 8;
  Sources sources(pool_, e);
  return std::any_of(facts_.conditions().begin(), facts_.conditions().end(), [&](Expr condition) {
    return sources.has_one_of(condition) && is_wide(is_wide, condition, depth);
  });
}

bool Bounds::below_unknown(Expr length) const {
  constexpr unsigned depth = 4;
  Sources sources(pool_, length);
  for (const Expr condition : facts_.conditions())
    for (const Inequality &known : inequalities_of(pool_, condition)) {
      const Node &limit = pool_[plain(known.rhs)];
      const bool unknown =
          limit.kind == Kind::read || (limit.kind != Kind::constant && (limit.labels & caller_or_length) == 0);
      if (unknown && sources.has_one_of(known.lhs) && directly(length, 0, known.lhs, depth))
        return true;
    }
  return false;
}

Bounds::Relation Bounds::relation(Expr length, Expr extent) const {
  Sources of_length(pool_, length), of_extent(pool_, extent);
  Relation found = of_length.has_one_of(extent) ? Relation::related : Relation::none;
  for (const Expr condition : facts_.conditions()) {
    if (!of_length.has_one_of(condition) || !of_extent.has_one_of(condition))
      continue;
    found = Relation::related;
    for (const Inequality &known : inequalities_of(pool_, condition))
      if (wrapping_part(known.lhs) || wrapping_part(known.rhs))
        return Relation::wraps;
  }
  return found;
}

bool Bounds::has_window(Expr value) const {
  bool below = false, above = false;
  Sources sources(pool_, value);
  const auto foreign = [&](Expr e) { return !pool_.is_constant(e) && (pool_.labels(e) & caller_or_length) == 0; };
  for (const Expr condition : facts_.conditions())
    for (const Inequality &known : inequalities_of(pool_, condition)) {
      above = above || (foreign(known.rhs) && sources.has_one_of(known.lhs));
      below = below || (foreign(known.lhs) && sources.has_one_of(known.rhs));
    }
  return below && above;
}

bool Bounds::admits(std::initializer_list<Expr> assumptions) const {
  symbolic::PathFacts facts = facts_;
  for (const Expr assumption : assumptions)
    if (!facts.assume(pool_, assumption, true))
      return false;
  // What was compared with each other before is narrowed by what has been learned now, and that once more.
  const auto narrowed = [&](const Inequality &known) {
    if (known.is_signed || pool_.is_constant(known.lhs) || pool_.is_constant(known.rhs) || pool_.bits(known.lhs) > 64)
      return true;
    const std::uint64_t low = facts.range(pool_, known.lhs).low, high = facts.range(pool_, known.rhs).high;
    const unsigned bits = pool_.bits(known.lhs);
    return high >= low && high - low >= known.step &&
           facts.assume(pool_, pool_.ule(known.lhs, pool_.constant(high - known.step, bits)), true) &&
           facts.assume(pool_, pool_.ule(pool_.constant(low + known.step, bits), known.rhs), true);
  };
  constexpr int passes = 2;
  for (int pass = 0; pass < passes; ++pass)
    for (const Expr condition : facts_.conditions())
      for (const Inequality &known : inequalities_of(pool_, condition))
        if (!narrowed(known))
          return false;
  return true;
}

bool Bounds::may_be_less(Expr extent, std::uint64_t bytes) const {
  extent = plain(extent);
  const auto less = [&](Expr e) { return pool_.ult(e, pool_.constant(bytes, pool_.bits(e))); };
  const auto some = [&](Expr e) { return pool_.ult(pool_.constant(0, pool_.bits(e)), e); };
  if (const auto maximum = parts_of_maximum(pool_, extent)) {
    const auto [a, b] = *maximum; // one of them is not zero: without a buffer there is nothing to overflow
    return admits({less(a), less(b), some(a)}) || admits({less(a), less(b), some(b)});
  }
  return admits({less(extent)});
}

Fit Bounds::judge(Expr length, std::uint64_t offset, Expr extent, std::uint64_t slack) const {
  if (pool_.bits(length) > 64 || pool_.bits(extent) > 64)
    return Fit::unknown;
  const Range l = facts_.range(pool_, length), e = facts_.range(pool_, extent);
  if (l.high <= ~std::uint64_t{0} - offset && l.high + offset <= std::max(e.low, slack))
    return Fit::fits;
  if (at_most(length, offset, extent))
    return Fit::fits;
  if (pool_.is_constant(length)) {
    if (pool_.is_constant(extent))
      return Fit::exceeds;
    if ((pool_.labels(extent) & caller_or_length) == 0)
      return Fit::unknown;
    return may_be_less(extent, pool_.value(length) + offset) ? Fit::exceeds : Fit::fits;
  }
  if ((pool_.labels(length) & caller_or_length) == 0)
    return Fit::unknown;
  if (pool_.is_constant(extent))
    return below_unknown(length) ? Fit::unknown : Fit::exceeds;
  if (wrapping_part(extent) || wrapping_part(length))
    return Fit::exceeds;
  return relation(length, extent) == Relation::related ? Fit::unknown : Fit::exceeds;
}

} // namespace ringfence::driver
