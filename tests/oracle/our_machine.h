// Our interpreter in the machine of the oracle's protocol: regions of plain memory with undo, a world that knows
// nothing, and registers to and from MachineState.
#pragma once

#include "oracle_protocol.h"

#include <ringfence/ir/interpret.h>

#include <array>
#include <cstring>
#include <map>
#include <vector>

namespace oracle {

class RegionMemory final : public ringfence::ir::Memory {
public:
  void map(std::uint64_t base, std::vector<std::byte> bytes) {
    Region &region = regions_[base];
    region.now = bytes;
    region.before = std::move(bytes);
  }
  bool read(std::uint64_t address, std::span<std::byte> bytes) override {
    return copy(address, bytes.size(), [&](std::byte *at, std::size_t i) { bytes[i] = *at; });
  }
  bool write(std::uint64_t address, std::span<const std::byte> bytes) override {
    if (!copy(address, bytes.size(), [](std::byte *, std::size_t) {}))
      return false;
    for (std::uint64_t at = address & ~15ull; at < address + bytes.size(); at += 16)
      written_[at] = true;
    return copy(address, bytes.size(), [&](std::byte *at, std::size_t i) { *at = bytes[i]; });
  }
  const std::map<std::uint64_t, bool> &written() const { return written_; }
  /// What stands now in the pieces that were written.
  std::map<std::uint64_t, std::array<std::uint8_t, 16>> written_pieces() {
    std::map<std::uint64_t, std::array<std::uint8_t, 16>> result;
    std::uint8_t now[16], before[16];
    for (const auto &[address, unused] : written_)
      if (piece(address, now, before))
        std::memcpy(result[address].data(), now, 16);
    return result;
  }
  /// The current and the original contents of a 16-byte piece; false where nothing is mapped.
  bool piece(std::uint64_t address, std::uint8_t (&now)[16], std::uint8_t (&before)[16]) {
    const auto region = region_of(address);
    if (region == regions_.end())
      return false;
    const std::size_t at = static_cast<std::size_t>(address - region->first);
    std::memcpy(now, region->second.now.data() + at, 16);
    std::memcpy(before, region->second.before.data() + at, 16);
    return true;
  }
  void undo() {
    for (const auto &[address, unused] : written_) {
      const auto region = region_of(address);
      const std::size_t at = static_cast<std::size_t>(address - region->first);
      std::memcpy(region->second.now.data() + at, region->second.before.data() + at, 16);
    }
    written_.clear();
  }

private:
  struct Region {
    std::vector<std::byte> now, before;
  };
  std::map<std::uint64_t, Region>::iterator region_of(std::uint64_t address) {
    auto after = regions_.upper_bound(address);
    if (after == regions_.begin())
      return regions_.end();
    --after;
    return address - after->first < after->second.now.size() ? after : regions_.end();
  }
  template <class Each> bool copy(std::uint64_t address, std::size_t size, Each each) {
    const auto region = region_of(address);
    if (region == regions_.end() || region->second.now.size() - (address - region->first) < size)
      return false;
    for (std::size_t i = 0; i < size; ++i)
      each(region->second.now.data() + (address - region->first) + i, i);
    return true;
  }
  std::map<std::uint64_t, Region> regions_;
  std::map<std::uint64_t, bool> written_;
};

/// Refuses every request to the outside; undefined values are `filler` repeated, and their use is remembered.
class BareWorld final : public ringfence::ir::World {
public:
  bool sys(ringfence::ir::SysOp, ringfence::ir::Width, std::span<const std::uint64_t>, ringfence::ir::Wide &) override {
    return false;
  }
  ringfence::ir::Wide undefined(ringfence::ir::Width, std::uint64_t) override {
    asked = true;
    ringfence::ir::Wide value;
    value.word.fill(filler);
    return value;
  }
  std::uint64_t filler = 0;
  bool asked = false;
};

inline constexpr std::uint64_t kStatusFlags = 0x8d5, kDirection = 0x400;

inline std::vector<std::byte> words(std::uint64_t size, std::uint64_t seed) {
  std::vector<std::byte> bytes(size);
  for (std::uint64_t i = 0; i < size / 8; ++i) {
    const std::uint64_t word = mix(seed + i);
    std::memcpy(bytes.data() + i * 8, &word, 8);
  }
  return bytes;
}

inline void set_state(ringfence::ir::Interpreter &machine, const MachineState &state, bool long_mode) {
  namespace reg = ringfence::ir::x86;
  for (unsigned i = 0; i < (long_mode ? 16u : 8u); ++i)
    machine.set_scalar(static_cast<ringfence::ir::Register>(i), state.general[i]);
  auto &registers = machine.registers();
  registers.flags = {
      state.flags & kStatusFlags, 0, ringfence::ir::FlagKind::word, ringfence::ir::Width::w32, false, 0, 0, 0};
  machine.set_scalar(reg::df, (state.flags & kDirection) != 0);
  machine.set_scalar(reg::system_flags, state.flags & ~(kStatusFlags | kDirection));
  machine.set_scalar(reg::fs_base, state.fs_base);
  machine.set_scalar(reg::gs_base, state.gs_base);
  machine.set_scalar(reg::mxcsr, 0x1f80);
  machine.set_scalar(reg::fpu_control, state.fpu_control);
  machine.set_scalar(reg::fpu_status, state.fpu_status);
  machine.set_scalar(reg::fpu_top, state.fpu_top);
  machine.set_scalar(reg::fpu_tag, state.fpu_valid);
  for (unsigned i = 0; i < 8; ++i)
    registers.vector[reg::fpr0 - ringfence::ir::kFirstVectorRegister + i] = {state.fpr[i][0], state.fpr[i][1]};
  // The oracle's selectors: flat segments of a descriptor table in 32-bit machines, none in 64-bit ones.
  machine.set_scalar(reg::cs, long_mode ? 0 : 0x18);
  for (const ringfence::ir::Register selector : {reg::ss, reg::ds, reg::es})
    machine.set_scalar(selector, long_mode ? 0 : 0x10);
  for (const ringfence::ir::Register selector : {reg::fs, reg::gs})
    machine.set_scalar(selector, long_mode ? 0 : 8);
  for (unsigned i = 0; i < 16; ++i)
    registers.vector[i] = {state.xmm[i][0], state.xmm[i][1]};
  registers.instruction_pointer = state.next;
}

inline MachineState get_state(const ringfence::ir::Interpreter &machine, bool long_mode) {
  namespace reg = ringfence::ir::x86;
  namespace ir = ringfence::ir;
  MachineState state{};
  for (unsigned i = 0; i < (long_mode ? 16u : 8u); ++i)
    state.general[i] = machine.scalar(static_cast<ir::Register>(i));
  const auto &registers = machine.registers();
  state.flags = ir::word_from_flags(ir::flag_bits(registers.flags), ir::FlagLayout::x86) |
                (machine.scalar(reg::df) ? kDirection : 0) | machine.scalar(reg::system_flags);
  state.fs_base = machine.scalar(reg::fs_base);
  state.gs_base = machine.scalar(reg::gs_base);
  for (unsigned i = 0; i < (long_mode ? 16u : 8u); ++i) {
    state.xmm[i][0] = registers.vector[i][0];
    state.xmm[i][1] = registers.vector[i][1];
  }
  for (unsigned i = 0; i < 8; ++i)
    for (unsigned half = 0; half < 2; ++half)
      state.fpr[i][half] = registers.vector[reg::fpr0 - ir::kFirstVectorRegister + i][half];
  state.fpu_control = static_cast<std::uint32_t>(machine.scalar(reg::fpu_control));
  state.fpu_status = static_cast<std::uint32_t>(machine.scalar(reg::fpu_status));
  state.fpu_top = static_cast<std::uint32_t>(machine.scalar(reg::fpu_top));
  state.fpu_valid = static_cast<std::uint32_t>(machine.scalar(reg::fpu_tag));
  state.next = registers.instruction_pointer;
  return state;
}

} // namespace oracle
