// The address space of a replayed machine: regions with bounds, copied on write, so that a snapshot costs a few
// pointers. An address in no region is no memory: the machine decides what that means. Accesses to regions that
// stand for something outside the driver (mapped physical memory, places that only a caller's pointer names) are
// noted with their address.
#pragma once

#include <ringfence/base/span_reader.h>
#include <ringfence/ir/interpret.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <vector>

namespace ringfence::replay {

enum class RegionKind : std::uint8_t {
  image,
  stack,
  kernel,   ///< a structure that the kernel owns
  pool,     ///< allocated by the driver
  request,  ///< a buffer of the request
  physical, ///< mapped physical memory
  foreign,  ///< an address that nothing in the machine gave out
};

struct Region {
  std::uint64_t base = 0;
  RegionKind kind = RegionKind::kernel;
  std::shared_ptr<std::vector<std::byte>> bytes;
  std::uint64_t end() const { return base + bytes->size(); }
};

/// An access to physical or foreign memory.
struct Touch {
  std::uint64_t address = 0;
  unsigned size = 0;
  bool write = false;
};

class Memory : public ir::Memory {
public:
  bool read(std::uint64_t address, std::span<std::byte> bytes) override;
  bool write(std::uint64_t address, std::span<const std::byte> bytes) override;

  /// Adds a region of zeros. Precondition: the range is free.
  Region &add(std::uint64_t base, std::uint64_t size, RegionKind kind);
  /// The region that holds the address; null when there is none.
  const Region *find(std::uint64_t address) const;
  /// Makes the free part of the page around an address readable: zeros.
  void add_foreign_page(std::uint64_t address);

  /// A little-endian number of 1 to 8 bytes; nothing outside of regions.
  std::optional<std::uint64_t> number(std::uint64_t address, unsigned bytes);
  /// Writes one; what lies outside of regions is dropped.
  void put(std::uint64_t address, std::uint64_t value, unsigned bytes);

  /// What was touched since the last call.
  std::vector<Touch> take_touched();
  bool has_touched() const { return !touched_.empty(); }

private:
  Region *locate(std::uint64_t address);
  std::map<std::uint64_t, Region> regions_;
  std::vector<Touch> touched_;
};

} // namespace ringfence::replay
