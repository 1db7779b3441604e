#include "gates.h"

#include <algorithm>

namespace ringfence::driver {

using symbolic::Expr;
using symbolic::State;

namespace {

constexpr unsigned deepest = 10;

/// True when the expression is made of `part`.
bool made_of(const symbolic::ExprPool &pool, Expr e, Expr part, unsigned depth) {
  if (e == part)
    return true;
  const symbolic::Node &n = pool[e];
  if (depth == deepest || n.kind == symbolic::Kind::constant || n.kind == symbolic::Kind::symbol ||
      n.kind == symbolic::Kind::slice)
    return false;
  return (n.a != 0 && n.kind != symbolic::Kind::read && made_of(pool, Expr(n.a), part, depth + 1)) ||
         (n.b != 0 && made_of(pool, Expr(n.b), part, depth + 1)) ||
         (n.c != 0 && made_of(pool, Expr(n.c), part, depth + 1));
}

/// Whether an answer is zero on the path: its low byte, a status or the whole value. Nothing when both are possible.
std::optional<bool> is_zero(symbolic::ExprPool &pool, const symbolic::PathFacts &facts, Expr answer) {
  for (const unsigned bits : {8u, 32u, 64u}) {
    if (bits > pool.bits(answer))
      continue;
    const Expr part = bits == pool.bits(answer) ? answer : pool.extract(answer, 0, bits);
    const symbolic::Range range = facts.range(pool, part);
    if (range.is_single() && range.low == 0)
      return true;
    const std::vector<std::uint64_t> excluded = facts.excluded(part);
    if (range.low > 0 || range.ones != 0 || std::find(excluded.begin(), excluded.end(), 0) != excluded.end())
      return false;
  }
  return std::nullopt;
}

std::string joined(const std::set<std::string> &texts, std::string_view between) {
  std::string out;
  for (const std::string &text : texts)
    out += (out.empty() ? "" : std::string(between)) + text;
  return out;
}

} // namespace

GateTally::Passed GateTally::passed_on(World &world, const State &state, const symbolic::PathFacts &facts) {
  Passed out;
  for (const Event *event : world.log_of(state)) {
    if (event->kind != EventKind::gate)
      continue;
    const Expr answer(static_cast<std::uint32_t>(event->b));
    const auto &conditions = facts.conditions();
    if (answer == Expr(0) ||
        std::none_of(conditions.begin(), conditions.end(), [&](Expr c) { return made_of(world.pool(), c, answer, 0); }))
      continue;
    const auto zero = is_zero(world.pool(), facts, answer);
    // What is identified (a process, an image) is compared; what is granted (a privilege) is answered with yes.
    const bool granted = event->c != 0;
    out.emplace(event->text,
                granted && zero ? (*zero == (event->c == 2) ? Answer::yes : Answer::no) : Answer::compared);
  }
  return out;
}

void GateTally::add_success(World &world, const State &state, const symbolic::PathFacts &facts) {
  Passed passed = passed_on(world, state, facts);
  std::erase_if(passed, [](const auto &one) { return one.second == Answer::no; });
  if (!passed.empty()) {
    paths_.insert(std::move(passed));
    return;
  }
  constexpr std::uint32_t of_state = symbolic::label_registry | symbolic::label_persistent | symbolic::label_unknown;
  const auto &conditions = facts.conditions();
  const bool by_state = std::any_of(conditions.begin(), conditions.end(),
                                    [&](Expr c) { return (world.pool().labels(c) & of_state) != 0; });
  (by_state ? skipped_by_state_ : skipped_) = true;
}

std::vector<std::string> GateTally::deciding() const {
  if (paths_.empty() || skipped_)
    return {};
  std::vector<std::set<std::string>> sets;
  for (const Passed &passed : paths_) {
    std::set<std::string> names;
    for (const auto &[name, answer] : passed)
      names.insert(name);
    sets.push_back(std::move(names));
  }
  std::set<std::string> common = sets.front();
  for (const std::set<std::string> &one : sets)
    std::erase_if(common, [&](const std::string &name) { return !one.contains(name); });
  std::set<std::string> alternatives;
  for (const std::set<std::string> &one : sets) {
    std::set<std::string> rest;
    std::set_difference(one.begin(), one.end(), common.begin(), common.end(), std::inserter(rest, rest.end()));
    if (rest.empty()) {
      alternatives.clear();
      break;
    }
    alternatives.insert(joined(rest, " and "));
  }
  std::vector<std::string> out(common.begin(), common.end());
  if (!alternatives.empty())
    out.push_back(joined(alternatives, " or "));
  return out;
}

} // namespace ringfence::driver
