// From a path to the request that takes it: concrete input bytes and lengths that satisfy the path's conditions, and
// two values (canaries) that the argument of interest takes when a run of the input's bytes becomes one or the other.
// The chain: start values from the path's ranges, inversion of arithmetic down to input bytes, repair of what is left;
// Z3 for conditions that this does not satisfy. Every answer is checked by evaluating all conditions; what it cannot
// solve stays unsolved.
#pragma once

#include <ringfence/symbolic/range.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace ringfence::witness {

/// Which expressions stand for what the caller sends in one request. Any other unknown is the environment's, which the
/// caller does not choose.
struct Inputs {
  std::vector<symbolic::ArrayId> bytes;             ///< arrays that are the request's input buffer
  symbolic::Expr code, input_length, output_length; ///< Expr(0): the request has none
  bool is_text = false; ///< the bytes are a name: characters that are not zero, and no place for a canary
};

/// What is done through a pointer that the caller chose, on the path.
struct Through {
  symbolic::Expr pointer;
  symbolic::ArrayId memory; ///< what lies behind it
  symbolic::Expr count;     ///< elements of a bulk access; Expr(0): one
};

/// Bytes of the caller's own address space.
struct UserMemory {
  std::uint64_t address = 0;
  std::vector<std::byte> bytes;
  friend bool operator==(const UserMemory &, const UserMemory &) = default;
};

/// One request as bytes.
struct Sent {
  std::vector<std::byte> input;
  std::uint32_t output_length = 0;
};

/// Requests as bytes, in the order in which they are sent, with the place of the canary.
struct Answer {
  std::vector<Sent> requests;
  std::size_t carrier =
      0; ///< the request whose input holds `canary_a` at `offset`, `width` bytes, little-endian; no other place does
  std::uint32_t offset = 0;
  std::uint32_t width = 0; ///< 1, 2, 4 or 8
  std::uint64_t canary_a = 0, canary_b = 0;
  bool whole = true;              ///< the argument is the canary; else the canary is a run of its bytes
  std::vector<UserMemory> memory; ///< behind the other pointers of the path, for both canaries
};

/// What was solved for one path.
struct Solution {
  std::vector<Answer> answers; ///< the most telling first
  bool contradictory = false;  ///< proven: no request takes the path
};

/// Solves paths over one pool, which must not grow during a call.
class Solver {
public:
  /// `seed` is that of Z3's search.
  explicit Solver(const symbolic::ExprPool &pool, unsigned seed = 0);
  Solver(Solver &&) noexcept;
  ~Solver();
  /// Canary values of `argument` (at most 64 bits) on a path through one request or several: the most telling first,
  /// then, where something that the caller does not choose is part of the argument, others that may survive its value.
  /// Deterministic: work is counted in evaluations.
  Solution solve(std::span<const Inputs> requests, const symbolic::PathFacts &facts, std::span<const Through> through,
                 symbolic::Expr argument);
  /// Questions that were left for Z3.
  unsigned questions() const;
  /// True when a question for Z3 stayed open because the machine has none.
  bool lacks_z3() const;

private:
  struct State;
  std::unique_ptr<State> state_;
};

} // namespace ringfence::witness
