#include <ringfence/code/block_cache.h>

#include "test_image.h"

#include <gtest/gtest.h>

namespace ringfence::code {
namespace {

constexpr std::uint64_t kText = 0x140001000;

TEST(BlockCache, LiftsABlockOnceAndStopsAtATransfer) {
  // mov eax, 1; test eax, eax; je +1; nop; ret
  const image::Image image = test::image_x64("b801000000"
                                             "85c0"
                                             "7401"
                                             "90"
                                             "c3");
  BlockCache cache(image);
  const auto first = cache.locate(kText);
  ASSERT_TRUE(first);
  EXPECT_TRUE(first->fresh);
  EXPECT_EQ(cache.body().block(first->id).end, kText + 9);
  EXPECT_EQ(cache.body().block(first->id).instruction_count, 3u);
  EXPECT_FALSE(cache.locate(kText)->fresh);
  EXPECT_EQ(cache.body().blocks.size(), 1u);
}

TEST(BlockCache, CutsAKnownBlockAtAnInnerInstruction) {
  const image::Image image = test::image_x64("b801000000"
                                             "85c0"
                                             "7401"
                                             "90"
                                             "c3");
  BlockCache cache(image);
  const ir::BlockId whole = cache.locate(kText)->id;
  const auto tail = cache.locate(kText + 5);
  ASSERT_TRUE(tail);
  EXPECT_EQ(tail->cut_from, whole);
  EXPECT_EQ(cache.body().block(whole).end, kText + 5);
  EXPECT_EQ(cache.body().terminator(cache.body().block(whole)), nullptr);
  EXPECT_EQ(cache.known_block(kText + 5), tail->id);
}

TEST(BlockCache, EndsBeforeABlockThatIsKnown) {
  const image::Image image = test::image_x64("90"
                                             "90"
                                             "c3");
  BlockCache cache(image);
  ASSERT_TRUE(cache.locate(kText + 2));
  EXPECT_EQ(cache.body().block(cache.locate(kText)->id).end, kText + 2);
}

TEST(BlockCache, SaysWhyThereIsNoBlock) {
  const image::Image image = test::image_x64("06"
                                             "c3"); // push es: not in long mode
  BlockCache cache(image);
  EXPECT_EQ(cache.block_at(kText), nullptr);
  EXPECT_EQ(cache.refusal(), Refusal::undecodable);
  EXPECT_EQ(cache.block_at(kText), nullptr);
  EXPECT_EQ(cache.refusal(), Refusal::undecodable);
  EXPECT_EQ(cache.block_at(0x10), nullptr);
  EXPECT_EQ(cache.refusal(), Refusal::outside);
  EXPECT_EQ(cache.block_at(image.va_of(image.find_section(".rdata")->rva).value), nullptr);
  EXPECT_EQ(cache.refusal(), Refusal::not_executable);
}

TEST(BlockCache, OneByteOverAndOverIsNoCode) {
  std::string text = "8bff"; // mov edi, edi, then room for 80 bytes that somebody writes at run time
  for (int i = 0; i < 80; ++i)
    text += "aa";
  const image::Image image = test::image_x64(text + "c3");
  BlockCache cache(image);
  const auto before = cache.locate(kText);
  ASSERT_TRUE(before);
  EXPECT_EQ(cache.body().block(before->id).end, kText + 2);
  EXPECT_EQ(cache.block_at(kText + 2), nullptr);
  EXPECT_EQ(cache.refusal(), Refusal::filler);
  EXPECT_NE(cache.block_at(kText + 82), nullptr);
}

TEST(BlockCache, AFewEqualBytesAreCode) {
  std::string text;
  for (int i = 0; i < 40; ++i)
    text += "90";
  const image::Image image = test::image_x64(text + "c3");
  BlockCache cache(image);
  const auto block = cache.locate(kText);
  ASSERT_TRUE(block);
  EXPECT_EQ(cache.body().block(block->id).end, kText + 41);
}

TEST(BlockCache, TellsInnerBytesFromInstructionStarts) {
  const image::Image image = test::image_x64("b801000000"
                                             "c3");
  BlockCache cache(image);
  ASSERT_TRUE(cache.block_at(kText));
  EXPECT_TRUE(cache.inside_instruction(kText + 1));
  EXPECT_TRUE(cache.inside_instruction(kText + 4));
  EXPECT_FALSE(cache.inside_instruction(kText + 5));
  EXPECT_FALSE(cache.inside_instruction(kText + 6));
}

} // namespace
} // namespace ringfence::code
