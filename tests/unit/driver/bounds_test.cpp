// Lengths against rooms: what fits, what exceeds, and what is left unsaid.

#include "../../../src/driver/bounds.h"

#include <gtest/gtest.h>

namespace ringfence::driver {
namespace {

using symbolic::Expr;

class BoundsTest : public ::testing::Test {
protected:
  Expr number(std::uint64_t value, unsigned bits = 64) { return pool.constant(value, bits); }
  Expr wide(Expr e) { return pool.zext(e, 64); }
  void assume(Expr condition) { ASSERT_TRUE(facts.assume(pool, condition, true)); }
  Fit judge(Expr length, std::uint64_t offset, Expr extent) {
    return Bounds(pool, facts).judge(length, offset, extent, 0);
  }

  symbolic::ExprPool pool;
  symbolic::PathFacts facts;
  Expr in = pool.symbol(32, symbolic::label_length, "InputBufferLength");
  Expr out = pool.symbol(32, symbolic::label_length, "OutputBufferLength");
  Expr larger = pool.ite(pool.ult(out, in), in, out);
  Expr count = pool.slice(pool.new_array("SystemBuffer", symbolic::label_input), 8, 32);
};

TEST_F(BoundsTest, AnUncheckedLengthExceedsAFixedRoom) { EXPECT_EQ(judge(wide(in), 0, number(64)), Fit::exceeds); }

TEST_F(BoundsTest, AnUpperBoundThatIsSmallEnoughFits) {
  assume(pool.ule(in, number(64, 32)));
  EXPECT_EQ(judge(wide(in), 0, number(64)), Fit::fits);
  EXPECT_EQ(judge(wide(in), 1, number(64)), Fit::exceeds);
}

TEST_F(BoundsTest, AMinimumIsBelowBothOfItsSides) {
  const Expr least = pool.ite(pool.ult(in, number(64, 32)), in, number(64, 32));
  EXPECT_EQ(facts.range(pool, least).high, 64u);
  EXPECT_EQ(judge(wide(least), 0, number(64)), Fit::fits);
  EXPECT_EQ(judge(wide(least), 0, number(63)), Fit::exceeds);
  EXPECT_EQ(facts.range(pool, pool.ite(pool.ult(in, number(64, 32)), number(64, 32), in)).low,
            64u); // and a maximum is not
  EXPECT_EQ(judge(wide(pool.ite(pool.ult(count, out), count, out)), 0, wide(out)), Fit::fits);
}

TEST_F(BoundsTest, AssumptionsMeetWhatIsKnownOfTwoValues) {
  const Expr rounds = pool.symbol(64, symbolic::label_input, "rounds");
  assume(pool.ult(pool.add(rounds, number(5)), wide(count)));
  const Expr room = pool.shift(symbolic::Kind::shl, wide(count), number(3));
  EXPECT_TRUE(Bounds(pool, facts).admits({pool.eq(rounds, number(2)), pool.ule(room, number(64))}));
  EXPECT_FALSE(Bounds(pool, facts).admits({pool.eq(rounds, number(2)), pool.ule(room, number(63))}));
}

TEST_F(BoundsTest, ALengthOfTheRequestFitsItsBuffer) {
  EXPECT_EQ(judge(wide(in), 0, larger), Fit::fits);
  EXPECT_EQ(judge(wide(out), 0, larger), Fit::fits);
}

TEST_F(BoundsTest, AComparisonOfTwoLengthsCounts) {
  EXPECT_EQ(judge(wide(count), 0, larger), Fit::exceeds);
  assume(pool.ule(count, out));
  EXPECT_EQ(judge(wide(count), 0, larger), Fit::fits);
}

TEST_F(BoundsTest, AProductThatWrapsProvesNothing) {
  const Expr unit = pool.slice(pool.new_array("Units", symbolic::label_input), 0, 32);
  assume(pool.ule(pool.mul(count, unit), out));
  EXPECT_EQ(judge(pool.mul(wide(count), number(4)), 0, larger), Fit::exceeds);
  EXPECT_TRUE(Bounds(pool, facts).arithmetic_wraps(pool.mul(wide(count), number(4)), larger));
}

TEST_F(BoundsTest, ADifferenceWrapsUnlessItsMinimumIsChecked) {
  const Expr rest = pool.sub(out, number(8, 32));
  EXPECT_EQ(judge(wide(rest), 8, larger), Fit::exceeds);
  assume(pool.ule(number(8, 32), out));
  EXPECT_EQ(judge(wide(rest), 8, larger), Fit::fits);
}

TEST_F(BoundsTest, AnEntryOfATableIsNotUnderstood) {
  const Expr entry = pool.read(pool.new_array("lengths", 0), 0, wide(count), 32, 0);
  assume(pool.eq(in, entry));
  EXPECT_EQ(judge(wide(in), 0, number(64)), Fit::unknown);
}

TEST_F(BoundsTest, AFixedStoreNeedsALengthThatWasChecked) {
  EXPECT_EQ(judge(number(8), 24, larger), Fit::exceeds);
  assume(pool.eq(in, out));
  assume(pool.eq(out, number(32, 32)));
  EXPECT_EQ(judge(number(8), 24, larger), Fit::fits);
}

TEST_F(BoundsTest, EqualLengthsAreNarrowedTogether) {
  assume(pool.eq(in, out));
  assume(pool.eq(out, number(16, 32)));
  EXPECT_FALSE(Bounds(pool, facts).admits({pool.ule(in, number(0, 32))}));
}

} // namespace
} // namespace ringfence::driver
