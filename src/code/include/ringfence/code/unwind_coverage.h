// How much of what x64 unwind data names was reached: a floor that is not of our own definition. What was not reached
// is explained when nothing leads to it: no instruction that was reached, no relocated pointer and no declared entry
// names its begin, and the unreached functions that do are themselves explained.
#pragma once

#include <ringfence/code/program.h>

namespace ringfence::code {

struct UnwindCoverage {
  std::size_t functions = 0;    ///< RUNTIME_FUNCTIONs that are no chained fragment
  std::size_t reached = 0;      ///< their first instruction was reached
  std::size_t unreferenced = 0; ///< nothing names them
  std::size_t dead = 0;         ///< only such functions (transitively) name them
  std::vector<Rva> missed;      ///< the rest, ascending
  std::size_t explained() const { return unreferenced + dead; }
};

/// Reads code of unreached functions, into a body of its own: the Program does not change.
UnwindCoverage measure_unwind_coverage(const Program &program);

} // namespace ringfence::code
