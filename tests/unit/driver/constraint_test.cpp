// The admitted set: union over paths, the contract's grammar, what counts as a hole.

#include "../../../src/driver/constraint.h"

#include <gtest/gtest.h>

namespace ringfence::driver {
namespace {

using symbolic::Range;

Range between(std::uint64_t low, std::uint64_t high) {
  return *symbolic::intersect(Range::full(64), {low, high, 0, 0});
}

std::string text_of(std::initializer_list<Range> ranges, unsigned bits) {
  AdmittedSet set;
  for (const Range &range : ranges)
    set.add(range, {}, bits);
  return set.text(bits);
}

TEST(AdmittedSet, PrintsTheGrammarOfTheContract) {
  EXPECT_EQ(text_of({Range::full(32)}, 32), "any");
  EXPECT_EQ(text_of({between(0x2d, 0x2d)}, 32), "0x2d");
  EXPECT_EQ(text_of({between(0xc0000, 0xdffff)}, 32), "[0xc0000,0xdffff]");
  EXPECT_EQ(text_of({between(0x60, 0x60), between(0x64, 0x64)}, 16), "{0x60,0x64}");
  EXPECT_EQ(text_of({between(0, 0xf), between(0x20, 0xffffffff)}, 32), "[0x0,0xf] | [0x20,0xffffffff]");
}

TEST(AdmittedSet, JoinsWhatTouches) {
  EXPECT_EQ(text_of({between(0x199, 0x199), between(0x198, 0x198)}, 32), "[0x198,0x199]");
  EXPECT_EQ(text_of({between(0, 0x7fffffff), between(0x80000000, 0xffffffff)}, 32), "any");
  EXPECT_EQ(text_of({between(0x10, 0x30), between(0x20, 0x28)}, 32), "[0x10,0x30]");
}

TEST(AdmittedSet, SaysStridesAndMasks) {
  Range aligned = between(0x10, 0xff);
  aligned.zeros |= 3;
  AdmittedSet stride;
  stride.add(*symbolic::intersect(aligned, aligned), {}, 32);
  EXPECT_EQ(stride.text(32), "0x10..0xfc/4");
  Range masked = Range::full(16);
  masked.zeros |= 0x80;
  AdmittedSet mask;
  mask.add(masked, {}, 16);
  EXPECT_EQ(mask.text(16), "mask 0xff7f");
  Range two = Range::full(16);
  two.zeros = ~std::uint64_t{0x64};
  two.ones = 0x60;
  AdmittedSet pair;
  pair.add(*symbolic::intersect(two, two), {}, 16);
  EXPECT_EQ(pair.extent(), 5u) << "a stride counts what lies between its values";
}

TEST(AdmittedSet, ADenyListIsAnIntervalWithHoles) {
  AdmittedSet set;
  const std::uint64_t refused[] = {0x174, 0x176};
  set.add(Range::full(32), refused, 32);
  EXPECT_EQ(set.text(32), "[0x0,0x173] | 0x175 | [0x177,0xffffffff]");
  EXPECT_EQ(set.hole_kind(), "deny-list");
  EXPECT_FALSE(is_confined(set.extent(), 32));
}

TEST(AdmittedSet, AnInvertedCheckIsOneWideHole) {
  AdmittedSet set;
  set.add(between(0, 0xf), {}, 32);
  set.add(between(0x20, 0xffffffff), {}, 32);
  EXPECT_EQ(set.hole_kind(), "inverted-check");
}

TEST(Confinement, IsASixteenthOfWhatTheCallersBytesHold) {
  EXPECT_TRUE(is_confined(0x1000, 16));
  EXPECT_FALSE(is_confined(0x1001, 16));
  EXPECT_FALSE(is_confined(0xffff, 16));
  EXPECT_TRUE(is_confined(std::uint64_t{1} << 20, 64));
}

} // namespace
} // namespace ringfence::driver
