// Base relocations (PE Format, section 6.6): every place that the loader changes when the image
// moves.
#pragma once

#include <ringfence/base/strong.h>

#include <cstdint>
#include <string_view>
#include <vector>

namespace ringfence::image {

enum class Machine : std::uint16_t;

/// IMAGE_REL_BASED_*. 5, 7, 8 and 9 mean something else for each machine; the names here are those
/// of ARM.
enum class RelocationType : std::uint8_t {
  absolute = 0, ///< padding: kept out of the list
  high = 1,
  low = 2,
  highlow = 3,
  highadj = 4,
  arm_mov32 = 5, ///< MIPS_JMPADDR, RISC-V high 20
  reserved = 6,
  thumb_mov32 = 7, ///< RISC-V low 12 I
  riscv_low12s = 8,
  ia64_imm64 = 9, ///< MIPS_JMPADDR16
  dir64 = 10,
  high3adj = 11,
};

/// "DIR64", "HIGHLOW", ...; machine-specific meanings are resolved with `machine`.
std::string_view name_of(RelocationType type, Machine machine);
/// Bytes that the loader changes: 8 for DIR64, 4 for HIGHLOW and 2 for HIGH, LOW and HIGHADJ; 0
/// when unknown.
unsigned width_of(RelocationType type);

struct Relocation {
  Rva rva;
  RelocationType type = RelocationType::absolute;
  std::uint16_t adjustment = 0; ///< HIGHADJ only: the low 16 bits, from the slot that follows
};

struct Relocations {
  std::vector<Relocation> entries; ///< in file order, without the ABSOLUTE padding
  std::uint32_t blocks = 0;
};

} // namespace ringfence::image
