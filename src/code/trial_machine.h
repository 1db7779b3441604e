// The concrete machine in which idioms are tried: an arena with known contents, a stack, and the image to read from.
#pragma once

#include <ringfence/code/program.h>
#include <ringfence/ir/interpret.h>

#include <array>
#include <vector>

namespace ringfence::code {

inline constexpr std::uint64_t kTrialArena = 0x65000000, kTrialStack = 0x66000000, kTrialReturn = 0x67000000;
inline constexpr std::size_t kTrialArenaSize = 0x2000, kTrialStackSize = 0x2000;

class TrialMemory final : public ir::Memory {
public:
  explicit TrialMemory(const image::Image &image) : image_(image), arena_(kTrialArenaSize), stack_(kTrialStackSize) {}
  std::vector<std::byte> &arena() { return arena_; }
  bool read(std::uint64_t address, std::span<std::byte> bytes) override;
  bool write(std::uint64_t address, std::span<const std::byte> bytes) override;

private:
  const image::Image &image_;
  std::vector<std::byte> arena_;
  std::vector<std::byte> stack_;
};

class SilentWorld final : public ir::World {
public:
  bool sys(ir::SysOp, ir::Width, std::span<const std::uint64_t>, ir::Wide &) override { return false; }
};

/// Calls functions with integer arguments.
class TrialMachine {
public:
  /// `cache` must outlive this; it gets the blocks that run.
  explicit TrialMachine(BlockCache &cache);
  /// The result register after a return within `fuel` operations; nothing after anything else.
  std::optional<std::uint64_t> call(std::uint64_t entry, std::span<const std::uint64_t> arguments, std::uint64_t fuel);
  std::vector<std::byte> &arena() { return memory_.arena(); }

private:
  BlockCache &cache_;
  TrialMemory memory_;
  SilentWorld world_;
  ir::Interpreter machine_;
};

} // namespace ringfence::code
