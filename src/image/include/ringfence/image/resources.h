// Resources (PE Format, section 6.9): the tree of type, name and language as a list of its leaves,
// and the version resource (VS_VERSIONINFO of the Windows SDK).
#pragma once

#include <ringfence/base/span_reader.h>
#include <ringfence/base/strong.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ringfence::image {

constexpr std::uint32_t RT_MESSAGETABLE = 11;
constexpr std::uint32_t RT_VERSION = 16;
constexpr std::uint32_t RT_MANIFEST = 24;

/// A number, or UTF-16LE text.
struct ResourceName {
  std::uint32_t id = 0; ///< meaningful when `text` is empty
  Bytes text;           ///< UTF-16LE without a length or a terminator
  bool is_text = false;

  bool equals_ascii(std::string_view ascii) const; ///< ASCII case ignored, as FindResource does
  std::string to_string() const;                   ///< UTF-8 text, or "#16"
};

struct ResourceLeaf {
  ResourceName type;
  ResourceName name;
  std::uint32_t language = 0;
  std::uint32_t code_page = 0;
  Rva rva;
  std::uint32_t size = 0;
  Bytes data; ///< empty when it lies outside the image
};

struct Resources {
  std::vector<ResourceLeaf> leaves; ///< in tree order
  /// The first leaf with that numeric type, or nullptr.
  const ResourceLeaf *find(std::uint32_t type) const;
  /// The first leaf whose type is that text (ASCII case ignored), or nullptr.
  const ResourceLeaf *find(std::string_view type) const;
};

/// VS_FIXEDFILEINFO; versions as four numbers, most significant first.
struct FixedFileVersion {
  std::array<std::uint16_t, 4> file_version{};
  std::array<std::uint16_t, 4> product_version{};
  std::uint32_t file_flags_mask = 0;
  std::uint32_t file_flags = 0; ///< VS_FF_DEBUG 1, VS_FF_PRERELEASE 2, ...
  std::uint32_t file_os = 0;
  std::uint32_t file_type = 0; ///< VFT_DRV is 3
  std::uint32_t file_subtype = 0;
};

struct VersionString {
  std::string table; ///< UTF-8, normally 8 hexadecimal digits: language and code page
  std::string key;   ///< UTF-8
  std::string value; ///< UTF-8, up to the first NUL
};

struct VersionResource {
  std::optional<FixedFileVersion> fixed;
  std::vector<VersionString> strings;      ///< of all tables, in file order
  std::vector<std::uint32_t> translations; ///< language in the low half, code page in the high half

  /// The value of the first string with that key (ASCII case ignored), or nullptr.
  const std::string *find(std::string_view key) const;
};

} // namespace ringfence::image
