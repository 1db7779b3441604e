#include <ringfence/symbolic/range.h>

#include "copy_to_grow.h"
#include "range_memory.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace ringfence::symbolic {
namespace {

/// Nodes looked at for one query: an expression is a graph, and a walk over its paths would take exponential time.
constexpr unsigned query_fuel = 160;

/// Lets interval and known bits sharpen each other once; nothing when they contradict.
std::optional<Range> reduce(Range r) {
  if ((r.zeros & r.ones) != 0)
    return std::nullopt;
  r.low = std::max(r.low, r.ones);
  r.high = std::min(r.high, ~r.zeros);
  if (r.low > r.high)
    return std::nullopt;
  // The common leading bits of low and high are known.
  const unsigned differing = static_cast<unsigned>(std::bit_width(r.low ^ r.high));
  const std::uint64_t common = differing >= 64 ? 0 : ~low_mask(differing == 0 ? 0 : differing);
  const std::uint64_t known = differing == 0 ? ~std::uint64_t{0} : common;
  r.ones |= r.low & known;
  r.zeros |= ~r.low & known;
  if ((r.zeros & r.ones) != 0)
    return std::nullopt;
  // Aligned values: low and high move inwards to multiples of the alignment.
  const unsigned aligned = static_cast<unsigned>(std::countr_one(r.zeros));
  if (aligned > 0 && aligned < 64) {
    const std::uint64_t step = std::uint64_t{1} << aligned;
    r.high &= ~(step - 1);
    if ((r.low & (step - 1)) != 0) {
      const std::uint64_t up = (r.low | (step - 1)) + 1;
      if (up == 0)
        return std::nullopt;
      r.low = up;
    }
    if (r.low > r.high)
      return std::nullopt;
  }
  return r;
}

Range clamp(Range r, unsigned bits) {
  r.zeros |= ~low_mask(bits);
  return reduce(r).value_or(Range::full(bits));
}

Range interval(std::uint64_t low, std::uint64_t high, unsigned bits) { return clamp({low, high, 0, 0}, bits); }

Range add_ranges(const Range &a, const Range &b, unsigned bits) {
  const std::uint64_t mask = low_mask(bits);
  const std::uint64_t low = a.low + b.low, high = a.high + b.high;
  const bool low_wraps = low > mask || low<a.low, high_wraps = high> mask || high < a.high;
  Range out = Range::full(bits);
  if (low_wraps == high_wraps && (low & mask) <= (high & mask))
    out = interval(low & mask, high & mask, bits);
  const unsigned known =
      static_cast<unsigned>(std::min(std::countr_one(a.zeros | a.ones), std::countr_one(b.zeros | b.ones)));
  const std::uint64_t sum = a.ones + b.ones;
  if (known > 0) {
    const std::uint64_t bits_known = low_mask(known) & mask;
    out.ones |= sum & bits_known;
    out.zeros |= ~sum & bits_known;
  }
  return reduce(out).value_or(Range::full(bits));
}

Range shift_left(const Range &a, std::uint64_t by, unsigned bits) {
  if (by >= bits)
    return Range::single(0);
  Range out = Range::full(bits);
  if (a.high <= low_mask(bits) >> by)
    out = interval(a.low << by, a.high << by, bits);
  out.zeros |= (a.zeros << by) | low_mask(static_cast<unsigned>(by)) * (by != 0);
  out.ones |= (a.ones << by) & low_mask(bits);
  out.zeros |= ~low_mask(bits);
  return reduce(out).value_or(Range::full(bits));
}

} // namespace

std::optional<Range> intersect(const Range &a, const Range &b) {
  return reduce({std::max(a.low, b.low), std::min(a.high, b.high), a.zeros | b.zeros, a.ones | b.ones});
}

Range join(const Range &a, const Range &b) {
  return {std::min(a.low, b.low), std::max(a.high, b.high), a.zeros & b.zeros, a.ones & b.ones};
}

const PathFacts::Content &PathFacts::content() const {
  static const Content nothing;
  return content_ ? *content_ : nothing;
}

PathFacts::Content &PathFacts::writable() {
  if (!content_)
    content_ = std::make_shared<Content>();
  else if (content_.use_count() > 1)
    content_ = std::make_shared<Content>(Content{.number = content_->number,
                                                 .facts = copy_to_grow(content_->facts),
                                                 .deferred = content_->deferred,
                                                 .excluded = copy_to_grow(content_->excluded),
                                                 .conditions = copy_to_grow(content_->conditions)});
  return *content_;
}

const Range *PathFacts::find(Expr e) const {
  if (!content_)
    return nullptr;
  const auto at = std::lower_bound(content_->facts.begin(), content_->facts.end(), e,
                                   [](const Fact &fact, Expr key) { return fact.expr < key; });
  return at != content_->facts.end() && at->expr == e ? &at->range : nullptr;
}

Range PathFacts::range(const ExprPool &pool, Expr e) const {
  unsigned fuel = query_fuel;
  if (const Kind kind = pool[e].kind; kind == Kind::constant || kind == Kind::symbol)
    return compute(pool, e, fuel);
  const std::uint64_t number = content_ ? content_->number : 0;
  if (const RangeMemory::Entry &known = pool.ranges().at(number, e); known.facts == number && known.expr == e)
    return known.range;
  const Range range = compute(pool, e, fuel);
  pool.ranges().at(number, e) = {number, e, range};
  return range;
}

Range PathFacts::compute(const ExprPool &pool, Expr e, unsigned &fuel) const {
  const Node &node = pool[e];
  if (node.kind == Kind::constant)
    return Range::single(node.imm);
  if (node.bits > 64)
    return {};
  const Range *fact = find(e);
  if (fuel == 0)
    return fact ? *fact : Range::full(node.bits);
  --fuel;
  const Range computed = compute_node(pool, node, fuel);
  return fact ? intersect(*fact, computed).value_or(*fact) : computed;
}

namespace {

Expr without_zeros(const ExprPool &pool, Expr e) {
  while (pool[e].kind == Kind::zext)
    e = Expr(pool[e].a);
  return e;
}

/// A choice between the sides of its own comparison is their minimum or maximum.
template <typename RangeOf> Range range_of_choice(const ExprPool &pool, const Node &n, RangeOf &&of) {
  Range then = of(n.b), otherwise = of(n.c);
  Node compared = pool[Expr(n.a)];
  const bool negated = compared.kind == Kind::not_;
  if (negated)
    compared = pool[Expr(compared.a)];
  if (compared.kind != Kind::ult)
    return join(then, otherwise);
  const auto same = [&](std::uint32_t one, std::uint32_t other) {
    return without_zeros(pool, Expr(one)) == without_zeros(pool, Expr(other));
  };
  const auto keep = [](Range &range, std::uint64_t low, std::uint64_t high) {
    range = intersect(range, {low, high, 0, 0}).value_or(range);
  };
  constexpr std::uint64_t most = ~std::uint64_t{0};
  const std::uint32_t less = negated ? n.c : n.b, not_less = negated ? n.b : n.c;
  Range &if_less = negated ? otherwise : then, &if_not = negated ? then : otherwise;
  if (same(less, compared.a))
    if (const std::uint64_t limit = of(compared.b).high; limit != 0)
      keep(if_less, 0, limit - 1);
  if (same(less, compared.b))
    if (const std::uint64_t limit = of(compared.a).low; limit != most)
      keep(if_less, limit + 1, most);
  if (same(not_less, compared.b))
    keep(if_not, 0, of(compared.a).high);
  if (same(not_less, compared.a))
    keep(if_not, of(compared.b).low, most);
  return join(then, otherwise);
}

} // namespace

Range PathFacts::compute_node(const ExprPool &pool, const Node &n, unsigned &fuel) const {
  const auto of = [&](std::uint32_t e) { return compute(pool, Expr(e), fuel); };
  const unsigned bits = n.bits;
  switch (n.kind) {
  case Kind::add:
    return add_ranges(of(n.a), of(n.b), bits);
  case Kind::sub: {
    const Range a = of(n.a), b = of(n.b);
    return a.low >= b.high ? interval(a.low - b.high, a.high - b.low, bits) : Range::full(bits);
  }
  case Kind::mul: {
    const Range a = of(n.a), b = of(n.b);
    if (b.high != 0 && a.high > low_mask(bits) / b.high)
      return Range::full(bits);
    return interval(a.low * b.low, a.high * b.high, bits);
  }
  case Kind::udiv: {
    const Range a = of(n.a), b = of(n.b);
    return b.low == 0 ? Range::full(bits) : interval(a.low / b.high, a.high / b.low, bits);
  }
  case Kind::urem: {
    const Range a = of(n.a), b = of(n.b);
    return b.high == 0 ? Range::full(bits) : interval(0, std::min(a.high, b.high - 1), bits);
  }
  case Kind::and_: {
    const Range a = of(n.a), b = of(n.b);
    return clamp({0, std::min(a.high, b.high), a.zeros | b.zeros, a.ones & b.ones}, bits);
  }
  case Kind::or_: {
    const Range a = of(n.a), b = of(n.b);
    return clamp({std::max(a.low, b.low), low_mask(bits), a.zeros & b.zeros, a.ones | b.ones}, bits);
  }
  case Kind::xor_: {
    const Range a = of(n.a), b = of(n.b);
    return clamp({0, low_mask(bits), (a.zeros & b.zeros) | (a.ones & b.ones), (a.ones & b.zeros) | (a.zeros & b.ones)},
                 bits);
  }
  case Kind::not_: {
    const Range a = of(n.a);
    return clamp({~a.high & low_mask(bits), ~a.low & low_mask(bits), a.ones, a.zeros & low_mask(bits)}, bits);
  }
  case Kind::shl:
    return pool.is_constant(Expr(n.b)) ? shift_left(of(n.a), pool.value(Expr(n.b)), bits) : Range::full(bits);
  case Kind::shr: {
    const Range a = of(n.a);
    return interval(0, a.high, bits);
  }
  case Kind::zext:
    return pool.bits(Expr(n.a)) > 64 ? Range::full(bits) : of(n.a);
  case Kind::sext: {
    const unsigned inner = pool.bits(Expr(n.a));
    const Range a = of(n.a);
    if (inner < 64 && a.high < std::uint64_t{1} << (inner - 1))
      return a;
    if (inner < 64 && a.low >= std::uint64_t{1} << (inner - 1))
      return interval((a.low | ~low_mask(inner)) & low_mask(bits), (a.high | ~low_mask(inner)) & low_mask(bits), bits);
    return Range::full(bits);
  }
  case Kind::extract: {
    if (pool.bits(Expr(n.a)) > 64)
      return Range::full(bits);
    const Range a = of(n.a);
    if (n.imm == 0 && a.high <= low_mask(bits))
      return a;
    const bool top = n.imm + bits == pool.bits(Expr(n.a));
    Range out = top ? interval(a.low >> n.imm, a.high >> n.imm, bits) : Range::full(bits);
    out.zeros |= a.zeros >> n.imm | ~low_mask(bits);
    out.ones |= a.ones >> n.imm & low_mask(bits);
    return reduce(out).value_or(Range::full(bits));
  }
  case Kind::concat: {
    const unsigned split = pool.bits(Expr(n.b));
    if (split >= 64)
      return Range::full(bits);
    const Range high = of(n.a), low = of(n.b);
    return clamp({high.low << split | low.low, high.high << split | low.high,
                  high.zeros << split | (low.zeros & low_mask(split)), high.ones << split | low.ones},
                 bits);
  }
  case Kind::ite: {
    const auto decided = decide_within(pool, Expr(n.a), fuel);
    if (decided)
      return of(*decided ? n.b : n.c);
    return range_of_choice(pool, n, of);
  }
  case Kind::slice:
    return bits == 64 ? range_of_halves(pool, n) : Range::full(bits);
  default:
    return Range::full(bits);
  }
}

/// A 64-bit field whose halves were compared one by one.
Range PathFacts::range_of_halves(const ExprPool &pool, const Node &n) const {
  Range low = Range::full(32), high = Range::full(32);
  for (const Fact &fact : content().facts) {
    const Node &part = pool[fact.expr];
    if (part.kind != Kind::slice || part.a != n.a || part.bits != 32)
      continue;
    if (part.imm == n.imm)
      low = fact.range;
    else if (part.imm == n.imm + 4)
      high = fact.range;
  }
  return clamp({high.low << 32 | low.low, high.high << 32 | low.high, high.zeros << 32 | (low.zeros & low_mask(32)),
                high.ones << 32 | low.ones},
               64);
}

std::optional<bool> PathFacts::decide(const ExprPool &pool, Expr condition) const {
  unsigned fuel = query_fuel;
  return decide_within(pool, condition, fuel);
}

std::optional<bool> PathFacts::decide_within(const ExprPool &pool, Expr condition, unsigned &fuel) const {
  if (fuel == 0)
    return std::nullopt;
  --fuel;
  const Node &n = pool[condition];
  if (n.kind == Kind::constant)
    return n.imm != 0;
  if (const Range *fact = find(condition); fact && fact->is_single())
    return fact->low != 0;
  switch (n.kind) {
  case Kind::not_: {
    const auto inner = decide_within(pool, Expr(n.a), fuel);
    return inner ? std::optional(!*inner) : std::nullopt;
  }
  case Kind::and_:
  case Kind::or_: {
    const auto a = decide_within(pool, Expr(n.a), fuel), b = decide_within(pool, Expr(n.b), fuel);
    const bool stop = n.kind == Kind::or_;
    if ((a && *a == stop) || (b && *b == stop))
      return stop;
    if (a && b)
      return !stop;
    return std::nullopt;
  }
  case Kind::eq: {
    if (pool.bits(Expr(n.a)) > 64)
      return std::nullopt;
    const Range a = compute(pool, Expr(n.a), fuel), b = compute(pool, Expr(n.b), fuel);
    if (!intersect(a, b))
      return false;
    if (a.is_single() && b.is_single())
      return a.low == b.low;
    if (b.is_single())
      for (const auto &[expr, value] : content().excluded)
        if (expr == Expr(n.a) && value == b.low)
          return false;
    return std::nullopt;
  }
  case Kind::ult: {
    if (pool.bits(Expr(n.a)) > 64)
      return std::nullopt;
    const Range a = compute(pool, Expr(n.a), fuel), b = compute(pool, Expr(n.b), fuel);
    if (a.high < b.low)
      return true;
    if (a.low >= b.high)
      return false;
    return decide_distance(pool, Expr(n.a), Expr(n.b), fuel);
  }
  case Kind::slt: {
    const unsigned bits = pool.bits(Expr(n.a));
    if (bits > 64)
      return std::nullopt;
    const std::uint64_t flip = std::uint64_t{1} << (bits - 1);
    const Range a = compute(pool, Expr(n.a), fuel), b = compute(pool, Expr(n.b), fuel);
    const auto same_sign = [flip](const Range &r) { return (r.low & flip) == (r.high & flip); };
    if (!same_sign(a) || !same_sign(b))
      return std::nullopt;
    if ((a.high ^ flip) < (b.low ^ flip))
      return true;
    if ((a.low ^ flip) >= (b.high ^ flip))
      return false;
    return std::nullopt;
  }
  case Kind::extract: { // one bit of a value: its sign
    const Range bit = compute(pool, condition, fuel);
    return bit.is_single() ? std::optional(bit.low != 0) : std::nullopt;
  }
  default:
    return std::nullopt;
  }
}

/// x + i < x + j, where neither sum wraps.
std::optional<bool> PathFacts::decide_distance(const ExprPool &pool, Expr a, Expr b, unsigned &fuel) const {
  const auto split = [&](Expr e) {
    const Node &n = pool[e];
    const bool is_sum = n.kind == Kind::add && pool.is_constant(Expr(n.b));
    return is_sum ? std::pair(Expr(n.a), pool.value(Expr(n.b))) : std::pair(e, std::uint64_t{0});
  };
  const auto [base, first] = split(a);
  const auto [other, second] = split(b);
  if (base != other || compute(pool, base, fuel).high > low_mask(pool.bits(base)) - std::max(first, second))
    return std::nullopt;
  return first < second;
}

std::vector<std::uint64_t> PathFacts::excluded(Expr e) const {
  std::vector<std::uint64_t> out;
  for (const auto &[expr, value] : content().excluded)
    if (expr == e)
      out.push_back(value);
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

bool PathFacts::assume(ExprPool &pool, Expr condition, bool truth) {
  const Node n = pool[condition];
  if (n.kind == Kind::constant)
    return (n.imm != 0) == truth;
  if (n.kind == Kind::not_)
    return assume(pool, Expr(n.a), !truth);
  if (const auto decided = decide(pool, condition))
    return *decided == truth;
  const Expr holds = truth ? condition : pool.not_(condition);
  writable().conditions.push_back(holds);
  return narrow(pool, condition, Range::single(truth ? 1 : 0)) && assume_node(pool, n, truth) && retry_deferred(pool);
}

bool PathFacts::assume_node(ExprPool &pool, const Node &n, bool truth) {
  const Expr a(n.a), b(n.b);
  switch (n.kind) {
  case Kind::and_:
    return !truth || (assume(pool, a, true) && assume(pool, b, true));
  case Kind::or_:
    return truth || (assume(pool, a, false) && assume(pool, b, false));
  case Kind::eq:
    return assume_equal(pool, a, b, truth);
  case Kind::ult:
  case Kind::slt: // not a < b is b <= a
    return truth ? assume_less(pool, a, b, true, n.kind == Kind::slt)
                 : assume_less(pool, b, a, false, n.kind == Kind::slt);
  default:
    return true;
  }
}

bool PathFacts::retry_deferred(ExprPool &pool) {
  if (content().deferred.empty())
    return true;
  const std::vector<Deferred> waiting = std::exchange(writable().deferred, {});
  for (const Deferred &d : waiting)
    if (!assume_less(pool, d.a, d.b, d.strict, true))
      return false;
  return true;
}

bool PathFacts::assume_equal(ExprPool &pool, Expr a, Expr b, bool truth) {
  if (pool.bits(a) > 64)
    return true;
  const Range ra = range(pool, a), rb = range(pool, b);
  if (truth) {
    const auto both = intersect(ra, rb);
    return both && narrow(pool, a, *both) && narrow(pool, b, *both);
  }
  const auto exclude = [&](Expr e, const Range &r, const Range &other) {
    if (!other.is_single())
      return true;
    Content &own = writable();
    own.excluded.emplace_back(e, other.low);
    own.number = pool.ranges().next();
    Range rest = r;
    if (rest.low == other.low && rest.low != rest.high)
      ++rest.low;
    else if (rest.high == other.low && rest.low != rest.high)
      --rest.high;
    else
      return true;
    const auto reduced = reduce(rest);
    return reduced && narrow(pool, e, *reduced);
  };
  return exclude(a, ra, rb) && exclude(b, rb, ra);
}

/// a < b, or a <= b when not strict. Signed values are compared with their sign bit flipped; an interval of flipped
/// values is an interval of values when it does not cross the sign.
bool PathFacts::assume_less(ExprPool &pool, Expr a, Expr b, bool strict, bool is_signed) {
  const unsigned bits = pool.bits(a);
  if (bits > 64)
    return true;
  const std::uint64_t flip = is_signed ? std::uint64_t{1} << (bits - 1) : 0;
  const Range ra = range(pool, a), rb = range(pool, b);
  const auto one_sign = [flip](std::uint64_t low, std::uint64_t high) { return (low & flip) == (high & flip); };
  const std::uint64_t a_low = one_sign(ra.low, ra.high) ? ra.low ^ flip : 0;
  const std::uint64_t b_high = one_sign(rb.low, rb.high) ? rb.high ^ flip : low_mask(bits);
  const std::uint64_t step = strict ? 1 : 0;
  if (b_high < step || a_low > low_mask(bits) - step)
    return false;
  bool crossed = false;
  const auto limit = [&](Expr e, const Range &r, std::uint64_t low, std::uint64_t high) {
    if (low > high)
      return false;
    if (!one_sign(low, high)) {
      crossed = crossed || !one_sign(r.low, r.high);
      return true;
    }
    const auto both = intersect(r, {low ^ flip, high ^ flip, 0, 0});
    return both && narrow(pool, e, *both);
  };
  if (!limit(a, ra, a_low, b_high - step) || !limit(b, rb, a_low + step, b_high))
    return false;
  if (crossed)
    writable().deferred.push_back({a, b, strict});
  return true;
}

bool PathFacts::narrow(ExprPool &pool, Expr e, const Range &wanted) {
  const Node node = pool[e];
  if (node.kind == Kind::constant)
    return wanted.contains(node.imm);
  if (node.bits > 64)
    return true;
  const Range *known = find(e);
  const auto both = known ? intersect(*known, wanted) : std::optional(wanted);
  if (!both)
    return false;
  if (known && *both == *known)
    return true;
  Content &own = writable();
  const auto at = std::lower_bound(own.facts.begin(), own.facts.end(), e,
                                   [](const Fact &fact, Expr key) { return fact.expr < key; });
  if (known)
    at->range = *both;
  else
    own.facts.insert(at, {e, wanted});
  own.number = pool.ranges().next();
  return narrow_operands(pool, e, wanted);
}

/// What a range of `e` says about the expressions that `e` is made of.
bool PathFacts::narrow_operands(ExprPool &pool, Expr e, const Range &wanted) {
  const Node n = pool[e];
  const Expr a(n.a), b(n.b);
  const auto narrow_to = [&](Expr x, Range r) {
    const auto both = intersect(range(pool, x), r);
    return both && narrow(pool, x, *both);
  };
  switch (n.kind) {
  case Kind::slice:
    // A value that fits into the low bytes confines those bytes too.
    for (const unsigned part : {8u, 16u, 32u})
      if (const std::uint64_t mask = low_mask(part); part < n.bits) {
        Range low = Range::full(part);
        low.zeros |= wanted.zeros & mask;
        low.ones |= wanted.ones & mask;
        if (wanted.high <= mask)
          low = wanted;
        if (low != Range::full(part) && !narrow(pool, pool.extract(e, 0, part), low))
          return false;
      }
    return true;
  case Kind::add: {
    const std::uint64_t mask = low_mask(n.bits);
    if (!pool.is_constant(b)) { // a sum that does not wrap bounds its parts: start + length <= end
      const Range ra = range(pool, a), rb = range(pool, b);
      if (ra.high > mask - rb.high)
        return true;
      const auto part = [&](Expr term, const Range &other) {
        return wanted.high >= other.low &&
               narrow_to(term, {wanted.low > other.high ? wanted.low - other.high : 0, wanted.high - other.low, 0, 0});
      };
      return part(a, rb) && part(b, ra);
    }
    const std::uint64_t c = pool.value(b);
    const std::uint64_t low = (wanted.low - c) & mask, high = (wanted.high - c) & mask;
    return low > high || narrow_to(a, {low, high, 0, 0});
  }
  case Kind::concat: {
    const unsigned split = pool.bits(b);
    if (split >= 64)
      return true;
    const std::uint64_t mask = low_mask(split);
    if (!narrow_to(a, {wanted.low >> split, wanted.high >> split, 0, 0}))
      return false;
    const Range high = range(pool, a);
    if (!high.is_single())
      return true;
    const bool from = wanted.low >> split == high.low, to = wanted.high >> split == high.low;
    return narrow_to(b, {from ? wanted.low & mask : 0, to ? wanted.high & mask : mask, 0, 0});
  }
  case Kind::zext:
    return pool.bits(a) > 64 ||
           narrow_to(a, {wanted.low, wanted.high, wanted.zeros, wanted.ones & low_mask(pool.bits(a))});
  case Kind::sext: {
    const unsigned inner = pool.bits(a);
    if (wanted.high < std::uint64_t{1} << (inner - 1))
      return narrow_to(a, {wanted.low, wanted.high, 0, 0});
    if (wanted.is_single())
      return narrow_to(a, Range::single(wanted.low & low_mask(inner)));
    return true;
  }
  case Kind::extract: {
    if (pool.bits(a) > 64)
      return true;
    const std::uint64_t part = low_mask(n.bits);
    return narrow_to(a, {0, low_mask(pool.bits(a)), (wanted.zeros & part) << n.imm, (wanted.ones & part) << n.imm});
  }
  case Kind::and_: {
    if (!pool.is_constant(b))
      return true;
    const std::uint64_t mask = pool.value(b);
    return narrow_to(a, {0, low_mask(n.bits), wanted.zeros & mask, wanted.ones});
  }
  case Kind::or_: { // bits that the constant does not set are the other operand's
    if (!pool.is_constant(b))
      return true;
    const std::uint64_t own = ~pool.value(b) & low_mask(n.bits);
    return (wanted.zeros & pool.value(b)) == 0 &&
           narrow_to(a, {0, low_mask(n.bits), (wanted.zeros & own) | ~low_mask(n.bits), wanted.ones & own});
  }
  case Kind::xor_: {
    if (!pool.is_constant(b))
      return true;
    const std::uint64_t flip = pool.value(b);
    const std::uint64_t known = (wanted.zeros | wanted.ones) & low_mask(n.bits), ones = (wanted.ones ^ flip) & known;
    return narrow_to(a, {0, low_mask(n.bits), (known & ~ones) | ~low_mask(n.bits), ones});
  }
  case Kind::shl: {
    if (!pool.is_constant(b))
      return true;
    const std::uint64_t by = pool.value(b);
    return range(pool, a).high > low_mask(n.bits) >> by || narrow_to(a, {wanted.low >> by, wanted.high >> by, 0, 0});
  }
  case Kind::shr: {
    if (!pool.is_constant(b) || pool.value(b) >= n.bits)
      return true;
    const std::uint64_t by = pool.value(b), below = (std::uint64_t{1} << by) - 1;
    return wanted.low > low_mask(n.bits) >> by
               ? false
               : narrow_to(a, {wanted.low << by,
                               wanted.high >= low_mask(n.bits) >> by ? low_mask(n.bits) : (wanted.high << by) | below,
                               0, 0});
  }
  case Kind::ite: {
    if (!intersect(range(pool, b), wanted))
      return assume(pool, a, false) && narrow_to(Expr(n.c), wanted);
    if (!intersect(range(pool, Expr(n.c)), wanted))
      return assume(pool, a, true) && narrow_to(b, wanted);
    return true;
  }
  default:
    return true;
  }
}

} // namespace ringfence::symbolic
