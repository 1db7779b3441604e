#include "code_values.h"

#include <algorithm>
#include <span>

namespace ringfence::driver {

using symbolic::Expr;
using symbolic::Kind;
using symbolic::low_mask;
using symbolic::Node;

namespace {

constexpr unsigned deepest = 12;

struct Bits {
  std::uint64_t mask = 0, value = 0;
};

/// Both, unless they contradict each other.
std::optional<Bits> both(const std::optional<Bits> &a, const std::optional<Bits> &b) {
  if (!a || !b || ((a->value ^ b->value) & a->mask & b->mask) != 0)
    return std::nullopt;
  return Bits{a->mask | b->mask, a->value | b->value};
}

/// The low bits up to the first unknown one: those that a sum with a constant keeps.
std::uint64_t known_low(std::uint64_t mask) { return mask & ~(mask + 1); }

/// Turns an expression round: the known bits of it become known bits of the code. `known` are bits of the code that are
/// known already: with the low ones, the high bits of a sum can be turned round, too.
class Inversion {
public:
  Inversion(const symbolic::ExprPool &pool, Expr code, Bits known) : pool_(pool), code_(code), known_(known) {}

  std::optional<Bits> run(Expr e, Bits bits, unsigned depth = 0) const {
    if (e == code_)
      return bits;
    const Node &n = pool_[e];
    if (depth > deepest || n.bits > 64)
      return std::nullopt;
    const Expr a(n.a), b(n.b);
    const auto constant = [&](Expr x) { return x.value != 0 && pool_.is_constant(x); };
    switch (n.kind) {
    case Kind::constant:
      return ((n.imm ^ bits.value) & bits.mask) == 0 ? std::optional(Bits{}) : std::nullopt;
    case Kind::zext:
      if ((bits.value & bits.mask & ~low_mask(pool_.bits(a))) != 0)
        return std::nullopt;
      [[fallthrough]];
    case Kind::sext:
      return run(a, cut(bits, pool_.bits(a)), depth + 1);
    case Kind::extract:
      return n.imm >= 64 ? std::nullopt : run(a, {bits.mask << n.imm, bits.value << n.imm}, depth + 1);
    case Kind::concat: {
      const unsigned low = pool_.bits(b);
      return both(run(a, {bits.mask >> low, bits.value >> low}, depth + 1), run(b, cut(bits, low), depth + 1));
    }
    case Kind::add:
      return constant(b) ? shifted(a, bits, 0 - pool_.value(b), n.bits, depth) : std::nullopt;
    case Kind::sub: {
      if (!constant(a))
        return std::nullopt;
      const std::uint64_t mask = known_low(bits.mask);
      return run(b, {mask, (pool_.value(a) - bits.value) & mask}, depth + 1);
    }
    case Kind::xor_:
      return constant(b) ? run(a, {bits.mask, (bits.value ^ pool_.value(b)) & bits.mask}, depth + 1) : std::nullopt;
    case Kind::and_:
      if (!constant(b) || (bits.value & bits.mask & ~pool_.value(b)) != 0)
        return std::nullopt;
      return run(a, {bits.mask & pool_.value(b), bits.value & pool_.value(b)}, depth + 1);
    case Kind::or_:
      return disjoint(a, b, bits, depth);
    case Kind::shl: {
      if (!constant(b) || pool_.value(b) >= 64 ||
          (bits.value & bits.mask & low_mask(static_cast<unsigned>(pool_.value(b)))) != 0)
        return std::nullopt;
      return run(a, {bits.mask >> pool_.value(b), bits.value >> pool_.value(b)}, depth + 1);
    }
    default:
      return std::nullopt;
    }
  }

private:
  static Bits cut(Bits bits, unsigned width) { return {bits.mask & low_mask(width), bits.value & low_mask(width)}; }

  std::optional<Bits> shifted(Expr a, Bits bits, std::uint64_t by, unsigned width, unsigned depth) const {
    if (a == code_) {
      const std::uint64_t low = known_low(known_.mask);
      bits = {bits.mask | low, (bits.value & ~low) | ((known_.value - by) & low)};
    }
    const std::uint64_t mask = known_low(bits.mask) & low_mask(width);
    return run(a, {mask, (bits.value + by) & mask}, depth + 1);
  }

  /// A rotation is an `or` of parts that do not overlap: each known bit belongs to the part that can have it.
  std::optional<Bits> disjoint(Expr a, Expr b, Bits bits, unsigned depth) const {
    const symbolic::PathFacts nothing;
    const std::uint64_t never_a = nothing.range(pool_, a).zeros, never_b = nothing.range(pool_, b).zeros;
    const auto part = [&](Expr e, std::uint64_t others_never) {
      return run(e, {bits.mask & others_never, bits.value & others_never}, depth + 1);
    };
    return both(part(a, never_b), part(b, never_a));
  }

  const symbolic::ExprPool &pool_;
  Expr code_;
  Bits known_;
};

/// The bits that conditions of the form expression == constant leave, all of them true.
std::optional<Bits> bits_of(const symbolic::ExprPool &pool, std::span<const Expr> conditions, Expr code) {
  Bits known;
  for (unsigned pass = 0; pass < 2; ++pass)
    for (const Expr condition : conditions) {
      const Node &n = pool[condition];
      if (n.kind != Kind::eq || (n.labels & symbolic::label_code) == 0 || !pool.is_constant(Expr(n.b)) ||
          pool.bits(Expr(n.b)) > 64)
        continue;
      const std::uint64_t mask = low_mask(pool.bits(Expr(n.a)));
      const auto found = both(known, Inversion(pool, code, known).run(Expr(n.a), {mask, pool.value(Expr(n.b)) & mask}));
      if (found)
        known = *found;
    }
  return known.mask != 0 ? std::optional(known) : std::nullopt;
}

/// A whole code from some of its bits; nothing when the function number is not among them.
std::optional<std::uint32_t> complete(const std::optional<Bits> &bits, const symbolic::Range &range,
                                      std::uint32_t device_type) {
  if (!bits || (bits->mask & function_bits) != function_bits)
    return std::nullopt;
  const std::uint64_t rest = (std::uint64_t{device_type} << 16 | range.ones) & ~range.zeros;
  return static_cast<std::uint32_t>((bits->value & bits->mask) | (rest & ~bits->mask));
}

} // namespace

std::optional<std::uint32_t> code_of_path(const symbolic::ExprPool &pool, const symbolic::PathFacts &facts, Expr code,
                                          std::uint32_t device_type) {
  constexpr std::size_t last = 4; // conditions of one branch
  const symbolic::Range range = facts.range(pool, code);
  if (range.is_single())
    return static_cast<std::uint32_t>(range.low);
  const std::span<const Expr> conditions = facts.conditions();
  return complete(bits_of(pool, conditions.last(std::min(last, conditions.size())), code), range, device_type);
}

std::set<std::uint32_t> compared_values(const symbolic::ExprPool &pool, std::size_t first, Expr code,
                                        std::uint32_t device_type) {
  std::set<std::uint32_t> out;
  for (std::size_t i = first; i < pool.size(); ++i) {
    const Expr e(static_cast<std::uint32_t>(i));
    if (const auto value = complete(bits_of(pool, std::span(&e, 1), code), symbolic::Range::full(32), device_type))
      out.insert(*value);
  }
  return out;
}

} // namespace ringfence::driver
