#include <ringfence/witness/witness.h>

#include "search.h"

#include <algorithm>
#include <array>
#include <map>

namespace ringfence::witness {

using symbolic::low_mask;
using symbolic::PathFacts;
using symbolic::Range;

namespace {

constexpr std::uint64_t longest_input = 0x4000;
constexpr std::uint64_t roomy_output = 0x40, longest_output = 0x100000;
constexpr std::uint64_t most_evaluations = 60'000;
constexpr std::uint64_t null_page = 0x10000, first_user_memory = 0x30000000, user_memory_step = 0x10000, last_user_address = 0x7fff'ffff;

struct Canaries {
  std::uint64_t a = 0, b = 0;
};

/// Bytes that the value needs, as a width of the contract.
unsigned width_of(std::uint64_t value) { return value > 0xffffffff ? 8 : value > 0xffff ? 4 : value > 0xff ? 2 : 1; }

/// Pairs to try, the most telling first: kernel-like and page-aligned values, then narrower ones, then two of the range's own.
std::vector<Canaries> candidates(const Range &range, unsigned bits) {
  constexpr std::array<Canaries, 10> known = {{{0xffffa53c5a693000, 0xffffb42d4b782000},
                                               {0x5a693000, 0x4b782000},
                                               {0x5a693c10, 0x4b782d20},
                                               {0x5a3c, 0x4b2c},
                                               {0x5a38, 0x4b28},
                                               {0x5a30, 0x4b20},
                                               {0x5a00, 0x4b00},
                                               {0x5c, 0x4c},
                                               {0x58, 0x48},
                                               {0x13, 0x12}}};
  std::vector<Canaries> out;
  for (const Canaries &pair : known)
    if ((pair.a | low_mask(bits)) == low_mask(bits) && range.contains(pair.a) && range.contains(pair.b))
      out.push_back(pair);
  // The range's own: its upper end with known bits, and another of the same width.
  const auto fit = [&](std::uint64_t v) { return (v | range.ones) & ~range.zeros; };
  std::vector<std::uint64_t> own;
  for (unsigned i = 0; i < 16 && own.size() < 6; ++i) {
    const std::uint64_t v = fit(range.high - (range.high - range.low) / 16 * i);
    if (v != 0 && range.contains(v) && std::find(own.begin(), own.end(), v) == own.end())
      own.push_back(v);
    const std::uint64_t w = fit(range.low + i);
    if (w != 0 && range.contains(w) && std::find(own.begin(), own.end(), w) == own.end())
      own.push_back(w);
  }
  for (std::size_t i = 0; i < own.size() && out.size() < 14; ++i)
    for (std::size_t j = 0; j < own.size(); ++j)
      if (i != j && width_of(own[i]) == width_of(own[j])) {
        out.push_back({own[i], own[j]});
        break;
      }
  return out;
}

class Witness {
public:
  Witness(const ExprPool &pool, Values &values, const Inputs &inputs, const PathFacts &facts, std::span<const Through> through, Expr argument)
      : pool_(pool), inputs_(inputs), facts_(facts), conditions_(facts.conditions()), through_(through), argument_(argument),
        search_(pool, facts, Model(pool, values, inputs.bytes, most_evaluations)) {}

  std::optional<Answer> solve();

private:
  std::optional<Answer> answer_for(const Canaries &pair, Expr target, bool whole);
  std::optional<Answer> read_answer(const Canaries &pair, Expr target, bool whole);
  bool settle_lengths(std::uint64_t needed);
  void settle_pointers();
  bool follow_second(Answer &answer, Expr target);
  bool add_memory(Answer &answer, std::uint64_t canary);
  bool is_input(ArrayId array) const { return std::find(inputs_.bytes.begin(), inputs_.bytes.end(), array) != inputs_.bytes.end(); }
  std::vector<std::byte> input_of(std::uint64_t length);
  std::uint64_t used_bytes();
  Model &model() { return search_.model(); }

  const ExprPool &pool_;
  const Inputs &inputs_;
  const PathFacts &facts_;
  const std::vector<Expr> &conditions_;
  std::span<const Through> through_;
  Expr argument_;
  Search search_;
};

std::vector<std::byte> Witness::input_of(std::uint64_t length) {
  std::vector<std::byte> out(static_cast<std::size_t>(length));
  for (const auto &[place, value] : model().content())
    if (is_input(ArrayId(place.first)) && place.second < length)
      out[static_cast<std::size_t>(place.second)] = static_cast<std::byte>(value);
  return out;
}

/// One past the last input byte that the path gives a value, or that the argument is made of.
std::uint64_t Witness::used_bytes() {
  std::uint64_t end = 0;
  for (const auto &[place, value] : model().content())
    if (is_input(ArrayId(place.first)) && place.second < longest_input)
      end = std::max(end, place.second + 1);
  for (const Expr leaf : leaves_of(pool_, std::span(&argument_, 1)))
    if (const Node &node = pool_[leaf]; node.kind == Kind::slice && is_input(ArrayId(node.a)) && node.imm < longest_input)
      end = std::max(end, node.imm + node.bits / 8u);
  return end;
}

/// Lengths large enough for what the path reads, within what its conditions admit.
bool Witness::settle_lengths(std::uint64_t needed) {
  const auto raise = [&](Expr length, std::uint64_t least) {
    const std::uint64_t now = model().evaluate(length).value_or(0);
    const std::uint64_t wanted = std::min(std::max(now, least), facts_.range(pool_, length).high);
    if (wanted == now)
      return;
    const std::size_t before = model().mark();
    model().set_symbol(length, wanted);
    if (!search_.holds(conditions_))
      model().undo(before);
  };
  raise(inputs_.input_length, needed);
  raise(inputs_.output_length, std::max(roomy_output, needed));
  return model().evaluate(inputs_.input_length).value_or(0) <= longest_input;
}

std::optional<Answer> Witness::read_answer(const Canaries &pair, Expr target, bool whole) {
  if (!settle_lengths(used_bytes()))
    return std::nullopt;
  const std::uint64_t length = model().evaluate(inputs_.input_length).value_or(0);
  const std::uint64_t output = model().evaluate(inputs_.output_length).value_or(0);
  Answer answer{.input = input_of(length), .output_length = static_cast<std::uint32_t>(std::min(output, longest_output)), .canary_a = pair.a, .canary_b = pair.b, .whole = whole};
  const unsigned width = std::max(width_of(pair.a), width_of(pair.b));
  std::array<std::byte, 8> pattern;
  for (unsigned i = 0; i < 8; ++i)
    pattern[i] = static_cast<std::byte>(pair.a >> (8 * i) & 0xff);
  const auto end = answer.input.end(), found = std::search(answer.input.begin(), end, pattern.begin(), pattern.begin() + width);
  if (found == end || std::search(found + 1, end, pattern.begin(), pattern.begin() + width) != end)
    return std::nullopt;
  answer.offset = static_cast<std::uint32_t>(found - answer.input.begin());
  answer.width = width;
  return add_memory(answer, pair.a) && follow_second(answer, target) ? std::optional(std::move(answer)) : std::nullopt;
}

/// The second input is the same but for the canary, and all conditions must hold for it as well; only memory behind
/// pointers may differ, as it lies elsewhere.
bool Witness::follow_second(Answer &answer, Expr target) {
  const std::size_t before = model().mark();
  for (const ArrayId array : inputs_.bytes)
    model().set_bytes(array, answer.offset, answer.canary_b, answer.width);
  std::vector<std::byte> expected = answer.input;
  for (unsigned i = 0; i < answer.width; ++i)
    expected[answer.offset + i] = static_cast<std::byte>(answer.canary_b >> (8 * i) & 0xff);
  const bool holds = search_.holds(conditions_) || search_.satisfy(conditions_, target, answer.canary_b);
  bool follows = holds && model().evaluate(target) == answer.canary_b && model().evaluate(inputs_.input_length) == expected.size() && input_of(expected.size()) == expected;
  follows = follows && add_memory(answer, answer.canary_b);
  model().undo(before);
  return follows;
}

/// A pointer that the path goes through leads into the caller's memory, and what is copied through it is not nothing.
void Witness::settle_pointers() {
  std::uint64_t next = first_user_memory;
  for (const Through &t : through_) {
    if (t.pointer != argument_ && model().evaluate(t.pointer).value_or(null_page) < null_page) {
      search_.wish(conditions_, t.pointer, next);
      next += user_memory_step;
    }
    if (t.count != Expr(0) && model().evaluate(t.count).value_or(1) == 0)
      for (const std::uint64_t count : {8u, 4u, 1u, 16u})
        if (search_.wish(conditions_, t.count, count))
          break;
  }
}

/// What must lie behind the path's pointers into user space. What the canary itself points to is not memory, unless the
/// path looks at it. False: the path looks at memory that is not the caller's.
bool Witness::add_memory(Answer &answer, std::uint64_t canary) {
  constexpr std::int64_t farthest = 0x1000;
  constexpr std::size_t least = 0x40, most = 16;
  for (const Through &t : through_) {
    const auto address = model().evaluate(t.pointer);
    std::map<std::int64_t, std::uint8_t> content;
    for (const auto &[place, value] : model().content())
      if (const auto at = static_cast<std::int64_t>(place.second); place.first == t.memory.value && at > -farthest && at < farthest)
        content[at] = value;
    if (!address || *address < null_page || *address > last_user_address) {
      if (!content.empty())
        return false;
      continue;
    }
    if (content.empty() && *address == canary)
      continue;
    const std::int64_t low = content.empty() ? 0 : std::min<std::int64_t>(content.begin()->first, 0);
    const std::int64_t high = content.empty() ? 0 : content.rbegin()->first + 1;
    UserMemory memory{.address = *address + static_cast<std::uint64_t>(low)};
    memory.bytes.resize(*address == canary ? static_cast<std::size_t>(high - low) : std::max(static_cast<std::size_t>(high - low), least));
    for (const auto &[at, value] : content)
      memory.bytes[static_cast<std::size_t>(at - low)] = static_cast<std::byte>(value);
    const bool known = std::any_of(answer.memory.begin(), answer.memory.end(), [&](const UserMemory &m) { return m.address == memory.address; });
    if (!known && answer.memory.size() < most)
      answer.memory.push_back(std::move(memory));
  }
  return true;
}

std::optional<Answer> Witness::answer_for(const Canaries &pair, Expr target, bool whole) {
  const std::size_t before = model().mark();
  std::optional<Answer> answer;
  if (search_.satisfy(conditions_, target, pair.a))
    answer = read_answer(pair, target, whole);
  model().undo(before);
  return answer;
}

std::optional<Answer> Witness::solve() {
  if (pool_.bits(argument_) > 64)
    return std::nullopt;
  std::vector<Expr> all = conditions_;
  all.push_back(argument_);
  search_.start(all);
  if (!search_.satisfy(conditions_, Expr(0), 0))
    return std::nullopt;
  settle_pointers();
  for (const Canaries &pair : candidates(facts_.range(pool_, argument_), pool_.bits(argument_)))
    if (auto answer = answer_for(pair, argument_, true))
      return answer;
  // The argument is built from parts of the input: one part becomes the canary, and the argument carries its bytes.
  for (const Expr leaf : leaves_of(pool_, std::span(&argument_, 1))) {
    const Node &node = pool_[leaf];
    if (node.kind != Kind::slice || node.bits > 64 || !is_input(ArrayId(node.a)))
      continue;
    for (const Canaries &pair : candidates(facts_.range(pool_, leaf), node.bits))
      if (auto answer = answer_for(pair, leaf, false))
        return answer;
  }
  return std::nullopt;
}

} // namespace

struct Solver::State {
  explicit State(const ExprPool &given) : pool(given) {}
  const ExprPool &pool;
  Values values;
};

Solver::Solver(const ExprPool &pool) : state_(std::make_unique<State>(pool)) {}
Solver::Solver(Solver &&) noexcept = default;
Solver::~Solver() = default;

std::optional<Answer> Solver::solve(const Inputs &inputs, const PathFacts &facts, std::span<const Through> through, Expr argument) {
  state_->values.fit(state_->pool);
  return Witness(state_->pool, state_->values, inputs, facts, through, argument).solve();
}

} // namespace ringfence::witness
