#include <ringfence/document/document.h>

#include <gtest/gtest.h>

namespace ringfence::document {
namespace {

TEST(Json, WritesMembersInTheOrderOfTheTree) {
  const Value value = Value::object({{"z", 1}, {"a", Value(Value::Array{true, "x"})}});
  EXPECT_EQ(write_json(value, 0), R"({"z":1,"a":[true,"x"]})");
}

TEST(Json, RoundTripsEveryKindOfValue) {
  const std::string text = R"({"a":[null,true,-5,18446744073709551615,0.5,"\u00e9\n"],"b":{}})";
  const auto value = parse_json(text);
  ASSERT_TRUE(value);
  EXPECT_EQ(write_json(*value, 0), "{\"a\":[null,true,-5,18446744073709551615,0.5,\"\u00e9\\n\"],\"b\":{}}");
}

TEST(Json, NamesTheOffsetOfAnError) {
  const auto value = parse_json(R"({"a": ])");
  ASSERT_FALSE(value);
  EXPECT_EQ(value.error().offset, 7u);
}

TEST(Json, RefusesDeepNesting) {
  const auto value = parse_json(std::string(100000, '['));
  ASSERT_FALSE(value);
}

TEST(Json, ReplacesInvalidUtf8InsteadOfThrowing) {
  EXPECT_EQ(write_json(Value(std::string("a\xff")), 0), "\"a\xef\xbf\xbd\"");
}

TEST(Toml, ReadsTablesArraysAndDates) {
  const auto value = parse_toml("a = [1, 2]\n[t]\nwhen = 2024-01-02\nname = 'x'\n");
  ASSERT_TRUE(value);
  EXPECT_EQ(*value->find("t")->find("when")->if_string(), "2024-01-02");
  EXPECT_EQ(value->find("a")->if_array()->size(), 2u);
}

TEST(Toml, NamesTheLineOfAnError) {
  const auto value = parse_toml("a = 1\nb = \n");
  ASSERT_FALSE(value);
  EXPECT_NE(value.error().what.find("line 2"), std::string::npos) << value.error().what;
}

TEST(Toml, RefusesCharactersWhereWhiteSpaceOrAKeyMayStand) {
  // toml++ calls these places impossible.
  for (const char *text : {"a\u00e4 = 1", "\u00e4", "a = 1 \u2fff", "a = 1\u1e80", "a = \"\"\"x\\\u00e4\"\"\"", "[\x02",
                           "[]", "[ ]", "[[\n"})
    EXPECT_FALSE(parse_toml(text)) << text;
  const auto value = parse_toml("a = \"\"\"x\\\n  \u00e4\"\"\" # \u00e4\n");
  ASSERT_TRUE(value);
  EXPECT_EQ(*value->find("a")->if_string(), "x\u00e4");
}

} // namespace
} // namespace ringfence::document
