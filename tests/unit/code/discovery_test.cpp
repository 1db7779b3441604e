#include <ringfence/code/program.h>

#include "test_image.h"

#include <gtest/gtest.h>

#include <set>

namespace ringfence::code {
namespace {

constexpr std::uint64_t kText = 0x140001000;

TEST(Discovery, FollowsCallsAndBranches) {
  // 0: call 10h; je 0; ret.  10h: xor eax, eax; ret
  const image::Image image = test::image_x64("e80b000000"
                                             "74f9"
                                             "c3"
                                             "cccccccccccccccc"
                                             "31c0c3");
  const Program program = discover(image);
  ASSERT_EQ(program.functions().size(), 2u);
  EXPECT_EQ(program.functions()[1].entry.value, kText + 0x10);
  EXPECT_EQ(program.functions()[1].origin, Origin::call_target);
  EXPECT_EQ(program.functions()[0].block_count, 3u);
  EXPECT_TRUE(program.functions()[0].returns);
  ASSERT_EQ(program.calls().size(), 1u);
  EXPECT_EQ(program.calls()[0].callee, *program.function_at(kText + 0x10));
  EXPECT_EQ(program.function_of(kText + 0x12), program.function_at(kText + 0x10));
  EXPECT_EQ(program.statistics().instructions, 5u);
}

TEST(Discovery, StopsAfterACallThatNeverReturns) {
  // 0: call 10h; (bytes that are no code).  10h: int 29h
  const image::Image image = test::image_x64("e80b000000"
                                             "0606060606060606060606"
                                             "cd29");
  const Program program = discover(image);
  EXPECT_TRUE(program.dead_ends().empty());
  EXPECT_FALSE(program.functions()[0].returns);
  EXPECT_FALSE(program.functions()[1].returns);
  EXPECT_FALSE(program.calls()[0].returns);
  EXPECT_EQ(program.flow_of(*program.cache().known_block(kText))->ending, Ending::call_no_return);
}

TEST(Discovery, ResolvesARelativeTableWithABound) {
  // cmp ecx, 2; ja 1ch; movsxd rax, ecx; lea rdx, [rip+x] (image base); mov ecx, [rdx+rax*4+1020h]; add rcx, rdx; jmp
  // rcx
  const image::Image image = test::image_x64("83f902"
                                             "7717"
                                             "4863c1"
                                             "488d15f1efffff"
                                             "8b8c8220100000"
                                             "4803ca"
                                             "ffe1"
                                             "90"
                                             "c3"
                                             "90"
                                             "c3" // 1ch, 1eh
                                             "90"
                                             "1c100000"
                                             "1e100000"
                                             "1d100000");
  const Program program = discover(image);
  ASSERT_EQ(program.jump_tables().size(), 1u);
  const JumpTable &table = program.jump_tables()[0];
  EXPECT_TRUE(table.bounded);
  EXPECT_EQ(table.table.value, kText + 0x20);
  ASSERT_EQ(table.target_count, 3u);
  EXPECT_EQ(program.targets_of(table)[0].value, kText + 0x1c);
  EXPECT_EQ(program.targets_of(table)[1].value, kText + 0x1e);
  EXPECT_EQ(program.targets_of(table)[2].value, kText + 0x1d);
  EXPECT_TRUE(program.unresolved().empty());
}

TEST(Discovery, ResolvesAComputedJumpIntoAnUnrolledSequence) {
  // and ecx, 3; lea rdx, [rip+4]; lea rdx, [rdx+rcx]; jmp rdx; nop; nop; nop; ret
  const image::Image image = test::image_x64("83e103"
                                             "488d1506000000"
                                             "488d140a"
                                             "ffe2"
                                             "90"
                                             "90"
                                             "90"
                                             "c3");
  const Program program = discover(image);
  ASSERT_EQ(program.jump_tables().size(), 1u);
  EXPECT_EQ(program.jump_tables()[0].table.value, 0u);
  ASSERT_EQ(program.jump_tables()[0].target_count, 4u);
  EXPECT_EQ(program.targets_of(program.jump_tables()[0])[3].value, kText + 0x13);
}

TEST(Discovery, AJumpThroughAPointerIsATailCall) {
  // mov rax, [rcx]; jmp [rax+20h]
  const Program program = discover(test::image_x64("488b01"
                                                   "ff6020"));
  ASSERT_EQ(program.unresolved().size(), 1u);
  EXPECT_TRUE(program.unresolved()[0].call);
  EXPECT_EQ(program.statistics().unresolved_jumps, 0u);
  EXPECT_TRUE(program.functions()[0].returns);
}

TEST(Discovery, ThunksAndImports) {
  // 0: call 8; ret; 8: jmp [iat]
  pe_builder::Description description = test::describe("e803000000"
                                                       "c3"
                                                       "cccc"
                                                       "ff2500000000"
                                                       "cc");
  description.imports = {{"ntoskrnl.exe", {"ExFreePool"}}};
  const image::Image first = test::load(description);
  const std::uint32_t slot = first.imports().symbols.at(0).slot.value;
  const std::uint32_t displacement = slot - 0x100e;
  for (unsigned i = 0; i < 4; ++i)
    description.sections[0].bytes[10 + i] = static_cast<std::byte>(displacement >> (8 * i) & 0xff);
  const image::Image image = test::load(description);
  const Program program = discover(image);
  ASSERT_EQ(program.functions().size(), 2u);
  EXPECT_EQ(program.functions()[1].kind, FunctionKind::import_thunk);
  const CallSite *const call = program.call_at(kText);
  ASSERT_NE(call, nullptr);
  EXPECT_EQ(call->kind, CallKind::import);
  EXPECT_EQ(image.imports().symbols[call->import_symbol].name, "ExFreePool");
}

TEST(Discovery, StringsInCodeAreNoFunctions) {
  // lea rax, [rip+9]; ret; 10h: "%s", NUL, padding, more text
  const image::Image image = test::image_x64(
      "488d0509000000"
      "c3"
      "cccccccccccccccc"
      "257300cc" +
      hex_bytes(std::as_bytes(
          std::span(std::string_view("IRP %p completed by the lower driver: resources of the device are freed")))) +
      "00");
  EXPECT_EQ(discover(image).functions().size(), 1u);
}

TEST(Discovery, AnAddressThatCodeTakesIsAFunction) {
  // lea rax, [rip+9]; ret; 10h: xor eax, eax; ret
  const Program program = discover(test::image_x64("488d0509000000"
                                                   "c3"
                                                   "cccccccccccccccc"
                                                   "31c0c3"));
  ASSERT_EQ(program.functions().size(), 2u);
  EXPECT_EQ(program.functions()[1].origin, Origin::code_pointer);
}

TEST(Discovery, ResolvesATwoLevelByteTable) {
  // cmp ecx, 3; ja 16h; movzx eax, byte [ecx+11020h]; jmp [eax*4+11018h]; 13h: ret; 14h: nop; ret; 16h: ret
  const image::Image image = test::image_x86("83f903"
                                             "7711"
                                             "0fb68120100100"
                                             "ff248518100100"
                                             "c3"
                                             "90c3"
                                             "c3"
                                             "90"
                                             "13100100"
                                             "14100100"   // 18h: addresses
                                             "00010001"); // 20h: which of them
  const Program program = discover(image);
  ASSERT_EQ(program.jump_tables().size(), 1u);
  EXPECT_TRUE(program.jump_tables()[0].bounded);
  std::set<std::uint64_t> targets;
  for (const Va target : program.targets_of(program.jump_tables()[0]))
    targets.insert(target.value);
  EXPECT_EQ(targets, (std::set<std::uint64_t>{0x11013, 0x11014}));
  EXPECT_TRUE(program.unresolved().empty());
}

TEST(Discovery, AThunkOfIncrementalLinkingLeadsToItsFunction) {
  // 0: call 18h; call 10h; ret; 10h: jmp 18h; 18h: xor eax, eax; ret
  const Program program = discover(test::image_x64("e813000000"
                                                   "e806000000"
                                                   "c3"
                                                   "cccccccccc"
                                                   "e903000000"
                                                   "cccccc"
                                                   "31c0c3"));
  ASSERT_EQ(program.functions().size(), 3u);
  EXPECT_EQ(program.functions()[1].kind, FunctionKind::jump_thunk);
  EXPECT_EQ(program.functions()[1].thunk_target.value, kText + 0x18);
  EXPECT_TRUE(program.functions()[1].returns) << "the function behind the thunk does";
}

TEST(Discovery, RetpolinesAndGuardDispatchAreIndirectCalls) {
  // 0: call 10h; call 18h; ret; 10h: mov [rsp], rax; ret; 18h: jmp rax
  const Program program = discover(test::image_x64("e80b000000"
                                                   "e80e000000"
                                                   "c3"
                                                   "cccccccccc"
                                                   "48890424"
                                                   "c3"
                                                   "cccccc"
                                                   "ffe0"));
  ASSERT_EQ(program.functions().size(), 3u);
  EXPECT_EQ(program.functions()[1].kind, FunctionKind::retpoline);
  EXPECT_EQ(program.functions()[2].kind, FunctionKind::guard_dispatch);
  for (const std::uint64_t at : {kText, kText + 5}) {
    ASSERT_NE(program.call_at(at), nullptr);
    EXPECT_EQ(program.call_at(at)->kind, CallKind::guard_dispatch);
  }
}

TEST(Discovery, AFunctionMayStandInSeveralPieces) {
  // 0: test ecx, ecx; je 20h; call 10h; ret; 10h: ret; 20h: xor eax, eax; ret
  const Program program = discover(test::image_x64("85c9"
                                                   "741c"
                                                   "e807000000"
                                                   "c3"
                                                   "cccccccccccc"
                                                   "c3"
                                                   "cccccccccccccccccccccccccccccc"
                                                   "31c0c3"));
  ASSERT_EQ(program.functions().size(), 2u);
  EXPECT_EQ(program.functions()[0].extent_count, 2u);
  EXPECT_EQ(program.function_of(kText + 0x20), program.function_at(kText));
}

TEST(Discovery, AnEmptyProgramForAMachineWithoutALifter) {
  pe_builder::Description description = test::describe("c3");
  description.machine = 0x200;
  const image::Image image = test::load(description);
  EXPECT_TRUE(discover(image).functions().empty());
}

} // namespace
} // namespace ringfence::code
