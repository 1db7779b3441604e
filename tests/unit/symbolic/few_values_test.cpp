#include "../../../src/symbolic/few_values.h"

#include <gtest/gtest.h>

namespace ringfence::symbolic {
namespace {

using Values = std::vector<std::uint64_t>;

class FewValues : public testing::Test {
protected:
  Expr c(std::uint64_t v, unsigned bits = 32) { return pool.constant(v, bits); }
  ExprPool pool;
  PathFacts facts;
  Expr answer = pool.symbol(32, label_hardware, "in");
};

TEST_F(FewValues, AChoiceHasTheValuesOfBothSides) {
  const Expr bits = pool.ite(pool.eq(answer, c(0)), c(6), c(8));
  EXPECT_EQ(few_values(pool, facts, bits), (Values{6, 8}));
  const Expr mask = pool.shift(Kind::shl, c(1), pool.sub(bits, c(1)));
  EXPECT_EQ(few_values(pool, facts, mask), (Values{0x20, 0x80}));
  EXPECT_EQ(few_values(pool, facts, pool.ult(mask, c(0x20))), Values{0});
  EXPECT_EQ(few_values(pool, facts, pool.ult(mask, c(0x40))), (Values{0, 1}));
}

TEST_F(FewValues, ASideThatThePathExcludesDoesNotCount) {
  const Expr is_small = pool.eq(answer, c(0));
  const Expr bits = pool.ite(is_small, c(6), c(8));
  ASSERT_TRUE(facts.assume(pool, is_small, false));
  EXPECT_EQ(few_values(pool, facts, bits), Values{8});
}

TEST_F(FewValues, BitsOfAnUnknownAreFewAndItsBytesAreNot) {
  EXPECT_EQ(few_values(pool, facts, pool.and_(answer, c(0x18))), (Values{0, 8, 0x10, 0x18}));
  EXPECT_EQ(few_values(pool, facts, pool.and_(answer, c(0xff))), std::nullopt);
}

TEST_F(FewValues, ADivisionByAPossibleZeroIsNotTaken) {
  const Expr divisor = pool.and_(answer, c(1));
  EXPECT_EQ(few_values(pool, facts, pool.div(Kind::udiv, c(0x1000000), divisor)), std::nullopt);
}

} // namespace
} // namespace ringfence::symbolic
