// Values that a path leaves open although no branch is: compilers choose a status by conditional moves.
#pragma once

#include <ringfence/symbolic/state.h>

#include <cstdint>

namespace ringfence::driver {

/// Calls `each` with every constant that `e` can be and what then holds on the path: compilers choose a status without
/// a branch. A value that is no constant comes as all bits set.
template <class Each>
void for_each_choice(symbolic::ExprPool &pool, const symbolic::PathFacts &facts, symbolic::Expr e, Each each,
                     unsigned depth = 0) {
  const symbolic::Node node = pool[e];
  if (node.kind != symbolic::Kind::ite || depth == 4)
    return each(facts, pool.is_constant(e) ? pool.value(e) : ~std::uint64_t{0});
  for (const bool truth : {true, false}) {
    symbolic::PathFacts side = facts;
    if (side.assume(pool, symbolic::Expr(node.a), truth))
      for_each_choice(pool, side, symbolic::Expr(truth ? node.b : node.c), each, depth + 1);
  }
}

} // namespace ringfence::driver
