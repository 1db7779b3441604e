#include <ringfence/security/condition.h>

#include <gtest/gtest.h>

#include <array>

namespace ringfence::security {
namespace {

Claim strings(std::u16string name, std::vector<std::u16string> values, std::uint32_t flags = 0) {
  Claim claim{std::move(name), ClaimType::string, flags, {}};
  for (std::u16string &value : values)
    claim.values.push_back({0, std::move(value), {}});
  return claim;
}
Claim numbers(std::u16string name, ClaimType type, std::vector<std::uint64_t> values) {
  Claim claim{std::move(name), type, 0, {}};
  for (const std::uint64_t value : values)
    claim.values.push_back({value, {}, {}});
  return claim;
}

Truth ask(std::string_view text, std::vector<Claim> claims = {}) {
  std::size_t position = 0;
  const auto condition = parse_condition_text(text, position, {}, nullptr);
  EXPECT_TRUE(condition) << text << ": " << condition.error().what;
  if (!condition)
    return Truth::unknown;
  const auto back = parse_condition_binary(write_condition_binary(*condition));
  EXPECT_TRUE(back) << text;
  EXPECT_EQ(*back, *condition) << text;
  ConditionSubject subject;
  subject.user_claims = claims;
  const std::array groups = {sids::everyone, sids::users};
  subject.groups = groups;
  return evaluate(*back, subject);
}

constexpr Truth yes = Truth::true_, no = Truth::false_, unknown = Truth::unknown;

TEST(Condition, Equality) {
  EXPECT_EQ(ask("(@User.a == \"x\")"), unknown);
  EXPECT_EQ(ask("(@User.a == \"FOO bar\")", {strings(u"A", {u"foo BAR"})}), yes);
  EXPECT_EQ(ask("(@User.a == \"FOO\")", {strings(u"a", {u"foo"}, claim_flag::value_case_sensitive)}), no);
  EXPECT_EQ(ask("(@User.a == @User.b)", {strings(u"a", {u"foo", u"bar"}), strings(u"b", {u"BAR", u"FOO"})}), yes);
  EXPECT_EQ(ask("(@User.a != @User.b)", {strings(u"a", {u"foo", u"bar"}), strings(u"b", {u"foo"})}), yes);
  EXPECT_EQ(ask("(@User.a == {\"apple\", \"banana\", \"apple\"})", {strings(u"a", {u"apple", u"banana"})}), no);
  EXPECT_EQ(ask("(@User.a == {\"x\"})", {strings(u"a", {u"x"})}), yes);
  EXPECT_EQ(ask("(@User.a != {})", {strings(u"a", {u"x"})}), yes);
  EXPECT_EQ(ask("(@User.a == 42)", {strings(u"a", {u"42"})}), unknown);
  EXPECT_EQ(ask("(@User.a == {2, SID(WD)})", {strings(u"a", {u"42"})}), unknown);
  EXPECT_EQ(ask("(@User.a == @User.a)", {numbers(u"a", ClaimType::uint64, {42, 42})}), unknown);
  EXPECT_EQ(ask("(@User.a == 42)", {numbers(u"a", ClaimType::boolean, {1})}), unknown);
  EXPECT_EQ(ask("(@User.a == 1)", {numbers(u"a", ClaimType::boolean, {1})}), yes);
}

TEST(Condition, Ordering) {
  EXPECT_EQ(ask("(@User.a > 0)", {numbers(u"a", ClaimType::uint64, {std::uint64_t{1} << 32})}), yes);
  EXPECT_EQ(ask("(@User.a < -1)", {numbers(u"a", ClaimType::int64, {static_cast<std::uint64_t>(-2)})}), yes);
  EXPECT_EQ(ask("(@User.a < \"dog\")", {strings(u"a", {u"cat"})}), yes);
  EXPECT_EQ(ask("(@User.a < \"_\")", {strings(u"a", {u"a"})}), yes); // upper case sorts before _
  EXPECT_EQ(ask("(@User.a < @User.b)", {strings(u"a", {u"a", u"b"}), strings(u"b", {u"c"})}), unknown);
  // Code units, not code points.
  EXPECT_EQ(ask("(@User.a < @User.b)", {strings(u"a", {u"\xd800\xdc00"}), strings(u"b", {u"\xf900"})}), yes);
}

TEST(Condition, UpperCaseTableIsThatOfWindows) {
  const auto same = [](std::u16string a, std::u16string b) {
    return ask("(@User.a == @User.b)", {strings(u"a", {std::move(a)}), strings(u"b", {std::move(b)})});
  };
  EXPECT_EQ(same(u"\u0107\u00e0\u021b", u"\u0106\u00c0\u021a"), yes);
  EXPECT_EQ(same(u"\uff46", u"\uff26"), yes);
  EXPECT_EQ(same(u"\u2178", u"\u2168"), yes);
  EXPECT_EQ(same(u"\ua66d", u"\ua66c"), yes);
  EXPECT_EQ(same(u"\u2c66", u"\u023e"), yes);
  EXPECT_EQ(same(u"\u051b\u0523", u"\u051a\u0522"), yes); // Unicode 5.1
  EXPECT_EQ(same(u"\u2cec", u"\u2ceb"), no);              // Unicode 5.2
  EXPECT_EQ(same(u"\u029e", u"\ua7b0"), no);
  EXPECT_EQ(same(u"\u025c", u"\ua7ab"), no);
  EXPECT_EQ(same(u"\u00df", u"\u1e9e"), no);
}

TEST(Condition, SetOperators) {
  const auto two = strings(u"a", {u"foo", u"bar"});
  EXPECT_EQ(ask("(@User.a Contains {\"foo\", \"BAR\", \"bar\"})", {two}), yes);
  EXPECT_EQ(ask("(@User.a Contains {\"foo\", \"baz\"})", {two}), no);
  EXPECT_EQ(ask("(@User.a Not_Contains \"foo\")", {two}), no);
  EXPECT_EQ(ask("(@User.a Contains {})"), no);
  EXPECT_EQ(ask("(@User.a Not_Contains {})"), yes);
  EXPECT_EQ(ask("(@User.a Contains {\"foo\"})"), unknown);
  EXPECT_EQ(ask("(@User.a Contains {1, 2})", {two}), unknown);
  EXPECT_EQ(ask("(@User.a Any_of {\"baz\", \"bar\"})", {two}), yes);
  EXPECT_EQ(ask("(@User.a Any_of {})", {two}), no);
  EXPECT_EQ(ask("(@User.a Any_of {})"), unknown);
  EXPECT_EQ(ask("(@User.a Any_of \"foo\")", {two}), unknown); // the right side must be a list
  EXPECT_EQ(ask("(@User.a Any_of @User.b)", {two, strings(u"b", {u"FOO"})}), yes);
}

TEST(Condition, LogicIsThreeValued) {
  const auto one = numbers(u"one", ClaimType::boolean, {1});
  const auto zero = numbers(u"zero", ClaimType::int64, {0});
  EXPECT_EQ(ask("(@User.one)", {one}), yes);
  EXPECT_EQ(ask("(@User.zero)", {zero}), no);
  EXPECT_EQ(ask("(@User.none)"), unknown);
  EXPECT_EQ(ask("(@User.zero && @User.none)", {zero}), no);
  EXPECT_EQ(ask("(@User.one && @User.none)", {one}), unknown);
  EXPECT_EQ(ask("(@User.one || @User.none)", {one}), yes);
  EXPECT_EQ(ask("(!(@User.none))"), unknown);
  EXPECT_EQ(ask("(!(!(@User.zero)))", {zero}), no);
  // Windows loses its way when ! meets an attribute while another one waits.
  EXPECT_EQ(ask("(@User.one && !(@User.zero))", {one, zero}), unknown);
  EXPECT_EQ(ask("(@User.one || !(@User.one))", {one}), unknown);
  EXPECT_EQ(ask("(!(@User.one) || @User.one)", {one}), yes);
  EXPECT_EQ(ask("(@User.one && !(@User.zero || @User.zero))", {one, zero}), yes);
}

TEST(Condition, MembershipAndExistence) {
  EXPECT_EQ(ask("(Member_of {SID(WD), SID(BU)})"), yes);
  EXPECT_EQ(ask("(Member_of {SID(WD), SID(BA)})"), no);
  EXPECT_EQ(ask("(Member_of_Any {SID(WD), SID(BA)})"), yes);
  EXPECT_EQ(ask("(Not_Member_of SID(BA))"), yes);
  EXPECT_EQ(ask("(Device_Member_of SID(WD))"), no);
  EXPECT_EQ(ask("(Member_of {1})"), unknown);
  EXPECT_EQ(ask("(Exists @User.a)"), no);
  EXPECT_EQ(ask("(Not_Exists @User.a)"), yes);
  EXPECT_EQ(ask("(Exists @User.a)", {strings(u"a", {u""})}), yes);
}

TEST(Condition, HostileBinary) {
  std::size_t position = 0;
  const auto good = parse_condition_text("(@User.a == {1, \"x\", SID(WD), #0102} && Exists b)", position, {}, nullptr);
  ASSERT_TRUE(good);
  const std::vector<std::byte> bytes = write_condition_binary(*good);
  EXPECT_EQ(bytes.size() % 4, 0u);
  // A prefix is refused, or is a shorter condition that is read as what it is.
  std::size_t refused = 0;
  for (std::size_t length = 0; length + 4 < bytes.size(); ++length) {
    const auto prefix = parse_condition_binary(Bytes(bytes).first(length));
    refused += prefix ? 0u : 1u;
    if (prefix) {
      EXPECT_EQ(parse_condition_binary(write_condition_binary(*prefix)).ok(), true) << length;
      EXPECT_LT(prefix->postfix.size(), good->postfix.size());
    }
  }
  EXPECT_GT(refused, bytes.size() - 10);
  std::vector<std::byte> wrong = bytes;
  wrong[0] = std::byte{'A'};
  EXPECT_FALSE(parse_condition_binary(wrong));
}

TEST(Condition, NestingIsBounded) {
  std::size_t position = 0;
  const std::string deep = std::string(100, '(') + "a" + std::string(100, ')');
  EXPECT_FALSE(parse_condition_text(deep, position, {}, nullptr));
  std::string negated = "(a)";
  for (int i = 0; i < 30; ++i)
    negated = "(!" + negated + ")";
  position = 0;
  EXPECT_TRUE(parse_condition_text(negated, position, {}, nullptr));
}

} // namespace
} // namespace ringfence::security
