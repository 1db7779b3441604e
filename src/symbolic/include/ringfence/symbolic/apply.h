// Operators of expressions on numbers.
#pragma once

#include <ringfence/symbolic/expression.h>

#include <optional>

namespace ringfence::symbolic {

/// Whether apply() knows the operator, and how many operands it has: 1, 2, or 0 for what is no operator on numbers.
unsigned operands_of(Kind kind);

/// The value of an operator node of at most 64 bits when its operands have the values `a` and `b` (ignored where it has
/// one); bits above the node's are not cleared. Nothing for a division by zero, and for nodes that operands_of() counts
/// with 0.
std::optional<std::uint64_t> apply(const ExprPool &pool, const Node &node, std::uint64_t a, std::uint64_t b);

} // namespace ringfence::symbolic
