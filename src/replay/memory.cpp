#include "memory.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace ringfence::replay {
namespace {

constexpr std::uint64_t page = 0x1000;
constexpr std::size_t touched_cap = 4096;

bool is_outside(RegionKind kind) { return kind == RegionKind::physical || kind == RegionKind::foreign; }

} // namespace

const Region *Memory::find(std::uint64_t address) const {
  const auto after = regions_.upper_bound(address);
  if (after == regions_.begin())
    return nullptr;
  const Region &region = std::prev(after)->second;
  return address - region.base < region.bytes->size() ? &region : nullptr;
}

Region *Memory::locate(std::uint64_t address) { return const_cast<Region *>(find(address)); }

Region &Memory::add(std::uint64_t base, std::uint64_t size, RegionKind kind) {
  Region &region = regions_[base];
  region = {base, kind, std::make_shared<std::vector<std::byte>>(static_cast<std::size_t>(size))};
  return region;
}

void Memory::add_foreign_page(std::uint64_t address) {
  std::uint64_t low = address & ~(page - 1), high = low + page;
  const auto after = regions_.upper_bound(address);
  if (after != regions_.end())
    high = std::min(high, after->first);
  if (after != regions_.begin())
    low = std::max(low, std::prev(after)->second.end());
  if (low <= address && address < high)
    add(low, high - low, RegionKind::foreign);
}

bool Memory::read(std::uint64_t address, std::span<std::byte> bytes) {
  const Region *region = find(address);
  if (!region)
    return false;
  const std::uint64_t offset = address - region->base;
  if (!in_bounds(offset, bytes.size(), region->bytes->size())) { // it may go on in the next region
    const auto first = static_cast<std::size_t>(region->bytes->size() - offset);
    const std::size_t noted = touched_.size();
    if (!read(address + first, bytes.subspan(first)))
      return false;
    touched_.resize(noted);
    return read(address, bytes.first(first));
  }
  if (is_outside(region->kind) && touched_.size() < touched_cap)
    touched_.push_back({address, static_cast<unsigned>(bytes.size()), false});
  std::memcpy(bytes.data(), region->bytes->data() + offset, bytes.size());
  return true;
}

bool Memory::write(std::uint64_t address, std::span<const std::byte> bytes) {
  Region *region = locate(address);
  if (!region)
    return false;
  const std::uint64_t offset = address - region->base;
  if (!in_bounds(offset, bytes.size(), region->bytes->size())) {
    const auto first = static_cast<std::size_t>(region->bytes->size() - offset);
    const std::size_t noted = touched_.size();
    if (!write(address + first, bytes.subspan(first)))
      return false;
    touched_.resize(noted);
    return write(address, bytes.first(first));
  }
  if (is_outside(region->kind) && touched_.size() < touched_cap)
    touched_.push_back({address, static_cast<unsigned>(bytes.size()), true});
  if (region->bytes.use_count() > 1)
    region->bytes = std::make_shared<std::vector<std::byte>>(*region->bytes);
  std::memcpy(region->bytes->data() + offset, bytes.data(), bytes.size());
  return true;
}

std::optional<std::uint64_t> Memory::number(std::uint64_t address, unsigned bytes) {
  std::array<std::byte, 8> buffer{};
  if (!read(address, std::span(buffer).first(bytes)))
    return std::nullopt;
  return load_little_endian<std::uint64_t>(buffer.data());
}

void Memory::put(std::uint64_t address, std::uint64_t value, unsigned bytes) {
  std::array<std::byte, 8> buffer;
  for (unsigned i = 0; i < 8; ++i)
    buffer[i] = static_cast<std::byte>(value >> (8 * i) & 0xff);
  write(address, std::span<const std::byte>(buffer).first(bytes));
}

std::vector<Touch> Memory::take_touched() { return std::exchange(touched_, {}); }

} // namespace ringfence::replay
