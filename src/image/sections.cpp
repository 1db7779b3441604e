// Section headers (PE Format, section 4) and the address map that the memory manager makes of them
// when it creates an image section: headers up to SizeOfHeaders, then each section from its raw
// pointer rounded down to a sector, at most its virtual size rounded up to a page, zeros behind. An
// image whose SectionAlignment is below a page is mapped as one run of the file, so that an RVA is
// a file offset.
#include "loader.h"

#include <ringfence/base/text.h>

#include <algorithm>
#include <cstring>

namespace ringfence::image {
namespace {

constexpr std::uint64_t section_header_size = 40;
constexpr std::uint32_t page_size = 0x1000;
constexpr std::uint32_t sector_size = 0x200;

std::uint64_t round_up(std::uint64_t value, std::uint64_t alignment) {
  return (value + alignment - 1) / alignment * alignment;
}

} // namespace

void Loader::read_sections() {
  read_section_headers();
  map_sections();
  find_overlay();
}

void Loader::read_section_headers() {
  const auto &h = image_.headers_;
  const SpanReader file(image_.bytes_);
  const auto start = h.section_table_offset.value;
  const auto room = start <= file.size() ? (file.size() - start) / section_header_size : 0;
  const auto count = std::min<std::uint64_t>(h.number_of_sections, room);
  if (count < h.number_of_sections)
    report(Part::sections, ErrorCode::truncated, start,
           "expected " + std::to_string(h.number_of_sections) + " section headers, but the file holds " +
               std::to_string(count));
  image_.sections_.reserve(static_cast<std::size_t>(count));
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto at = start + i * section_header_size;
    Cursor c(*file.slice(at, section_header_size));
    Section section;
    section.header_offset = FileOffset(at);
    const auto name = c.bytes(8);
    const auto *text = reinterpret_cast<const char *>(name.data());
    const void *end = std::memchr(text, 0, name.size());
    section.name = std::string_view(text, end ? static_cast<std::size_t>(static_cast<const char *>(end) - text) : 8);
    section.virtual_size = c.u32();
    section.rva = Rva(c.u32());
    section.size_of_raw_data = c.u32();
    section.pointer_to_raw_data = c.u32();
    c.skip(12); // object-file relocations and line numbers
    section.characteristics = c.u32();
    image_.sections_.push_back(section);
  }
}

bool Loader::is_identity_mapped() const {
  if (image_.headers_.section_alignment >= page_size || image_.headers_.section_alignment == 0)
    return false;
  return std::all_of(image_.sections_.begin(), image_.sections_.end(),
                     [](const Section &s) { return s.size_of_raw_data == 0 || s.pointer_to_raw_data == s.rva.value; });
}

void Loader::map_sections() {
  const auto &h = image_.headers_;
  const auto file_size = image_.bytes_.size();
  const auto clamp32 = [](std::uint64_t v) {
    return static_cast<std::uint32_t>(std::min<std::uint64_t>(v, 0xffffffffu));
  };
  image_.low_alignment_ = is_identity_mapped();
  if (h.section_alignment < page_size && !image_.low_alignment_)
    report(Part::sections, ErrorCode::malformed, h.section_table_offset.value,
           "SectionAlignment " + hex(h.section_alignment) +
               " is below a page, but a section's PointerToRawData differs from its VirtualAddress");
  if (image_.low_alignment_) {
    std::uint64_t extent = h.size_of_image;
    for (const auto &section : image_.sections_)
      extent = std::max<std::uint64_t>(extent, std::uint64_t{section.rva.value} + section.extent());
    image_.ranges_.push_back({0, clamp32(extent), 0, clamp32(std::min<std::uint64_t>(file_size, extent)), -1});
  } else {
    const auto header_bytes = clamp32(std::min<std::uint64_t>(h.size_of_headers, file_size));
    image_.ranges_.push_back({0, clamp32(round_up(header_bytes, page_size)), 0, header_bytes, -1});
  }
  std::uint64_t previous_end = 0;
  for (std::size_t i = 0; i < image_.sections_.size(); ++i)
    map_section(i, previous_end);
  if (!image_.low_alignment_)
    sort_ranges();
}

void Loader::map_section(std::size_t index, std::uint64_t &previous_end) {
  auto &section = image_.sections_[index];
  const auto &h = image_.headers_;
  const auto file_size = image_.bytes_.size();
  const auto at = section.header_offset.value;
  const std::uint64_t start = section.rva.value;
  if (h.section_alignment != 0 && start % h.section_alignment != 0)
    report(Part::sections, ErrorCode::malformed, at + 12,
           "section " + printable(section.name) + " starts at RVA " + hex(start) + ", which SectionAlignment " +
               hex(h.section_alignment) + " does not divide");
  if (start < previous_end)
    report(Part::sections, ErrorCode::malformed, at + 12,
           "section " + printable(section.name) + " at RVA " + hex(start) + " overlaps what stands before it");
  previous_end = std::max(previous_end, start + section.extent());
  if (start + section.extent() > h.size_of_image)
    report(Part::sections, ErrorCode::malformed, at + 8,
           "section " + printable(section.name) + " ends behind SizeOfImage " + hex(h.size_of_image));

  std::uint64_t offset = section.pointer_to_raw_data;
  if (!image_.low_alignment_ && h.file_alignment >= sector_size)
    offset -= offset % sector_size;
  section.data_offset = FileOffset(offset);
  std::uint64_t size = 0;
  if (section.size_of_raw_data != 0 && section.pointer_to_raw_data != 0) {
    if (!in_bounds(section.pointer_to_raw_data, section.size_of_raw_data, file_size))
      report(Part::sections, ErrorCode::truncated, at + 16,
             "section " + printable(section.name) + " has file data [" + hex(section.pointer_to_raw_data) + ", +" +
                 hex(section.size_of_raw_data) + "), but the file has " + hex(file_size) + " bytes");
    const std::uint64_t raw_end = std::uint64_t{section.pointer_to_raw_data} + section.size_of_raw_data;
    size = std::min<std::uint64_t>({raw_end - offset, offset <= file_size ? file_size - offset : 0,
                                    round_up(section.extent(), page_size), 0xffffffffu - start});
  }
  section.data =
      size == 0 ? Bytes() : image_.bytes_.subspan(static_cast<std::size_t>(offset), static_cast<std::size_t>(size));
  const auto extent = std::min<std::uint64_t>(round_up(section.extent(), page_size), 0xffffffffu - start);
  if (!image_.low_alignment_ && extent != 0)
    image_.ranges_.push_back({section.rva.value, static_cast<std::uint32_t>(extent), offset,
                              static_cast<std::uint32_t>(size), static_cast<std::int32_t>(index)});
}

/// Sorts by address; where ranges overlap, which no loader accepts, the one that starts first keeps
/// its bytes.
void Loader::sort_ranges() {
  auto &ranges = image_.ranges_;
  std::sort(ranges.begin(), ranges.end(), [](const auto &a, const auto &b) {
    return a.start != b.start ? a.start < b.start : a.section < b.section;
  });
  std::size_t kept = 0;
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    auto range = ranges[i];
    if (kept != 0) {
      const auto end = std::uint64_t{ranges[kept - 1].start} + ranges[kept - 1].extent;
      if (range.start < end) {
        const auto cut = static_cast<std::uint32_t>(end - range.start);
        if (cut >= range.extent)
          continue;
        range.start += cut;
        range.extent -= cut;
        const auto cut_of_file = std::min(cut, range.file_size);
        range.file_offset += cut_of_file;
        range.file_size -= cut_of_file;
      }
    }
    ranges[kept++] = range;
  }
  ranges.resize(kept);
}

void Loader::find_overlay() {
  std::uint64_t end = std::min<std::uint64_t>(image_.headers_.size_of_headers, image_.bytes_.size());
  for (const auto &section : image_.sections_)
    if (section.size_of_raw_data != 0 && section.pointer_to_raw_data != 0)
      end = std::max(end, std::uint64_t{section.pointer_to_raw_data} + section.size_of_raw_data);
  image_.overlay_offset_ = FileOffset(std::min<std::uint64_t>(end, image_.bytes_.size()));
}

} // namespace ringfence::image
