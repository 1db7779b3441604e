// Flag records against definitions written another way: every pair of 8-bit operands.
#include <gtest/gtest.h>

#include <ringfence/ir/flags.h>

namespace {

using namespace ringfence::ir;

FlagsRecord record(FlagKind kind, std::uint64_t a, std::uint64_t b, bool carry = false, Width width = Width::w8) {
  FlagsRecord result;
  result.kind = kind;
  result.a = a;
  result.b = b;
  result.carry_in = carry;
  result.width = width;
  return result;
}

/// Flags of an 8-bit result from the unbounded signed and unsigned results.
unsigned expected(int unsigned_result, int signed_result, bool half_carry) {
  const unsigned low = static_cast<unsigned>(unsigned_result) & 0xff;
  unsigned ones = 0;
  for (unsigned i = 0; i < 8; ++i)
    ones += low >> i & 1;
  const auto when = [](bool holds, FlagBit bit) { return holds ? unsigned{bit} : 0u; };
  return when(unsigned_result < 0 || unsigned_result > 255, kCarry) | when(ones % 2 == 0, kParity) |
         when(half_carry, kAdjust) | when(low == 0, kZero) | when((low & 0x80) != 0, kSign) |
         when(signed_result < -128 || signed_result > 127, kOverflow);
}

TEST(Flags, AdditionAndSubtractionOfAllBytes) {
  for (int a = 0; a < 256; ++a)
    for (int b = 0; b < 256; ++b)
      for (int c = 0; c < 2; ++c) {
        const int sa = a - (a > 127 ? 256 : 0), sb = b - (b > 127 ? 256 : 0);
        const unsigned sum = expected(a + b + c, sa + sb + c, (a & 15) + (b & 15) + c > 15);
        const unsigned difference = expected(a - b - c, sa - sb - c, (a & 15) - (b & 15) - c < 0);
        const auto ua = static_cast<std::uint64_t>(a), ub = static_cast<std::uint64_t>(b);
        ASSERT_EQ(flag_bits(record(FlagKind::adc, ua, ub, c)), sum) << a << " " << b << " " << c;
        ASSERT_EQ(flag_bits(record(FlagKind::sbb, ua, ub, c)), difference) << a << " " << b << " " << c;
        ASSERT_EQ(flag_bits(record(FlagKind::sbc_inverted, ua, ub, !c)), difference ^ kCarry);
        if (c == 0) {
          ASSERT_EQ(flag_bits(record(FlagKind::add, ua, ub)), sum);
          ASSERT_EQ(flag_bits(record(FlagKind::sub, ua, ub)), difference);
          ASSERT_EQ(flag_bits(record(FlagKind::sub_inverted, ua, ub)), difference ^ kCarry);
        }
      }
}

TEST(Flags, ConditionsAfterAComparison) {
  for (int a = 0; a < 256; ++a)
    for (int b = 0; b < 256; ++b) {
      const int sa = a - (a > 127 ? 256 : 0), sb = b - (b > 127 ? 256 : 0);
      const FlagsRecord r = record(FlagKind::sub, static_cast<std::uint64_t>(a), static_cast<std::uint64_t>(b));
      ASSERT_EQ(evaluate(r, Condition::b), a < b);
      ASSERT_EQ(evaluate(r, Condition::be), a <= b);
      ASSERT_EQ(evaluate(r, Condition::e), a == b);
      ASSERT_EQ(evaluate(r, Condition::l), sa < sb);
      ASSERT_EQ(evaluate(r, Condition::le), sa <= sb);
      const FlagsRecord arm =
          record(FlagKind::sub_inverted, static_cast<std::uint64_t>(a), static_cast<std::uint64_t>(b));
      ASSERT_EQ(evaluate(arm, Condition::hi), a > b);
      ASSERT_EQ(evaluate(arm, Condition::ls), a <= b);
      ASSERT_EQ(evaluate(arm, Condition::b), a >= b);
    }
}

TEST(Flags, NegatedConditionsAreOpposite) {
  for (std::uint64_t bits = 0; bits < 64; ++bits) {
    const FlagsRecord r =
        record(FlagKind::word, word_from_flags(static_cast<unsigned>(bits), FlagLayout::x86), 0, false, Width::w32);
    ASSERT_EQ(flag_bits(r), bits);
    for (unsigned i = 0; i < static_cast<unsigned>(Condition::count); ++i) {
      const auto condition = static_cast<Condition>(i);
      if (condition != Condition::adjust) {
        ASSERT_NE(evaluate(r, condition), evaluate(r, negated(condition))) << i;
        ASSERT_EQ(flags_read_by(condition), flags_read_by(negated(condition)));
      }
    }
  }
}

TEST(Flags, ShiftsOfAllBytes) {
  for (int a = 0; a < 256; ++a)
    for (int count = 1; count < 32; ++count) {
      const auto ua = static_cast<std::uint64_t>(a), by = static_cast<std::uint64_t>(count);
      unsigned left = static_cast<unsigned>(a), right = left, carry_left = 0, carry_right = 0, carry_arithmetic = 0;
      int arithmetic = a - (a > 127 ? 256 : 0);
      for (int i = 0; i < count; ++i) {
        carry_left = left >> 7 & 1;
        left = left << 1 & 0xff;
        carry_right = right & 1;
        right >>= 1;
        carry_arithmetic = static_cast<unsigned>(arithmetic) & 1;
        arithmetic >>= 1;
      }
      const FlagsRecord shl = record(FlagKind::shl, ua, by), shr = record(FlagKind::shr, ua, by),
                        sar = record(FlagKind::sar, ua, by);
      ASSERT_EQ(flag_bits(shl, kZero), left == 0 ? unsigned{kZero} : 0u);
      ASSERT_EQ(flag_bits(shr, kZero), right == 0 ? unsigned{kZero} : 0u);
      ASSERT_EQ(flag_bits(sar, kCarry), carry_arithmetic);
      if (count < 8) {
        ASSERT_EQ(flag_bits(shl, kCarry), carry_left);
        ASSERT_EQ(flag_bits(shr, kCarry), carry_right);
        ASSERT_EQ(undefined_flags(shl) & kCarry, 0u);
      } else {
        ASSERT_EQ(undefined_flags(shl) & undefined_flags(shr) & kCarry, unsigned{kCarry});
      }
      ASSERT_EQ(undefined_flags(shl) & kOverflow, count == 1 ? 0u : unsigned{kOverflow});
    }
}

TEST(Flags, OverridesAndUndefined) {
  FlagsRecord r = record(FlagKind::logic, 0, 0);
  EXPECT_EQ(undefined_flags(r), unsigned{kAdjust});
  r.known = kCarry;
  r.known_bits = kCarry;
  EXPECT_EQ(flag_bits(r), unsigned{kCarry | kZero | kParity});
  EXPECT_TRUE(evaluate(r, Condition::be));
  EXPECT_EQ(flags_from_word(word_from_flags(kCarry | kSign, FlagLayout::arm64), FlagLayout::arm64),
            unsigned{kCarry | kSign});
  EXPECT_EQ(word_from_flags(kCarry | kOverflow, FlagLayout::x86), 0x801u);
}

} // namespace
