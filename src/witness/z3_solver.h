// The last link of the solver chain (docs/replay.md): what ranges and the search could not decide goes to Z3. Work is
// bounded by Z3's own count of resources, never by a clock. The library is loaded at the first question. Without it,
// and built without Z3 (RINGFENCE_WITH_Z3), every question stays open.
#pragma once

#include "model.h"

#include <cstdint>
#include <memory>
#include <span>

namespace ringfence::witness {

enum class Decision : std::uint8_t { satisfiable, contradictory, open };

class Z3Solver {
public:
  /// `seed` is that of Z3's search: what is found may depend on it, what is true does not.
  Z3Solver(const ExprPool &pool, unsigned seed);
  ~Z3Solver();
  /// Whether all conditions (1 bit each) can hold at once. What has no theory, opaque functions and reads at computed
  /// offsets, may be anything. A satisfiable answer is written into `model`, which evaluates the conditions itself:
  /// believe only that.
  Decision decide(std::span<const Expr> conditions, Model &model);
  /// True when a question was not asked because the machine has no Z3.
  unsigned questions() const { return questions_; }
  bool is_missing() const { return missing_; }

private:
  static constexpr unsigned most_questions_ = 5; ///< of one driver
  class Context;
  [[maybe_unused]] const ExprPool &pool_;
  std::unique_ptr<Context> context_; ///< from the first question on
  [[maybe_unused]] unsigned seed_;
  unsigned questions_ = 0;
  bool missing_ = false;
};

} // namespace ringfence::witness
