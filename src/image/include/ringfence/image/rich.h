// The Rich header: what the Microsoft linker records between the DOS stub and the PE header, one
// entry for each tool that made an object, masked with a checksum over the stub and the entries.
// Undocumented by Microsoft.
#pragma once

#include <ringfence/base/span_reader.h>
#include <ringfence/base/strong.h>

#include <cstdint>
#include <vector>

namespace ringfence::image {

struct RichEntry {
  std::uint16_t product = 0; ///< prodid of @comp.id: which tool
  std::uint16_t build = 0;   ///< its build number
  std::uint32_t count = 0;   ///< objects made by it
};

struct RichHeader {
  FileOffset offset;              ///< of the masked "DanS"
  std::uint32_t key = 0;          ///< the mask, which is also the stated checksum
  std::uint32_t checksum = 0;     ///< recomputed; differs from `key` when stub or entries were changed
  std::vector<RichEntry> entries; ///< in file order
  Bytes masked;                   ///< from "DanS" up to, not including, "Rich"

  bool checksum_matches() const { return key == checksum; }
  /// The unmasked bytes of `masked`: what LOLDrivers' RichPEHeaderHash digests.
  std::vector<std::byte> unmasked() const;
};

} // namespace ringfence::image
