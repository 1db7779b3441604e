// Loops whose number of rounds is not known: when a path has gone round often enough to be made to leave, one more
// round is rehearsed on a copy whose counters and cursors stand `rounds` rounds further on. What bounds the number
// comes out as conditions of that round, and where its stores go as a place that depends on it. Nothing of the
// rehearsal is a path.

#include <ringfence/symbolic/executor.h>

#include <algorithm>

namespace ringfence::symbolic {
namespace {

constexpr std::size_t most_blocks = 96, most_cells = 128; ///< of one round, of one object that it changes
constexpr unsigned most_levels = 24;                      ///< of an expression that is looked into
constexpr std::uint32_t callers = labels_of_caller | label_length;

bool depends_on(const ExprPool &pool, Expr e, Expr symbol, unsigned levels = most_levels) {
  if (e == symbol)
    return true;
  const Node &n = pool[e];
  if (levels == 0 || n.kind == Kind::constant || n.kind == Kind::symbol || n.kind == Kind::slice)
    return false;
  const bool first = n.kind != Kind::read && n.a != 0 && depends_on(pool, Expr(n.a), symbol, levels - 1);
  return first || (n.b != 0 && depends_on(pool, Expr(n.b), symbol, levels - 1)) ||
         (n.c != 0 && depends_on(pool, Expr(n.c), symbol, levels - 1));
}

Expr sized(ExprPool &pool, Expr e, unsigned bits) {
  return pool.bits(e) > bits ? pool.extract(e, 0, bits) : pool.zext(e, bits);
}

/// base + factor * symbol, at the width of the expression; no wrapping is thought of.
struct Linear {
  Expr base;
  std::int64_t factor = 0;
};

std::optional<Linear> linear(ExprPool &pool, Expr e, Expr symbol, unsigned levels = most_levels) {
  const Node n = pool[e];
  if (e == symbol)
    return Linear{pool.constant(0, n.bits), 1};
  if (n.bits > 64 || levels == 0 || !depends_on(pool, e, symbol, levels))
    return n.bits > 64 || levels == 0 ? std::nullopt : std::optional(Linear{e, 0});
  const auto part = [&](std::uint32_t child) { return linear(pool, Expr(child), symbol, levels - 1); };
  switch (n.kind) {
  case Kind::add:
  case Kind::sub: {
    const auto a = part(n.a), b = part(n.b);
    if (!a || !b)
      return std::nullopt;
    return n.kind == Kind::add ? Linear{pool.add(a->base, b->base), a->factor + b->factor}
                               : Linear{pool.sub(a->base, b->base), a->factor - b->factor};
  }
  case Kind::mul:
  case Kind::shl: {
    const auto a = part(n.a);
    if (!a || !pool.is_constant(Expr(n.b)))
      return std::nullopt;
    const std::int64_t by = as_signed(pool.value(Expr(n.b)), n.bits);
    if (n.kind == Kind::mul)
      return std::abs(by) > 0x10000 ? std::nullopt
                                    : std::optional(Linear{pool.mul(a->base, Expr(n.b)), a->factor * by});
    return by < 0 || by > 16 ? std::nullopt
                             : std::optional(Linear{pool.shift(Kind::shl, a->base, Expr(n.b)), a->factor << by});
  }
  case Kind::zext:
  case Kind::sext: {
    const auto a = part(n.a);
    return a ? std::optional(
                   Linear{n.kind == Kind::zext ? pool.zext(a->base, n.bits) : pool.sext(a->base, n.bits), a->factor})
             : std::nullopt;
  }
  case Kind::extract: {
    const auto a = n.imm == 0 ? part(n.a) : std::nullopt;
    return a ? std::optional(Linear{pool.extract(a->base, 0, n.bits), a->factor}) : std::nullopt;
  }
  default:
    return std::nullopt;
  }
}

/// What one round adds to a value; nothing when that is no constant.
std::optional<std::uint64_t> step_between(const ExprPool &pool, Expr before, Expr after) {
  if (pool.bits(before) != pool.bits(after) || pool.bits(before) > 64)
    return std::nullopt;
  const auto parts = [&](Expr e) -> std::pair<Expr, std::uint64_t> {
    if (pool.is_constant(e))
      return {Expr(0), pool.value(e)};
    const Node &n = pool[e];
    if (n.kind == Kind::add && pool.is_constant(Expr(n.b)))
      return {Expr(n.a), pool.value(Expr(n.b))};
    return {e, 0};
  };
  const auto a = parts(before), b = parts(after);
  return a.first == b.first ? std::optional((b.second - a.second) & low_mask(pool.bits(before))) : std::nullopt;
}

} // namespace

/// The blocks of the round that the path has just gone, from the block that it is in again.
std::vector<std::uint64_t> Executor::last_round(const State &state) const {
  std::vector<std::uint64_t> blocks;
  bool here = true;
  for (std::uint32_t at = state.trace; at != 0; at = trace_[at].previous) {
    if (trace_[at].condition != Expr(0))
      continue;
    if (!here)
      blocks.push_back(trace_[at].address);
    if (!here && trace_[at].address == state.ip) {
      std::reverse(blocks.begin(), blocks.end());
      return blocks;
    }
    here = false;
    if (blocks.size() >= most_blocks)
      break;
  }
  return {};
}

/// Follows the blocks of the round, from the one at `first` on. False when the path would go elsewhere.
bool Executor::follow_round(State &state, std::size_t first) {
  const std::vector<std::uint64_t> &blocks = rehearsal_->blocks;
  for (std::size_t i = first; i < blocks.size(); ++i) {
    const ir::Block *found = state.ip == blocks[i] ? code_.block_at(state.ip) : nullptr;
    if (!found)
      return false;
    rehearsal_->next = i + 1 < blocks.size() ? blocks[i + 1] : blocks.front();
    const ir::Block block = *found;
    if (execute_block(state, block) != Flow::moved || state.frames.size() < rehearsal_->frames)
      return false;
  }
  return state.ip == blocks.front() && state.frames.size() == rehearsal_->frames;
}

/// A branch that the values do not decide goes the way that the path went.
Executor::Flow Executor::rehearse_branch(State &state, Expr condition, std::uint64_t taken, std::uint64_t otherwise) {
  const bool is_taken = rehearsal_->next == taken;
  if (!is_taken && rehearsal_->next != otherwise)
    return Flow::ended;
  rehearsal_->labels |= pool_.labels(condition);
  if (!state.facts.assume(pool_, condition, is_taken) ||
      !bound_rounds(state, is_taken ? condition : pool_.not_(condition)))
    return Flow::ended;
  state.ip = rehearsal_->next;
  return Flow::moved;
}

/// A loop that ends when two values are equal, and goes towards it in steps, ends there the first time.
bool Executor::bound_rounds(State &state, Expr condition) {
  const Expr rounds = rehearsal_->rounds;
  const Node n = pool_[condition];
  if (rounds == Expr(0) || n.kind != Kind::not_ || pool_[Expr(n.a)].kind != Kind::eq)
    return true;
  const Node equal = pool_[Expr(n.a)];
  const auto a = linear(pool_, Expr(equal.a), rounds), b = linear(pool_, Expr(equal.b), rounds);
  if (a && b && a->factor == 0 && b->factor > 0)
    return state.facts.assume(pool_, pool_.ult(Expr(equal.b), Expr(equal.a)), true);
  if (a && b && b->factor == 0 && a->factor > 0 && !pool_.is_constant(Expr(equal.b)))
    return state.facts.assume(pool_, pool_.ult(Expr(equal.a), Expr(equal.b)), true);
  const auto distance = linear(pool_, pool_.sub(Expr(equal.a), Expr(equal.b)), rounds);
  if (!distance || distance->factor == 0)
    return true;
  const unsigned bits = pool_.bits(distance->base);
  const std::uint64_t step = static_cast<std::uint64_t>(std::abs(distance->factor));
  const Expr gone = pool_.mul(sized(pool_, rounds, bits), pool_.constant(step, bits));
  const Expr left = distance->factor < 0 ? distance->base : pool_.sub(pool_.constant(0, bits), distance->base);
  return state.facts.assume(pool_, pool_.ult(gone, left), true);
}

/// What a value is when `rounds` more rounds have been gone; unknown when a round does not add a constant to it.
Expr Executor::after_rounds(Expr before, Expr after) {
  if (before == after)
    return before;
  const unsigned bits = pool_.bits(before);
  if (const auto step = step_between(pool_, before, after))
    return pool_.add(before, pool_.mul(sized(pool_, rehearsal_->rounds, bits), pool_.constant(*step, bits)));
  return pool_.symbol(bits, pool_.labels(before) | pool_.labels(after), "after some rounds");
}

/// The state at the head of the loop, `rounds` rounds after `one`, which is one round before `two`.
State Executor::some_rounds_after(const State &one, const State &two) {
  State out = one;
  for (std::size_t r = 0; r < one.scalar.size(); ++r)
    if (one.scalar[r] != two.scalar[r] && pool_.bits(one.scalar[r]) == pool_.bits(two.scalar[r]))
      out.scalar[r] = after_rounds(one.scalar[r], two.scalar[r]);
  for (std::size_t v = 0; v < one.vector.size(); ++v)
    if (one.vector[v] != two.vector[v])
      out.vector[v] = pool_.symbol(128, pool_.labels(one.vector[v]) | pool_.labels(two.vector[v]), "after some rounds");
  for (const ObjectId id : two.memory.changed_since(one.memory)) {
    const Content *before = one.memory.content(id), *after = two.memory.content(id);
    if (!after || after->cells.size() > most_cells || after->havoc != (before ? before->havoc : std::nullopt)) {
      out.memory.take(id, two.memory);
      continue;
    }
    for (const Content::Cell &cell : after->cells) {
      if (cell.value == Expr(0) || cell.size > 16 || pool_.bits(cell.value) != cell.size * 8)
        continue;
      const Expr old = one.memory.load(pool_, objects_, id, cell.offset, static_cast<unsigned>(cell.size));
      if (old != cell.value)
        out.memory.store(pool_, id, cell.offset, after_rounds(old, cell.value));
    }
  }
  return out;
}

/// Tells the host of a store whose place depends on the number of rounds. True for such a store: what it overwrites
/// while it stays in its object is not what bounds the loop.
bool Executor::note_repeated(State &state, Expr address, unsigned bytes, std::uint64_t pc) {
  const Expr rounds = rehearsal_->rounds;
  if (rounds == Expr(0) || bytes == 0 || pool_.is_constant(address) || !depends_on(pool_, address, rounds))
    return false;
  if (!rehearsal_->tells)
    return true;
  const Place place = resolve(state, address);
  const auto offset = place.behind_pointer ? std::nullopt : linear(pool_, place.offset, rounds);
  constexpr std::int64_t widest = 0x10000;
  if (offset && pool_.is_constant(offset->base) && offset->factor > 0 && offset->factor <= widest)
    host_.repeated(*this, *rehearsal_->path, state,
                   {.pc = pc,
                    .bytes = bytes,
                    .object = place.object,
                    .first = pool_.value(offset->base),
                    .stride = static_cast<std::uint64_t>(offset->factor),
                    .rounds = rounds});
  return true;
}

void Executor::rehearse_loop(State &path) {
  Rehearsal rehearsal{.blocks = last_round(path), .path = &path, .frames = path.frames.size()};
  if (rehearsal.blocks.empty() || !host_.rehearse(true))
    return;
  const std::size_t gaps = gaps_.size(), stores = stores_.size();
  const std::uint64_t used = used_; // a few rounds of each loop cost no fuel
  rehearsal_ = &rehearsal;
  [&] {
    State one = path;
    one.ip = rehearsal.blocks.size() > 1 ? rehearsal.blocks[1] : rehearsal.blocks[0];
    if (rehearsal.blocks.size() > 1 && !follow_round(one, 1))
      return;
    State two = one;
    rehearsal.labels = 0;
    if (!follow_round(two, 0) || (rehearsal.labels & callers) == 0)
      return;
    const unsigned bits = pointer_bits();
    rehearsal.rounds = pool_.symbol(bits, rehearsal.labels & callers, "rounds");
    State some = some_rounds_after(one, two);
    if (!some.facts.assume(pool_, pool_.ult(rehearsal.rounds, pool_.constant(most_rounds(), bits)), true) ||
        !follow_round(some, 0))
      return;
    rehearsal.tells = true; // the checks at the end of one round stand before the stores of the next
    follow_round(some, 0);
  }();
  host_.rehearse(false);
  rehearsal_ = nullptr;
  used_ = used;
  gaps_.resize(gaps);
  stores_.resize(stores);
}

} // namespace ringfence::symbolic
