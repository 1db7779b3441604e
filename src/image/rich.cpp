// The Rich header between the DOS stub and the PE header. Masked layout: "DanS", three zeros, pairs
// of {build | product << 16, count}, then "Rich" in clear and the mask. The mask is a checksum: the
// offset of "DanS", plus each stub byte (e_lfanew as zero) rotated by its offset, plus each
// @comp.id rotated by its count.
#include "loader.h"

#include <bit>

namespace ringfence::image {
namespace {

constexpr std::uint32_t rich_marker = 0x68636952; // "Rich"
constexpr std::uint32_t dans_marker = 0x536e6144; // "DanS"
constexpr std::uint64_t max_search = 0x2000;
constexpr std::uint64_t stub_end = 0x40;

std::uint32_t checksum_of(const SpanReader &file, std::uint64_t dans,
                          const std::vector<RichEntry> &entries) {
  auto sum = static_cast<std::uint32_t>(dans);
  for (std::uint64_t i = 0; i < dans; ++i)
    if (i < 0x3c || i >= 0x40)
      sum += std::rotl(std::uint32_t{*file.get<std::uint8_t>(i)}, static_cast<int>(i & 31));
  for (const auto &entry : entries)
    sum += std::rotl(std::uint32_t{entry.product} << 16 | entry.build,
                     static_cast<int>(entry.count & 31));
  return sum;
}

} // namespace

void Loader::read_rich() {
  const SpanReader file(image_.bytes_);
  const auto end = std::min(image_.headers_.pe_offset.value, max_search);
  // The linker writes it 8 bytes aligned, patchers at least 4 bytes aligned; the last one before
  // "PE" counts.
  std::uint64_t rich = 0;
  for (std::uint64_t at = end / 4 * 4; rich == 0 && at >= stub_end + 4; at -= 4)
    if (file.get<std::uint32_t>(at) == rich_marker && file.contains(at, 8))
      rich = at;
  if (rich == 0)
    return;
  RichHeader header;
  header.key = *file.get<std::uint32_t>(rich + 4);
  std::uint64_t dans = 0;
  for (std::uint64_t at = rich - 4; dans == 0 && at >= stub_end; at -= 4)
    if ((*file.get<std::uint32_t>(at) ^ header.key) == dans_marker)
      dans = at;
  if (dans == 0) {
    report(Part::rich, ErrorCode::malformed, rich,
           "a Rich marker without the DanS that starts its entries");
    return;
  }
  header.offset = FileOffset(dans);
  header.masked = file.slice(dans, rich - dans)->bytes();
  for (std::uint64_t at = dans + 16; at + 8 <= rich; at += 8) {
    const auto id = *file.get<std::uint32_t>(at) ^ header.key;
    header.entries.push_back({static_cast<std::uint16_t>(id >> 16), static_cast<std::uint16_t>(id),
                              *file.get<std::uint32_t>(at + 4) ^ header.key});
  }
  header.checksum = checksum_of(file, dans, header.entries);
  image_.rich_ = std::move(header);
}

std::vector<std::byte> RichHeader::unmasked() const {
  std::vector<std::byte> clear(masked.begin(), masked.end());
  for (std::size_t i = 0; i < clear.size(); ++i)
    clear[i] ^= static_cast<std::byte>(key >> (8 * (i & 3)));
  return clear;
}

} // namespace ringfence::image
