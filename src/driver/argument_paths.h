// The paths on which a caller steers one dangerous argument: a few snapshots of what their branches say, from which
// requests are solved that bring the argument to two values.
#pragma once

#include "request.h"

#include <ringfence/driver/driver.h>
#include <ringfence/witness/witness.h>

namespace ringfence::driver {

struct SolvedPaths {
  std::vector<SolvedSequence> solved; ///< without duplicates
  bool refuted = false;               ///< every path contradicts itself: what they reach is not reached
};

class ArgumentPaths {
public:
  /// Note of a path: its object has the bytes of the request's input.
  static constexpr const char *locked_input = "locked input";
  /// Remembers the path, unless it says the same as one before or there are enough.
  /// `name` is the operand's, when it is another one than the finding names.
  void add(World &world, const symbolic::State &state, const symbolic::PathFacts &facts, symbolic::Expr argument,
           std::string_view name = {});
  /// Writes into the path's log that it goes through a pointer of the caller.
  static void note_access(World &world, symbolic::State &state, const symbolic::Access &access);
  /// The sequences that take the paths to both canaries, or that there can be none.
  SolvedPaths solve(witness::Solver &solver, World &world, const Request &request) const;

private:
  struct Path {
    symbolic::PathFacts facts;
    symbolic::Expr argument;
    std::vector<witness::Through> through;
    std::vector<symbolic::ArrayId> locked; ///< the request's input at another address: locked by the framework
    std::string name;
    bool assumed = false; ///< the facts say more than the path does: they refute nothing
  };
  static SolvedSequence solved_by(const witness::Answer &answer, const Path &path, const std::string &device,
                                  std::span<const EarlierRequest> sequence);
  std::vector<Path> paths_;
  bool left_out_ = false; ///< there were more paths
};

} // namespace ringfence::driver
