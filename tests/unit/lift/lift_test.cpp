// Blocks end where they must; what is lifted verifies and prints.
#include <gtest/gtest.h>

#include <ringfence/base/text.h>
#include <ringfence/ir/text.h>
#include <ringfence/ir/verify.h>
#include <ringfence/lift/lift.h>

namespace {

using namespace ringfence;

ir::Body lifted(ir::Architecture architecture, std::string_view hex_code, lift::BlockEnd expected) {
  auto lifter = lift::make_lifter(architecture);
  EXPECT_TRUE(lifter);
  ir::Body body;
  const auto bytes = bytes_from_hex(hex_code);
  EXPECT_TRUE(bytes);
  const auto block = (*lifter)->lift_block(*bytes, 0x1000, lift::kNoBoundary, body);
  EXPECT_TRUE(block);
  EXPECT_EQ(block->end, expected);
  const Status status = ir::verify(body);
  EXPECT_TRUE(status) << to_string(status.error()) << "\n" << ir::print(body);
  return body;
}

TEST(Lift, EndsABlockAtEachTransfer) {
  using enum lift::BlockEnd;
  for (const char *code : {"4883ec28e800000000", "4883c428c3", "750e", "eb02", "ffd0", "ff2500100000", "c20800", "cc",
                           "0f0b", "cd29", "48cf", "0f05", "e2fe", "e300"})
    lifted(ir::Architecture::x64, code, terminator);
  lifted(ir::Architecture::x64, "4889d8", bytes_end);
  lifted(ir::Architecture::x64, "90ff", undecodable);
  lifted(ir::Architecture::x86, "608b44240461c20400", terminator);
}

TEST(Lift, StopsBeforeALeader) {
  auto lifter = lift::make_lifter(ir::Architecture::x64);
  ASSERT_TRUE(lifter);
  ir::Body body;
  const auto bytes = bytes_from_hex("90909090c3");
  const auto block = (*lifter)->lift_block(*bytes, 0x1000, 0x1002, body);
  ASSERT_TRUE(block);
  EXPECT_EQ(block->end, lift::BlockEnd::boundary);
  EXPECT_EQ(body.block(block->id).end, 0x1002u);
}

TEST(Lift, CountsWhatHasNoSemantics) {
  const ir::Body body = lifted(ir::Architecture::x64, "0fc7f8c3", lift::BlockEnd::terminator); // rdseed has
  EXPECT_EQ(body.instructions[0].flags, 0);
  const ir::Body unknown = lifted(ir::Architecture::x64, "c5f458c2c3", lift::BlockEnd::terminator); // vaddps
  EXPECT_EQ(unknown.instructions[0].flags, ir::kUnknownSemantics);
  EXPECT_EQ(unknown.ops[0].code, ir::Opcode::unknown);
}

} // namespace
