#include "model.h"

#include <ringfence/symbolic/apply.h>

#include <algorithm>
#include <utility>

namespace ringfence::witness {

using symbolic::low_mask;

namespace {

template <class Key, class Item> auto place_of(std::vector<std::pair<Key, Item>> &sorted, const Key &key) {
  return std::lower_bound(sorted.begin(), sorted.end(), key,
                          [](const auto &entry, const Key &wanted) { return entry.first < wanted; });
}

/// Sets an entry of a sorted list; gives what stood there before.
template <class Key, class Item>
std::optional<std::uint64_t> put(std::vector<std::pair<Key, Item>> &sorted, const Key &key, Item item) {
  const auto at = place_of(sorted, key);
  if (at == sorted.end() || at->first != key) {
    sorted.insert(at, {key, item});
    return std::nullopt;
  }
  return std::exchange(at->second, item);
}

/// Puts back what stood there.
template <class Key, class Item>
void restore(std::vector<std::pair<Key, Item>> &sorted, const Key &key, const std::optional<std::uint64_t> &before) {
  const auto at = place_of(sorted, key);
  if (before)
    at->second = static_cast<Item>(*before);
  else
    sorted.erase(at);
}

std::uint64_t class_of_symbol(std::uint32_t symbol) { return Values::class_of(symbol, ~std::uint64_t{1}); }
std::uint64_t class_of_byte(std::uint32_t array, std::uint64_t offset) { return Values::class_of(array, offset / 8); }

} // namespace

void Model::set_symbol(Expr symbol, std::uint64_t value) {
  changes_.push_back({.symbol = true, .key = symbol.value, .before = put(symbols_, symbol.value, value)});
  values_.forget(class_of_symbol(symbol.value));
}

void Model::set_bytes(ArrayId array, std::uint64_t offset, std::uint64_t value, unsigned bytes) {
  std::uint64_t changed = 0;
  for (unsigned i = 0; i < bytes; ++i) {
    const auto byte = static_cast<std::uint8_t>(i < 8 ? value >> (8 * i) & 0xff : 0);
    changes_.push_back(
        {.key = array.value, .offset = offset + i, .before = put(bytes_, Place(array.value, offset + i), byte)});
    changed |= class_of_byte(array.value, offset + i);
  }
  values_.forget(changed);
}

void Model::undo(std::size_t mark) {
  if (changes_.size() == mark)
    return;
  std::uint64_t changed = 0;
  for (; changes_.size() > mark; changes_.pop_back()) {
    const Change &change = changes_.back();
    if (change.symbol)
      restore(symbols_, change.key, change.before);
    else
      restore(bytes_, Place(change.key, change.offset), change.before);
    changed |= change.symbol ? class_of_symbol(change.key) : class_of_byte(change.key, change.offset);
  }
  values_.forget(changed);
}

std::uint64_t Model::bytes(ArrayId array, std::uint64_t offset, unsigned bytes) const {
  std::uint64_t out = 0;
  const Place first(array.value, offset);
  auto at = std::lower_bound(bytes_.begin(), bytes_.end(), first,
                             [](const auto &entry, const Place &wanted) { return entry.first < wanted; });
  for (; at != bytes_.end() && at->first.first == array.value && at->first.second - offset < std::min(bytes, 8u); ++at)
    out |= std::uint64_t{at->second} << (8 * (at->first.second - offset));
  return out;
}

bool Model::is_readable(ArrayId array) const {
  return std::find(readable_.begin(), readable_.end(), array) != readable_.end();
}

std::optional<std::uint64_t> Model::evaluate(Expr e) {
  const Node &node = pool_[e];
  if (node.bits > 64)
    return std::nullopt;
  if (node.kind == Kind::constant)
    return node.imm;
  if (const Values::Entry *known = values_.find(e)) {
    unknowns_ |= known->unknowns;
    return known->known ? std::optional(known->value) : std::nullopt;
  }
  if (fuel_ == 0)
    return std::nullopt;
  --fuel_;
  const std::uint64_t outside = std::exchange(unknowns_, 0);
  auto value = compute(node, e);
  if (value)
    *value &= low_mask(node.bits);
  values_.keep(e, value, unknowns_);
  unknowns_ |= outside;
  return value;
}

std::optional<std::uint64_t> Model::compute(const Node &node, Expr e) {
  switch (node.kind) {
  case Kind::symbol: {
    unknowns_ |= class_of_symbol(e.value);
    const auto found = place_of(symbols_, e.value);
    return found == symbols_.end() || found->first != e.value ? 0 : found->second;
  }
  case Kind::slice:
    for (std::uint64_t at = node.imm / 8; at <= (node.imm + node.bits / 8u - 1) / 8; ++at)
      unknowns_ |= Values::class_of(node.a, at);
    return bytes(ArrayId(node.a), node.imm, node.bits / 8u);
  case Kind::read: {
    const auto offset = evaluate(Expr(node.b));
    unknowns_ = Values::all;
    if (!offset || node.imm != 0 || !is_readable(ArrayId(node.a)))
      return std::nullopt;
    return bytes(ArrayId(node.a), *offset, node.bits / 8u);
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
  const unsigned operands = symbolic::operands_of(node.kind);
  const auto a = evaluate(Expr(node.a));
  const auto b = operands == 2 && a ? evaluate(Expr(node.b)) : std::optional<std::uint64_t>(0);
  return a && b ? symbolic::apply(pool_, node, *a, *b) : std::nullopt;
}

} // namespace ringfence::witness
