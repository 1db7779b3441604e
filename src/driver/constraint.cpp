#include "constraint.h"

#include <ringfence/base/text.h>

#include <algorithm>
#include <bit>

namespace ringfence::driver {

using symbolic::Expr;
using symbolic::ExprPool;
using symbolic::Kind;
using symbolic::low_mask;
using symbolic::Node;
using symbolic::PathFacts;
using symbolic::Range;
using symbolic::State;

namespace {

constexpr std::size_t most_pieces = 64;
constexpr std::uint64_t most_enumerated = 256; ///< values tried for one table look-up

bool is_foreign(const ExprPool &pool, Expr e) {
  constexpr std::uint32_t chosen = caller_labels | symbolic::label_length;
  return !pool.is_constant(e) && (pool.labels(e) & chosen) == 0;
}

/// True when `part` is `e` or one of the expressions it is made of, a few levels down.
bool contains(const ExprPool &pool, Expr e, Expr part, unsigned depth) {
  if (e == part)
    return true;
  const Node &n = pool[e];
  if (n.kind == Kind::slice) { // the low bytes of a wider field
    const Node &p = pool[part];
    return p.kind == Kind::slice && p.a == n.a && p.imm == n.imm;
  }
  if (depth == 0 || n.kind == Kind::constant || n.kind == Kind::symbol)
    return false;
  return (n.a != 0 && n.kind != Kind::read && contains(pool, Expr(n.a), part, depth - 1)) ||
         (n.b != 0 && contains(pool, Expr(n.b), part, depth - 1));
}

/// The expression without widening and truncation: what a check of another width compares as well.
Expr bare(const ExprPool &pool, Expr e) {
  for (;;) {
    const Node &n = pool[e];
    if (n.kind != Kind::zext && n.kind != Kind::sext && !(n.kind == Kind::extract && n.imm == 0))
      return e;
    e = Expr(n.a);
  }
}

/// x - foreign, in either of the forms it can have.
bool is_distance(const ExprPool &pool, Expr e, Expr value) {
  const Node &n = pool[e];
  return n.kind == Kind::sub && contains(pool, Expr(n.a), value, 3) && is_foreign(pool, Expr(n.b));
}

/// Bits of the caller's bytes that reach the value: a mask or a shift that the driver applies is a check, the width of
/// a field is not.
unsigned freedom_of(const ExprPool &pool, Expr e, unsigned depth) {
  const Node n = pool[e];
  if (depth == 0 || n.kind == Kind::symbol || n.kind == Kind::slice || n.kind == Kind::read)
    return n.bits;
  const auto of = [&](std::uint32_t child) { return freedom_of(pool, Expr(child), depth - 1); };
  switch (n.kind) {
  case Kind::constant:
    return 0;
  case Kind::zext:
  case Kind::sext:
    return of(n.a);
  case Kind::extract:
    return std::min(of(n.a), (n.bits + 7u) / 8 * 8);
  case Kind::add:
  case Kind::sub:
  case Kind::and_:
  case Kind::or_:
  case Kind::xor_:
  case Kind::mul:
  case Kind::shl:
  case Kind::shr:
    return std::max(of(n.a), of(n.b));
  case Kind::concat:
    return std::min<unsigned>(n.bits, of(n.a) + of(n.b));
  case Kind::ite:
    return std::max(of(n.b), of(n.c));
  default:
    return n.bits;
  }
}

/// Compared from below and from above with values that are not the caller's and not constant: a window that the driver
/// takes from elsewhere (a resource, a module, the registry). Equality with such a value is the smallest one.
struct Bounds {
  bool below = false, above = false;
};

Bounds foreign_bounds(World &world, const PathFacts &facts, Expr value) {
  const ExprPool &pool = world.pool();
  const Expr core = bare(pool, value);
  Bounds out;
  for (const Expr condition : facts.conditions()) {
    Node n = pool[condition];
    bool negated = false;
    if (n.kind == Kind::not_) {
      n = pool[Expr(n.a)];
      negated = true;
    }
    const Expr a(n.a), b(n.b);
    const auto is_value = [&](Expr e) { // or a wider field that begins with it
      const Expr compared = bare(pool, e);
      return (pool.bits(compared) >= pool.bits(core) && contains(pool, compared, core, 0)) ||
             (pool.is_constant(e) && world.choice_behind(e) == value);
    };
    if (n.kind == Kind::eq && !negated &&
        ((is_value(a) && is_foreign(pool, b)) || (is_value(b) && is_foreign(pool, a))))
      return {true, true};
    if (n.kind != Kind::ult && n.kind != Kind::slt)
      continue;
    const bool bounded = is_foreign(pool, b) || (pool.is_constant(b) && is_confined(pool.value(b), pool.bits(b)));
    if (!negated && is_distance(pool, a, core) && bounded)
      return {true, true};
    if (negated && is_distance(pool, b, core) && is_foreign(pool, a)) // not (limit < x - start)
      return {true, true};
    if (contains(pool, a, core, 4) && is_foreign(pool, b))
      (negated ? out.below : out.above) = true;
    if (contains(pool, b, core, 4) && is_foreign(pool, a))
      (negated ? out.above : out.below) = true;
  }
  return out;
}

/// The address of eight bytes, of which x86 reads or writes the second half by itself.
Expr of_both_halves(const ExprPool &pool, Expr value) {
  const Node &n = pool[value];
  return n.kind == Kind::add && n.bits == 32 && pool.is_constant(Expr(n.b), 4) ? Expr(n.a) : value;
}

bool has_window(World &world, const PathFacts &facts, Expr value) {
  const Bounds bounds = foreign_bounds(world, facts, value);
  return bounds.below && bounds.above;
}

/// True when a comparison keeps the value itself below one that is neither the caller's nor constant.
bool is_below_foreign(const ExprPool &pool, const PathFacts &facts, Expr value) {
  const Expr core = bare(pool, value);
  for (const Expr condition : facts.conditions()) {
    Node n = pool[condition];
    const bool negated = n.kind == Kind::not_;
    if (negated)
      n = pool[Expr(n.a)];
    const Expr smaller(negated ? n.b : n.a), larger(negated ? n.a : n.b);
    const Expr compared = n.kind == Kind::ult && is_foreign(pool, larger) ? bare(pool, smaller) : Expr(0);
    if (compared != Expr(0) && pool.bits(compared) >= pool.bits(core) &&
        contains(pool, compared, core, 0)) // low bytes are not more than all
      return true;
  }
  return false;
}

/// The values of a look-up in a table of constants whose index is bounded; empty when it is none.
std::vector<std::uint64_t> values_of_table(World &world, const State &state, const PathFacts &facts, Expr value) {
  auto &pool = world.pool();
  const Expr core = bare(pool, value);
  const Node n = pool[core];
  if (n.kind != Kind::read || n.bits > 64)
    return {};
  const Range offsets = facts.range(pool, Expr(n.b));
  const std::uint64_t step =
      std::max<std::uint64_t>(1, std::uint64_t{1} << std::min(std::countr_one(offsets.zeros), 6));
  if ((offsets.high - offsets.low) / step >= most_enumerated)
    return {};
  const auto table = world.machine().objects().owner_of(symbolic::ArrayId(n.a));
  if (!table)
    return {};
  std::vector<std::uint64_t> values;
  for (std::uint64_t at = offsets.low; at <= offsets.high; at += step) {
    const Expr entry = world.machine().load(state, *table, at, n.bits / 8);
    if (!pool.is_constant(entry))
      return {};
    values.push_back(pool.value(entry));
  }
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
  return values;
}

} // namespace

bool is_confined(std::uint64_t count, unsigned freedom) {
  return freedom >= 64 ? count <= std::uint64_t{1} << 60 : freedom >= 4 && count <= std::uint64_t{1} << (freedom - 4);
}

// --- the admitted set -----------------------------------------------------------------------------------------------

void AdmittedSet::add(const Range &range, std::span<const std::uint64_t> excluded, unsigned bits) {
  if (pieces_.size() >= most_pieces * 4)
    return;
  const std::uint64_t unknown = ~(range.zeros | range.ones) & low_mask(bits);
  const unsigned aligned = static_cast<unsigned>(std::countr_zero(unknown));
  const std::uint64_t varying = range.low ^ range.high;
  // All bits between the alignment and the highest that differs are free: an interval, perhaps strided.
  const std::uint64_t expected =
      varying == 0 ? 0 : low_mask(static_cast<unsigned>(std::bit_width(varying))) & ~low_mask(std::min(aligned, 63u));
  if (unknown == expected) {
    const std::uint64_t step = unknown == 0 ? 1 : std::uint64_t{1} << aligned;
    std::uint64_t low = range.low;
    for (const std::uint64_t value : excluded) {
      if (value < low || value > range.high || pieces_.size() > most_pieces)
        continue;
      if (value > low)
        pieces_.push_back({low, value - step, step, 0});
      low = value + step;
    }
    if (low <= range.high &&
        !(low == 0 && !excluded.empty() && range.high == low_mask(64) && excluded.back() == range.high))
      pieces_.push_back({low, range.high, step, 0});
    return;
  }
  if (std::popcount(unknown) <= 6) { // few values: each of them
    for (std::uint64_t part = 0;; part = (part - unknown) & unknown) {
      const std::uint64_t value = range.ones | part;
      if (range.contains(value) && std::find(excluded.begin(), excluded.end(), value) == excluded.end())
        pieces_.push_back({value, value, 1, 0});
      if (part == unknown)
        return;
    }
  }
  if (range.ones == 0 && range.low == 0)
    pieces_.push_back({0, unknown, 1, unknown});
  else
    pieces_.push_back({range.low, range.high, 1, 0});
}

std::vector<AdmittedSet::Piece> AdmittedSet::merged() const {
  std::vector<Piece> sorted = pieces_;
  std::sort(sorted.begin(), sorted.end(), [](const Piece &a, const Piece &b) {
    return std::tie(a.mask, a.low, b.high, a.step) < std::tie(b.mask, b.low, a.high, b.step);
  });
  std::vector<Piece> out;
  for (const Piece &p : sorted) {
    if (!out.empty()) {
      Piece &last = out.back();
      const bool single = p.low == p.high;
      const bool same_grid = last.step == p.step || (single && last.step != 1) || last.low == last.high;
      const std::uint64_t step = last.low == last.high && !single ? p.step : last.step;
      const bool inside = p.low >= last.low && p.high <= last.high &&
                          (last.step == 1 || (p.step % last.step == 0 && (p.low - last.low) % last.step == 0));
      if (p.mask == last.mask && (p.mask != 0 || inside))
        continue;
      if (p.mask == 0 && last.mask == 0 && same_grid && (p.low - last.low) % step == 0 &&
          (p.low <= last.high || p.low - last.high == step)) {
        last.step = step;
        last.high = std::max(last.high, p.high);
        continue;
      }
    }
    out.push_back(p);
  }
  return out;
}

std::uint64_t AdmittedSet::extent() const {
  std::uint64_t total = 0;
  for (const Piece &p : merged()) {
    const std::uint64_t filled = p.mask | (p.mask - 1); // alignment confines nothing
    const std::uint64_t more = p.mask != 0 ? low_mask(static_cast<unsigned>(std::popcount(filled))) : p.high - p.low;
    total = total + more + 1 <= total ? ~std::uint64_t{0} : total + more + 1;
    if (total == ~std::uint64_t{0})
      break;
  }
  return total;
}

std::string_view AdmittedSet::hole_kind() const {
  const auto pieces = merged();
  std::uint64_t widest = 0;
  for (std::size_t i = 1; i < pieces.size(); ++i)
    if (pieces[i].mask == 0 && pieces[i - 1].mask == 0 && pieces[i].low > pieces[i - 1].high)
      widest = std::max(widest, pieces[i].low - pieces[i - 1].high - 1);
  return widest == 0 ? "" : pieces.size() == 2 && widest > 1 ? "inverted-check" : "deny-list";
}

std::string AdmittedSet::text(unsigned bits) const {
  std::vector<Piece> pieces = merged();
  if (pieces.size() > most_pieces) {
    std::uint64_t high = 0;
    for (const Piece &p : pieces)
      high = std::max(high, p.high);
    pieces = {{pieces.front().low, high, 1, 0}};
  }
  for (const Piece &p : pieces)
    if (p.mask == 0 && p.step == 1 && p.low == 0 && p.high == low_mask(bits))
      return "any";
  const bool all_single = std::all_of(pieces.begin(), pieces.end(), [](const Piece &p) { return p.low == p.high; });
  std::string out;
  for (const Piece &p : pieces) {
    if (!out.empty())
      out += all_single ? "," : " | ";
    if (p.mask != 0)
      out += "mask " + hex(p.mask);
    else if (p.low == p.high)
      out += hex(p.low);
    else if (p.step == 1)
      out += "[" + hex(p.low) + "," + hex(p.high) + "]";
    else
      out += hex(p.low) + ".." + hex(p.high) + "/" + std::to_string(p.step);
  }
  return all_single && pieces.size() > 1 ? "{" + out + "}" : out;
}

// --- one path -------------------------------------------------------------------------------------------------------

Judgement judge(World &world, const State &state, const PathFacts &facts, Expr value) {
  auto &pool = world.pool();
  Judgement out{.part = value};
  if ((pool.labels(value) & caller_labels) == 0 || pool.bits(value) > 64 || facts.range(pool, value).is_single())
    return out;
  out.values = values_of_table(world, state, facts, value);
  if (out.values.size() == 1)
    return out;
  if (out.values.empty() && (world.machine().objects().labels_of_pointer(value) & caller_labels) == 0)
    return out;
  out.from_caller = true;
  out.freedom = freedom_of(pool, value, 12);
  out.window = has_window(world, facts, of_both_halves(pool, value));
  // base + part: the base is not the caller's, the part is what he chooses.
  const std::vector<Expr> terms = pool.terms_of(value);
  Expr part = pool.constant(0, pool.bits(value));
  for (const Expr term : terms)
    if (is_foreign(pool, term) && out.base.empty())
      out.base = pool.to_string(term);
    else
      part = pool.add(part, term);
  if (!out.base.empty()) {
    out.part = part;
    out.freedom = freedom_of(pool, part, 12);
    out.window = out.window || has_window(world, facts, part) ||
                 is_below_foreign(pool, facts, part); // the base is the lower end
  }
  return out;
}

bool extent_is_confined(World &world, const State &state, const PathFacts &facts, Expr size) {
  const auto &pool = world.pool();
  constexpr std::uint64_t small = 0x10000;
  if (size == Expr(0) || (pool.labels(size) & (caller_labels | symbolic::label_length)) == 0 || pool.bits(size) > 64)
    return true;
  const Range range = facts.range(pool, size);
  if (range.high <= small || foreign_bounds(world, facts, size).above)
    return true;
  const Judgement judged = judge(world, state, facts, size);
  return judged.from_caller && is_confined(range.high, std::min(judged.freedom, 32u));
}

bool is_user_address(World &world, const State &state, Expr address) {
  auto &pool = world.pool();
  const bool wide = world.machine().bits() == 64;
  if (state.facts.range(pool, address).high <= (wide ? 0x7fff'ffff'ffffu : 0x7fff'ffffu))
    return true;
  const std::vector<Expr> terms = pool.terms_of(address);
  const auto is_part = [&](Expr e) { return std::find(terms.begin(), terms.end(), e) != terms.end(); };
  if (world.newest_event(state, [&](const Event &e) {
        return e.kind == EventKind::note && e.text == "probed" && is_part(Expr(static_cast<std::uint32_t>(e.a)));
      }))
    return true;
  // Compared with MmUserProbeAddress or MmHighestUserAddress, variables of the kernel.
  for (const Expr condition : state.facts.conditions()) {
    Node n = pool[condition];
    const bool negated = n.kind == Kind::not_;
    if (negated)
      n = pool[Expr(n.a)];
    const Expr below(negated ? n.b : n.a), above(negated ? n.a : n.b);
    if (n.kind == Kind::ult && pool[above].kind == Kind::slice &&
        pool.array_name(symbolic::ArrayId(pool[above].a)).find("User") != std::string::npos &&
        std::any_of(terms.begin(), terms.end(), [&](Expr term) { return contains(pool, below, term, 3); }))
      return true;
  }
  return false;
}

std::string trap_of(World &world, const State &state, Expr part) {
  const auto &pool = world.pool();
  const Expr core = bare(pool, part);
  for (const Expr condition : state.facts.conditions()) {
    Node n = pool[condition];
    const bool negated = n.kind == Kind::not_;
    if (negated)
      n = pool[Expr(n.a)];
    if (n.kind != Kind::ult && n.kind != Kind::slt && n.kind != Kind::eq)
      continue;
    for (const Expr side : {Expr(n.a), Expr(n.b)}) {
      const Expr compared = bare(pool, side);
      const Node &c = pool[compared];
      if (compared != core && contains(pool, compared, core, 1) && c.kind == Kind::slice)
        return "other-width";
      if (c.kind == Kind::add && !pool.is_constant(Expr(c.b)) && contains(pool, compared, core, 3))
        return "wrapping-sum";
      if (compared == core && n.kind == Kind::slt)
        return "signed-check";
    }
    if (n.kind == Kind::eq && negated && (bare(pool, Expr(n.a)) == core || bare(pool, Expr(n.b)) == core))
      return "deny-list";
  }
  return {};
}

} // namespace ringfence::driver
