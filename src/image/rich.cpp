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
constexpr std::uint64_t e_lfanew = 0x3c;
constexpr std::uint64_t stub_end = 0x40;

std::uint32_t checksum_of(Bytes stub, const std::vector<RichEntry> &entries) {
  auto sum = static_cast<std::uint32_t>(stub.size());
  int rotation = 0;
  const auto add = [&](Bytes part) {
    for (const auto byte : part)
      sum += std::rotl(std::to_integer<std::uint32_t>(byte), rotation++ & 31);
  };
  add(stub.first(e_lfanew));
  rotation += 4;
  add(stub.subspan(stub_end));
  for (const auto &entry : entries)
    sum += std::rotl(std::uint32_t{entry.product} << 16 | entry.build, static_cast<int>(entry.count & 31));
  return sum;
}

/// The last multiple of 4 in [first, last] at which `value` stands under `mask`; nothing when there
/// is none.
std::optional<std::uint64_t> find_backwards(Bytes file, std::uint64_t first, std::uint64_t last, std::uint32_t value,
                                            std::uint32_t mask) {
  const auto *begin = file.data() + first;
  for (const auto *at = file.data() + last; at >= begin; at -= 4)
    if ((load_little_endian<std::uint32_t>(at) ^ mask) == value)
      return static_cast<std::uint64_t>(at - file.data());
  return std::nullopt;
}

} // namespace

void Loader::read_rich() {
  const SpanReader file(image_.bytes_);
  const auto end = std::min(image_.headers_.pe_offset.value, max_search);
  // The linker writes it 8 bytes aligned, patchers at least 4 bytes aligned; the last one before
  // "PE" counts.
  if (end < stub_end + 8)
    return;
  const auto rich_at = find_backwards(file.bytes(), stub_end + 4, (end - 4) / 4 * 4, rich_marker, 0);
  if (!rich_at || !file.contains(*rich_at, 8))
    return;
  const auto rich = *rich_at;
  RichHeader header;
  header.key = *file.get<std::uint32_t>(rich + 4);
  const auto dans_at = find_backwards(file.bytes(), stub_end, rich - 4, dans_marker, header.key);
  if (!dans_at) {
    report(Part::rich, ErrorCode::malformed, rich, "a Rich marker without the DanS that starts its entries");
    return;
  }
  const auto dans = *dans_at;
  header.offset = FileOffset(dans);
  header.masked = file.slice(dans, rich - dans)->bytes();
  for (std::uint64_t at = dans + 16; at + 8 <= rich; at += 8) {
    const auto id = *file.get<std::uint32_t>(at) ^ header.key;
    header.entries.push_back({static_cast<std::uint16_t>(id >> 16), static_cast<std::uint16_t>(id),
                              *file.get<std::uint32_t>(at + 4) ^ header.key});
  }
  header.checksum = checksum_of(file.bytes().first(static_cast<std::size_t>(dans)), header.entries);
  image_.rich_ = std::move(header);
}

std::vector<std::byte> RichHeader::unmasked() const {
  std::vector<std::byte> clear(masked.begin(), masked.end());
  for (std::size_t i = 0; i < clear.size(); ++i)
    clear[i] ^= static_cast<std::byte>(key >> (8 * (i & 3)));
  return clear;
}

} // namespace ringfence::image
