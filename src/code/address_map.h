// A map from addresses to 32-bit numbers: open addressing, linear probing, no erasure. Its order is never observed.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace ringfence::code {

class AddressMap {
public:
  AddressMap() : slots_(kInitialSlots) {}

  std::optional<std::uint32_t> find(std::uint64_t address) const {
    for (std::size_t i = slot_of(address);; i = (i + 1) & (slots_.size() - 1)) {
      if (slots_[i].value == kEmpty)
        return std::nullopt;
      if (slots_[i].address == address)
        return slots_[i].value;
    }
  }
  /// Adds or replaces. Precondition: value is not 0xffffffff.
  void set(std::uint64_t address, std::uint32_t value) {
    if ((count_ + 1) * 2 > slots_.size())
      grow();
    place(address, value);
  }
  std::size_t size() const { return count_; }

private:
  static constexpr std::uint32_t kEmpty = 0xffffffff;
  static constexpr std::size_t kInitialSlots = 256;
  struct Slot {
    std::uint64_t address = 0;
    std::uint32_t value = kEmpty;
  };

  std::size_t slot_of(std::uint64_t address) const {
    return static_cast<std::size_t>(address * 0x9e3779b97f4a7c15u >> 32) & (slots_.size() - 1);
  }
  void place(std::uint64_t address, std::uint32_t value) {
    std::size_t i = slot_of(address);
    while (slots_[i].value != kEmpty && slots_[i].address != address)
      i = (i + 1) & (slots_.size() - 1);
    count_ += slots_[i].value == kEmpty;
    slots_[i] = {address, value};
  }
  void grow() {
    std::vector<Slot> old(slots_.size() * 2);
    old.swap(slots_);
    count_ = 0;
    for (const Slot &slot : old)
      if (slot.value != kEmpty)
        place(slot.address, slot.value);
  }

  std::vector<Slot> slots_;
  std::size_t count_ = 0;
};

} // namespace ringfence::code
