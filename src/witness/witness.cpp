#include <ringfence/witness/witness.h>

#include "search.h"
#include "z3_solver.h"

#include <algorithm>
#include <array>
#include <map>

namespace ringfence::witness {

using symbolic::low_mask;
using symbolic::PathFacts;
using symbolic::Range;

namespace {

constexpr std::uint64_t longest_input = 0x80000; // only where the driver asks for so much
constexpr std::uint64_t roomy_output = 0x40, longest_output = 0x100000;
constexpr std::uint64_t most_evaluations = 60'000;
constexpr std::uint64_t null_page = 0x10000, first_user_memory = 0x30000000, user_memory_step = 0x10000,
                        last_user_address = 0x7fff'ffff;

struct Canaries {
  std::uint64_t a = 0, b = 0;
};

/// Bytes that the value needs, as a width of the contract.
unsigned width_of(std::uint64_t value) { return value > 0xffffffff ? 8 : value > 0xffff ? 4 : value > 0xff ? 2 : 1; }

/// Pairs to try, the most telling first: kernel-like and page-aligned values, then narrower ones, then two of the
/// range's own.
std::vector<Canaries> candidates(const Range &range, unsigned bits) {
  constexpr std::array<Canaries, 11> known = {{{0xffffa53c5a693000, 0xffffb42d4b782000},
                                               {0xa5693000, 0xb4782000}, // an address of a 32-bit kernel
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
    if ((pair.a | low_mask(bits)) == low_mask(bits) && (pair.a >> 31 != 1 || bits == 32) && range.contains(pair.a) &&
        range.contains(pair.b))
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

std::vector<ArrayId> arrays_of(std::span<const Inputs> requests) {
  std::vector<ArrayId> out;
  for (const Inputs &request : requests)
    out.insert(out.end(), request.bytes.begin(), request.bytes.end());
  return out;
}

bool is_input(const Inputs &request, ArrayId array) {
  return std::find(request.bytes.begin(), request.bytes.end(), array) != request.bytes.end();
}

/// What an expression becomes in the two runs, and the run of its bytes that is the canary.
struct Aim {
  Expr target;
  Canaries values, canaries;
  unsigned width = 0;
  bool whole = false; ///< the target is the argument
};

/// The symbols and slices that an expression is made of; nothing where it is made of something else, too.
std::optional<std::vector<Expr>> fixed_leaves_of(const ExprPool &pool, Expr e) {
  constexpr std::size_t most = 64;
  std::vector<Expr> leaves, open{e};
  for (std::size_t looked_at = 0; !open.empty(); ++looked_at) {
    const Expr at = open.back();
    open.pop_back();
    const Node &node = pool[at];
    if (looked_at == most || node.kind == Kind::read || node.kind == Kind::opaque)
      return std::nullopt;
    if (at == Expr(0) || node.kind == Kind::constant)
      continue;
    if (node.kind == Kind::symbol || node.kind == Kind::slice)
      leaves.push_back(at);
    else
      open.insert(open.end(), {Expr(node.a), Expr(node.b), Expr(node.c)});
  }
  return leaves;
}

class Witness {
public:
  Witness(const ExprPool &pool, Values &values, Z3Solver &z3, std::span<const Inputs> requests, const PathFacts &facts,
          std::span<const Through> through, Expr argument)
      : pool_(pool), z3_(z3), requests_(requests), facts_(facts), conditions_(facts.conditions()), through_(through),
        argument_(argument), search_(pool, facts, Model(pool, values, arrays_of(requests), most_evaluations)) {}

  Solution solve();

private:
  std::optional<Answer> answer_for(const Aim &aim);
  std::optional<Answer> read_answer(const Aim &aim);
  std::vector<Aim> aims_at(Expr leaf);
  std::vector<Aim> cautious_aims_at(Expr leaf);
  bool depends_on_others();
  bool is_refuted();
  bool may_carry(const Aim &aim);
  bool is_carried(std::uint64_t canary, unsigned width);
  bool settle_lengths(const Inputs &request);
  bool settle_name(const Inputs &request);
  bool find_canary(Answer &answer, std::uint64_t canary, unsigned width);
  void settle_pointers();
  bool follow_second(Answer &answer, const Aim &aim);
  bool add_memory(Answer &answer, std::uint64_t canary);
  bool is_any_input(ArrayId array) const {
    return std::any_of(requests_.begin(), requests_.end(),
                       [&](const Inputs &request) { return is_input(request, array); });
  }
  std::vector<std::byte> input_of(const Inputs &request, std::uint64_t length);
  std::uint64_t used_bytes(const Inputs &request);
  Model &model() { return search_.model(); }

  const ExprPool &pool_;
  Z3Solver &z3_;
  std::span<const Inputs> requests_;
  const PathFacts &facts_;
  const std::vector<Expr> &conditions_;
  std::span<const Through> through_;
  Expr argument_;
  Search search_;
  unsigned unread_ = 0; ///< aims that all conditions admit and that are no request all the same
};

std::vector<std::byte> Witness::input_of(const Inputs &request, std::uint64_t length) {
  std::vector<std::byte> out(static_cast<std::size_t>(length));
  for (const auto &[place, value] : model().content())
    if (is_input(request, ArrayId(place.first)) && place.second < length)
      out[static_cast<std::size_t>(place.second)] = static_cast<std::byte>(value);
  return out;
}

/// One past the last input byte that the path gives a value, or that the argument is made of.
std::uint64_t Witness::used_bytes(const Inputs &request) {
  std::uint64_t end = 0;
  for (const auto &[place, value] : model().content())
    if (is_input(request, ArrayId(place.first)) && place.second < longest_input)
      end = std::max(end, place.second + 1);
  for (const Expr leaf : leaves_of(pool_, std::span(&argument_, 1)))
    if (const Node &node = pool_[leaf];
        node.kind == Kind::slice && is_input(request, ArrayId(node.a)) && node.imm < longest_input)
      end = std::max(end, node.imm + node.bits / 8u);
  return end;
}

/// Lengths large enough for what the path reads, within what its conditions admit.
bool Witness::settle_lengths(const Inputs &request) {
  const auto raise = [&](Expr length, std::uint64_t least) {
    if (length == Expr(0))
      return;
    const std::uint64_t now = model().evaluate(length).value_or(0);
    const std::uint64_t wanted = std::min(std::max(now, least), facts_.range(pool_, length).high);
    if (wanted == now)
      return;
    const std::size_t before = model().mark();
    model().set_symbol(length, wanted);
    if (!search_.holds(conditions_))
      model().undo(before);
  };
  const std::uint64_t needed = used_bytes(request);
  raise(request.input_length, needed);
  raise(request.output_length, std::max(roomy_output, needed));
  return request.input_length == Expr(0) || model().evaluate(request.input_length).value_or(0) <= longest_input;
}

/// A name is text: no character is zero, and none is half of a pair. What the path leaves open becomes a letter.
bool Witness::settle_name(const Inputs &request) {
  constexpr std::uint64_t longest_name = 0x200, first_surrogate = 0xd800, last_surrogate = 0xdfff;
  const std::uint64_t length = model().evaluate(request.input_length).value_or(0);
  if (length % 2 != 0 || length > longest_name)
    return false;
  for (std::uint64_t at = 0; at < length; at += 2) {
    const std::vector<std::byte> name = input_of(request, length);
    const auto unit = std::to_integer<std::uint64_t>(name[at]) | std::to_integer<std::uint64_t>(name[at + 1]) << 8;
    if (unit >= first_surrogate && unit <= last_surrogate)
      return false;
    if (unit != 0)
      continue;
    for (const ArrayId array : request.bytes)
      model().set_bytes(array, at, at == 0 ? u'\\' : u'a', 2);
    if (!search_.holds(conditions_))
      return false;
  }
  return true;
}

/// The one request whose input holds the canary, once.
bool Witness::find_canary(Answer &answer, std::uint64_t canary, unsigned width) {
  std::array<std::byte, 8> pattern;
  for (unsigned i = 0; i < 8; ++i)
    pattern[i] = static_cast<std::byte>(canary >> (8 * i) & 0xff);
  std::size_t times = 0;
  for (std::size_t i = 0; i < answer.requests.size(); ++i) {
    const std::vector<std::byte> &input = answer.requests[i].input;
    for (auto at = input.begin();
         (at = std::search(at, input.end(), pattern.begin(), pattern.begin() + width)) != input.end(); ++at, ++times) {
      answer.carrier = i;
      answer.offset = static_cast<std::uint32_t>(at - input.begin());
    }
  }
  answer.width = width;
  return times == 1 && !requests_[answer.carrier].is_text;
}

std::optional<Answer> Witness::read_answer(const Aim &aim) {
  Answer answer{
      .requests = {}, .canary_a = aim.canaries.a, .canary_b = aim.canaries.b, .whole = aim.whole, .memory = {}};
  for (const Inputs &request : requests_)
    if (!settle_lengths(request) || (request.is_text && !settle_name(request)))
      return std::nullopt;
  const auto length = [&](Expr e) { return e == Expr(0) ? 0 : model().evaluate(e).value_or(0); };
  for (const Inputs &request : requests_)
    answer.requests.push_back({input_of(request, length(request.input_length)),
                               static_cast<std::uint32_t>(std::min(length(request.output_length), longest_output))});
  if (!find_canary(answer, aim.canaries.a, aim.width))
    return std::nullopt;
  return add_memory(answer, aim.values.a) && follow_second(answer, aim) ? std::optional(std::move(answer))
                                                                        : std::nullopt;
}

/// The second input is the same but for the canary, and all conditions must hold for it as well; only memory behind
/// pointers may differ, as it lies elsewhere.
bool Witness::follow_second(Answer &answer, const Aim &aim) {
  const std::size_t before = model().mark();
  for (const ArrayId array : requests_[answer.carrier].bytes)
    model().set_bytes(array, answer.offset, answer.canary_b, answer.width);
  const auto is_as_sent = [&](std::size_t number) {
    std::vector<std::byte> expected = answer.requests[number].input;
    for (unsigned i = 0; number == answer.carrier && i < answer.width; ++i)
      expected[answer.offset + i] = static_cast<std::byte>(answer.canary_b >> (8 * i) & 0xff);
    const Inputs &request = requests_[number];
    return (request.input_length == Expr(0) || model().evaluate(request.input_length) == expected.size()) &&
           input_of(request, expected.size()) == expected;
  };
  bool follows = search_.holds(conditions_) || search_.satisfy(conditions_, aim.target, aim.values.b);
  follows = follows && model().evaluate(aim.target) == aim.values.b && is_carried(answer.canary_b, answer.width);
  for (std::size_t i = 0; i < requests_.size(); ++i)
    follows = follows && is_as_sent(i);
  follows = follows && add_memory(answer, aim.values.b);
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
      if (const auto at = static_cast<std::int64_t>(place.second);
          place.first == t.memory.value && at > -farthest && at < farthest)
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
    memory.bytes.resize(*address == canary ? static_cast<std::size_t>(high - low)
                                           : std::max(static_cast<std::size_t>(high - low), least));
    for (const auto &[at, value] : content)
      memory.bytes[static_cast<std::size_t>(at - low)] = static_cast<std::byte>(value);
    const bool known = std::any_of(answer.memory.begin(), answer.memory.end(),
                                   [&](const UserMemory &m) { return m.address == memory.address; });
    if (!known && answer.memory.size() < most)
      answer.memory.push_back(std::move(memory));
  }
  return true;
}

std::optional<Answer> Witness::answer_for(const Aim &aim) {
  const std::size_t before = model().mark();
  std::optional<Answer> answer;
  if (search_.satisfy(conditions_, aim.target, aim.values.a)) {
    if (is_carried(aim.canaries.a, aim.width))
      answer = read_answer(aim);
    unread_ += answer ? 0 : 1;
  }
  model().undo(before);
  return answer;
}

/// The canary's bytes stand in the argument, one after the other. An argument without a value here is for the replay to
/// judge.
bool Witness::is_carried(std::uint64_t canary, unsigned width) {
  const auto value = model().evaluate(argument_);
  for (unsigned shift = 0; value && shift + 8 * width <= 64; shift += 8)
    if ((*value >> shift & low_mask(8 * width)) == canary)
      return true;
  return !value;
}

/// Whether the argument would carry the canaries, were the leaf the one or the other and all else as it is.
bool Witness::may_carry(const Aim &aim) {
  const Node &leaf = pool_[aim.target];
  const std::size_t before = model().mark();
  bool carried = true;
  for (const auto &[value, canary] :
       {std::pair(aim.values.a, aim.canaries.a), std::pair(aim.values.b, aim.canaries.b)}) {
    model().set_bytes(ArrayId(leaf.a), leaf.imm, value, leaf.bits / 8u);
    carried = carried && is_carried(canary, aim.width);
  }
  model().undo(before);
  return carried;
}

/// The argument is built from parts of the input: one part, or a run of its bytes that arithmetic with the rest leaves
/// alone, becomes the canary, and the argument carries it.
std::vector<Aim> Witness::aims_at(Expr leaf) {
  const unsigned bits = pool_[leaf].bits, bytes = bits / 8;
  const Range range = facts_.range(pool_, leaf);
  std::vector<Aim> aims;
  const auto add = [&](Canaries values, unsigned offset, unsigned width) {
    const auto run = [&](std::uint64_t v) { return v >> (8 * offset) & low_mask(8 * width); };
    if (values.a != values.b && range.contains(values.a) && range.contains(values.b))
      aims.push_back({leaf, values, {run(values.a), run(values.b)}, width});
  };
  for (const Canaries &pair : candidates(range, bits))
    add(pair, 0, std::max(width_of(pair.a), width_of(pair.b)));
  if (bytes == 8)
    add({0xffffa53c5a693000, 0xffffb42d4b783000}, 2, 4);
  if (bytes >= 4)
    add({0x5a693000, 0x4b783000}, 2, 2);
  const std::uint64_t now = model().evaluate(leaf).value_or(0);
  constexpr std::array<std::pair<unsigned, Canaries>, 4> runs = {
      {{4, {0x5a693c10, 0x4b782d20}}, {2, {0x5a3c, 0x4b2c}}, {1, {0x5c, 0x4c}}, {1, {0x13, 0x12}}}};
  for (const auto &[width, pair] : runs)
    for (unsigned offset = bytes; width < bytes && offset >= width; offset -= width) {
      const unsigned at = offset - width;
      const std::uint64_t kept = now & ~(low_mask(8 * width) << (8 * at));
      add({kept | pair.a << (8 * at), kept | pair.b << (8 * at)}, at, width);
    }
  return aims;
}

/// Something that the caller does not choose is part of the argument: hardware's, the kernel's.
bool Witness::depends_on_others() {
  const std::vector<Expr> leaves = leaves_of(pool_, std::span(&argument_, 1));
  return std::any_of(leaves.begin(), leaves.end(), [&](Expr leaf) {
    return pool_[leaf].kind != Kind::slice || !is_any_input(ArrayId(pool_[leaf].a));
  });
}

/// Runs of one or two bytes at both ends: sums with an aligned base leave the lower ones alone, masks the upper ones.
std::vector<Aim> Witness::cautious_aims_at(Expr leaf) {
  std::vector<Aim> aims = aims_at(leaf);
  const unsigned bytes = pool_.bits(leaf) / 8;
  std::erase_if(aims, [&](const Aim &aim) {
    const std::uint64_t run = low_mask(8 * aim.width), low = aim.values.a & run,
                        high = aim.values.a >> (8 * (bytes - std::min(aim.width, bytes)));
    return aim.width > 2 || aim.width >= bytes || (low != aim.canaries.a && high != aim.canaries.a);
  });
  return aims;
}

/// A condition that is false for the only values that its unknowns can have. Of the model as it begins.
bool Witness::is_refuted() {
  const auto is_fixed = [&](Expr leaf) {
    const Range range = facts_.range(pool_, leaf);
    return pool_.bits(leaf) <= 64 && range.is_single() && model().evaluate(leaf) == range.low;
  };
  return std::ranges::any_of(conditions_, [&](Expr condition) {
    const auto leaves = fixed_leaves_of(pool_, condition);
    return leaves && model().evaluate(condition).value_or(1) == 0 && std::ranges::all_of(*leaves, is_fixed);
  });
}

Solution Witness::solve() {
  constexpr std::size_t most_answers = 4;
  constexpr unsigned most_unread = 3; // what kept them from being requests will keep the others
  Solution solution;
  std::vector<Answer> &answers = solution.answers;
  if (pool_.bits(argument_) > 64)
    return solution;
  std::vector<Expr> all = conditions_;
  all.push_back(argument_);
  search_.start(all);
  solution.contradictory = is_refuted();
  if (solution.contradictory)
    return solution;
  if (!search_.satisfy(conditions_, Expr(0), 0)) {
    const Decision decision = z3_.decide(conditions_, model());
    solution.contradictory = decision == Decision::contradictory;
    if (decision != Decision::satisfiable || !search_.holds(conditions_))
      return solution;
  }
  settle_pointers();
  const auto keep = [&](std::optional<Answer> answer) {
    if (answer)
      answers.push_back(*std::move(answer));
    return answers.size();
  };
  for (const Canaries &pair : candidates(facts_.range(pool_, argument_), pool_.bits(argument_)))
    if (keep(answer_for({argument_, pair, pair, std::max(width_of(pair.a), width_of(pair.b)), true})) != 0 ||
        unread_ == most_unread)
      break;
  const bool open = depends_on_others();
  for (const Expr leaf : leaves_of(pool_, std::span(&argument_, 1))) {
    const Node &node = pool_[leaf];
    if (node.kind != Kind::slice || node.bits > 64 || !is_any_input(ArrayId(node.a)) || (!answers.empty() && !open))
      continue;
    unread_ = 0;
    if (answers.empty())
      for (const Aim &aim : aims_at(leaf))
        if ((may_carry(aim) && keep(answer_for(aim)) != 0) || unread_ == 2 * most_unread)
          break;
    if (open)
      for (const Aim &aim : cautious_aims_at(leaf))
        if (answers.size() < most_answers && may_carry(aim))
          keep(answer_for(aim));
  }
  return solution;
}

} // namespace

struct Solver::State {
  State(const ExprPool &given, unsigned seed) : pool(given), z3(given, seed) {}
  const ExprPool &pool;
  Values values;
  Z3Solver z3;
};

Solver::Solver(const ExprPool &pool, unsigned seed) : state_(std::make_unique<State>(pool, seed)) {}
Solver::Solver(Solver &&) noexcept = default;
Solver::~Solver() = default;

unsigned Solver::questions() const { return state_->z3.questions(); }

bool Solver::lacks_z3() const { return state_->z3.is_missing(); }

Solution Solver::solve(std::span<const Inputs> requests, const PathFacts &facts, std::span<const Through> through,
                       Expr argument) {
  state_->values.fit(state_->pool);
  return Witness(state_->pool, state_->values, state_->z3, requests, facts, through, argument).solve();
}

} // namespace ringfence::witness
