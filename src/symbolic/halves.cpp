// Numbers kept in two halves: what a 32-bit machine does to a 64-bit one by add and adc, sub and sbb, cmp and sbb. The
// carry between the halves says that they belong together, and the number is named again: (h:l) + (0:y) has the low
// half l + y and the high half h + carry, whatever h is; (a:l) < (b:m) is a < b, or a = b and l < m.

#include <ringfence/symbolic/expression.h>

namespace ringfence::symbolic {

/// The operands of the comparison of low halves whose result is `borrow`, in `n` bits.
std::optional<std::pair<Expr, Expr>> ExprPool::compared_by(Expr borrow, unsigned n) {
  Node c = (*this)[borrow];
  const bool negated = c.kind == Kind::not_;
  if (negated)
    c = (*this)[Expr(c.a)];
  const bool is_order = c.kind == Kind::ult && !negated;
  if (!is_order && c.kind != Kind::eq)
    return std::nullopt;
  Expr a(c.a), b(c.b);
  const unsigned inner = bits(a);
  if (inner > n || (!is_order && !is_constant(b, 0)))
    return std::nullopt;
  if (!is_order) { // x == 0 is x < 1, and x != 0 is 0 < x
    b = negated ? a : constant(1, inner);
    a = negated ? constant(0, inner) : a;
  }
  return std::pair(zext(a, n), zext(b, n));
}

std::optional<std::pair<Expr, Expr>> ExprPool::joined_operands(Expr high_a, Expr high_b, Expr borrow) {
  const unsigned n = bits(high_a);
  if (2 * n > 64)
    return std::nullopt;
  const auto low = compared_by(borrow, n);
  if (!low)
    return std::nullopt;
  return std::pair(concat(high_a, low->first), concat(high_b, low->second));
}

std::optional<Expr> ExprPool::joined_sum(Expr high, Expr low) {
  const unsigned n = bits(low);
  Node h = (*this)[high];
  if (h.bits != n || 2 * n > 64 || n < 8)
    return std::nullopt;
  Expr more = constant(0, n);
  if (h.kind == Kind::add && is_constant(Expr(h.b))) {
    more = Expr(h.b);
    high = Expr(h.a);
    h = (*this)[high];
  }
  // The carry between the halves: zext of x + y < x, or of x < y where they are subtracted.
  const auto carry_of = [&](Expr term) -> std::optional<Expr> {
    const Node node = (*this)[term];
    return node.kind == Kind::zext && bits(Expr(node.a)) == 1 ? std::optional(Expr(node.a)) : std::nullopt;
  };
  Expr rest = constant(0, n);
  std::optional<Expr> carry = carry_of(high);
  bool subtracts = false;
  if (h.kind == Kind::add || h.kind == Kind::sub) {
    subtracts = h.kind == Kind::sub;
    carry = carry_of(Expr(h.b));
    rest = Expr(h.a);
    if (!carry && !subtracts) {
      carry = carry_of(Expr(h.a));
      rest = Expr(h.b);
    }
  }
  if (!carry)
    return std::nullopt;
  const auto parts = compared_by(*carry, n);
  if (!parts)
    return std::nullopt;
  const unsigned whole = 2 * n;
  const auto [first, second] = *parts;
  if (subtracts) {
    if (sub(first, second) != low)
      return std::nullopt;
    const Node r = (*this)[rest];
    const bool is_difference = r.kind == Kind::sub;
    const Expr from = concat(is_difference ? Expr(r.a) : rest, first);
    const Expr taken = is_difference ? concat(Expr(r.b), second) : zext(second, whole);
    return add(sub(from, taken), concat(more, constant(0, n)));
  }
  if (first != low) // the sum is less than what was added to
    return std::nullopt;
  // Of a sum of two high halves one may be the other half of a field.
  const Expr added = sub(low, second);
  if (const Node r = (*this)[rest]; r.kind == Kind::add && is_constant(more, 0))
    for (const auto &[one, other] : {std::pair(Expr(r.a), Expr(r.b)), std::pair(Expr(r.b), Expr(r.a))})
      if (const Expr field = concat(one, second); (*this)[field].kind != Kind::concat)
        return add(field, concat(other, added));
  return add(concat(rest, second), concat(more, added));
}

} // namespace ringfence::symbolic
