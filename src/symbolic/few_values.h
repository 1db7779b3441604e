// The values of an expression, where they are few: what a range between the least and the greatest does not tell.
#pragma once

#include <ringfence/symbolic/range.h>

#include <optional>
#include <vector>

namespace ringfence::symbolic {

/// Every value that `e` can have on a path, in ascending order, and perhaps values that it cannot have: operands are
/// taken for independent. Nothing where more than 16 are met, or where the expression is large.
std::optional<std::vector<std::uint64_t>> few_values(const ExprPool &pool, const PathFacts &facts, Expr e);

} // namespace ringfence::symbolic
