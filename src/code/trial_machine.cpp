#include "trial_machine.h"

#include <algorithm>
#include <cstring>

namespace ringfence::code {

namespace {

constexpr unsigned kMaxTrialBlocks = 4096;

bool within(std::uint64_t address, std::size_t size, std::uint64_t base, std::size_t limit) {
  return address >= base && in_bounds(address - base, size, limit);
}

} // namespace

bool TrialMemory::read(std::uint64_t address, std::span<std::byte> bytes) {
  if (within(address, bytes.size(), kTrialArena, arena_.size())) {
    std::memcpy(bytes.data(), arena_.data() + (address - kTrialArena), bytes.size());
    return true;
  }
  if (within(address, bytes.size(), kTrialStack, stack_.size())) {
    std::memcpy(bytes.data(), stack_.data() + (address - kTrialStack), bytes.size());
    return true;
  }
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const auto rva = image_.rva_of(Va(address + i));
    const auto byte = rva ? image_.read<std::uint8_t>(*rva) : std::nullopt;
    if (!byte)
      return false;
    bytes[i] = static_cast<std::byte>(*byte);
  }
  return true;
}

bool TrialMemory::write(std::uint64_t address, std::span<const std::byte> bytes) {
  std::byte *to = nullptr;
  if (within(address, bytes.size(), kTrialArena, arena_.size()))
    to = arena_.data() + (address - kTrialArena);
  else if (within(address, bytes.size(), kTrialStack, stack_.size()))
    to = stack_.data() + (address - kTrialStack);
  else
    return false;
  std::memcpy(to, bytes.data(), bytes.size());
  return true;
}

TrialMachine::TrialMachine(BlockCache &cache)
    : cache_(cache), memory_(cache.image()), machine_(cache.body().architecture, memory_, world_) {
  machine_.set_stop_at_unknown(true);
}

std::optional<std::uint64_t> TrialMachine::call(std::uint64_t entry, std::span<const std::uint64_t> arguments,
                                                std::uint64_t fuel) {
  using namespace ir::x86;
  const bool long_mode = cache_.body().architecture == ir::Architecture::x64;
  const std::size_t word = long_mode ? 8 : 4;
  machine_.registers() = {};
  machine_.registers().flags.kind = ir::FlagKind::word;
  const std::uint64_t top = kTrialStack + kTrialStackSize / 2 + (long_mode ? 8 : 0);
  const auto push_at = [&](std::uint64_t address, std::uint64_t value) {
    std::array<std::byte, 8> bytes;
    for (std::size_t i = 0; i < word; ++i)
      bytes[i] = static_cast<std::byte>(value >> (8 * i) & 0xff);
    memory_.write(address, std::span<const std::byte>(bytes).first(word));
  };
  push_at(top, kTrialReturn);
  constexpr std::array<ir::Register, 4> kArguments = {rcx, rdx, r8, r9};
  for (std::size_t i = 0; i < arguments.size() && i < kArguments.size(); ++i) {
    if (long_mode)
      machine_.set_scalar(kArguments[i], arguments[i]);
    else
      push_at(top + word * (i + 1), arguments[i]);
  }
  machine_.set_scalar(rsp, top);
  std::uint64_t at = entry;
  for (unsigned blocks = 0; blocks < kMaxTrialBlocks && at != kTrialReturn; ++blocks) {
    const ir::Block *const block = cache_.block_at(at);
    if (!block)
      return std::nullopt;
    const ir::Step step = machine_.run(cache_.body(), *block, fuel);
    if (step.outcome != ir::Outcome::running && step.outcome != ir::Outcome::returned)
      return std::nullopt;
    at = machine_.registers().instruction_pointer;
  }
  return at == kTrialReturn ? std::optional(machine_.scalar(rax)) : std::nullopt;
}

} // namespace ringfence::code
