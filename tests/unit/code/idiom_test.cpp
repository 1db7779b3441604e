#include <ringfence/code/idiom.h>

#include "test_image.h"

#include <gtest/gtest.h>

namespace ringfence::code {
namespace {

std::optional<FunctionIdiom> only_idiom(const image::Image &image) {
  Program program = discover(image);
  const auto found = recognise_functions(program);
  return found.size() == 1 ? std::optional(found[0]) : std::nullopt;
}

TEST(Idiom, AByteLoopThatFills) {
  // mov rax, rcx; test r8, r8; je end; loop: mov [rcx], dl; inc rcx; dec r8; jne loop; end: ret
  const auto idiom = only_idiom(test::image_x64("488bc1"
                                                "4d85c0"
                                                "740a"
                                                "8811"
                                                "48ffc1"
                                                "49ffc8"
                                                "75f6"
                                                "c3"));
  ASSERT_TRUE(idiom);
  EXPECT_EQ(idiom->kind, IdiomKind::fill);
  EXPECT_TRUE(idiom->returns_destination);
}

TEST(Idiom, ARoutineIsAskedForByItsAddressWithoutAProgram) {
  // f: jmp g; int3...; g: mov rax, rcx; test r8, r8; je end; loop: mov [rcx], dl; inc rcx; dec r8; jne loop; end: ret
  const image::Image image = test::image_x64("eb06cccccccccccc"
                                             "488bc14d85c0740a881148ffc149ffc875f6c3");
  const std::uint64_t entry = discover(image).functions().front().entry.value;
  BlockCache cache(image);
  FunctionRecogniser recogniser(cache);
  const auto through_jump = recogniser.recognise(entry), itself = recogniser.recognise(entry + 8);
  ASSERT_TRUE(through_jump && itself);
  EXPECT_EQ(through_jump->kind, IdiomKind::fill);
  EXPECT_EQ(itself->entry, Va(entry + 8));
  EXPECT_FALSE(recogniser.recognise(entry + 18)); // the end alone repeats nothing
}

TEST(Idiom, ALoopThatFillsOneByteTooManyIsNone) {
  // do { *rcx++ = dl } while (r8-- != 0)
  EXPECT_FALSE(only_idiom(test::image_x64("8811"
                                          "48ffc1"
                                          "4983e801"
                                          "73f5"
                                          "c3")));
}

TEST(Idiom, AnAscendingCopyIsNoMove) {
  // mov rax, rcx; mov rsi, rdx; mov rdi, rax; mov rcx, r8; rep movsb; ret
  const auto idiom = only_idiom(test::image_x64("488bc1"
                                                "488bf2"
                                                "488bf8"
                                                "498bc8"
                                                "f3a4"
                                                "c3"));
  ASSERT_TRUE(idiom);
  EXPECT_EQ(idiom->kind, IdiomKind::copy);
  EXPECT_TRUE(idiom->returns_destination);
}

TEST(Idiom, LengthOfAString) {
  // xor eax, eax; jmp test; next: inc rax; test: cmp byte [rcx+rax], 0; jne next; ret
  const auto idiom = only_idiom(test::image_x64("31c0"
                                                "eb03"
                                                "48ffc0"
                                                "803c0100"
                                                "75f7"
                                                "c3"));
  ASSERT_TRUE(idiom);
  EXPECT_EQ(idiom->kind, IdiomKind::string_length);
}

TEST(Idiom, AnInlinedLoopWithItsInductions) {
  // loop: mov eax, [rsi]; mov [rdi], eax; add rsi, 4; add rdi, 4; dec ecx; jne loop; ret
  const image::Image image = test::image_x64("8b06"
                                             "8907"
                                             "4883c604"
                                             "4883c704"
                                             "ffc9"
                                             "75f0"
                                             "c3");
  const Program program = discover(image);
  const auto loops = recognise_loops(program);
  ASSERT_EQ(loops.size(), 1u);
  EXPECT_EQ(loops[0].kind, IdiomKind::copy);
  EXPECT_EQ(loops[0].bytes, 4u);
  EXPECT_FALSE(loops[0].downwards);
  const std::vector<Induction> expected = {{ir::x86::rcx, -1}, {ir::x86::rsi, 4}, {ir::x86::rdi, 4}};
  EXPECT_NE(std::find(loops[0].inductions.begin(), loops[0].inductions.end(), expected[1]), loops[0].inductions.end());
  EXPECT_NE(std::find(loops[0].inductions.begin(), loops[0].inductions.end(), expected[2]), loops[0].inductions.end());
}

TEST(Idiom, ALoopThatStoresWithGapsIsNone) {
  // loop: mov [rdi], eax; add rdi, 8; dec ecx; jne loop; ret
  const image::Image image = test::image_x64("8907"
                                             "4883c708"
                                             "ffc9"
                                             "75f6"
                                             "c3");
  EXPECT_TRUE(recognise_loops(discover(image)).empty());
}

} // namespace
} // namespace ringfence::code
