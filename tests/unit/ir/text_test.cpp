// Text is read back to the same operations; what breaks a rule is refused.
#include <gtest/gtest.h>

#include <ringfence/ir/builder.h>
#include <ringfence/ir/text.h>
#include <ringfence/ir/verify.h>

namespace {

using namespace ringfence;
using namespace ringfence::ir;

Body sample() {
  Body body;
  body.architecture = Architecture::x64;
  Builder build(body);
  build.begin_block(0x1000);
  build.begin_instruction(0x1000, 4);
  const Value rsp = build.get(x86::rsp);
  const Value low = build.sub(rsp, build.constant(Width::w64, 0x28));
  build.put(x86::rsp, low);
  build.put(x86::flags, build.flags(FlagKind::sub, rsp, build.constant(Width::w64, 0x28)));
  build.end_instruction();
  build.begin_instruction(0x1004, 5);
  build.put(x86::xmm0, build.load(Width::w128, low.ref == 1 ? build.get(x86::rcx) : rsp, kNonTemporal));
  const Value top = build.get(x86::fpu_top), control = build.get(x86::fpu_control);
  const Value root = build.fp(FpOp::sqrt, Width::w128, build.get_indexed(x86::fpr0, top), {}, control);
  build.put_indexed(x86::fpr0, top, build.fp(FpOp::add, Width::w128, root, root, control));
  build.put(x86::fpr0, build.fp(FpOp::extend, Width::w32, build.fp(FpOp::reduce, Width::w32, root, {}, control)));
  build.sys(SysOp::cli, Width::none);
  build.end_instruction();
  build.begin_instruction(0x1009, 2);
  build.branch(build.condition(build.get(x86::flags), Condition::be), 0x1234);
  build.end_instruction();
  build.end_block();
  return body;
}

TEST(IrText, PrintParsePrintIsTheIdentity) {
  const Body body = sample();
  const Status verified = verify(body);
  ASSERT_TRUE(verified) << to_string(verified.error());
  const std::string text = print(body);
  Body again;
  const Status parsed = parse(text, again);
  ASSERT_TRUE(parsed) << to_string(parsed.error()) << text;
  EXPECT_EQ(again.ops, body.ops);
  EXPECT_EQ(again.instructions, body.instructions);
  EXPECT_EQ(again.blocks, body.blocks);
  EXPECT_EQ(print(again), text);
}

TEST(IrText, RefusesWhatIsNoOperation) {
  for (const char *line :
       {"%0 = gte.64 rax", "%0 = get.64 eax", "get.64 rax", "%1 = get.64 rax", "%0 = add.64 %0, %1, %2, %3, %4",
        "put.65 rax, 1", "%0 = condition.zz %0", "branch 1", "%0 = add.64 1, 2"}) {
    Body body;
    EXPECT_FALSE(parse("block x64 0x10\n 0x10 1\n " + std::string(line) + "\nend\n", body)) << line;
  }
}

TEST(IrVerify, FindsWrongWidthsAndOrder) {
  for (const char *line :
       {"%0 = add.64 %0, 1", "put.32 rax, 1", "%0 = get.64 rax\n put.64 rbx, %1", "%0 = get.64 rax\n %1 = add.32 %0, 1",
        "jump 0x20\n jump 0x20", "%0 = zext.64.32 1", "store.8 0x10, 0x1ff", "%0 = load.1 0x10",
        "%0 = get.128 xmm0\n %1 = lane.shuffle_low16.64.128 %0, @0x0",
        "%0 = get.128 xmm0\n %1 = lane.mul_high_signed.64.128 %0, %0, @0x0",
        "%0 = get.8 fpu_top\n %1 = get_indexed.128 fpr1, %0", "%0 = get.16 fpu_control\n %1 = get_indexed.128 fpr0, %0",
        "%0 = get.128 fpr0\n %1 = fp.add.128 %0, %0", "%0 = get.128 fpr0\n %1 = fp.min.128 %0, %0",
        "%0 = get.64 rax\n %1 = fp.reduce.32 %0, 0x37f", "%0 = get.128 fpr0\n %1 = fp.extend.128 %0",
        "%0 = flags.inc.8 1", "%0 = sys.in.8"}) {
    Body body;
    const Status parsed = parse("block x64 0x10\n 0x10 1\n " + std::string(line) + "\nend\n", body);
    ASSERT_TRUE(parsed || std::string_view(line).starts_with("store")) << line;
    if (parsed) {
      EXPECT_FALSE(verify(body)) << line;
    }
  }
}

TEST(IrBody, SplitKeepsBothPartsValid) {
  Body body = sample();
  EXPECT_FALSE(body.split(BlockId(0), 0x1000));
  EXPECT_FALSE(body.split(BlockId(0), 0x1005));
  const auto second = body.split(BlockId(0), 0x1004);
  ASSERT_TRUE(second);
  EXPECT_TRUE(verify(body));
  EXPECT_EQ(body.block(BlockId(0)).end, 0x1004u);
  EXPECT_EQ(body.terminator(body.block(BlockId(0))), nullptr);
  EXPECT_EQ(body.block(*second).end, 0x100bu);
  ASSERT_NE(body.terminator(body.block(*second)), nullptr);
  EXPECT_EQ(body.terminator(body.block(*second))->code, Opcode::branch);
}

} // namespace
