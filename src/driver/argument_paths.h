// The paths on which a caller steers one dangerous argument: a few snapshots of what their branches say, from which
// requests are solved that bring the argument to two values.
#pragma once

#include "request.h"

#include <ringfence/driver/driver.h>
#include <ringfence/witness/witness.h>

namespace ringfence::driver {

class ArgumentPaths {
public:
  /// Remembers the path, unless it says the same as one before or there are enough.
  void add(const symbolic::PathFacts &facts, symbolic::Expr argument);
  /// One solved request for each path that has one, without duplicates.
  std::vector<SolvedRequest> solve(witness::Solver &solver, World &world, const Request &request) const;

private:
  struct Path {
    symbolic::PathFacts facts;
    symbolic::Expr argument;
  };
  std::vector<Path> paths_;
};

} // namespace ringfence::driver
