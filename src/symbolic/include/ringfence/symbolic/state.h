// One path: registers, memory, what its branches say, where it is. Copied at every fork, so it is small and shares.
#pragma once

#include <ringfence/ir/flags.h>
#include <ringfence/ir/op.h>
#include <ringfence/ir/registers.h>
#include <ringfence/symbolic/memory.h>
#include <ringfence/symbolic/range.h>

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

namespace ringfence::symbolic {

/// A condition-flags record over expressions (ir/op.h, FlagKind).
struct FlagsValue {
  ir::FlagKind kind = ir::FlagKind::word;
  ir::Width width = ir::Width::w32;
  std::uint8_t known = 0;     ///< flags overridden by flags_with (FlagBit mask)
  std::uint8_t undefined = 0; ///< flags made undefined
  Expr a, b, c;
  std::array<Expr, 6> override_value{}; ///< by bit number, where `known`
};

struct State;

/// What all paths through one call have used. A call that uses too much is given up: its paths end, and one path goes
/// on behind it with an unknown result.
struct CallRecord {
  std::unique_ptr<State> before; ///< at the callee's entry; taken when the call is given up
  std::uint64_t used = 0;        ///< instructions
  std::size_t stores = 0;        ///< entries of the executor's list of stores at the callee's entry
  std::uint32_t returned = 0;    ///< paths
  std::uint32_t stale = 0;       ///< paths that saw no new block
  std::uint32_t names = 0;       ///< paths that came back with a text of the driver's and nothing else
  bool given_up = false;
};

/// One call that has not returned.
struct Frame {
  std::uint64_t function = 0; ///< entry address of the callee
  std::uint64_t return_address = 0;
  std::uint64_t call_site = 0;
  std::uint64_t entered = 0; ///< the path's steps then
  std::uint64_t stack = 0;   ///< the stack pointer at its entry; 0 when that is not known
  std::shared_ptr<CallRecord> record;
};

/// How often a path went either way at a branch that its values do not decide.
struct BranchCount {
  std::uint64_t address = 0;
  std::uint64_t call_site = 0; ///< of the routine that it is in: calls from other places are no loop
  std::uint32_t depth = 0;
  std::uint16_t taken = 0, not_taken = 0;
};

struct State {
  std::array<Expr, ir::kFirstVectorRegister> scalar{};
  std::array<Expr, ir::kRegisterLimit - ir::kFirstVectorRegister> vector{}; ///< 128 bits each
  FlagsValue flags;
  PathMemory memory;
  PathFacts facts;
  std::uint64_t ip = 0;
  std::vector<Frame> frames;
  std::vector<BranchCount> branches;
  std::uint32_t rounds = 0; ///< most repetitions of one of `branches`: of the loop that it has gone round most often
  std::uint32_t trace = 0;  ///< last entry of the executor's trace; 0 is the beginning
  std::uint64_t steps = 0;  ///< instructions executed
  std::uint64_t newest = 0; ///< steps when it, since its last fork, was the first to see a block; 0: never
  std::uint32_t tag = 0;    ///< for who runs it: which control code, which entry
  std::uint32_t log = 0;    ///< last event of the host's log on this path; 0 is none
};

} // namespace ringfence::symbolic
