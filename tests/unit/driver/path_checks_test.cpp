#include "../../../src/driver/path_checks.h"

#include <gtest/gtest.h>

namespace ringfence::driver {
namespace {

using symbolic::Expr;

struct Conditions : testing::Test {
  symbolic::ExprPool pool;
  Expr field = pool.slice(pool.new_array("SystemBuffer", symbolic::label_input), 0, 32);
  Expr length = pool.symbol(32, symbolic::label_length, "InputBufferLength");
  Expr number(std::uint64_t value) { return pool.constant(value, 32); }
};

TEST_F(Conditions, ReadAsInC) {
  EXPECT_EQ(condition_text(pool, pool.ult(length, number(8))), "InputBufferLength < 0x8");
  EXPECT_EQ(condition_text(pool, pool.not_(pool.ult(length, number(8)))), "InputBufferLength >= 0x8");
  EXPECT_EQ(condition_text(pool, pool.eq(field, number(0x10))), "SystemBuffer[0x0..0x4) == 0x10");
  EXPECT_EQ(condition_text(pool, pool.not_(pool.eq(field, number(0x10)))), "SystemBuffer[0x0..0x4) != 0x10");
  EXPECT_EQ(condition_text(pool, pool.ult(number(0xff), field)), "SystemBuffer[0x0..0x4) > 0xff");
  EXPECT_EQ(condition_text(pool, pool.slt(field, length)), "SystemBuffer[0x0..0x4) < InputBufferLength (signed)");
}

TEST_F(Conditions, ASumThatWrapsIsARange) {
  const Expr distance = pool.add(field, number(0xffffff9c)); // field - 100
  EXPECT_EQ(condition_text(pool, pool.ult(distance, number(10))), "SystemBuffer[0x0..0x4) in [0x64,0x6d]");
  EXPECT_EQ(condition_text(pool, pool.not_(pool.ult(distance, number(10)))),
            "SystemBuffer[0x0..0x4) not in [0x64,0x6d]");
}

TEST_F(Conditions, PartsOfOneTestAreJoined) {
  const Expr both = pool.and_(pool.not_(pool.ult(length, number(8))), pool.eq(field, number(1)));
  const std::string text = condition_text(pool, both), negated = condition_text(pool, pool.not_(both));
  EXPECT_NE(text.find(" and "), std::string::npos) << text;
  EXPECT_NE(text.find("InputBufferLength >= 0x8"), std::string::npos) << text;
  EXPECT_NE(negated.find(" or "), std::string::npos) << negated;
  EXPECT_NE(negated.find("SystemBuffer[0x0..0x4) != 0x1"), std::string::npos) << negated;
}

} // namespace
} // namespace ringfence::driver
