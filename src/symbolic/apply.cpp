#include <ringfence/symbolic/apply.h>

#include <algorithm>

namespace ringfence::symbolic {

unsigned operands_of(Kind kind) {
  switch (kind) {
  case Kind::not_:
  case Kind::zext:
  case Kind::sext:
  case Kind::extract:
    return 1;
  case Kind::add:
  case Kind::sub:
  case Kind::mul:
  case Kind::udiv:
  case Kind::urem:
  case Kind::sdiv:
  case Kind::srem:
  case Kind::and_:
  case Kind::or_:
  case Kind::xor_:
  case Kind::shl:
  case Kind::shr:
  case Kind::sar:
  case Kind::eq:
  case Kind::ult:
  case Kind::slt:
  case Kind::concat:
    return 2;
  default:
    return 0;
  }
}

std::optional<std::uint64_t> apply(const ExprPool &pool, const Node &node, std::uint64_t a, std::uint64_t b) {
  const unsigned n = pool.bits(Expr(node.a));
  switch (node.kind) {
  case Kind::not_:
    return ~a;
  case Kind::zext:
    return a;
  case Kind::sext:
    return static_cast<std::uint64_t>(as_signed(a, n));
  case Kind::extract:
    return a >> node.imm;
  case Kind::add:
    return a + b;
  case Kind::sub:
    return a - b;
  case Kind::mul:
    return a * b;
  case Kind::udiv:
    return b == 0 ? std::nullopt : std::optional(a / b);
  case Kind::urem:
    return b == 0 ? std::nullopt : std::optional(a % b);
  case Kind::sdiv:
  case Kind::srem: {
    const std::int64_t x = as_signed(a, n), y = as_signed(b, n);
    if (y == 0 || y == -1)
      return std::nullopt;
    return static_cast<std::uint64_t>(node.kind == Kind::sdiv ? x / y : x % y);
  }
  case Kind::and_:
    return a & b;
  case Kind::or_:
    return a | b;
  case Kind::xor_:
    return a ^ b;
  case Kind::shl:
    return b >= n ? 0 : a << b;
  case Kind::shr:
    return b >= n ? 0 : a >> b;
  case Kind::sar:
    return static_cast<std::uint64_t>(as_signed(a, n) >> std::min<std::uint64_t>(b, 63));
  case Kind::eq:
    return a == b;
  case Kind::ult:
    return a < b;
  case Kind::slt:
    return as_signed(a, n) < as_signed(b, n);
  case Kind::concat:
    return a << pool.bits(Expr(node.b)) | b;
  default:
    return std::nullopt;
  }
}

} // namespace ringfence::symbolic
