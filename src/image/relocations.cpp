// Base relocation blocks (PE Format, section 6.6).
#include "loader.h"

#include <ringfence/base/text.h>

#include <algorithm>

namespace ringfence::image {
namespace {

constexpr std::size_t max_relocations = 1u << 22;
constexpr std::uint32_t block_header_size = 8;

} // namespace

unsigned width_of(RelocationType type) {
  switch (type) {
  case RelocationType::high:
  case RelocationType::low:
  case RelocationType::highadj:
    return 2;
  case RelocationType::highlow:
    return 4;
  case RelocationType::dir64:
  case RelocationType::arm_mov32:
  case RelocationType::thumb_mov32:
    return 8;
  default:
    return 0;
  }
}

void Loader::read_relocations() {
  const auto &directory = image_.headers_.directory(DirectoryIndex::relocations);
  if (directory.size == 0)
    return;
  const auto reader = directory_reader(DirectoryIndex::relocations, Part::relocations, "the relocation directory");
  if (!reader)
    return;
  const auto size = std::min<std::uint64_t>(reader->size(), directory.size);
  auto &entries = image_.relocations_.entries;
  entries.reserve(static_cast<std::size_t>(std::min<std::uint64_t>(size / 2, 4096)));
  std::uint64_t at = 0;
  while (at + block_header_size <= size) {
    const Rva page(*reader->get<std::uint32_t>(at));
    const auto block = *reader->get<std::uint32_t>(at + 4);
    if (page.value == 0 && block == 0)
      return; // padding behind the last block
    if (block < block_header_size || !in_bounds(at, block, size)) {
      report(Part::relocations, ErrorCode::malformed, reader->base() + at + 4,
             "relocation block of " + hex(block) + " bytes, expected 8 to " + hex(size - at));
      return;
    }
    ++image_.relocations_.blocks;
    const auto count = (block - block_header_size) / 2;
    if (entries.size() + count > max_relocations) {
      report(Part::relocations, ErrorCode::limit, reader->base() + at, "more than 4194304 relocations");
      return;
    }
    for (std::uint32_t i = 0; i < count; ++i) {
      const auto word = *reader->get<std::uint16_t>(at + block_header_size + std::uint64_t{i} * 2);
      const auto type = static_cast<RelocationType>(word >> 12);
      if (type == RelocationType::absolute)
        continue;
      Relocation relocation{add(page, word & 0xfffu), type, 0};
      if (type == RelocationType::highadj && i + 1 < count)
        relocation.adjustment = *reader->get<std::uint16_t>(at + block_header_size + std::uint64_t{++i} * 2);
      entries.push_back(relocation);
    }
    at += block;
  }
  if (at != size)
    report(Part::relocations, ErrorCode::truncated, reader->base() + at, "the last relocation block is incomplete");
}

} // namespace ringfence::image
