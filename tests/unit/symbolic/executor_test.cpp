// The executor over code made by hand: which paths it follows, and what it says of those it does not.

#include <ringfence/ir/builder.h>
#include <ringfence/symbolic/executor.h>

#include <algorithm>
#include <gtest/gtest.h>
#include <map>

namespace ringfence::symbolic {
namespace {

/// Branches on one bit of rax after the other, both sides to the next branch; then a return.
class BitTests : public CodeSource {
public:
  explicit BitTests(unsigned bits) {
    body_.architecture = ir::Architecture::x64;
    ir::Builder build(body_);
    for (unsigned i = 0; i <= bits; ++i) {
      build.begin_block(address_of(i));
      build.begin_instruction(address_of(i), length);
      if (i == bits)
        build.ret(build.constant(ir::Width::w64, kReturnAddress64), 0);
      else
        build.branch(build.compare(ir::Opcode::eq,
                                   build.and_(build.get(ir::x86::rax), build.constant(ir::Width::w64, 1ull << i)),
                                   build.constant(ir::Width::w64, 0)),
                     address_of(i + 1));
      build.end_instruction();
      blocks_[address_of(i)] = build.end_block();
    }
  }
  static constexpr unsigned length = 4;
  static std::uint64_t address_of(unsigned i) { return 0x1000 + std::uint64_t{i} * length; }

  const ir::Body &body() const override { return body_; }
  const ir::Block *block_at(std::uint64_t address) override {
    const auto at = blocks_.find(address);
    return at == blocks_.end() ? nullptr : &body_.blocks[at->second.value];
  }

private:
  ir::Body body_;
  std::map<std::uint64_t, ir::BlockId> blocks_;
};

/// Counts how paths end; there is no world outside.
class Count : public Host {
public:
  std::map<PathEnd, unsigned> ends;

  CallResult call(Executor &, State &, std::uint64_t, std::uint64_t, bool) override { return CallResult::end; }
  bool indirect_call(Executor &, State &, Expr, std::uint64_t) override { return false; }
  Expr sys(Executor &, State &, ir::SysOp, ir::Width, std::span<const Expr>, unsigned, std::uint64_t) override {
    return Expr(0);
  }
  void port_string(Executor &, State &, ir::BulkOp, Expr, Expr, Expr, ir::Width, std::uint64_t) override {}
  void access(Executor &, State &, const Access &) override {}
  bool keep(Executor &, State &) override { return true; }
  void finished(Executor &, State &, PathEnd end) override { ++ends[end]; }
};

struct Outcome {
  std::map<PathEnd, unsigned> ends;
  std::vector<Gap> gaps;
};

Outcome follow(unsigned bits, const Limits &limits) {
  ExprPool pool;
  ObjectTable objects(pool);
  objects.set_area(0xffffa000'00000000, 0x10000);
  BitTests code(bits);
  Count host;
  Executor executor(ir::Architecture::x64, pool, objects, code, host);
  State state = executor.initial_state();
  state.ip = BitTests::address_of(0);
  executor.run(std::move(state), limits);
  return {host.ends, executor.gaps()};
}

TEST(Executor, FollowsEveryCombinationOfUndecidedBranches) {
  const Outcome outcome = follow(6, {});
  EXPECT_EQ(outcome.ends, (std::map<PathEnd, unsigned>{{PathEnd::returned, 64}}));
  EXPECT_TRUE(outcome.gaps.empty());
}

TEST(Executor, PathsBeyondThoseThatMayWaitEndAsNotFollowed) {
  const Outcome outcome = follow(6, {.waiting = 4});
  EXPECT_GT(outcome.ends.at(PathEnd::no_fuel), 0u);
  EXPECT_GT(outcome.ends.at(PathEnd::returned), 0u);
  EXPECT_LT(outcome.ends.at(PathEnd::returned), 64u);
  EXPECT_TRUE(std::ranges::any_of(outcome.gaps, [](const Gap &gap) { return gap.what == Gap::What::too_many_paths; }));
}

} // namespace
} // namespace ringfence::symbolic
