// Hostile IR text: what parses prints to text that parses to the same; what verifies runs without
// trouble.
#include <ringfence/ir/interpret.h>
#include <ringfence/ir/text.h>
#include <ringfence/ir/verify.h>

#include <cstdlib>

namespace {

using namespace ringfence;

class NoMemory final : public ir::Memory {
public:
  bool read(std::uint64_t address, std::span<std::byte> bytes) override {
    for (std::byte &byte : bytes)
      byte = static_cast<std::byte>(address);
    return (address & 0x100) == 0;
  }
  bool write(std::uint64_t address, std::span<const std::byte>) override { return (address & 0x200) == 0; }
};

class NoWorld final : public ir::World {
public:
  bool sys(ir::SysOp, ir::Width, std::span<const std::uint64_t>, ir::Wide &result) override {
    result.word.fill(~std::uint64_t{0});
    return true;
  }
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  ir::Body body;
  const std::string text(data, data + size);
  if (!ir::parse(text, body))
    return 0;
  const std::string printed = ir::print(body);
  ir::Body again;
  if (!ir::parse(printed, again) || ir::print(again) != printed)
    std::abort();
  NoMemory memory;
  NoWorld world;
  for (const ir::Block &block : body.blocks) {
    if (!ir::verify(body, block))
      continue;
    ir::Interpreter machine(body.architecture, memory, world);
    std::uint64_t fuel = 1000;
    if (machine.run(body, block, fuel).outcome == ir::Outcome::malformed)
      std::abort();
  }
  return 0;
}
