// The x87 where the differential tests cannot follow: faults of its stack, the rounding of constants, and MMX
// registers as the low halves of x87 registers.
#include <gtest/gtest.h>

#include <ringfence/base/text.h>
#include <ringfence/ir/interpret.h>
#include <ringfence/lift/lift.h>

namespace {

using namespace ringfence;
namespace reg = ir::x86;

class NoMemory final : public ir::Memory {
public:
  bool read(std::uint64_t, std::span<std::byte>) override { return false; }
  bool write(std::uint64_t, std::span<const std::byte>) override { return false; }
};
class NoWorld final : public ir::World {
public:
  bool sys(ir::SysOp, ir::Width, std::span<const std::uint64_t>, ir::Wide &) override { return false; }
};

using Value = std::array<std::uint64_t, 2>;
constexpr Value kIndefinite = {0xc000000000000000, 0xffff}, kOne = {0x8000000000000000, 0x3fff};

struct Machine {
  Machine() { cpu.set_scalar(reg::fpu_control, 0x37f); }
  /// Runs straight-line code.
  void run(std::string_view hex) {
    const auto lifter = lift::make_lifter(ir::Architecture::x86);
    ir::Body body;
    const auto bytes = bytes_from_hex(hex);
    const auto block = (*lifter)->lift_block(*bytes, 0x1000, lift::kNoBoundary, body);
    ASSERT_TRUE(block);
    for (const ir::Instruction &instruction : body.instructions_of(body.block(block->id))) {
      ASSERT_EQ(cpu.run_instruction(body, instruction, fuel).outcome, ir::Outcome::running);
    }
  }
  Value &fpr(unsigned i) { return cpu.registers().vector[reg::fpr0 - ir::kFirstVectorRegister + i]; }
  NoMemory memory;
  NoWorld world;
  ir::Interpreter cpu{ir::Architecture::x86, memory, world};
  std::uint64_t fuel = 100000;
};

TEST(Fpu, PushesGoDownAndWrapAround) {
  Machine machine;
  machine.run("d9e8d9ee"); // fld1, fldz
  EXPECT_EQ(machine.fpr(7), kOne);
  EXPECT_EQ(machine.fpr(6), (Value{0, 0}));
  EXPECT_EQ(machine.cpu.scalar(reg::fpu_top), 6u);
  EXPECT_EQ(machine.cpu.scalar(reg::fpu_tag), 0xc0u);
  machine.run("dec1"); // faddp
  EXPECT_EQ(machine.fpr(7), kOne);
  EXPECT_EQ(machine.cpu.scalar(reg::fpu_top), 7u);
  EXPECT_EQ(machine.cpu.scalar(reg::fpu_tag), 0x80u);
}

TEST(Fpu, APushOntoAFullStackStoresTheIndefiniteNan) {
  Machine machine;
  machine.cpu.set_scalar(reg::fpu_tag, 0xff);
  machine.cpu.set_scalar(reg::fpu_top, 3);
  machine.run("d9e8"); // fld1
  EXPECT_EQ(machine.fpr(2), kIndefinite);
  EXPECT_EQ(machine.cpu.scalar(reg::fpu_top), 2u);
}

TEST(Fpu, AnEmptyRegisterReadsAsTheIndefiniteNan) {
  Machine machine;
  machine.run("d9e8d8c1"); // fld1; fadd st, st(1)
  EXPECT_EQ(machine.fpr(7), kIndefinite);
  machine.run("d9e5"); // fxam: a negative NaN
  EXPECT_EQ(machine.cpu.scalar(reg::fpu_status) & 0x4700, 0x300u);
  machine.run("ddc0d9e5"); // ffree st(0); fxam: empty
  EXPECT_EQ(machine.cpu.scalar(reg::fpu_status) & 0x4500, 0x4100u);
}

TEST(Fpu, ConstantsAreRoundedAsTheControlWordSays) {
  for (const auto &[control, low] : {std::pair(0x37fu, 0x35u), {0x77fu, 0x34u}, {0xb7fu, 0x35u}, {0xf7fu, 0x34u}}) {
    Machine machine;
    machine.cpu.set_scalar(reg::fpu_control, control);
    machine.run("d9eb"); // fldpi
    EXPECT_EQ(machine.fpr(7)[0], 0xc90fdaa22168c200 + low);
  }
}

TEST(Fpu, MmxRegistersAreTheLowHalves) {
  Machine machine;
  machine.run("d9e8d9e8"); // fld1 twice
  machine.cpu.set_scalar(reg::rcx, 0x12345678);
  machine.run("0f6ef1"); // movd mm6, ecx
  EXPECT_EQ(machine.fpr(6), (Value{0x12345678, 0xffff}));
  EXPECT_EQ(machine.fpr(7), kOne);
  EXPECT_EQ(machine.cpu.scalar(reg::fpu_top), 0u);
  EXPECT_EQ(machine.cpu.scalar(reg::fpu_tag), 0xffu);
  machine.run("0f77"); // emms
  EXPECT_EQ(machine.cpu.scalar(reg::fpu_tag), 0u);
}

} // namespace
