// Comparisons of expressions: the canonical forms that branch conditions take. A comparison with a constant is
// stripped of everything invertible on its other side, so that a range check names the value it confines.

#include <ringfence/symbolic/expression.h>

#include <utility>

namespace ringfence::symbolic {

Expr ExprPool::eq(Expr a, Expr b) {
  if (a == b)
    return truth(true);
  if (is_constant(a))
    std::swap(a, b);
  const Node left = (*this)[a];
  if (is_constant(b) && left.bits <= 64) {
    const std::uint64_t v = value(b);
    if (left.kind == Kind::constant)
      return truth(left.imm == v);
    if (left.bits == 1)
      return v != 0 ? a : not_(a);
    const Expr first(left.a);
    switch (left.kind) {
    case Kind::add:
      if (is_constant(Expr(left.b)))
        return eq(first, constant(v - value(Expr(left.b)), left.bits));
      break;
    case Kind::sub:
      if (v == 0)
        return eq(first, Expr(left.b));
      break;
    case Kind::xor_:
      if (is_constant(Expr(left.b)))
        return eq(first, constant(v ^ value(Expr(left.b)), left.bits));
      if (v == 0)
        return eq(first, Expr(left.b));
      break;
    case Kind::not_:
      return eq(first, constant(~v, left.bits));
    case Kind::zext:
      if (bits(first) > 64)
        break;
      return v > low_mask(bits(first)) ? truth(false) : eq(first, constant(v, bits(first)));
    case Kind::sext: {
      const unsigned n = bits(first);
      const std::uint64_t back = static_cast<std::uint64_t>(as_signed(v, n)) & low_mask(left.bits);
      return back != v ? truth(false) : eq(first, constant(v, n));
    }
    case Kind::or_:
      if (v == 0 && left.bits <= 64)
        return and_(eq(first, b), eq(Expr(left.b), b));
      break;
    case Kind::ite: {
      const Expr then(left.b), otherwise(left.c);
      if (is_constant(then) || is_constant(otherwise))
        return or_(and_(first, eq(then, b)), and_(not_(first), eq(otherwise, b)));
      break;
    }
    default:
      break;
    }
  } else if (a > b) {
    std::swap(a, b);
  }
  return make(Kind::eq, 1, a, b);
}

Expr ExprPool::ult(Expr a, Expr b) {
  if (a == b)
    return truth(false);
  const unsigned n = bits(a);
  if (n <= 64 && is_constant(b)) {
    const std::uint64_t v = value(b);
    if (is_constant(a))
      return truth(value(a) < v);
    if (v == 0)
      return truth(false);
    if (v == 1)
      return eq(a, constant(0, n));
    if (const Node left = (*this)[a]; left.kind == Kind::zext && bits(Expr(left.a)) <= 64) {
      const unsigned inner = bits(Expr(left.a));
      return v > low_mask(inner) ? truth(true) : ult(Expr(left.a), constant(v, inner));
    }
  }
  if (n <= 64 && is_constant(a)) {
    const std::uint64_t v = value(a);
    if (v == low_mask(n))
      return truth(false);
    if (v == 0)
      return not_(eq(b, a));
    if (const Node right = (*this)[b]; right.kind == Kind::zext && bits(Expr(right.a)) <= 64) {
      const unsigned inner = bits(Expr(right.a));
      return v >= low_mask(inner) ? truth(false) : ult(constant(v, inner), Expr(right.a));
    }
  }
  const Node left = (*this)[a], right = (*this)[b];
  if (left.kind == Kind::zext && right.kind == Kind::zext && bits(Expr(left.a)) == bits(Expr(right.a)))
    return ult(Expr(left.a), Expr(right.a));
  return make(Kind::ult, 1, a, b);
}

Expr ExprPool::slt(Expr a, Expr b) {
  if (a == b)
    return truth(false);
  const unsigned n = bits(a);
  if (n <= 64 && is_constant(a) && is_constant(b))
    return truth(as_signed(value(a), n) < as_signed(value(b), n));
  const Node left = (*this)[a], right = (*this)[b];
  // Both non-negative: the comparison is unsigned.
  const bool left_small =
      left.kind == Kind::zext || (left.kind == Kind::constant && n <= 64 && as_signed(left.imm, n) >= 0);
  const bool right_small =
      right.kind == Kind::zext || (right.kind == Kind::constant && n <= 64 && as_signed(right.imm, n) >= 0);
  if (left_small && right_small)
    return ult(a, b);
  if (left.kind == Kind::sext && right.kind == Kind::constant && n <= 64) {
    const unsigned inner = bits(Expr(left.a));
    const std::uint64_t v = static_cast<std::uint64_t>(as_signed(right.imm, inner)) & low_mask(n);
    if (v == right.imm)
      return slt(Expr(left.a), constant(right.imm, inner));
  }
  return make(Kind::slt, 1, a, b);
}

} // namespace ringfence::symbolic
