// The version resource: nested blocks {wLength, wValueLength, wType, szKey, padding, value,
// padding, children} (VS_VERSIONINFO, StringFileInfo, StringTable, String, VarFileInfo, Var of the
// Windows SDK).
#include "loader.h"

#include <ringfence/base/text.h>

#include <algorithm>

namespace ringfence::image {
namespace {

constexpr std::size_t max_strings = 1024;
constexpr unsigned max_levels = 4;
constexpr std::uint32_t fixed_signature = 0xfeef04bd;
constexpr std::uint64_t fixed_size = 52;

/// The bytes up to a UTF-16 NUL, or all of them.
Bytes utf16_until_nul(Bytes bytes) {
  for (std::size_t i = 0; i + 1 < bytes.size(); i += 2)
    if (bytes[i] == std::byte{0} && bytes[i + 1] == std::byte{0})
      return bytes.first(i);
  return bytes.first(bytes.size() / 2 * 2);
}

FixedFileVersion read_fixed(const SpanReader &value) {
  Cursor c(value);
  FixedFileVersion fixed;
  c.skip(8);
  const auto version = [&] {
    const auto high = c.u32();
    const auto low = c.u32();
    return std::array<std::uint16_t, 4>{static_cast<std::uint16_t>(high >> 16), static_cast<std::uint16_t>(high),
                                        static_cast<std::uint16_t>(low >> 16), static_cast<std::uint16_t>(low)};
  };
  fixed.file_version = version();
  fixed.product_version = version();
  fixed.file_flags_mask = c.u32();
  fixed.file_flags = c.u32();
  fixed.file_os = c.u32();
  fixed.file_type = c.u32();
  fixed.file_subtype = c.u32();
  return fixed;
}

std::uint64_t align4(std::uint64_t at) { return (at + 3) / 4 * 4; }

} // namespace

void Loader::read_version() {
  const auto *leaf = image_.resources_.find(RT_VERSION);
  if (!leaf || leaf->data.empty())
    return;
  const SpanReader data(leaf->data, static_cast<std::uint64_t>(leaf->data.data() - image_.bytes_.data()));
  VersionResource version;
  read_version_block(data, 0, version, {});
  image_.version_ = std::move(version);
}

/// One block at the start of `data`, and its children. Levels: 0 VS_VERSION_INFO, 1 StringFileInfo
/// or VarFileInfo, 2 StringTable or Var, 3 String.
void Loader::read_version_block(const SpanReader &data, unsigned level, VersionResource &version,
                                std::string_view table) {
  const auto length = std::min<std::uint64_t>(data.get<std::uint16_t>(0).value_or(0), data.size());
  if (length < 6) {
    report(Part::version, ErrorCode::malformed, data.base(), "expected a version block of at least 6 bytes");
    return;
  }
  const auto block = *data.slice(0, length);
  const std::uint64_t value_length = *block.get<std::uint16_t>(2);
  const bool text = *block.get<std::uint16_t>(4) == 1;
  const auto key_bytes = utf16_until_nul(block.slice(6, length - 6)->bytes());
  const auto value_at = std::min(align4(6 + key_bytes.size() + 2), length);
  // Text values are counted in characters, but some resource compilers count bytes: a String ends
  // with its block.
  const auto stated = value_length * (text ? 2 : 1);
  const auto value_size = level == 3 ? length - value_at : std::min(stated, length - value_at);
  const auto value = *block.slice(value_at, value_size);
  const auto key = utf8_from_utf16(key_bytes);

  if (level == 0) {
    if (value.size() >= fixed_size && value.get<std::uint32_t>(0) == fixed_signature)
      version.fixed = read_fixed(value);
    else if (value_length != 0)
      report(Part::version, ErrorCode::malformed, value.base(), "expected VS_FIXEDFILEINFO");
  } else if (level == 2 && ascii_iequals(key, "Translation")) {
    for (std::uint64_t at = 0; value.contains(at, 4) && version.translations.size() < max_strings; at += 4)
      version.translations.push_back(*value.get<std::uint32_t>(at));
  } else if (level == 3) {
    if (version.strings.size() < max_strings)
      version.strings.push_back({std::string(table), key, utf8_from_utf16(utf16_until_nul(value.bytes()))});
    return;
  }
  for (auto at = align4(value_at + value_size); level + 1 < max_levels && at + 6 <= length;) {
    const auto child = *block.slice(at, length - at);
    const auto child_length = *child.get<std::uint16_t>(0);
    if (child_length == 0)
      break; // padding
    read_version_block(child, level + 1, version, key);
    at = align4(at + std::max<std::uint64_t>(child_length, 6));
  }
}

const std::string *VersionResource::find(std::string_view key) const {
  const auto found =
      std::find_if(strings.begin(), strings.end(), [key](const VersionString &s) { return ascii_iequals(s.key, key); });
  return found == strings.end() ? nullptr : &found->value;
}

} // namespace ringfence::image
