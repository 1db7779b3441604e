#include <ringfence/base/characters.h>
#include <ringfence/base/result.h>
#include <ringfence/base/shared_library.h>
#include <ringfence/base/span_reader.h>
#include <ringfence/base/strong.h>
#include <ringfence/base/text.h>
#include <ringfence/base/value.h>

#include <array>
#include <gtest/gtest.h>
#include <limits>

namespace ringfence {
namespace {

constexpr std::array bytes{std::byte{1}, std::byte{2}, std::byte{3}, std::byte{4}, std::byte{0}};

TEST(InBounds, DoesNotWrap) {
  constexpr auto huge = std::numeric_limits<std::uint64_t>::max();
  EXPECT_TRUE(in_bounds(5, 0, 5));
  EXPECT_FALSE(in_bounds(6, 0, 5));
  EXPECT_FALSE(in_bounds(4, huge, 5));
  EXPECT_FALSE(in_bounds(huge, 2, 5));
}

TEST(SpanReader, ReadsLittleEndianAndRefusesTheLastPartialField) {
  const SpanReader reader{Bytes(bytes)};
  EXPECT_EQ(reader.get<std::uint16_t>(1), 0x0302);
  EXPECT_EQ(reader.get<std::uint32_t>(1), 0x00040302u);
  EXPECT_FALSE(reader.get<std::uint32_t>(2));
}

TEST(SpanReader, SliceKeepsTheAbsoluteOffset) {
  const SpanReader reader{Bytes(bytes), 0x100};
  const auto part = reader.slice(2, 3);
  ASSERT_TRUE(part);
  EXPECT_EQ(part->base(), 0x102u);
  EXPECT_FALSE(reader.slice(3, 3));
}

TEST(SpanReader, StringNeedsItsTerminatorWithinTheCap) {
  const SpanReader reader{Bytes(bytes)};
  EXPECT_EQ(reader.c_string(0, 5)->size(), 4u);
  EXPECT_FALSE(reader.c_string(0, 4));
  EXPECT_FALSE(reader.c_string(5, 4));
}

TEST(Cursor, FailsStickilyAndNamesThePlace) {
  Cursor cursor{SpanReader{Bytes(bytes), 0x40}};
  EXPECT_EQ(cursor.u32(), 0x04030201u);
  EXPECT_EQ(cursor.u32(), 0u);
  EXPECT_EQ(cursor.u8(), 0u) << "a byte is left, but the cursor has failed";
  EXPECT_FALSE(cursor.ok());
  EXPECT_EQ(cursor.error("a header").offset, 0x44u);
}

TEST(Characters, DigitsAndUtf8) {
  EXPECT_EQ(hex_digit('9'), 9);
  EXPECT_EQ(hex_digit('a'), 10);
  EXPECT_EQ(hex_digit('F'), 15);
  EXPECT_EQ(hex_digit('g'), -1);
  std::string text;
  for (const char32_t point : {U'a', U'\u00e4', U'\u20ac', U'\U0001f600'})
    append_utf8(text, point);
  EXPECT_EQ(text, "a\u00e4\u20ac\U0001f600");
}

TEST(Text, Hexadecimal) {
  EXPECT_EQ(hex(0), "0x0");
  EXPECT_EQ(hex(0x80002000, 8), "0x80002000");
  EXPECT_EQ(hex(0x2a, 8), "0x0000002a");
  EXPECT_EQ(hex_bytes(bytes), "0102030400");
  EXPECT_EQ(bytes_from_hex("0aFF")->at(1), std::byte{0xff});
  EXPECT_FALSE(bytes_from_hex("0"));
  EXPECT_FALSE(bytes_from_hex("zz"));
}

TEST(Text, UnsignedLiterals) {
  EXPECT_EQ(parse_unsigned("0x22201C"), 0x22201cu);
  EXPECT_EQ(parse_unsigned("18446744073709551615"), std::numeric_limits<std::uint64_t>::max());
  EXPECT_FALSE(parse_unsigned("18446744073709551616"));
  EXPECT_FALSE(parse_unsigned("0x"));
  EXPECT_FALSE(parse_unsigned("12a"));
  EXPECT_FALSE(parse_unsigned(""));
}

TEST(Text, Utf16ToUtf8) {
  const std::array<std::byte, 6> pair{std::byte{0x3d}, std::byte{0xd8}, std::byte{0},
                                      std::byte{0xde}, std::byte{0x41}, std::byte{0}};
  EXPECT_EQ(utf8_from_utf16(pair), "\U0001F600A");
  EXPECT_EQ(utf8_from_utf16(Bytes(pair).first(2)), "\uFFFD");
  EXPECT_EQ(utf16_from_utf8("\U0001F600A"), u"\U0001F600A");
}

TEST(Text, PrintableStopsTerminalTricks) {
  EXPECT_EQ(printable("a\x1b[31m\xff\u00e9"), "a\\x1b[31m\\xff\u00e9");
  EXPECT_EQ(printable("\u202e"), "\\xe2\\x80\\xae");
  EXPECT_TRUE(is_utf8("\u00e9"));
  EXPECT_FALSE(is_utf8("\xc0\x80")) << "not the shortest form";
  EXPECT_FALSE(is_utf8("\xed\xa0\x80")) << "a surrogate";
}

TEST(Text, AFileNameStandsBehindTheLastSlashOfEitherKind) {
  EXPECT_EQ(file_name_of("a/b\\c.sys"), "c.sys");
  EXPECT_EQ(file_name_of("c:\\b/c.sys"), "c.sys");
  EXPECT_EQ(file_name_of("c.sys"), "c.sys");
  EXPECT_EQ(file_name_of("a/"), "");
}

TEST(SharedLibrary, WhatIsMissingIsNoLibrary) {
  EXPECT_FALSE(SharedLibrary::open("ringfence-no-such-library"));
#ifdef __linux__
  const SharedLibrary mathematics = SharedLibrary::open("libm.so.6");
  ASSERT_TRUE(mathematics);
  EXPECT_NE(mathematics.symbol("cos"), nullptr);
  EXPECT_EQ(mathematics.symbol("ringfence_no_such_function"), nullptr);
#endif
}

TEST(Value, ObjectsKeepInsertionOrderAndReplace) {
  Value value;
  value.set("b", 1).set("a", 2).set("b", 3);
  ASSERT_EQ(value.if_object()->size(), 2u);
  EXPECT_EQ(value.if_object()->front().first, "b");
  EXPECT_EQ(*value.find("b")->if_int(), 3);
}

TEST(Value, MembersThatAreMissingOrOfAnotherTypeAreEmpty) {
  const Value value = Value::object(
      {{"text", "a"}, {"flag", true}, {"number", std::uint64_t{7}}, {"negative", -1}, {"list", Value::Array{1, 2}}});
  EXPECT_EQ(value.text_at("text"), "a");
  EXPECT_EQ(value.text_at("flag"), "");
  EXPECT_TRUE(value.flag_at("flag"));
  EXPECT_FALSE(value.flag_at("number"));
  EXPECT_EQ(value.number_at("number"), 7u);
  EXPECT_EQ(value.number_at("negative"), std::nullopt);
  EXPECT_EQ(value.number_at("absent"), std::nullopt);
  EXPECT_EQ(value.items_at("list").size(), 2u);
  EXPECT_TRUE(value.items_at("text").empty());
}

TEST(Strong, IsOrderedWithinItsKind) {
  EXPECT_LT(Rva(1), Rva(2));
  static_assert(!std::is_convertible_v<Rva, FileOffset>);
}

} // namespace
} // namespace ringfence
