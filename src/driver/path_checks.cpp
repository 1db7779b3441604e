#include "path_checks.h"

#include "bounds.h"

#include <ringfence/base/text.h>

#include <algorithm>
#include <optional>

namespace ringfence::driver {

using symbolic::Expr;
using symbolic::ExprPool;
using symbolic::Kind;
using symbolic::Node;

namespace {

constexpr std::size_t most_checks = 24;
constexpr std::uint32_t looked_at = caller_or_length | symbolic::label_file_object | symbolic::label_process;

/// Without the widening that C does by itself.
Expr narrow(const ExprPool &pool, Expr e) {
  while (pool[e].kind == Kind::zext || pool[e].kind == Kind::sext)
    e = Expr(pool[e].a);
  return e;
}

/// The constant that is added to something, and that something.
std::optional<std::pair<Expr, std::uint64_t>> sum(const ExprPool &pool, Expr e) {
  const Node &n = pool[e];
  if (n.kind != Kind::add || !pool.is_constant(Expr(n.b)) || n.bits > 64)
    return std::nullopt;
  return std::pair{Expr(n.a), pool.value(Expr(n.b))};
}

/// x + c < n with a wrapping sum is how a compiler writes low <= x && x < low + n.
std::string interval_text(const ExprPool &pool, Expr part, std::uint64_t added, std::uint64_t low, std::uint64_t high) {
  const unsigned bits = pool.bits(part);
  const std::uint64_t from = (low - added) & symbolic::low_mask(bits), to = (high - added) & symbolic::low_mask(bits);
  const std::string text = pool.to_string(narrow(pool, part));
  return from <= to ? text + " in [" + hex(from) + "," + hex(to) + "]"
                    : text + " not in [" + hex(to + 1) + "," + hex(from - 1) + "]";
}

std::string less_text(const ExprPool &pool, Expr a, Expr b, bool or_equal, bool is_signed) {
  const auto text = [&](Expr e) { return pool.to_string(narrow(pool, e)); };
  if (!is_signed && pool.is_constant(b))
    if (const auto parts = sum(pool, a); parts && (or_equal || pool.value(b) > 0))
      return interval_text(pool, parts->first, parts->second, 0, pool.value(b) - (or_equal ? 0 : 1));
  if (!is_signed && pool.is_constant(a))
    if (const auto parts = sum(pool, b))
      return interval_text(pool, parts->first, parts->second, pool.value(a) + (or_equal ? 0 : 1),
                           symbolic::low_mask(pool.bits(b)));
  const std::string how = is_signed ? " (signed)" : "";
  if (pool.is_constant(a)) // the constant stands right
    return text(b) + (or_equal ? " >= " : " > ") + text(a) + how;
  return text(a) + (or_equal ? " <= " : " < ") + text(b) + how;
}

bool looks_at(const ExprPool &pool, Expr condition, const std::vector<Expr> &wanted) {
  std::vector<Expr> sources;
  collect_sources(pool, condition, sources);
  return std::any_of(sources.begin(), sources.end(), [&](Expr s) {
    return std::any_of(wanted.begin(), wanted.end(), [&](Expr w) { return is_same_source(pool, s, w); });
  });
}

} // namespace

namespace {

/// The text of a condition, or of its negation.
std::string text_of(const ExprPool &pool, Expr condition, bool holds, unsigned depth) {
  Node n = pool[condition];
  if (n.kind == Kind::not_) {
    holds = !holds;
    n = pool[Expr(n.a)];
  }
  const Expr a(n.a), b(n.b);
  if (depth > 0 && (n.kind == Kind::and_ || n.kind == Kind::or_)) {
    const bool both = (n.kind == Kind::and_) == holds;
    return text_of(pool, a, holds, depth - 1) + (both ? " and " : " or ") + text_of(pool, b, holds, depth - 1);
  }
  switch (n.kind) {
  case Kind::eq:
    return pool.to_string(narrow(pool, a)) + (holds ? " == " : " != ") + pool.to_string(narrow(pool, b));
  case Kind::ult:
  case Kind::slt:
    return holds ? less_text(pool, a, b, false, n.kind == Kind::slt) : less_text(pool, b, a, true, n.kind == Kind::slt);
  default:
    return (holds ? "" : "not ") + pool.to_string(n.kind == pool[condition].kind ? condition : Expr(pool[condition].a));
  }
}

} // namespace

std::string condition_text(const ExprPool &pool, Expr condition) { return text_of(pool, condition, true, 3); }

std::vector<PathCheck> checks_on_path(World &world, std::uint32_t trace, Expr about) {
  const auto &pool = world.pool();
  std::vector<Expr> wanted;
  if (about != Expr(0))
    collect_sources(pool, about, wanted);
  std::vector<PathCheck> out;
  for (const auto &check : world.executor().checks_of(trace)) {
    const auto rva = world.machine().rva_of(check.address);
    if (!rva || (pool.labels(check.condition) & looked_at) == 0 ||
        (about != Expr(0) && !looks_at(pool, check.condition, wanted)))
      continue;
    PathCheck said{condition_text(pool, check.condition), *rva};
    const bool known =
        std::any_of(out.begin(), out.end(), [&](const PathCheck &c) { return c.at == said.at && c.text == said.text; });
    if (!known)
      out.push_back(std::move(said));
  }
  if (out.size() > most_checks) // the last ones are closest to the place
    out.erase(out.begin(), out.end() - most_checks);
  return out;
}

std::vector<PathCall> calls_on_path(World &world, const symbolic::State &state) {
  std::vector<PathCall> out;
  for (const symbolic::Frame &frame : state.frames) {
    const auto routine = world.machine().rva_of(frame.function), from = world.machine().rva_of(frame.call_site);
    if (routine && from)
      out.push_back({*routine, *from});
  }
  return out;
}

} // namespace ringfence::driver
