// Hostile code through decode, lift, verify, print, parse and interpret under fuel. The first byte
// chooses the architecture and the state, the rest is code.
#include <ringfence/ir/interpret.h>
#include <ringfence/ir/text.h>
#include <ringfence/ir/verify.h>
#include <ringfence/lift/lift.h>

#include <array>
#include <cstdio>
#include <cstdlib>

namespace {

using namespace ringfence;

[[noreturn]] void broken(const char *what, const std::string &text) {
  std::fprintf(stderr, "%s\n%s", what, text.c_str());
  std::abort();
}

/// Answers every read below an address limit; contents follow from the address.
class HashedMemory final : public ir::Memory {
public:
  bool read(std::uint64_t address, std::span<std::byte> bytes) override {
    for (std::size_t i = 0; i < bytes.size(); ++i)
      bytes[i] = static_cast<std::byte>((address + i) * 0x9e3779b97f4a7c15u >> 56);
    return (address >> 60) != 5;
  }
  bool write(std::uint64_t address, std::span<const std::byte>) override { return (address >> 60) != 6; }
};

class AnyWorld final : public ir::World {
public:
  bool sys(ir::SysOp op, ir::Width, std::span<const std::uint64_t> inputs, ir::Wide &result) override {
    for (auto &word : result.word)
      word = static_cast<std::uint64_t>(op) * 0x9e3779b97f4a7c15u + (inputs.empty() ? 0 : inputs[0]);
    return op != ir::SysOp::hlt;
  }
  ir::Wide undefined(ir::Width, std::uint64_t address) override { return ir::Wide{{address, ~address}}; }
};

void execute(ir::Interpreter &machine, const ir::Body &body, const ir::Block &block, unsigned seed) {
  machine.registers() = {};
  for (ir::Register number = 0; number < ir::kFirstVectorRegister; ++number)
    machine.set_scalar(number, (number + 1u) * 0x123456789abcdef1u * (seed + 1u));
  std::uint64_t fuel = 300;
  const ir::Step step = machine.run(body, block, fuel);
  if (step.outcome == ir::Outcome::malformed)
    broken("a verified block is malformed", ir::print(body, block));
  for (ir::Register number = 0; number < ir::kFirstVectorRegister; ++number) {
    const ir::Width width = ir::register_width(body.architecture, number);
    if (width != ir::Width::none && width != ir::Width::flags && (machine.scalar(number) & ~ir::mask_of(width)) != 0)
      broken("a register exceeds its width", ir::print(body, block));
  }
  (void)ir::flag_bits(machine.registers().flags);
  (void)ir::undefined_flags(machine.registers().flags);
}

void check_text(const ir::Body &body) {
  const std::string text = ir::print(body);
  ir::Body again;
  if (const Status status = ir::parse(text, again); !status)
    broken(to_string(status.error()).c_str(), text);
  if (again.ops != body.ops || again.instructions != body.instructions || again.blocks != body.blocks)
    broken("the text is not read back to the same block", text);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  if (size < 2)
    return 0;
  // Built once: an ARM64 decoder takes milliseconds.
  static const std::array lifters = {lift::make_lifter(ir::Architecture::x64), lift::make_lifter(ir::Architecture::x86),
                                     lift::make_lifter(ir::Architecture::arm64)};
  const auto &lifter = lifters[data[0] % lifters.size()];
  if (!lifter)
    return 0;
  const Bytes code = std::as_bytes(std::span(data + 1, size - 1));
  // Kept between inputs: growing it anew costs more than lifting into it.
  static ir::Body body;
  body.ops.clear();
  body.instructions.clear();
  body.blocks.clear();
  std::uint64_t at = 0;
  while (at < code.size() && body.blocks.size() < 24) {
    const auto block = (*lifter)->lift_block(code.subspan(at), 0x140001000 + at, lift::kNoBoundary, body);
    if (!block)
      break;
    at = body.block(block->id).end - 0x140001000;
  }
  if (const Status status = ir::verify(body); !status)
    broken(to_string(status.error()).c_str(), ir::print(body));
  if (data[0] >= 0xe0) // text is slow: one input in eight
    check_text(body);
  static HashedMemory memory;
  static AnyWorld world;
  static std::array machines = {ir::Interpreter(ir::Architecture::x64, memory, world),
                                ir::Interpreter(ir::Architecture::x86, memory, world),
                                ir::Interpreter(ir::Architecture::arm64, memory, world)};
  ir::Interpreter &machine = machines[data[0] % machines.size()];
  for (const ir::Block &block : body.blocks)
    execute(machine, body, block, data[0]);
  return 0;
}
