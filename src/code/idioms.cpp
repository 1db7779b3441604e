#include <ringfence/code/idiom.h>

#include "trial_machine.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace ringfence::code {

namespace {

constexpr std::uint32_t kMaxInstructions = 600;           ///< of a candidate
constexpr std::uint64_t kFirst = 0x400, kSecond = 0x1200; ///< offsets of the buffers in the arena
constexpr auto kCounts = std::to_array<std::uint64_t>({0, 1, 2, 3, 7, 8, 15, 16, 31, 33, 64, 100, 129, 257, 513});

/// Operations of one call: far more than a loop over single bytes needs in code that is not optimised. What goes on
/// longer does something else, waits for a device say.
constexpr std::uint64_t trial_fuel(std::uint64_t count) { return 1'500 + 100 * count; }

/// What the arena holds before a trial.
std::vector<std::byte> make_pattern() {
  std::vector<std::byte> out(kTrialArenaSize);
  for (std::size_t i = 0; i < out.size(); ++i)
    out[i] = static_cast<std::byte>(i * 167 + 13 + i / 251);
  return out;
}

class Recogniser {
public:
  explicit Recogniser(BlockCache &cache) : machine_(cache) {}

  std::optional<FunctionIdiom> recognise(std::uint64_t entry) {
    entry_ = entry;
    FunctionIdiom idiom{Va(entry), IdiomKind::fill, true};
    if (fills(37, 0x5a, 0, idiom)) {
      idiom.kind = IdiomKind::fill;
      return fills_always(idiom) ? std::optional(idiom) : std::nullopt;
    }
    idiom.returns_destination = true;
    if (copies(37, kFirst, kSecond, idiom)) {
      if (!copies_always(idiom))
        return std::nullopt;
      const bool overlap = copies(300, kFirst, kFirst + 5, idiom) && copies(300, kFirst + 5, kFirst, idiom);
      idiom.kind = overlap ? IdiomKind::move : IdiomKind::copy;
      return idiom;
    }
    if (zeroes(37))
      return std::all_of(kCounts.begin(), kCounts.end(), [&](std::uint64_t n) { return zeroes(n); })
                 ? std::optional(FunctionIdiom{Va(entry), IdiomKind::zero, false})
                 : std::nullopt;
    for (const IdiomKind kind : {IdiomKind::compare, IdiomKind::match_length})
      if (compares(kind))
        return FunctionIdiom{Va(entry), kind, false};
    for (const IdiomKind kind : {IdiomKind::string_length, IdiomKind::wide_length})
      if (measures(kind))
        return FunctionIdiom{Va(entry), kind, false};
    return std::nullopt;
  }

private:
  void refill() { machine_.arena() = pattern_; }
  /// `count`: bytes or units that are to be dealt with.
  std::optional<std::uint64_t> call(std::uint64_t count, std::uint64_t a, std::uint64_t b = 0, std::uint64_t c = 0) {
    const std::array<std::uint64_t, 3> arguments = {a, b, c};
    expected_ = machine_.arena();
    return machine_.call(entry_, arguments, trial_fuel(count));
  }
  bool as_expected() { return machine_.arena() == expected_; }

  bool fills(std::uint64_t count, unsigned value, std::uint64_t offset, FunctionIdiom &idiom) {
    refill();
    const std::uint64_t to = kTrialArena + kFirst + offset;
    const auto result = call(count, to, value, count);
    std::fill_n(expected_.begin() + static_cast<std::ptrdiff_t>(kFirst + offset), count, static_cast<std::byte>(value));
    idiom.returns_destination = idiom.returns_destination && result == to;
    return result && as_expected();
  }
  bool fills_always(FunctionIdiom &idiom) {
    for (const std::uint64_t count : kCounts)
      if (!fills(count, 0xa7 ^ static_cast<unsigned>(count & 0x7f), count % 5, idiom))
        return false;
    return true;
  }
  bool zeroes(std::uint64_t count) {
    refill();
    const auto result = call(count, kTrialArena + kFirst + count % 3, count);
    std::fill_n(expected_.begin() + static_cast<std::ptrdiff_t>(kFirst + count % 3), count, std::byte{0});
    return result && as_expected();
  }
  bool copies(std::uint64_t count, std::uint64_t to, std::uint64_t from, FunctionIdiom &idiom) {
    refill();
    const auto result = call(count, kTrialArena + to, kTrialArena + from, count);
    std::memmove(expected_.data() + to, expected_.data() + from, static_cast<std::size_t>(count));
    idiom.returns_destination = idiom.returns_destination && result == kTrialArena + to;
    return result && as_expected();
  }
  bool copies_always(FunctionIdiom &idiom) {
    for (const std::uint64_t count : kCounts)
      if (!copies(count, kFirst + count % 7, kSecond + count % 5, idiom) ||
          !copies(count, kSecond + count % 3, kFirst, idiom))
        return false;
    return true;
  }

  /// Equal buffers, a smaller and a greater byte at several places.
  bool compares(IdiomKind kind) {
    for (const std::uint64_t count : {9u, 1u, 16u, 70u, 200u})
      for (const int difference : {0, 1, -1}) {
        refill();
        const std::uint64_t place = count / 2;
        for (std::uint64_t i = 0; i < count; ++i)
          machine_.arena()[kFirst + i] = machine_.arena()[kSecond + i] = std::byte{0x40};
        machine_.arena()[kFirst + place] = static_cast<std::byte>(0x40 + difference * 0x20);
        const auto result = call(count, kTrialArena + kFirst, kTrialArena + kSecond, count);
        if (!result || !as_expected())
          return false;
        const auto order = static_cast<std::int32_t>(*result & 0xffffffff);
        const bool right = kind == IdiomKind::compare
                               ? (difference == 0 ? order == 0 : (order < 0) == (difference < 0) && order != 0)
                               : *result == (difference == 0 ? count : place);
        if (!right)
          return false;
      }
    return true;
  }
  bool measures(IdiomKind kind) {
    const std::size_t unit = kind == IdiomKind::wide_length ? 2 : 1;
    for (const std::size_t length : {5u, 0u, 1u, 17u, 100u}) {
      std::fill(machine_.arena().begin(), machine_.arena().end(), std::byte{0x41});
      const std::size_t end = kFirst + length * unit;
      std::fill_n(machine_.arena().begin() + static_cast<std::ptrdiff_t>(end), unit, std::byte{0});
      const auto result = call(length, kTrialArena + kFirst);
      if (result != length || !as_expected())
        return false;
    }
    return true;
  }

  TrialMachine machine_;
  const std::vector<std::byte> pattern_ = make_pattern();
  std::uint64_t entry_ = 0;
  std::vector<std::byte> expected_;
};

/// True for a small function that calls nothing, returns, and does something more than once.
bool may_be_idiom(BlockCache &cache, std::uint64_t entry) {
  std::vector<std::uint64_t> open{entry}, seen;
  std::uint32_t instructions = 0;
  bool returns = false, repeats = false;
  while (!open.empty()) {
    const std::uint64_t at = open.back();
    open.pop_back();
    if (std::find(seen.begin(), seen.end(), at) != seen.end())
      continue;
    seen.push_back(at);
    const ir::Block *const block = cache.block_at(at);
    if (!block)
      continue;
    instructions += block->instruction_count;
    const ir::Op *const end = cache.body().terminator(*block);
    if (instructions > kMaxInstructions || (end && end->code == ir::Opcode::call))
      return false;
    returns |= end && end->code == ir::Opcode::ret;
    repeats |= end && end->code == ir::Opcode::jump && end->a != ir::kImmediate; // through a table
    for (const ir::Op &op : cache.body().ops_of(*block))
      repeats |= op.code == ir::Opcode::bulk;
    const std::size_t known = open.size();
    add_successors(cache.body(), *block, open);
    repeats |= std::any_of(open.begin() + static_cast<std::ptrdiff_t>(known), open.end(),
                           [at](std::uint64_t next) { return next <= at; });
  }
  return returns && repeats;
}

} // namespace

std::string_view name_of(IdiomKind kind) {
  switch (kind) {
  case IdiomKind::fill:
    return "fill";
  case IdiomKind::zero:
    return "zero";
  case IdiomKind::copy:
    return "copy";
  case IdiomKind::move:
    return "move";
  case IdiomKind::compare:
    return "compare";
  case IdiomKind::match_length:
    return "match length";
  case IdiomKind::string_length:
    return "string length";
  case IdiomKind::wide_length:
    return "wide string length";
  }
  return "?";
}

struct FunctionRecogniser::Trials {
  explicit Trials(BlockCache &cache) : recogniser(cache) {}
  Recogniser recogniser;
};

FunctionRecogniser::FunctionRecogniser(BlockCache &cache) : cache_(&cache) {}
FunctionRecogniser::FunctionRecogniser(FunctionRecogniser &&) noexcept = default;
FunctionRecogniser::~FunctionRecogniser() = default;

std::optional<FunctionIdiom> FunctionRecogniser::recognise(std::uint64_t entry) {
  if (cache_->body().architecture == ir::Architecture::arm64 || !may_be_idiom(*cache_, entry))
    return std::nullopt;
  if (!trials_)
    trials_ = std::make_unique<Trials>(*cache_);
  return trials_->recogniser.recognise(entry);
}

std::vector<FunctionIdiom> recognise_functions(const Program &program) {
  std::vector<FunctionIdiom> found;
  BlockCache cache(program.image()); // its own: the Program stays as it is
  FunctionRecogniser recogniser(cache);
  for (const Function &function : program.functions())
    if (const auto idiom = recogniser.recognise(function.entry.value))
      found.push_back(*idiom);
  return found;
}

} // namespace ringfence::code
