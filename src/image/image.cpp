// Addresses of an Image: RVA, file offset and section, through the sorted list of mapped ranges.
#include <ringfence/image/image.h>

#include <algorithm>

namespace ringfence::image {

bool Image::intact(Part part) const {
  return std::none_of(diagnostics_.begin(), diagnostics_.end(), [part](const Diagnostic &d) { return d.part == part; });
}

const Image::Range *Image::range_of(Rva rva) const {
  auto next = std::upper_bound(ranges_.begin(), ranges_.end(), rva.value,
                               [](std::uint32_t value, const Range &range) { return value < range.start; });
  if (next == ranges_.begin())
    return nullptr;
  --next;
  return rva.value - next->start < next->extent ? &*next : nullptr;
}

std::optional<FileOffset> Image::offset_of(Rva rva) const {
  const auto *range = range_of(rva);
  if (!range || rva.value - range->start >= range->file_size)
    return std::nullopt;
  return FileOffset(range->file_offset + (rva.value - range->start));
}

std::optional<Rva> Image::rva_of(FileOffset offset) const {
  for (const auto &range : ranges_)
    if (offset.value >= range.file_offset && offset.value - range.file_offset < range.file_size)
      return Rva(range.start + static_cast<std::uint32_t>(offset.value - range.file_offset));
  return std::nullopt;
}

std::optional<Rva> Image::rva_of(Va va) const {
  const auto distance = va.value - headers_.image_base;
  if (va.value < headers_.image_base || distance > 0xffffffffu)
    return std::nullopt;
  return Rva(static_cast<std::uint32_t>(distance));
}

Bytes Image::bytes_from(Rva rva) const {
  const auto *range = range_of(rva);
  if (!range)
    return {};
  const auto within = rva.value - range->start;
  if (within >= range->file_size)
    return {};
  return bytes_.subspan(static_cast<std::size_t>(range->file_offset + within), range->file_size - within);
}

std::optional<Bytes> Image::bytes_at(Rva rva, std::uint64_t length) const {
  const auto all = bytes_from(rva);
  if (!in_bounds(0, length, all.size()))
    return std::nullopt;
  return all.first(static_cast<std::size_t>(length));
}

SpanReader Image::reader_at(Rva rva) const {
  const auto all = bytes_from(rva);
  return all.empty() ? SpanReader() : SpanReader(all, static_cast<std::uint64_t>(all.data() - bytes_.data()));
}

bool Image::copy_mapped(Rva rva, std::span<std::byte> to) const {
  const auto *range = range_of(rva);
  if (!range || !in_bounds(rva.value - range->start, to.size(), range->extent))
    return false;
  const auto from = bytes_from(rva);
  std::copy_n(from.begin(), std::min(from.size(), to.size()), to.begin());
  return true;
}

std::optional<std::uint64_t> Image::read_pointer(Rva rva) const {
  if (headers_.pe32_plus)
    return read<std::uint64_t>(rva);
  const auto value = read<std::uint32_t>(rva);
  return value ? std::optional<std::uint64_t>(*value) : std::nullopt;
}

std::optional<std::string_view> Image::c_string(Rva rva, std::uint64_t cap) const {
  return SpanReader(bytes_from(rva)).c_string(0, cap);
}

const Section *Image::section_of(Rva rva) const {
  if (!low_alignment_) {
    const auto *range = range_of(rva);
    return range && range->section >= 0 ? &sections_[static_cast<std::size_t>(range->section)] : nullptr;
  }
  const auto found =
      std::find_if(sections_.begin(), sections_.end(), [rva](const Section &s) { return s.contains(rva); });
  return found == sections_.end() ? nullptr : &*found;
}

const Section *Image::find_section(std::string_view name) const {
  const auto found =
      std::find_if(sections_.begin(), sections_.end(), [name](const Section &s) { return s.name == name; });
  return found == sections_.end() ? nullptr : &*found;
}

std::optional<Rva> Image::entry_code() const {
  const auto entry = headers_.entry_point;
  if (entry.value == 0)
    return std::nullopt;
  if (machine() != Machine::ia64)
    return entry;
  // IA64 entry points name a function descriptor {entry VA, gp}.
  const auto va = read<std::uint64_t>(entry);
  return va ? rva_of(Va(*va)) : std::nullopt;
}

Bytes Image::overlay() const {
  return overlay_offset_.value >= bytes_.size() ? Bytes()
                                                : bytes_.subspan(static_cast<std::size_t>(overlay_offset_.value));
}

} // namespace ringfence::image
