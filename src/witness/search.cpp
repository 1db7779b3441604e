#include "search.h"

#include <algorithm>
#include <bit>

namespace ringfence::witness {

using symbolic::as_signed;
using symbolic::low_mask;
using symbolic::Range;

namespace {

constexpr unsigned most_depth = 40, most_steps = 400, most_rounds = 24;

/// x with x * odd == 1 modulo 2^64 (Newton).
std::uint64_t inverse_of(std::uint64_t odd) {
  std::uint64_t x = odd;
  for (int i = 0; i < 6; ++i)
    x *= 2 - odd * x;
  return x;
}

} // namespace

std::vector<Expr> leaves_of(const ExprPool &pool, std::span<const Expr> expressions) {
  constexpr std::size_t most = 4'096;
  std::vector<Expr> leaves, open(expressions.begin(), expressions.end());
  std::vector<bool> seen(pool.size());
  for (std::size_t looked_at = 0; !open.empty() && looked_at < most;) {
    const Expr at = open.back();
    open.pop_back();
    const Node &node = pool[at];
    if (at == Expr(0) || node.kind == Kind::constant || seen[at.value])
      continue;
    seen[at.value] = true;
    ++looked_at;
    if (node.kind == Kind::symbol || node.kind == Kind::slice) {
      leaves.push_back(at);
      continue;
    }
    if (node.kind != Kind::read) // its first operand is an array
      open.push_back(Expr(node.a));
    open.push_back(Expr(node.b));
    open.push_back(Expr(node.c));
  }
  std::sort(leaves.begin(), leaves.end());
  return leaves;
}

void Search::start(std::span<const Expr> expressions) {
  std::vector<Expr> leaves = leaves_of(pool_, expressions);
  // Wide parts first, so that a range of a narrow part has the last word.
  std::stable_sort(leaves.begin(), leaves.end(), [&](Expr x, Expr y) { return pool_.bits(x) > pool_.bits(y); });
  for (const Expr leaf : leaves) {
    const Node &node = pool_[leaf];
    if (node.bits > 64)
      continue;
    const Range range = facts_.range(pool_, leaf);
    const std::uint64_t value = range.contains(range.low) ? range.low : (range.low | range.ones) & ~range.zeros;
    if (value == 0)
      continue;
    if (node.kind == Kind::symbol)
      model_.set_symbol(leaf, value);
    else
      model_.set_bytes(ArrayId(node.a), node.imm, value, node.bits / 8u);
  }
}

bool Search::holds(std::span<const Expr> conditions) {
  return std::all_of(conditions.begin(), conditions.end(), [&](Expr c) { return model_.evaluate(c).value_or(1) != 0; });
}

bool Search::satisfy(std::span<const Expr> conditions, Expr argument, std::uint64_t value) {
  for (unsigned round = 0; round < most_rounds && !model_.is_spent(); ++round) {
    steps_ = 0;
    round_ = round;
    variant_ = round ^ round / 2 ^ round / 4 * 3; // no fixed alternation with the order of the conditions
    if (argument != Expr(0) && model_.evaluate(argument) != value && !force(argument, value, 0) && round > 2)
      return false;
    std::vector<Expr> broken;
    for (const Expr c : conditions)
      if (model_.evaluate(c).value_or(1) == 0)
        broken.push_back(c);
    if (model_.is_spent())
      return false;
    if (broken.empty() && (argument == Expr(0) || model_.evaluate(argument) == value))
      return true;
    for (const Expr c : broken) {
      steps_ = 0;
      if (model_.evaluate(c).value_or(1) == 0)
        force(c, 1, 0);
    }
  }
  return false;
}

bool Search::wish(std::span<const Expr> conditions, Expr e, std::uint64_t value) {
  const std::size_t before = model_.mark();
  if (satisfy(conditions, e, value))
    return true;
  model_.undo(before);
  return false;
}

/// Changes unknowns so that `e` has the value. False leaves the model as it was.
bool Search::force(Expr e, std::uint64_t value, unsigned depth) {
  const Node node = pool_[e];
  if (depth > most_depth || ++steps_ > most_steps || node.bits > 64)
    return false;
  value &= low_mask(node.bits);
  if (node.kind == Kind::constant)
    return node.imm == value;
  const auto now = model_.evaluate(e);
  if (now == value)
    return true;
  const Expr a(node.a);
  switch (node.kind) {
  case Kind::symbol:
    if (!facts_.range(pool_, e).contains(value))
      return false;
    model_.set_symbol(e, value);
    return true;
  case Kind::slice:
    if (!facts_.range(pool_, e).contains(value))
      return false;
    model_.set_bytes(ArrayId(node.a), node.imm, value, node.bits / 8u);
    return true;
  case Kind::read: {
    const auto offset = model_.evaluate(Expr(node.b));
    if (!now || !offset)
      return false;
    model_.set_bytes(ArrayId(node.a), *offset, value, node.bits / 8u);
    return true;
  }
  case Kind::not_:
    return force(a, ~value, depth + 1);
  case Kind::zext:
    return value <= low_mask(pool_.bits(a)) && force(a, value, depth + 1);
  case Kind::sext: {
    const unsigned n = pool_.bits(a);
    return (static_cast<std::uint64_t>(as_signed(value, n)) & low_mask(node.bits)) == value &&
           force(a, value, depth + 1);
  }
  case Kind::extract: {
    const auto whole = model_.evaluate(a);
    if (!whole)
      return false;
    const std::uint64_t field = low_mask(node.bits) << node.imm;
    return force(a, (*whole & ~field) | value << node.imm, depth + 1);
  }
  case Kind::ite: {
    const auto condition = model_.evaluate(a);
    if (!condition)
      return false;
    const std::size_t before = model_.mark();
    if (force(Expr(*condition != 0 ? node.b : node.c), value, depth + 1) && model_.evaluate(e) == value)
      return true;
    model_.undo(before);
    if (force(a, *condition ^ 1, depth + 1) && force(Expr(*condition != 0 ? node.c : node.b), value, depth + 1) &&
        model_.evaluate(e) == value)
      return true;
    model_.undo(before);
    return false;
  }
  case Kind::opaque:
    return false;
  default:
    return force_binary(node, e, value, depth);
  }
}

bool Search::force_binary(const Node &node, Expr e, std::uint64_t value, unsigned depth) {
  const std::size_t before = model_.mark();
  if (node.kind == Kind::ult || node.kind == Kind::slt) {
    if (force_less(node, value != 0, depth) && model_.evaluate(e) == value)
      return true;
    model_.undo(before);
    return false;
  }
  if (node.kind == Kind::concat) {
    const unsigned low = pool_.bits(Expr(node.b));
    if (low < 64 && force(Expr(node.a), value >> low, depth + 1) && force(Expr(node.b), value, depth + 1) &&
        model_.evaluate(e) == value)
      return true;
    model_.undo(before);
    return false;
  }
  const bool left_first = (variant_ & 1) == 0;
  for (const bool left : {left_first, !left_first}) {
    if (force_one_side(node, left, value, depth) && model_.evaluate(e) == value)
      return true;
    model_.undo(before);
  }
  if ((node.kind == Kind::and_ || node.kind == Kind::or_ || node.kind == Kind::mul) &&
      force(Expr(node.a), value, depth + 1) && force(Expr(node.b), node.kind == Kind::mul ? 1 : value, depth + 1) &&
      model_.evaluate(e) == value)
    return true;
  model_.undo(before);
  return false;
}

/// Solves `left op right == value` for one side while the other keeps its value.
bool Search::force_one_side(const Node &node, bool left, std::uint64_t value, unsigned depth) {
  const Expr mine(left ? node.a : node.b), other(left ? node.b : node.a);
  const auto known = model_.evaluate(other), current = model_.evaluate(mine);
  if (!known || !current || pool_.is_constant(mine))
    return false;
  const unsigned n = pool_.bits(mine);
  const auto go = [&](std::uint64_t wanted) { return force(mine, wanted, depth + 1); };
  switch (node.kind) {
  case Kind::eq: {
    if (value != 0)
      return go(*known);
    return force_different(node, left, *known, depth);
  }
  case Kind::add:
    return go(value - *known);
  case Kind::sub:
    return left ? go(value + *known) : go(*known - value);
  case Kind::xor_:
    return go(value ^ *known);
  case Kind::and_:
    return (value & ~*known) == 0 && go((*current & ~*known) | value);
  case Kind::or_:
    return (*known & ~value) == 0 && go((*current & *known) | (value & ~*known));
  case Kind::mul: {
    if (*known == 0)
      return false;
    const int zeros = std::countr_zero(*known);
    if (zeros > 0 && (value & low_mask(static_cast<unsigned>(zeros))) != 0)
      return false;
    return go((value >> zeros) * inverse_of(*known >> zeros) & low_mask(n - static_cast<unsigned>(zeros)));
  }
  case Kind::shl:
    return left && *known < n && go(value >> *known);
  case Kind::shr:
    return left && *known < n && go(value << *known | (*current & low_mask(static_cast<unsigned>(*known))));
  case Kind::sar:
    return left && *known < n && go(value << *known | (*current & low_mask(static_cast<unsigned>(*known))));
  case Kind::udiv:
    return left && go(value * *known);
  case Kind::urem:
    return left && *known != 0 && value < *known && go(*current - *current % *known + value);
  default:
    return false;
  }
}

/// Some value that is not `known`: close ones first, then one other bit after the other. Later rounds begin with
/// another bit each, as two conditions can take the close ones from one another for ever.
bool Search::force_different(const Node &node, bool left, std::uint64_t known, unsigned depth) {
  const Expr mine(left ? node.a : node.b);
  const std::size_t before = model_.mark();
  const unsigned n = pool_.bits(mine);
  const std::uint64_t close[] = {known + 1, known - 1, ~known};
  constexpr unsigned first_rounds = 4;
  const unsigned first = round_ < first_rounds ? 0 : round_ - first_rounds + 3;
  for (unsigned tried = 0; tried < 3 + n; ++tried) {
    const unsigned i = (first + tried) % (3 + n);
    const std::uint64_t wanted = (i < 3 ? close[i] : known ^ std::uint64_t{1} << (i - 3)) & low_mask(n);
    if (wanted != known && force(mine, wanted, depth + 1) && model_.evaluate(mine) == wanted)
      return true;
    model_.undo(before);
  }
  return false;
}

bool Search::force_less(const Node &node, bool truth, unsigned depth) {
  const Expr a(node.a), b(node.b);
  const auto x = model_.evaluate(a), y = model_.evaluate(b);
  if (!x || !y)
    return false;
  const unsigned n = pool_.bits(a);
  const bool is_signed = node.kind == Kind::slt;
  const std::uint64_t least = is_signed ? std::uint64_t{1} << (n - 1) : 0;
  const std::uint64_t greatest = is_signed ? least - 1 : low_mask(n);
  const std::size_t before = model_.mark();
  const bool left_first = (variant_ & 1) == 0;
  for (const bool left : {left_first, !left_first}) {
    // Close to the border first, then the far end.
    const bool near = (variant_ & 2) == 0;
    std::uint64_t wanted = 0;
    if (left)
      wanted = truth ? (near ? *y - 1 : least) : (near ? *y : greatest);
    else
      wanted = truth ? (near ? *x + 1 : greatest) : (near ? *x : least);
    if (!left && truth && !is_signed && near)
      for (const unsigned shift : {8u, 12u, 16u, 24u}) // pages and the like: next numbers whose low bits are zero
        if (const std::uint64_t aligned = ((*x >> shift) + 1) << shift;
            pool_[b].kind == Kind::shl && aligned > *x && aligned <= greatest && force(b, aligned, depth + 1) &&
            model_.evaluate(b) == aligned)
          return true;
    const bool possible = !(truth && ((left && *y == least) || (!left && *x == greatest)));
    if (possible && !pool_.is_constant(left ? a : b) && force(left ? a : b, wanted, depth + 1))
      return true;
    model_.undo(before);
  }
  return false;
}

} // namespace ringfence::witness
