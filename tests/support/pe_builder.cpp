// Layout and headers of pe_builder: sections, blobs in sections, addresses, file.
#include "pe_layout.h"

#include <ringfence/base/text.h>

#include <algorithm>
#include <bit>

namespace ringfence::pe_builder {
namespace {

constexpr std::uint32_t pe_offset_without_rich = 0x80;

struct PlacedSection {
  SectionDescription description;
  std::uint32_t rva = 0, raw_pointer = 0, raw_size = 0, virtual_size = 0;
};

std::uint32_t round_up(std::uint32_t value, std::uint32_t alignment) {
  return alignment == 0 ? value : (value + alignment - 1) / alignment * alignment;
}

std::uint32_t default_flags(std::string_view name) {
  if (name == ".data")
    return 0xc0000040;
  if (name == ".reloc")
    return 0x42000040;
  if (name == "INIT")
    return 0x62000020;
  return name == ".text" || name == "PAGE" ? 0x60000020 : 0x40000040;
}

std::pair<std::uint64_t, std::uint64_t> version_pair(const std::string &text) {
  const auto parts = split(text, '.');
  const auto at = [&](std::size_t i) { return i < parts.size() ? parse_unsigned(parts[i]).value_or(0) : 0; };
  return {at(0), at(1)};
}

/// The DOS stub with its Rich header; its size is the PE header's offset.
std::vector<std::byte> dos_stub(const Description &d) {
  Writer w;
  w.text("MZ");
  w.bytes.resize(0x40);
  w.bytes.resize(pe_offset_without_rich);
  if (!d.rich.empty()) {
    auto key = w.size();
    for (std::uint32_t i = 0; i < w.size(); ++i)
      key += std::rotl(std::to_integer<std::uint32_t>(w.bytes[i]), static_cast<int>(i & 31));
    for (const auto &e : d.rich)
      key += std::rotl(e.at(0) << 16 | e.at(1), static_cast<int>(e.at(2) & 31));
    key = d.rich_key.value_or(key);
    for (const auto word : {0x536e6144u, 0u, 0u, 0u})
      w.u32(word ^ key);
    for (const auto &e : d.rich) {
      w.u32((e.at(0) << 16 | e.at(1)) ^ key);
      w.u32(e.at(2) ^ key);
    }
    w.text("Rich");
    w.u32(key);
    w.align(16);
  }
  w.set32(0x3c, w.size());
  return w.bytes;
}

class Builder {
public:
  explicit Builder(const Description &d) : d_(d), stub_(dos_stub(d)), blobs_(tables_of(d)) {
    layout_.description = &d_;
  }

  std::vector<std::byte> build() {
    collect_sections();
    place_blobs();
    place_sections();
    fill_blobs();
    write_headers();
    write_file();
    return std::move(file_.bytes);
  }

private:
  void collect_sections() {
    for (const auto &section : d_.sections)
      sections_.push_back({section});
    if (sections_.empty())
      sections_.push_back(
          {{".text", default_flags(".text"), {std::byte{0x33}, std::byte{0xc0}, std::byte{0xc3}}, {}, {}, {}, {}}});
    for (const auto &blob : blobs_)
      if (!find(blob.section))
        sections_.push_back({{blob.section, default_flags(blob.section), {}, {}, {}, {}, {}}});
  }

  PlacedSection *find(std::string_view name) {
    const auto found = std::find_if(sections_.begin(), sections_.end(),
                                    [&](const PlacedSection &s) { return s.description.name == name; });
    return found == sections_.end() ? nullptr : &*found;
  }

  void place_blobs() {
    for (auto &blob : blobs_) {
      auto &bytes = find(blob.section)->description.bytes;
      blob.size = static_cast<std::uint32_t>(blob.make(layout_).size());
      blob.offset = round_up(static_cast<std::uint32_t>(bytes.size()), blob.alignment);
      bytes.resize(blob.offset + blob.size);
    }
  }

  void place_sections() {
    const bool low = d_.section_alignment < 0x1000;
    const std::uint32_t optional = (d_.pe32_plus ? 112u : 96u) + 16 * 8;
    const auto headers =
        static_cast<std::uint32_t>(stub_.size()) + 24 + optional + 40 * static_cast<std::uint32_t>(sections_.size());
    headers_size_ = d_.size_of_headers.value_or(round_up(headers, d_.file_alignment));
    auto raw = round_up(headers, d_.file_alignment);
    auto rva = round_up(std::max(raw, headers_size_), d_.section_alignment);
    for (auto &s : sections_) {
      const auto size = static_cast<std::uint32_t>(s.description.bytes.size());
      s.virtual_size = s.description.virtual_size.value_or(std::max(size, 1u));
      s.rva = s.description.rva.value_or(rva);
      s.raw_size = s.description.raw_size.value_or(round_up(size, d_.file_alignment));
      if (low)
        raw = std::max(raw, s.rva);
      s.raw_pointer = s.description.raw_pointer.value_or(s.raw_size == 0 ? 0 : raw);
      raw += round_up(size, d_.file_alignment);
      rva = std::max(rva, s.rva + round_up(std::max(s.virtual_size, low ? size : 1u), d_.section_alignment));
      layout_.anchors.emplace(s.description.name, s.rva);
    }
    image_size_ = d_.size_of_image.value_or(rva);
    for (const auto &blob : blobs_)
      layout_.anchors[blob.label] = find(blob.section)->rva + blob.offset;
  }

  void fill_blobs() {
    for (auto &blob : blobs_) {
      const auto made = blob.make(layout_);
      auto &bytes = find(blob.section)->description.bytes;
      std::copy_n(made.begin(), std::min<std::size_t>(made.size(), blob.size), bytes.begin() + blob.offset);
      if (blob.directory_size == 0)
        blob.directory_size = static_cast<std::uint32_t>(made.size());
    }
    for (const auto &[at, to] : d_.pointers) {
      Writer w;
      w.put(layout_.va(layout_.rva(to)), layout_.pointer());
      patch(layout_.rva(at), w.bytes);
    }
  }

  /// Overwrites section content at an RVA.
  void patch(std::uint32_t rva, const std::vector<std::byte> &bytes) {
    for (auto &s : sections_) {
      auto &data = s.description.bytes;
      if (rva >= s.rva && rva - s.rva < data.size())
        std::copy_n(bytes.begin(), std::min<std::size_t>(bytes.size(), data.size() - (rva - s.rva)),
                    data.begin() + (rva - s.rva));
    }
  }

  std::uint32_t entry_rva() {
    if (d_.entry)
      return layout_.rva(*d_.entry);
    const auto found = std::find_if(sections_.begin(), sections_.end(),
                                    [](const PlacedSection &s) { return (s.description.flags & 0x20000000) != 0; });
    return found == sections_.end() ? 0 : found->rva;
  }

  void write_headers() {
    auto &w = file_;
    w.raw(stub_);
    w.text(std::string_view("PE\0\0", 4));
    w.u16(d_.machine);
    w.u16(sections_.size());
    w.u32(d_.time_date_stamp);
    w.u64(0);
    w.u16((d_.pe32_plus ? 112u : 96u) + 16 * 8);
    w.u16(d_.characteristics);
    const auto pointer = [&](std::uint64_t v) { w.put(v, layout_.pointer()); };
    const auto pair = [&](const std::string &text, unsigned width) {
      const auto [high, low] = version_pair(text);
      w.put(high, width);
      w.put(low, width);
    };
    w.u16(d_.pe32_plus ? 0x20b : 0x10b);
    pair(d_.linker, 1);
    w.u32(0x200);
    w.u32(0x200);
    w.u32(0);
    w.u32(entry_rva());
    w.u32(sections_.front().rva);
    if (!d_.pe32_plus)
      w.u32(sections_.back().rva);
    pointer(d_.image_base);
    w.u32(d_.section_alignment);
    w.u32(d_.file_alignment);
    pair(d_.os_version, 2);
    pair(d_.image_version, 2);
    pair(d_.subsystem_version, 2);
    w.u32(0);
    w.u32(image_size_);
    w.u32(headers_size_);
    checksum_at_ = w.size();
    w.u32(0);
    w.u16(d_.subsystem);
    w.u16(d_.dll_characteristics);
    for (const std::uint64_t v : {0x40000u, 0x1000u, 0x100000u, 0x1000u})
      pointer(v);
    w.u32(0);
    w.u32(16);
    directories_at_ = w.size();
    std::vector<std::pair<std::uint32_t, std::uint32_t>> directories(16);
    for (const auto &blob : blobs_)
      if (blob.directory >= 0)
        directories[static_cast<std::size_t>(blob.directory)] = {layout_.rva(blob.label), blob.directory_size};
    for (const auto &[rva, size] : directories) {
      w.u32(rva);
      w.u32(size);
    }
    for (const auto &s : sections_) {
      auto name = s.description.name.substr(0, 8);
      name.resize(8);
      w.text(name);
      for (const auto v : {s.virtual_size, s.rva, s.raw_size, s.raw_pointer, 0u, 0u, 0u, s.description.flags})
        w.u32(v);
    }
    w.align(std::max(d_.file_alignment, 1u));
  }

  void write_file() {
    auto &w = file_;
    for (const auto &s : sections_) {
      const auto &data = s.description.bytes;
      if (data.empty() || s.raw_pointer == 0)
        continue;
      const auto end = s.raw_pointer + round_up(static_cast<std::uint32_t>(data.size()), d_.file_alignment);
      w.bytes.resize(std::max<std::size_t>(w.bytes.size(), end));
      std::copy(data.begin(), data.end(), w.bytes.begin() + s.raw_pointer);
    }
    w.raw(d_.overlay);
    if (!d_.certificates.empty()) {
      w.align(8);
      const auto start = w.size();
      for (const auto &certificate : d_.certificates) {
        w.u32(certificate.size() + 8);
        w.u16(0x200);
        w.u16(2);
        w.raw(certificate);
        w.align(8);
      }
      w.set32(directories_at_ + 4 * 8, start);
      w.set32(directories_at_ + 4 * 8 + 4, w.size() - start);
    }
    for (const auto &p : d_.patches)
      apply(p);
    if (checksum_at_ + 4 <= w.bytes.size())
      w.set32(checksum_at_, d_.checksum ? *d_.checksum : checksum());
  }

  void apply(const PatchDescription &p) {
    auto offset = p.offset;
    const auto rva = layout_.rva(p.at);
    for (const auto &s : sections_)
      if (!offset && rva >= s.rva && rva - s.rva < s.raw_size)
        offset = s.raw_pointer + (rva - s.rva);
    auto &bytes = file_.bytes;
    if (offset && *offset < bytes.size())
      std::copy_n(p.bytes.begin(), std::min<std::size_t>(p.bytes.size(), bytes.size() - *offset),
                  bytes.begin() + *offset);
  }

  std::uint32_t checksum() const {
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i < file_.bytes.size(); ++i) {
      sum += std::to_integer<std::uint32_t>(file_.bytes[i]) << (i % 2 * 8);
      sum = (sum & 0xffff) + (sum >> 16);
    }
    return sum + file_.size();
  }

  const Description &d_;
  std::vector<std::byte> stub_;
  std::vector<Blob> blobs_;
  Layout layout_;
  std::vector<PlacedSection> sections_;
  Writer file_;
  std::uint32_t headers_size_ = 0, image_size_ = 0;
  std::size_t checksum_at_ = 0, directories_at_ = 0;
};

} // namespace

std::vector<std::byte> build_pe(const Description &description) { return Builder(description).build(); }

std::vector<std::byte> build_pe(const Value &value) {
  const auto description = describe(value);
  return description ? build_pe(*description) : std::vector<std::byte>();
}

} // namespace ringfence::pe_builder
