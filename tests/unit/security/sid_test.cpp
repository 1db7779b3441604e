#include <ringfence/security/sid.h>

#include <gtest/gtest.h>

namespace ringfence::security {
namespace {

TEST(Sid, AliasesRoundTrip) {
  for (const SidAlias &alias : sid_aliases()) {
    const auto sid = sid_from_alias(alias.code, {});
    ASSERT_TRUE(sid) << alias.code;
    EXPECT_EQ(alias_of(*sid, {}), alias.code);
  }
  EXPECT_FALSE(sid_from_alias("ba", {}));
  EXPECT_FALSE(sid_from_alias("XX", {}));
}

TEST(Sid, TextForms) {
  EXPECT_EQ(to_string(sids::administrators), "S-1-5-32-544");
  const auto large = parse_sid("S-1-5000000000-30-40");
  ASSERT_TRUE(large);
  EXPECT_EQ(to_string(*large), "S-1-0x12A05F200-30-40");
  EXPECT_EQ(*parse_sid("S-1-0x20-3"), make_sid(32, {3}));
  for (const char *bad : {"S-1", "S-1-", "S-1-5", "S-1-5-", "S-2-5-1", "S-1-0x1000000000000-1", "S-1-5-4294967296", "",
                          "S-1-5- 3", "S-1-5-1-1-1-1-1-1-1-1-1-1-1-1-1-1-1-1"})
    EXPECT_FALSE(parse_sid(bad)) << bad;
}

TEST(Sid, NamesAreFound) {
  EXPECT_EQ(*sid_from_text("everyone", {}), sids::everyone);
  EXPECT_EQ(*sid_from_text("BUILTIN\\Users", {}), sids::users);
  EXPECT_EQ(describe(sids::system), "NT AUTHORITY\\SYSTEM");
  EXPECT_EQ(describe(make_sid(5, {80, 1, 2})), "service S-1-5-80-1-2");
}

TEST(Sid, DomainRelativeAliases) {
  SidContext context;
  context.domain = make_sid(5, {21, 1, 2, 3});
  context.machine = make_sid(5, {21, 4, 5, 6});
  EXPECT_EQ(*sid_from_alias("DA", context), make_sid(5, {21, 1, 2, 3, 512}));
  EXPECT_EQ(*sid_from_alias("LA", context), make_sid(5, {21, 4, 5, 6, 500}));
  EXPECT_EQ(alias_of(make_sid(5, {21, 1, 2, 3, 500}), context), "");
  EXPECT_EQ(alias_of(make_sid(5, {21, 4, 5, 6, 500}), context), "LA");
}

TEST(Sid, BinaryFormIsBounded) {
  std::vector<std::byte> bytes;
  append(bytes, sids::administrators);
  EXPECT_EQ(bytes.size(), sids::administrators.size());
  Cursor whole{SpanReader(bytes)};
  EXPECT_EQ(*read_sid(whole), sids::administrators);
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    Cursor cut{SpanReader(Bytes(bytes).first(length))};
    EXPECT_FALSE(read_sid(cut));
  }
  bytes[1] = std::byte{16};
  Cursor many{SpanReader(bytes)};
  EXPECT_FALSE(read_sid(many));
}

} // namespace
} // namespace ringfence::security
