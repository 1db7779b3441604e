#include <ringfence/symbolic/expression.h>
#include <ringfence/symbolic/range.h>

#include <gtest/gtest.h>

#include <random>

namespace ringfence::symbolic {
namespace {

class Expressions : public testing::Test {
protected:
  Expr c(std::uint64_t v, unsigned bits = 32) { return pool.constant(v, bits); }
  ExprPool pool;
  ArrayId buffer = pool.new_array("in", label_input);
  Expr dword = pool.slice(buffer, 8, 32);
  Expr word = pool.slice(buffer, 8, 16);
};

TEST_F(Expressions, EqualOnesHaveEqualIds) {
  EXPECT_EQ(pool.add(dword, c(5)), pool.sub(dword, c(0xfffffffb)));
  EXPECT_EQ(pool.sub(pool.add(dword, c(7)), c(7)), dword);
  EXPECT_EQ(pool.add(pool.sub(dword, pool.zext(word, 32)), pool.zext(word, 32)), dword);
}

TEST_F(Expressions, PartsOfAnArrayMeet) {
  EXPECT_EQ(pool.extract(dword, 0, 16), word);
  EXPECT_EQ(pool.concat(pool.slice(buffer, 10, 16), word), dword);
  EXPECT_EQ(pool.and_(dword, c(0xffff)), pool.zext(word, 32));
  EXPECT_EQ(pool.or_(pool.shift(Kind::shl, pool.zext(pool.slice(buffer, 10, 16), 32), c(16)), pool.zext(word, 32)),
            dword);
}

TEST_F(Expressions, ComparisonsLoseWhatIsInvertible) {
  // sub eax, 0x222000 / sub eax, 4 / je
  const Expr chain = pool.sub(pool.sub(dword, c(0x222000)), c(4));
  EXPECT_EQ(pool.eq(chain, c(0)), pool.eq(dword, c(0x222004)));
  EXPECT_EQ(pool.eq(pool.zext(word, 32), c(0x10000)), pool.truth(false));
  EXPECT_EQ(pool.ult(pool.zext(word, 32), c(0x10000)), pool.truth(true));
}

TEST_F(Expressions, SymbolsOfOneNameDifferAndKeepTheirNames) {
  const Expr first = pool.symbol(32, 0, "length"), other = pool.symbol(32, 0, "offset");
  const Expr second = pool.symbol(32, 0, "length");
  EXPECT_NE(first, second);
  EXPECT_EQ(pool.symbol_name(first), "length");
  EXPECT_EQ(pool.symbol_name(other), "offset");
  EXPECT_EQ(pool.symbol_name(second), "length");
}

TEST_F(Expressions, TwoAnswersOfSetccAreOneCondition) {
  const Expr x = pool.symbol(32, 0, "x"), y = pool.symbol(32, 0, "y");
  const Expr small = pool.ult(x, pool.constant(0x10, 32)), zero = pool.eq(y, pool.constant(0, 32));
  const Expr both = pool.and_(pool.zext(small, 8), pool.zext(zero, 8));
  const Expr tested = pool.not_(pool.eq(both, pool.constant(0, 8))); // test al, cl / jne
  EXPECT_EQ(tested, pool.and_(small, zero));
  PathFacts facts;
  ASSERT_TRUE(facts.assume(pool, tested, true));
  EXPECT_EQ(facts.range(pool, x).high, 0xfu);
  EXPECT_EQ(facts.range(pool, y).high, 0u);
}

TEST_F(Expressions, LabelsSurviveArithmetic) {
  EXPECT_EQ(pool.labels(pool.xor_(pool.mul(pool.sext(dword, 64), c(12, 64)), c(1, 64))), label_input);
}

TEST_F(Expressions, LowBitsOfADeepSharedComputationAreTakenInReasonableTime) {
  Expr x = pool.symbol(32, label_input, "x");
  for (int i = 0; i < 1000; ++i)
    x = pool.xor_(x, pool.add(x, pool.constant(static_cast<std::uint64_t>(i) | 1, 32)));
  EXPECT_EQ(pool.bits(pool.extract(x, 0, 8)), 8u);
}

TEST_F(Expressions, ARangeCheckConfinesTheValue) {
  PathFacts facts;
  EXPECT_TRUE(facts.assume(pool, pool.ult(dword, c(0x606)), false));
  EXPECT_TRUE(facts.assume(pool, pool.ult(c(0x641), dword), false));
  const Range r = facts.range(pool, dword);
  EXPECT_EQ(r.low, 0x606u);
  EXPECT_EQ(r.high, 0x641u);
  EXPECT_EQ(facts.decide(pool, pool.eq(dword, c(0x700))), false);
  EXPECT_FALSE(facts.assume(pool, pool.eq(dword, c(0x700)), true));
}

TEST_F(Expressions, ACheckOfTheDwordDoesNotConfineItsLowWordUnlessItFits) {
  PathFacts facts;
  EXPECT_TRUE(facts.assume(pool, pool.eq(dword, c(0xcfc)), false));
  EXPECT_TRUE(facts.range(pool, word).is_full(16)) << "0x10cfc has the same low word";
  EXPECT_TRUE(facts.assume(pool, pool.ult(dword, c(0x100)), true));
  EXPECT_EQ(facts.range(pool, word).high, 0xffu);
}

TEST_F(Expressions, AWindowCheckByOneSubtractionConfinesTheValue) {
  PathFacts facts;
  EXPECT_TRUE(facts.assume(pool, pool.ult(pool.sub(dword, c(0xc0000)), c(0x20000)), true));
  EXPECT_EQ(facts.range(pool, dword).low, 0xc0000u);
  EXPECT_EQ(facts.range(pool, dword).high, 0xdffffu);
}

TEST_F(Expressions, TheGuidancesAlwaysTrueCheckConfinesNothing) {
  // if (min <= x <= max) compares the truth of min <= x, 0 or 1, with max.
  PathFacts facts;
  const Expr first = pool.zext(pool.ule(c(0x10), dword), 32);
  EXPECT_EQ(facts.decide(pool, pool.ule(first, c(0x20))), true);
  EXPECT_TRUE(facts.range(pool, dword).is_full(32));
}

TEST_F(Expressions, SignedChecksLeaveTheNegativeHalfOpen) {
  PathFacts facts;
  EXPECT_TRUE(facts.assume(pool, pool.slt(c(100), dword), false)); // x <= 100, signed
  EXPECT_TRUE(facts.range(pool, dword).contains(0x80000000u));
  EXPECT_TRUE(facts.assume(pool, pool.slt(dword, c(0)), false)); // x >= 0
  EXPECT_EQ(facts.range(pool, dword).high, 100u);
}

TEST_F(Expressions, MasksBecomeKnownBits) {
  PathFacts facts;
  EXPECT_TRUE(facts.assume(pool, pool.eq(pool.and_(dword, c(3)), c(0)), true));
  EXPECT_EQ(facts.range(pool, dword).zeros & 0xff, 3u);
}

TEST_F(Expressions, TwoValuesTestedByOneComparisonAreConfined) {
  // x == 0x1a0 || x == 0x1b0, as compilers write it: (x | 0x10) == 0x1b0.
  PathFacts facts;
  EXPECT_TRUE(facts.assume(pool, pool.eq(pool.or_(dword, c(0x10)), c(0x1b0)), true));
  EXPECT_EQ(facts.range(pool, dword).low, 0x1a0u);
  EXPECT_EQ(facts.range(pool, dword).high, 0x1b0u);
  EXPECT_TRUE(facts.range(pool, word).contains(0x1b0));
  EXPECT_FALSE(facts.range(pool, word).contains(0x1a4)) << "what is known of the low bits is known of the low word";
}

TEST_F(Expressions, AFieldComparedByHalvesHasTheRangeOfTheWhole) {
  const ArrayId array = pool.new_array("Buffer64", label_input);
  PathFacts facts;
  EXPECT_TRUE(facts.assume(pool, pool.eq(pool.slice(array, 4, 32), c(0)), true));
  EXPECT_TRUE(facts.assume(pool, pool.ult(pool.slice(array, 0, 32), c(0x1000)), true));
  EXPECT_EQ(facts.range(pool, pool.slice(array, 0, 64)).high, 0xfffu);
}

/// A random expression over two bytes, and its value for given bytes computed without the pool.
struct Sample {
  Expr expr;
  std::uint64_t value;
};

TEST_F(Expressions, RandomExpressionsKeepTheirValueAndStayInTheirRange) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 4000; ++round) {
    const std::uint64_t x = random() & 0xff, y = random() & 0xff;
    // The same tree twice: over symbols, and over constants, which fold.
    const Expr sx = pool.zext(pool.slice(buffer, 0, 8), 32), sy = pool.sext(pool.slice(buffer, 1, 8), 32);
    const Expr vx = c(x), vy = pool.sext(c(y, 8), 32);
    Expr s = sx, v = vx;
    PathFacts facts;
    ASSERT_TRUE(facts.assume(pool, pool.eq(pool.slice(buffer, 0, 8), c(x, 8)), true));
    ASSERT_TRUE(facts.assume(pool, pool.eq(pool.slice(buffer, 1, 8), c(y, 8)), true));
    for (int step = 0; step < 6; ++step) {
      const Expr k = c(random() >> (random() % 64));
      const bool use_y = (random() & 1) != 0;
      const Expr so = use_y ? sy : k, vo = use_y ? vy : k;
      const auto apply = [&](Expr a, Expr b, unsigned op) {
        switch (op) {
        case 0:
          return pool.add(a, b);
        case 1:
          return pool.sub(a, b);
        case 2:
          return pool.mul(a, b);
        case 3:
          return pool.and_(a, b);
        case 4:
          return pool.or_(a, b);
        case 5:
          return pool.xor_(a, b);
        case 6:
          return pool.not_(a);
        case 7:
          return pool.shift(Kind::shl, a, c(3));
        case 8:
          return pool.shift(Kind::shr, a, c(5));
        case 9:
          return pool.shift(Kind::sar, a, c(2));
        case 10:
          return pool.zext(pool.extract(a, 4, 20), 32);
        case 11:
          return pool.ite(pool.ult(a, b), a, b);
        case 12:
          return pool.ite(pool.slt(a, b), b, a);
        case 13:
          return pool.zext(pool.eq(a, b), 32);
        case 14:
          return pool.concat(pool.extract(a, 0, 16), pool.extract(b, 8, 16));
        default:
          return pool.sext(pool.extract(a, 0, 12), 32);
        }
      };
      const unsigned op = static_cast<unsigned>(random() % 16);
      s = apply(s, so, op);
      v = apply(v, vo, op);
    }
    ASSERT_TRUE(pool.is_constant(v)) << pool.to_string(v);
    EXPECT_TRUE(facts.range(pool, s).contains(pool.value(v)))
        << pool.to_string(s) << " = " << pool.value(v) << " for x=" << x << " y=" << y << " but range ["
        << facts.range(pool, s).low << "," << facts.range(pool, s).high << "]";
  }
}

TEST(Expression, TruncationOfSharedOperandsTakesOneStepForEach) {
  ExprPool pool;
  Expr e = pool.symbol(64, 0, "x");
  for (unsigned i = 0; i < 200; ++i) // walked as a tree this has 2^200 leaves
    e = pool.add(pool.xor_(e, pool.symbol(64, 0, "y")), pool.mul(e, pool.symbol(64, 0, "z")));
  const std::size_t before = pool.size();
  EXPECT_EQ(pool.bits(pool.extract(e, 0, 16)), 16u);
  EXPECT_LT(pool.size() - before, 5'000u);
}

TEST(Expression, DepthIsBoundedAndLabelsSurvive) {
  ExprPool pool;
  Expr e = pool.symbol(32, label_input, "in");
  for (unsigned i = 0; i < 100'000; ++i)
    e = pool.xor_(pool.add(e, pool.symbol(32, 0, "s")), pool.symbol(32, 0, "t"));
  EXPECT_LE(pool[e].depth, ExprPool::most_depth);
  EXPECT_NE(pool.labels(e) & label_input, 0u);
  EXPECT_EQ(pool.bits(pool.extract(e, 0, 8)), 8u);
}

/// What a 32-bit machine computes of a 64-bit field and constants.
class Halves : public Expressions {
protected:
  Expr low = pool.slice(buffer, 16, 32), high = pool.slice(buffer, 20, 32), whole = pool.slice(buffer, 16, 64);
  Expr carry(Expr a, Expr b) { return pool.ult(pool.add(a, b), a); }
  /// add, adc
  Expr sum(Expr ah, Expr al, Expr bh, Expr bl) {
    return pool.concat(pool.add(pool.add(ah, bh), pool.zext(carry(al, bl), 32)), pool.add(al, bl));
  }
  /// sub, sbb
  Expr difference(Expr ah, Expr al, Expr bh, Expr bl) {
    return pool.concat(pool.sub(pool.sub(ah, bh), pool.zext(pool.ult(al, bl), 32)), pool.sub(al, bl));
  }
};

TEST_F(Halves, SumsAndDifferencesAreOneNumber) {
  EXPECT_EQ(sum(high, low, c(0), c(0x1000)), pool.add(whole, c(0x1000, 64)));
  EXPECT_EQ(sum(high, low, c(3), c(0x1000)), pool.add(whole, c(0x300001000, 64)));
  EXPECT_EQ(sum(high, low, c(0), dword), pool.add(whole, pool.zext(dword, 64)));
  EXPECT_EQ(difference(high, low, c(0), c(0xfed00000)), pool.sub(whole, c(0xfed00000, 64)));
  EXPECT_EQ(difference(high, low, c(1), c(0xfed00000)), pool.sub(whole, c(0x1fed00000, 64)));
  EXPECT_EQ(difference(high, low, c(0), dword), pool.sub(whole, pool.zext(dword, 64)));
  EXPECT_EQ(difference(c(2), c(0xfed00000), high, low), pool.sub(c(0x2fed00000, 64), whole));
  const Expr other_low = pool.slice(buffer, 32, 32), other_high = pool.slice(buffer, 36, 32);
  EXPECT_EQ(sum(high, low, other_high, other_low), pool.add(whole, pool.slice(buffer, 32, 64)));
  EXPECT_EQ(difference(high, low, other_high, other_low), pool.sub(whole, pool.slice(buffer, 32, 64)));
}

TEST_F(Halves, AnotherCarryIsNotTaken) {
  const Expr odd = pool.concat(pool.add(high, pool.zext(carry(dword, c(0x1000)), 32)), pool.add(low, c(0x1000)));
  EXPECT_EQ(pool[odd].kind, Kind::concat);
}

TEST_F(Halves, CompareAndSubtractWithBorrowConfinesTheWhole) {
  const auto below = [&](std::uint64_t limit) {
    const auto operands = pool.joined_operands(high, c(limit >> 32), pool.ult(low, c(limit & 0xffffffff)));
    return operands ? pool.ult(operands->first, operands->second) : pool.ult(high, c(limit >> 32));
  };
  for (const std::uint64_t limit : std::initializer_list<std::uint64_t>{0x1fed00000, 0x100000001, 0x400, 1})
    EXPECT_EQ(below(limit), pool.ult(whole, c(limit, 64))) << limit;
  PathFacts facts;
  EXPECT_TRUE(facts.assume(pool, below(0xfed00000), false));
  EXPECT_TRUE(facts.assume(pool, below(0xfed01000), true));
  EXPECT_EQ(facts.range(pool, whole).low, 0xfed00000u);
  EXPECT_EQ(facts.range(pool, whole).high, 0xfed00fffu);
}

TEST_F(Halves, ALadderConfinesWhatIsNoField) {
  const Expr first = pool.mul(high, c(3)), second = pool.mul(low, c(5)), both = pool.concat(first, second);
  PathFacts facts; // cmp first, 1; jne; cmp second, 1000h; jae
  EXPECT_TRUE(facts.assume(pool, pool.eq(first, c(1)), true));
  EXPECT_TRUE(facts.assume(pool, pool.ult(second, c(0x1000)), true));
  EXPECT_EQ(facts.range(pool, both).low, 0x100000000u);
  EXPECT_EQ(facts.range(pool, both).high, 0x100000fffu);
  PathFacts other;
  EXPECT_TRUE(other.assume(pool, pool.ult(both, c(0x1000, 64)), true));
  EXPECT_EQ(other.range(pool, first).high, 0u);
  EXPECT_EQ(other.range(pool, second).high, 0xfffu);
}

TEST_F(Expressions, SumsOfOneValueThatDoNotWrapAreOrdered) {
  const Expr least = pool.add(dword, c(1)), most = pool.add(dword, c(0x10));
  PathFacts facts;
  EXPECT_FALSE(facts.decide(pool, pool.ult(least, most)));
  EXPECT_TRUE(facts.assume(pool, pool.ult(dword, c(0x7fff0000)), true));
  EXPECT_EQ(facts.decide(pool, pool.ult(least, most)), std::optional(true));
  EXPECT_EQ(facts.decide(pool, pool.ult(most, dword)), std::optional(false));
}

TEST_F(Expressions, SharedSumsAreNotTakenApartForEver) {
  Expr sum = pool.symbol(32, label_input, "a");
  const Expr other = pool.symbol(32, label_input, "b");
  EXPECT_EQ(pool.terms_of(pool.add(pool.add(sum, other), pool.constant(4, 32))).size(), 3u);
  for (unsigned i = 0; i < 80; ++i) { // each doubles the terms
    const Expr square = pool.mul(sum, sum);
    sum = pool.add(pool.add(square, sum), pool.add(pool.xor_(square, other), sum));
  }
  EXPECT_LE(pool.terms_of(sum).size(), 64u);
}

} // namespace
} // namespace ringfence::symbolic
