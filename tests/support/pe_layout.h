// The inner side of pe_builder: byte writing, and blobs that are placed in sections before their
// content is known.
#pragma once

#include "pe_builder.h"

#include <functional>
#include <map>
#include <string_view>

namespace ringfence::pe_builder {

class Writer {
public:
  std::vector<std::byte> bytes;

  void u8(std::uint64_t v) { put(v, 1); }
  void u16(std::uint64_t v) { put(v, 2); }
  void u32(std::uint64_t v) { put(v, 4); }
  void u64(std::uint64_t v) { put(v, 8); }
  void put(std::uint64_t v, unsigned width) {
    for (unsigned i = 0; i < width; ++i)
      bytes.push_back(static_cast<std::byte>(v >> (8 * i)));
  }
  void raw(const std::vector<std::byte> &data) { bytes.insert(bytes.end(), data.begin(), data.end()); }
  void text(std::string_view t) {
    for (const char c : t)
      bytes.push_back(static_cast<std::byte>(c));
  }
  void c_string(std::string_view t) {
    text(t);
    u8(0);
  }
  void wide(std::u16string_view t) {
    for (const auto c : t)
      u16(c);
  }
  void align(std::size_t alignment) { bytes.resize((bytes.size() + alignment - 1) / alignment * alignment); }
  std::uint32_t size() const { return static_cast<std::uint32_t>(bytes.size()); }
  void set32(std::size_t at, std::uint64_t v) {
    for (unsigned i = 0; i < 4; ++i)
      bytes[at + i] = static_cast<std::byte>(v >> (8 * i));
  }
};

/// Where sections and blobs ended up. In the sizing pass every address is zero.
struct Layout {
  const Description *description = nullptr;
  std::map<std::string, std::uint32_t> anchors; ///< section name, or "@label"

  std::uint32_t rva(const Address &address) const {
    const auto found = anchors.find(address.anchor);
    return address.offset + (found == anchors.end() ? 0 : found->second);
  }
  std::uint32_t rva(const std::string &anchor) const { return rva(Address{anchor, 0}); }
  std::uint64_t va(std::uint32_t rva_value) const { return description->image_base + rva_value; }
  unsigned pointer() const { return description->pe32_plus ? 8 : 4; }
};

/// A table that the builder adds to a section: made twice, first for its size, then with every
/// address known.
struct Blob {
  std::string label; ///< "@iat"; its RVA becomes an anchor
  std::string section;
  std::uint32_t alignment = 8;
  int directory = -1; ///< index of the data directory that names it
  std::function<std::vector<std::byte>(const Layout &)> make;
  std::uint32_t directory_size = 0; ///< 0: the size of what was made
  std::uint32_t offset = 0, size = 0;
};

/// The blobs of a description, in the order in which they are placed (pe_tables.cpp,
/// pe_records.cpp).
std::vector<Blob> tables_of(const Description &description);
void add_import_tables(const Description &description, std::vector<Blob> &blobs);
void add_load_config(const Description &description, std::vector<Blob> &blobs);
void add_debug(const Description &description, std::vector<Blob> &blobs);
void add_resources(const Description &description, std::vector<Blob> &blobs);

} // namespace ringfence::pe_builder
