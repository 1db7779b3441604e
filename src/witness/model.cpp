#include "model.h"

#include <algorithm>

namespace ringfence::witness {

using symbolic::as_signed;
using symbolic::low_mask;

void Model::set_symbol(Expr symbol, std::uint64_t value) {
  const auto [at, fresh] = symbols_.try_emplace(symbol.value, value);
  changes_.push_back({.symbol = true, .key = symbol.value, .before = fresh ? std::nullopt : std::optional(at->second)});
  at->second = value;
  values_.forget();
}

void Model::set_bytes(ArrayId array, std::uint64_t offset, std::uint64_t value, unsigned bytes) {
  for (unsigned i = 0; i < bytes; ++i) {
    const auto byte = static_cast<std::uint8_t>(i < 8 ? value >> (8 * i) & 0xff : 0);
    const auto [at, fresh] = bytes_.try_emplace({array.value, offset + i}, byte);
    changes_.push_back({.key = array.value, .offset = offset + i, .before = fresh ? std::nullopt : std::optional<std::uint64_t>(at->second)});
    at->second = byte;
  }
  values_.forget();
}

void Model::undo(std::size_t mark) {
  if (changes_.size() == mark)
    return;
  for (; changes_.size() > mark; changes_.pop_back()) {
    const Change &change = changes_.back();
    if (change.symbol && change.before)
      symbols_[change.key] = *change.before;
    else if (change.symbol)
      symbols_.erase(change.key);
    else if (change.before)
      bytes_[{change.key, change.offset}] = static_cast<std::uint8_t>(*change.before);
    else
      bytes_.erase({change.key, change.offset});
  }
  values_.forget();
}

std::uint64_t Model::bytes(ArrayId array, std::uint64_t offset, unsigned bytes) const {
  std::uint64_t out = 0;
  for (unsigned i = 0; i < bytes && i < 8; ++i)
    if (const auto found = bytes_.find({array.value, offset + i}); found != bytes_.end())
      out |= std::uint64_t{found->second} << (8 * i);
  return out;
}

bool Model::is_readable(ArrayId array) const { return std::find(readable_.begin(), readable_.end(), array) != readable_.end(); }

std::optional<std::uint64_t> Model::evaluate(Expr e) {
  const Node &node = pool_[e];
  if (node.bits > 64)
    return std::nullopt;
  if (node.kind == Kind::constant)
    return node.imm;
  if (const Values::Entry *known = values_.find(e))
    return known->known ? std::optional(known->value) : std::nullopt;
  if (fuel_ == 0)
    return std::nullopt;
  --fuel_;
  auto value = compute(node, e);
  if (value)
    *value &= low_mask(node.bits);
  values_.keep(e, value);
  return value;
}

std::optional<std::uint64_t> Model::compute(const Node &node, Expr e) {
  switch (node.kind) {
  case Kind::symbol: {
    const auto found = symbols_.find(e.value);
    return found == symbols_.end() ? 0 : found->second;
  }
  case Kind::slice:
    return bytes(ArrayId(node.a), node.imm, node.bits / 8u);
  case Kind::read: {
    const auto offset = evaluate(Expr(node.b));
    if (!offset || node.imm != 0 || !is_readable(ArrayId(node.a)))
      return std::nullopt;
    return bytes(ArrayId(node.a), *offset, node.bits / 8u);
  }
  case Kind::extract: {
    const Node &wide = pool_[Expr(node.a)];
    if (wide.bits > 64)
      return std::nullopt;
    const auto a = evaluate(Expr(node.a));
    return a ? std::optional(*a >> node.imm) : std::nullopt;
  }
  case Kind::ite: {
    const auto condition = evaluate(Expr(node.a));
    return condition ? evaluate(Expr(*condition != 0 ? node.b : node.c)) : std::nullopt;
  }
  case Kind::opaque:
    return std::nullopt;
  default:
    break;
  }
  const auto first = evaluate(Expr(node.a));
  if (!first)
    return std::nullopt;
  const std::uint64_t a = *first;
  const unsigned n = pool_[Expr(node.a)].bits;
  if (node.kind == Kind::not_)
    return ~a;
  if (node.kind == Kind::zext)
    return a;
  if (node.kind == Kind::sext)
    return static_cast<std::uint64_t>(as_signed(a, n));
  const auto second = evaluate(Expr(node.b));
  if (!second)
    return std::nullopt;
  const std::uint64_t b = *second;
  switch (node.kind) {
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
    return a << pool_[Expr(node.b)].bits | b;
  default:
    return std::nullopt;
  }
}

} // namespace ringfence::witness
