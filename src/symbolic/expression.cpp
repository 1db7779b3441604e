#include <ringfence/symbolic/expression.h>

#include "range_memory.h"

#include <ringfence/base/text.h>

#include <bit>
#include <optional>
#include <utility>

namespace ringfence::symbolic {
namespace {

std::uint64_t hash_of(const Node &n) {
  std::uint64_t h = static_cast<std::uint64_t>(n.kind) | static_cast<std::uint64_t>(n.bits) << 8 |
                    static_cast<std::uint64_t>(n.a) << 16;
  h = (h ^ n.imm) * 0x9e3779b97f4a7c15u;
  h ^= h >> 29;
  h = (h ^ (static_cast<std::uint64_t>(n.b) << 32 | n.c)) * 0xbf58476d1ce4e5b9u;
  return h ^ h >> 32;
}

bool is_low_mask(std::uint64_t v) { return v != 0 && (v & (v + 1)) == 0; }

std::uint64_t divide(Kind kind, std::uint64_t a, std::uint64_t b, unsigned bits) {
  const std::int64_t sa = as_signed(a, bits), sb = as_signed(b, bits);
  switch (kind) {
  case Kind::udiv:
    return a / b;
  case Kind::urem:
    return a % b;
  case Kind::sdiv:
    return sb == -1 ? 0 - a : static_cast<std::uint64_t>(sa / sb);
  default:
    return sb == -1 ? 0 : static_cast<std::uint64_t>(sa % sb);
  }
}

/// The canonical order of a commutative operation: a constant is the second operand, else the older expression is the
/// first. Gives the second operand's value when it is a constant of at most 64 bits.
std::optional<std::uint64_t> order_operands(const ExprPool &pool, Expr &a, Expr &b) {
  if (pool.is_constant(a))
    std::swap(a, b);
  if (pool.is_constant(b) && pool.bits(b) <= 64)
    return pool.value(b);
  if (a > b)
    std::swap(a, b);
  return std::nullopt;
}

} // namespace

ExprPool::ExprPool() : table_(1u << 12), recent_constants_(1u << 11), ranges_(std::make_unique<RangeMemory>()) {
  nodes_.push_back({}); // Expr(0)
}

ExprPool::~ExprPool() = default;

void ExprPool::grow() {
  std::vector<Slot> bigger(table_.size() * 2);
  for (const Slot &slot : table_) {
    if (slot.id == 0)
      continue;
    std::size_t at = slot.hash & (bigger.size() - 1);
    while (bigger[at].id != 0)
      at = (at + 1) & (bigger.size() - 1);
    bigger[at] = slot;
  }
  table_ = std::move(bigger);
}

Expr ExprPool::intern(const Node &node) {
  const auto hash = static_cast<std::uint32_t>(hash_of(node));
  std::size_t at = hash & (table_.size() - 1);
  for (; table_[at].id != 0; at = (at + 1) & (table_.size() - 1))
    if (table_[at].hash == hash && nodes_[table_[at].id] == node)
      return Expr(table_[at].id);
  const auto id = static_cast<std::uint32_t>(nodes_.size());
  nodes_.push_back(node);
  table_[at] = {id, hash};
  if (++known_ * 3 > table_.size() * 2)
    grow();
  return Expr(id);
}

Expr ExprPool::make(Kind kind, unsigned bits, Expr a, Expr b, Expr c, std::uint64_t imm) {
  const std::uint32_t labels = nodes_[a.value].labels | nodes_[b.value].labels | nodes_[c.value].labels;
  const std::uint16_t below = std::max({nodes_[a.value].depth, nodes_[b.value].depth, nodes_[c.value].depth});
  if (below >= most_depth)
    return symbol(bits, labels, "deep");
  return intern({.kind = kind,
                 .bits = static_cast<std::uint8_t>(bits),
                 .depth = static_cast<std::uint16_t>(below + 1),
                 .a = a.value,
                 .b = b.value,
                 .c = c.value,
                 .labels = labels,
                 .imm = imm});
}

ArrayId ExprPool::new_array(std::string name, std::uint32_t labels) {
  arrays_.push_back({std::move(name), labels});
  return ArrayId(static_cast<std::uint32_t>(arrays_.size() - 1));
}

Expr ExprPool::wide_constant(std::uint64_t value, unsigned bits) { return make(Kind::zext, bits, constant(value, 64)); }

Expr ExprPool::new_constant(std::uint64_t value, unsigned bits) {
  Recent &recent = recent_constants_[(value + bits) * 0x9e3779b97f4a7c15u >> 53];
  recent = {value, bits, intern({.kind = Kind::constant, .bits = static_cast<std::uint8_t>(bits), .imm = value})};
  return recent.expr;
}

Expr ExprPool::symbol(unsigned bits, std::uint32_t labels, std::string_view name) {
  auto known = name_numbers_.find(name);
  if (known == name_numbers_.end()) {
    const auto number = static_cast<std::uint32_t>(symbol_names_.size());
    known = name_numbers_.emplace(symbol_names_.emplace_back(name), number).first;
  }
  nodes_.push_back(
      {.kind = Kind::symbol, .bits = static_cast<std::uint8_t>(bits), .labels = labels, .imm = known->second});
  return Expr(static_cast<std::uint32_t>(nodes_.size() - 1));
}

Expr ExprPool::slice(ArrayId array, std::uint64_t offset, unsigned bits) {
  return intern({.kind = Kind::slice,
                 .bits = static_cast<std::uint8_t>(bits),
                 .a = array.value,
                 .labels = arrays_[array.value].labels,
                 .imm = offset});
}

Expr ExprPool::read(ArrayId array, std::uint64_t moment, Expr offset, unsigned bits, std::uint32_t more_labels) {
  return intern({.kind = Kind::read,
                 .bits = static_cast<std::uint8_t>(bits),
                 .a = array.value,
                 .b = offset.value,
                 .labels = arrays_[array.value].labels | labels(offset) | more_labels,
                 .imm = moment});
}

Expr ExprPool::add(Expr a, Expr b) {
  const unsigned n = bits(a);
  if (is_constant(a))
    std::swap(a, b);
  if (is_constant(b)) {
    if (is_constant(a))
      return constant(value(a) + value(b), n);
    if (value(b) == 0)
      return a;
    const Node node = (*this)[a];
    if (node.kind == Kind::add && is_constant(Expr(node.b)))
      return add(Expr(node.a), constant(value(Expr(node.b)) + value(b), n));
    return make(Kind::add, n, a, b);
  }
  const Node left = (*this)[a], right = (*this)[b];
  // Constants float outwards: (x + c) + y = (x + y) + c.
  if (left.kind == Kind::add && is_constant(Expr(left.b)))
    return add(add(Expr(left.a), b), Expr(left.b));
  if (right.kind == Kind::add && is_constant(Expr(right.b)))
    return add(add(a, Expr(right.a)), Expr(right.b));
  if (left.kind == Kind::sub && left.b == b.value)
    return Expr(left.a);
  if (right.kind == Kind::sub && right.b == a.value)
    return Expr(right.a);
  if (a > b)
    std::swap(a, b);
  return make(Kind::add, n, a, b);
}

Expr ExprPool::sub(Expr a, Expr b) {
  const unsigned n = bits(a);
  if (a == b)
    return constant(0, n);
  if (is_constant(b) && n <= 64)
    return add(a, constant(0 - value(b), n));
  const Node left = (*this)[a], right = (*this)[b];
  if (right.kind == Kind::add && is_constant(Expr(right.b)))
    return add(sub(a, Expr(right.a)), constant(0 - value(Expr(right.b)), n));
  if (left.kind == Kind::add && is_constant(Expr(left.b)))
    return add(sub(Expr(left.a), b), Expr(left.b));
  if (left.kind == Kind::add && left.a == b.value)
    return Expr(left.b);
  if (left.kind == Kind::add && left.b == b.value)
    return Expr(left.a);
  return make(Kind::sub, n, a, b);
}

Expr ExprPool::mul(Expr a, Expr b) {
  const unsigned n = bits(a);
  if (const auto second = order_operands(*this, a, b)) {
    const std::uint64_t v = *second;
    if (is_constant(a))
      return constant(value(a) * v, n);
    if (v == 0)
      return b;
    if (v == 1)
      return a;
    if (std::has_single_bit(v))
      return shift(Kind::shl, a, constant(static_cast<unsigned>(std::countr_zero(v)), n));
  }
  return make(Kind::mul, n, a, b);
}

Expr ExprPool::div(Kind kind, Expr a, Expr b) {
  const unsigned n = bits(a);
  if (n <= 64 && is_constant(b) && value(b) != 0) {
    const std::uint64_t v = value(b);
    if (is_constant(a))
      return constant(divide(kind, value(a), v, n), n);
    if (v == 1)
      return kind == Kind::udiv || kind == Kind::sdiv ? a : constant(0, n);
    if (std::has_single_bit(v) && kind == Kind::udiv)
      return shift(Kind::shr, a, constant(static_cast<unsigned>(std::countr_zero(v)), n));
    if (std::has_single_bit(v) && kind == Kind::urem)
      return and_(a, constant(v - 1, n));
  }
  return make(kind, n, a, b);
}

Expr ExprPool::and_(Expr a, Expr b) {
  const unsigned n = bits(a);
  if (a == b)
    return a;
  if (const auto second = order_operands(*this, a, b)) {
    const std::uint64_t v = *second;
    if (is_constant(a))
      return constant(value(a) & v, n);
    if (v == 0)
      return b;
    if (v == low_mask(n))
      return a;
    if (is_low_mask(v))
      return zext(extract(a, 0, static_cast<unsigned>(std::bit_width(v))), n);
    const Node node = (*this)[a];
    if (node.kind == Kind::and_ && is_constant(Expr(node.b)))
      return and_(Expr(node.a), constant(value(Expr(node.b)) & v, n));
    if (node.kind == Kind::zext && bits(Expr(node.a)) <= 64) {
      const Expr inner = Expr(node.a);
      return zext(and_(inner, constant(v & low_mask(bits(inner)), bits(inner))), n);
    }
  }
  if (const auto parts = truths_of(a, b)) // two answers of setcc: the test of both is a condition
    return zext(and_(parts->first, parts->second), n);
  return make(Kind::and_, n, a, b);
}

/// The conditions of two values that are widened from one bit.
std::optional<std::pair<Expr, Expr>> ExprPool::truths_of(Expr a, Expr b) const {
  const auto truth = [&](Expr e) {
    const Node &node = (*this)[e];
    return node.kind == Kind::zext && bits(Expr(node.a)) == 1 ? Expr(node.a) : Expr(0);
  };
  const Expr first = truth(a), second = truth(b);
  return first != Expr(0) && second != Expr(0) ? std::optional(std::pair(first, second)) : std::nullopt;
}

/// a | b where one is zext(x) and the other a multiple of 2^bits(x): a concatenation.
Expr ExprPool::join_disjoint(Expr a, Expr b) {
  const Node low = (*this)[a], high = (*this)[b];
  if (low.kind != Kind::zext || high.kind != Kind::shl || !is_constant(Expr(high.b)))
    return Expr(0);
  const unsigned n = low.bits;
  const unsigned part = bits(Expr(low.a));
  const std::uint64_t by = value(Expr(high.b));
  if (n > 64 || by < part || by >= n)
    return Expr(0);
  const Expr padded = zext(Expr(low.a), static_cast<unsigned>(by));
  return concat(extract(Expr(high.a), 0, n - static_cast<unsigned>(by)), padded);
}

Expr ExprPool::or_(Expr a, Expr b) {
  const unsigned n = bits(a);
  if (a == b)
    return a;
  if (const auto second = order_operands(*this, a, b)) {
    const std::uint64_t v = *second;
    if (is_constant(a))
      return constant(value(a) | v, n);
    if (v == 0)
      return a;
    if (v == low_mask(n))
      return b;
    return make(Kind::or_, n, a, b);
  }
  if (const auto parts = truths_of(a, b))
    return zext(or_(parts->first, parts->second), n);
  if (const Expr joined = join_disjoint(a, b); joined != Expr(0))
    return joined;
  if (const Expr joined = join_disjoint(b, a); joined != Expr(0))
    return joined;
  return make(Kind::or_, n, a, b);
}

Expr ExprPool::xor_(Expr a, Expr b) {
  const unsigned n = bits(a);
  if (a == b)
    return constant(0, n);
  if (const auto second = order_operands(*this, a, b)) {
    const std::uint64_t v = *second;
    if (is_constant(a))
      return constant(value(a) ^ v, n);
    if (v == 0)
      return a;
    if (v == low_mask(n))
      return not_(a);
    const Node node = (*this)[a];
    if (node.kind == Kind::xor_ && is_constant(Expr(node.b)))
      return xor_(Expr(node.a), constant(value(Expr(node.b)) ^ v, n));
  }
  return make(Kind::xor_, n, a, b);
}

Expr ExprPool::not_(Expr a) {
  const Node node = (*this)[a];
  if (node.kind == Kind::constant)
    return constant(~node.imm, node.bits);
  if (node.kind == Kind::not_)
    return Expr(node.a);
  return make(Kind::not_, node.bits, a);
}

Expr ExprPool::shift(Kind kind, Expr a, Expr b) {
  const unsigned n = bits(a);
  if (!is_constant(b))
    return make(kind, n, a, b);
  const std::uint64_t by = value(b);
  if (by == 0)
    return a;
  if (kind == Kind::sar) {
    const unsigned count = static_cast<unsigned>(by < n ? by : n - 1);
    return sext(extract(a, count, n - count), n);
  }
  if (by >= n)
    return constant(0, n);
  const auto count = static_cast<unsigned>(by);
  if (kind == Kind::shr)
    return zext(extract(a, count, n - count), n);
  if (is_constant(a))
    return constant(value(a) << count, n);
  return make(Kind::shl, n, a, constant(by, n));
}

Expr ExprPool::zext(Expr a, unsigned n) {
  const Node node = (*this)[a];
  if (node.bits == n)
    return a;
  if (node.kind == Kind::constant && n <= 64)
    return constant(node.imm, n);
  if (node.kind == Kind::zext)
    return zext(Expr(node.a), n);
  return make(Kind::zext, n, a);
}

Expr ExprPool::sext(Expr a, unsigned n) {
  const Node node = (*this)[a];
  if (node.bits == n)
    return a;
  if (node.kind == Kind::constant && n <= 64)
    return constant(static_cast<std::uint64_t>(as_signed(node.imm, node.bits)), n);
  if (node.kind == Kind::sext)
    return sext(Expr(node.a), n);
  if (node.kind == Kind::zext)
    return zext(Expr(node.a), n);
  return make(Kind::sext, n, a);
}

/// The low `bits` of a node whose operator commutes with truncation; Expr(0) when it does not.
Expr ExprPool::distribute_extract(const Node &node, unsigned n) {
  const auto low = [&](std::uint32_t e) { return extract(Expr(e), 0, n); };
  switch (node.kind) {
  case Kind::add:
    return add(low(node.a), low(node.b));
  case Kind::sub:
    return sub(low(node.a), low(node.b));
  case Kind::mul:
    return mul(low(node.a), low(node.b));
  case Kind::and_:
    return and_(low(node.a), low(node.b));
  case Kind::or_:
    return or_(low(node.a), low(node.b));
  case Kind::xor_:
    return xor_(low(node.a), low(node.b));
  case Kind::not_:
    return not_(low(node.a));
  case Kind::shl:
    if (is_constant(Expr(node.b)))
      return value(Expr(node.b)) >= n ? constant(0, n)
                                      : shift(Kind::shl, low(node.a), constant(value(Expr(node.b)), n));
    return Expr(0);
  default:
    return Expr(0);
  }
}

Expr ExprPool::extract(Expr a, unsigned low, unsigned n) {
  const Node node = (*this)[a];
  if (low == 0 && node.bits == n)
    return a;
  switch (node.kind) {
  case Kind::constant:
    return constant(low >= 64 ? 0 : node.imm >> low, n);
  case Kind::extract:
    return extract(Expr(node.a), static_cast<unsigned>(node.imm) + low, n);
  case Kind::slice:
    if (low % 8 == 0 && n % 8 == 0)
      return slice(ArrayId(node.a), node.imm + low / 8, n);
    break;
  case Kind::concat: {
    const unsigned split = bits(Expr(node.b));
    if (low >= split)
      return extract(Expr(node.a), low - split, n);
    if (low + n <= split)
      return extract(Expr(node.b), low, n);
    return concat(extract(Expr(node.a), 0, low + n - split), extract(Expr(node.b), low, split - low));
  }
  case Kind::zext: {
    const unsigned inner = bits(Expr(node.a));
    if (low >= inner)
      return constant(0, n);
    if (low + n <= inner)
      return extract(Expr(node.a), low, n);
    return zext(extract(Expr(node.a), low, inner - low), n);
  }
  case Kind::sext: {
    const unsigned inner = bits(Expr(node.a));
    if (low + n <= inner)
      return extract(Expr(node.a), low, n);
    if (low == 0)
      return sext(Expr(node.a), n);
    break;
  }
  case Kind::ite:
    if (is_constant(Expr(node.b)) || is_constant(Expr(node.c)))
      return ite(Expr(node.a), extract(Expr(node.b), low, n), extract(Expr(node.c), low, n));
    break;
  default:
    if (low == 0 && node.bits <= 64) {
      if (low_parts_.empty())
        low_parts_.resize(std::size_t{1} << 13);
      if (const LowPart &known = low_part_of(a, n); known.of == a.value && known.bits == n)
        return known.part;
      if (const Expr moved = distribute_extract(node, n); moved != Expr(0)) {
        low_part_of(a, n) = {a.value, n, moved};
        return moved;
      }
    }
    break;
  }
  return make(Kind::extract, n, a, Expr(0), Expr(0), low);
}

Expr ExprPool::concat(Expr high, Expr low) {
  const Node h = (*this)[high], l = (*this)[low];
  const unsigned n = h.bits + static_cast<unsigned>(l.bits);
  if (h.kind == Kind::constant && l.kind == Kind::constant && n <= 64)
    return constant(h.imm << l.bits | l.imm, n);
  if (h.kind == Kind::constant && h.imm == 0)
    return zext(low, n);
  if (h.kind == Kind::slice && l.kind == Kind::slice && h.a == l.a && l.bits % 8 == 0 && l.imm + l.bits / 8 == h.imm)
    return slice(ArrayId(h.a), l.imm, n);
  if (h.kind == Kind::extract && l.kind == Kind::extract && h.a == l.a && l.imm + l.bits == h.imm)
    return extract(Expr(h.a), static_cast<unsigned>(l.imm), n);
  if (h.kind == Kind::concat) // right-associated, so that adjacent parts meet
    return concat(Expr(h.a), concat(Expr(h.b), low));
  if (l.kind == Kind::concat) {
    const Node inner = (*this)[Expr(l.a)];
    if (h.kind == Kind::slice && inner.kind == Kind::slice && h.a == inner.a && inner.imm + inner.bits / 8 == h.imm)
      return concat(concat(high, Expr(l.a)), Expr(l.b));
  }
  if (h.kind == Kind::add || h.kind == Kind::sub || h.kind == Kind::zext)
    if (const auto sum = joined_sum(high, low))
      return *sum;
  return make(Kind::concat, n, high, low);
}

Expr ExprPool::ite(Expr condition, Expr then, Expr otherwise) {
  if (is_constant(condition))
    return value(condition) != 0 ? then : otherwise;
  if (then == otherwise)
    return then;
  const Node node = (*this)[condition];
  if (node.kind == Kind::not_)
    return ite(Expr(node.a), otherwise, then);
  if (bits(then) == 1 && is_constant(then, 1) && is_constant(otherwise, 0))
    return condition;
  if (bits(then) == 1 && is_constant(then, 0) && is_constant(otherwise, 1))
    return not_(condition);
  return make(Kind::ite, bits(then), condition, then, otherwise);
}

Expr ExprPool::opaque(std::uint64_t name, unsigned n, Expr a, Expr b, Expr c) {
  return make(Kind::opaque, n, a, b, c, name);
}

Expr ExprPool::relabel(Expr a, std::uint32_t more, std::string_view name) {
  if ((labels(a) & more) == more || is_constant(a))
    return a;
  return symbol(bits(a), labels(a) | more, name);
}

namespace {

/// Names of objects are texts of pointers, and those name other objects: without a bound they double with each level.
constexpr std::size_t most_text = 512;

} // namespace

void ExprPool::append_text(std::string &out, Expr e, unsigned depth) const {
  const Node &n = (*this)[e];
  static constexpr const char *names[] = {"",   "",   "",   "",     "+",    "-",       "*",      "/u",  "%u",
                                          "/s", "%s", "&",  "|",    "^",    "~",       "<<",     ">>",  ">>s",
                                          "==", "<u", "<s", "zext", "sext", "extract", "concat", "ite", "opaque"};
  if (depth == 0 || out.size() >= most_text) {
    out += "...";
    return;
  }
  const auto sub_text = [&](std::uint32_t id) { append_text(out, Expr(id), depth - 1); };
  switch (n.kind) {
  case Kind::constant:
    out += hex(n.imm);
    return;
  case Kind::symbol:
    out += symbol_names_[n.imm];
    return;
  case Kind::slice:
    out += arrays_[n.a].name + "[" + hex(n.imm) + ".." + hex(n.imm + n.bits / 8) + ")";
    return;
  case Kind::read:
    out += arrays_[n.a].name + "[";
    sub_text(n.b);
    out += " x" + std::to_string(n.bits / 8) + "]";
    return;
  case Kind::not_:
    out += "~";
    sub_text(n.a);
    return;
  case Kind::zext:
  case Kind::sext:
    out += std::string(names[static_cast<unsigned>(n.kind)]) + std::to_string(n.bits) + "(";
    sub_text(n.a);
    out += ")";
    return;
  case Kind::extract:
    sub_text(n.a);
    out += "{" + std::to_string(n.imm) + "+" + std::to_string(n.bits) + "}";
    return;
  case Kind::concat:
  case Kind::ite:
  case Kind::opaque:
    out += std::string(names[static_cast<unsigned>(n.kind)]) + "(";
    sub_text(n.a);
    out += ", ";
    sub_text(n.b);
    if (n.kind != Kind::concat) {
      out += ", ";
      sub_text(n.c);
    }
    out += ")";
    return;
  default:
    out += "(";
    sub_text(n.a);
    out += std::string(" ") + names[static_cast<unsigned>(n.kind)] + " ";
    sub_text(n.b);
    out += ")";
    return;
  }
}

std::vector<Expr> ExprPool::terms_of(Expr sum) const {
  constexpr std::size_t most = 64;
  std::vector<Expr> terms, open{sum};
  while (!open.empty()) {
    const Expr e = open.back();
    open.pop_back();
    const Node &n = (*this)[e];
    if (n.kind == Kind::add && terms.size() + open.size() + 2 <= most)
      open.insert(open.end(), {Expr(n.b), Expr(n.a)});
    else
      terms.push_back(e);
  }
  return terms;
}

std::string ExprPool::to_string(Expr e) const {
  std::string out;
  append_text(out, e, 5);
  if (out.size() > most_text) {
    out.resize(most_text - 3);
    out += "...";
  }
  return out;
}

} // namespace ringfence::symbolic
