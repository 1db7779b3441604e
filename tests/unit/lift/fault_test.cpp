// An instruction that faults leaves the registers as they were: checked over the code of every golden case, with a
// memory that refuses writes, one that refuses reads, and one that refuses neither.
#include <gtest/gtest.h>

#include <ringfence/base/text.h>
#include <ringfence/ir/interpret.h>
#include <ringfence/ir/text.h>
#include <ringfence/lift/lift.h>

#include <filesystem>
#include <fstream>

namespace {

using namespace ringfence;

class Refusing final : public ir::Memory {
public:
  Refusing(bool reads, bool writes) : reads_(reads), writes_(writes) {}
  bool read(std::uint64_t address, std::span<std::byte> bytes) override {
    for (std::byte &byte : bytes)
      byte = static_cast<std::byte>(address >> 4);
    return reads_;
  }
  bool write(std::uint64_t, std::span<const std::byte>) override { return writes_; }

private:
  bool reads_, writes_;
};

class Silent final : public ir::World {
public:
  bool sys(ir::SysOp, ir::Width, std::span<const std::uint64_t>, ir::Wide &) override { return true; }
};

struct Code {
  std::string title;
  ir::Architecture architecture;
  std::vector<std::byte> bytes;
};

std::vector<Code> golden_code() {
  std::vector<Code> result;
  const std::filesystem::path directory = RINGFENCE_SOURCE_DIR "/tests/lift";
  for (const auto &entry : std::filesystem::directory_iterator(directory)) {
    std::ifstream in(entry.path(), std::ios::binary);
    std::string line, title;
    while (entry.path().extension() == ".case" && std::getline(in, line)) {
      const auto words = split(line, ' ');
      if (line.starts_with("== "))
        title = line.substr(3);
      const auto architecture = words.size() == 2 ? ir::architecture_by_name(words[0]) : std::nullopt;
      const auto bytes = architecture ? bytes_from_hex(words[1]) : std::nullopt;
      if (bytes)
        result.push_back({title, *architecture, *bytes});
    }
  }
  return result;
}

void expect_untouched(const Code &code, lift::Lifter &lifter, bool reads, bool writes) {
  ir::Body body;
  const auto block = lifter.lift_block(code.bytes, 0x1000, lift::kNoBoundary, body);
  ASSERT_TRUE(block) << code.title;
  Refusing memory(reads, writes);
  Silent world;
  ir::Interpreter machine(code.architecture, memory, world);
  for (ir::Register number = 0; number < ir::x86::flags; ++number)
    machine.set_scalar(number, 0x10u + 0x1000u * number);
  const ir::RegisterState before = machine.registers();
  std::uint64_t fuel = 100000;
  const ir::Step step = machine.run(body, body.blocks[0], fuel);
  if (step.outcome == ir::Outcome::running || step.outcome == ir::Outcome::called ||
      step.outcome == ir::Outcome::returned)
    return;
  EXPECT_EQ(machine.registers().scalar, before.scalar) << code.title << "\n" << ir::print(body);
  EXPECT_EQ(machine.registers().vector, before.vector) << code.title;
  EXPECT_EQ(machine.registers().flags, before.flags) << code.title;
  EXPECT_EQ(machine.registers().instruction_pointer, 0x1000u) << code.title;
}

TEST(LiftFaults, LeaveTheRegistersAsTheyWere) {
  const std::vector<Code> all = golden_code();
  ASSERT_GT(all.size(), 250u);
  for (const ir::Architecture architecture : {ir::Architecture::x86, ir::Architecture::x64, ir::Architecture::arm64}) {
    auto lifter = lift::make_lifter(architecture);
    if (!lifter)
      continue;
    for (const Code &code : all) {
      if (code.architecture != architecture)
        continue;
      for (unsigned mode = 0; mode < 4; ++mode)
        expect_untouched(code, **lifter, mode & 1, mode & 2);
    }
  }
}

TEST(LiftErrors, EmptyBytesAndForeignBodies) {
  auto x64 = lift::make_lifter(ir::Architecture::x64);
  auto x86 = lift::make_lifter(ir::Architecture::x86);
  ASSERT_TRUE(x64 && x86);
  ir::Body body;
  EXPECT_FALSE((*x64)->lift_block({}, 0x1000, lift::kNoBoundary, body));
  const std::array code = {std::byte{0x90}};
  EXPECT_TRUE((*x64)->lift_block(code, 0x1000, lift::kNoBoundary, body));
  EXPECT_FALSE((*x86)->lift_block(code, 0x1000, lift::kNoBoundary, body));
  EXPECT_EQ((*x64)->instruction_length(code), 1u);
  EXPECT_EQ((*x64)->instruction_length({}), 0u);
}

} // namespace
