// The concrete machine on textual IR: no decoder, no image.
#include <gtest/gtest.h>

#include <ringfence/base/text.h>
#include <ringfence/ir/interpret.h>
#include <ringfence/ir/text.h>
#include <ringfence/ir/verify.h>

namespace {

using namespace ringfence;
using namespace ringfence::ir;

/// One page of bytes at 0x1000; everything else faults.
class Page final : public Memory {
public:
  bool read(std::uint64_t address, std::span<std::byte> bytes) override {
    if (!inside(address, bytes.size()))
      return false;
    for (std::size_t i = 0; i < bytes.size(); ++i)
      bytes[i] = at[address - 0x1000 + i];
    return true;
  }
  bool write(std::uint64_t address, std::span<const std::byte> bytes) override {
    if (!inside(address, bytes.size()))
      return false;
    for (std::size_t i = 0; i < bytes.size(); ++i)
      at[address - 0x1000 + i] = bytes[i];
    return true;
  }
  std::array<std::byte, 0x1000> at{};

private:
  static bool inside(std::uint64_t address, std::size_t size) {
    return address >= 0x1000 && in_bounds(address - 0x1000, size, 0x1000);
  }
};

class Recorder final : public World {
public:
  bool sys(SysOp op, Width, std::span<const std::uint64_t> inputs, Wide &result) override {
    calls.append(name_of(op));
    for (const std::uint64_t input : inputs)
      calls.append(" ").append(hex(input));
    calls += ';';
    result = Wide{{0x1122334455667788, 0x99}};
    return op != SysOp::hlt;
  }
  std::string calls;
};

struct Machine {
  Body body;
  Page memory;
  Recorder world;
  Interpreter cpu{Architecture::x64, memory, world};
  std::uint64_t fuel = 10000;

  Step run(std::string_view operations) {
    body = {};
    const Status parsed = parse("block x64 0x4000\n0x4000 4\n" + std::string(operations) + "\nend\n", body);
    EXPECT_TRUE(parsed) << to_string(parsed.error()) << "\n" << operations;
    const Status verified = verify(body);
    EXPECT_TRUE(verified) << to_string(verified.error()) << "\n" << operations;
    if (!parsed || !verified)
      return {};
    return cpu.run(body, body.blocks[0], fuel);
  }
};

TEST(Interpret, PartsOfRegisters) {
  Machine m;
  m.cpu.set_scalar(x86::rax, 0x1122334455667788);
  m.run("%0 = get.64 rax\n%1 = constant.8 @0xab\n%2 = insert.8.64 %0, %1, @0x8\nput.64 rax, %2");
  EXPECT_EQ(m.cpu.scalar(x86::rax), 0x112233445566ab88u);
  m.run("%0 = get.64 rax\n%1 = trunc.64.16 %0\n%2 = sext.16.64 %1\nput.64 rcx, %2");
  EXPECT_EQ(m.cpu.scalar(x86::rcx), 0xffffffffffffab88u);
  m.run("%0 = get.64 rax\n%1 = extract.64.8 %0, @0x38\n%2 = zext.8.64 %1\nput.64 rdx, %2");
  EXPECT_EQ(m.cpu.scalar(x86::rdx), 0x11u);
}

TEST(Interpret, ShiftsBeyondTheWidth) {
  Machine m;
  m.cpu.set_scalar(x86::rcx, 70);
  m.cpu.set_scalar(x86::rax, 0x8000000000000001);
  m.run("%0 = get.64 rax\n%1 = get.64 rcx\n%2 = shl.64 %0, %1\nput.64 rdx, %2\n%4 = sar.64 %0, "
        "%1\nput.64 rbx, %4\n"
        "%6 = rol.64 %0, %1\nput.64 rsi, %6");
  EXPECT_EQ(m.cpu.scalar(x86::rdx), 0u);
  EXPECT_EQ(m.cpu.scalar(x86::rbx), ~std::uint64_t{0});
  EXPECT_EQ(m.cpu.scalar(x86::rsi), 0x60u);
}

TEST(Interpret, WideDivisionAndProduct) {
  Machine m;
  m.cpu.set_scalar(x86::rdx, 0x0123456789abcdef);
  m.cpu.set_scalar(x86::rax, 0xfedcba9876543210);
  m.cpu.set_scalar(x86::rcx, 0xfffffffffffffff1);
  m.run("%0 = get.64 rdx\n%1 = get.64 rax\n%2 = concat.64.128 %0, %1\n%3 = get.64 rcx\n%4 = "
        "zext.64.128 %3\n"
        "%5 = udiv.128 %2, %4\n%6 = urem.128 %2, %4\n%7 = mul.128 %5, %4\n%8 = add.128 %7, %6\n%9 "
        "= eq.128 %8, %2\n"
        "%10 = zext.1.64 %9\nput.64 rbx, %10\n%12 = ult.128 %6, %4\n%13 = zext.1.64 %12\nput.64 "
        "rsi, %13\n"
        "%15 = trunc.128.64 %5\nput.64 rdi, %15");
  EXPECT_EQ(m.cpu.scalar(x86::rbx), 1u);
  EXPECT_EQ(m.cpu.scalar(x86::rsi), 1u);
  EXPECT_EQ(m.cpu.scalar(x86::rdi), 0x123456789abcdf0u);
  m.run("%0 = constant.64 @0xfffffffffffffff9\n%1 = sext.64.128 %0\n%2 = sdiv.128 %1, 0x2\n%3 = "
        "srem.128 %1, 0x2\n"
        "%4 = trunc.128.64 %2\nput.64 rax, %4\n%6 = trunc.128.64 %3\nput.64 rcx, %6");
  EXPECT_EQ(m.cpu.scalar(x86::rax), static_cast<std::uint64_t>(-3));
  EXPECT_EQ(m.cpu.scalar(x86::rcx), static_cast<std::uint64_t>(-1));
}

TEST(Interpret, FaultsAreToldApart) {
  Machine m;
  m.cpu.set_scalar(x86::rcx, 0x1ffd);
  Step step = m.run("%0 = get.64 rcx\n%1 = load.32 %0\n%2 = zext.32.64 %1\nput.64 rax, %2");
  EXPECT_EQ(step.outcome, Outcome::memory_read);
  EXPECT_EQ(step.fault_address, 0x1ffdu);
  EXPECT_EQ(step.fault_size, 4u);
  EXPECT_EQ(step.address, 0x4000u);
  EXPECT_EQ(m.cpu.registers().instruction_pointer, 0x4000u);
  step = m.run("%0 = constant.8 @0x7\nstore.8 0x2000, %0");
  EXPECT_EQ(step.outcome, Outcome::memory_write);
  EXPECT_EQ(m.run("%0 = get.64 rdx\n%1 = eq.64 %0, 0x0\ncheck.divide_error %1").trap, TrapKind::divide_error);
  EXPECT_EQ(m.run("trap.undefined @0x6").outcome, Outcome::trapped);
  EXPECT_EQ(m.run("sys.hlt").outcome, Outcome::sys_refused);
  m.fuel = 1;
  EXPECT_EQ(m.run("put.64 rax, 0x1\nput.64 rax, 0x2").outcome, Outcome::out_of_fuel);
}

TEST(Interpret, UnknownStopsOnlyWhenAsked) {
  Machine m;
  const char *text = "unknown @0x5\n%1 = undefined.64\nput.64 rax, %1";
  m.cpu.set_scalar(x86::rax, 9);
  EXPECT_EQ(m.run(text).outcome, Outcome::running);
  EXPECT_EQ(m.cpu.scalar(x86::rax), 0u);
  m.cpu.set_stop_at_unknown(true);
  EXPECT_EQ(m.run(text).outcome, Outcome::unknown);
}

TEST(Interpret, BulkCopiesElementByElement) {
  Machine m;
  for (unsigned i = 0; i < 16; ++i)
    m.memory.at[i] = static_cast<std::byte>(i + 1);
  // Overlapping, ascending: the first two bytes spread over the rest.
  Step step = m.run("%0 = constant.64 @0x1000\n%1 = constant.64 @0x3\n%2 = constant.1 @0x0\n"
                    "bulk.copy.16 0x1002, %0, %1, %2");
  EXPECT_EQ(step.outcome, Outcome::running);
  EXPECT_EQ(m.memory.at[6], std::byte{1});
  EXPECT_EQ(m.memory.at[7], std::byte{2});
  EXPECT_EQ(m.memory.at[8], std::byte{9});
  // A fault in the middle tells how far it came.
  step = m.run("%0 = constant.8 @0xee\n%1 = constant.64 @0x10\n%2 = constant.1 @0x0\nbulk.fill.8 "
               "0x1ffc, %0, %1, %2");
  EXPECT_EQ(step.outcome, Outcome::memory_write);
  EXPECT_EQ(step.progress, 4u);
  EXPECT_EQ(step.fault_address, 0x2000u);
  EXPECT_EQ(m.memory.at[0xfff], std::byte{0xee});
}

TEST(Interpret, BulkScanStopsAfterTheFirstMatch) {
  Machine m;
  m.memory.at[5] = std::byte{7};
  m.run("%0 = constant.8 @0x7\n%1 = constant.64 @0x20\n%2 = constant.1 @0x0\n"
        "%3 = bulk.scan_unequal.8 0x1000, %0, %1, %2\n%4 = trunc.256.64 %3\nput.64 rcx, %4\n"
        "%6 = extract.256.64 %3, @0x40\nput.64 rax, %6");
  EXPECT_EQ(m.cpu.scalar(x86::rcx), 0x20u - 6);
  EXPECT_EQ(m.cpu.scalar(x86::rax), 7u);
}

TEST(Interpret, AsksTheWorld) {
  Machine m;
  m.run("%0 = sys.in.8 0x80\n%1 = zext.8.64 %0\nput.64 rax, %1\n%3 = constant.32 @0x1b\n%4 = "
        "sys.rdmsr.64 %3\n"
        "sys.wrmsr %3, %4");
  EXPECT_EQ(m.cpu.scalar(x86::rax), 0x88u);
  EXPECT_EQ(m.world.calls, "in 0x80;rdmsr 0x1b;wrmsr 0x1b 0x1122334455667788;");
}

TEST(Interpret, TransfersOfControl) {
  Machine m;
  Step step = m.run("call 0x5000");
  EXPECT_EQ(step.outcome, Outcome::called);
  EXPECT_EQ(step.return_address, 0x4004u);
  EXPECT_EQ(m.cpu.registers().instruction_pointer, 0x5000u);
  m.run("%0 = get.64 rdx\n%1 = ne.64 %0, 0x0\nbranch %1, @0x6000");
  EXPECT_EQ(m.cpu.registers().instruction_pointer, 0x4004u);
  m.cpu.set_scalar(x86::rdx, 1);
  m.run("%0 = get.64 rdx\n%1 = ne.64 %0, 0x0\nbranch %1, @0x6000");
  EXPECT_EQ(m.cpu.registers().instruction_pointer, 0x6000u);
  EXPECT_EQ(m.run("%0 = get.64 rdx\nret %0, @0x0").outcome, Outcome::returned);
  EXPECT_EQ(m.cpu.registers().instruction_pointer, 1u);
}

TEST(Interpret, LanesSaturateShuffleAndPack) {
  Machine m;
  m.cpu.registers().vector[0] = {0x7f80ff0100fe8001, 0x0123456789abcdef};
  m.cpu.registers().vector[1] = {0x0101010101010101, 0x1111111111111111};
  const auto both = [](std::string_view op) {
    return "%0 = get.128 xmm0\n%1 = get.128 xmm1\n%2 = lane." + std::string(op) + " %0, %1, @0x0\nput.128 xmm2, %2";
  };
  m.run(both("add_saturate_signed.8.128"));
  EXPECT_EQ(m.cpu.registers().vector[2][0], 0x7f81000201ff8102u);
  m.run(both("add_saturate_unsigned.8.128"));
  EXPECT_EQ(m.cpu.registers().vector[2][0], 0x8081ff0201ff8102u);
  m.run(both("unpack_low.64.128"));
  EXPECT_EQ(m.cpu.registers().vector[2][1], 0x0101010101010101u);
  m.run(both("pack_unsigned.16.128"));
  EXPECT_EQ(m.cpu.registers().vector[2][0], 0xffff0000ff00fe00u);
  m.run("%0 = get.128 xmm0\n%1 = lane.shuffle.32.128 %0, @0x1b\nput.128 xmm2, %1\n%3 = "
        "lane.sign_mask.8.128 %0, @0x0\n"
        "%4 = zext.32.64 %3\nput.64 rax, %4");
  EXPECT_EQ(m.cpu.registers().vector[2][0], 0x89abcdef01234567u);
  EXPECT_EQ(m.cpu.scalar(x86::rax), 0x0f66u);
}

TEST(Interpret, FloatingPointAsSse) {
  Machine m;
  m.cpu.set_scalar(x86::rax, 0x4008000000000000); // 3.0
  m.cpu.set_scalar(x86::rcx, 0x7ff4000000000000); // a signalling NaN
  m.run("%0 = get.64 rax\n%1 = get.64 rcx\n%2 = fp.add.64 %0, %1\nput.64 rdx, %2\n%4 = "
        "fp.compare.64 %0, %1\n"
        "put.flags flags, %4\n%6 = fp.to_i32_truncate.64 %1\n%7 = zext.32.64 %6\nput.64 rbx, %7\n"
        "%9 = fp.mul.64 %0, %0\nput.64 rsi, %9");
  EXPECT_EQ(m.cpu.scalar(x86::rdx), 0x7ffc000000000000u);
  EXPECT_EQ(flag_bits(m.cpu.registers().flags), unsigned{kZero | kParity | kCarry});
  EXPECT_EQ(m.cpu.scalar(x86::rbx), 0x80000000u);
  EXPECT_EQ(m.cpu.scalar(x86::rsi), 0x4022000000000000u); // 9.0
}

} // namespace
