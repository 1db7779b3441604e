#include <ringfence/base/span_reader.h>

#include <algorithm>

namespace ringfence {

std::optional<std::string_view> SpanReader::c_string(std::uint64_t offset, std::uint64_t cap) const {
  if (offset >= bytes_.size())
    return std::nullopt;
  const auto limit = std::min<std::uint64_t>(cap, bytes_.size() - offset);
  const auto *begin = bytes_.data() + offset;
  const void *end = std::memchr(begin, 0, static_cast<std::size_t>(limit));
  if (!end)
    return std::nullopt;
  return std::string_view(reinterpret_cast<const char *>(begin),
                          static_cast<std::size_t>(static_cast<const std::byte *>(end) - begin));
}

Bytes Cursor::bytes(std::uint64_t length) {
  const auto part = failed_ ? std::nullopt : reader_.slice(position_, length);
  if (!part) {
    failed_ = true;
    return {};
  }
  position_ += length;
  return part->bytes();
}

void Cursor::align(std::uint64_t alignment) {
  const auto rest = position_ & (alignment - 1);
  if (rest != 0)
    skip(alignment - rest);
}

Error Cursor::error(std::string_view expected) const {
  return {ErrorCode::truncated, absolute(), "expected " + std::string(expected) + ", but the data ends"};
}

} // namespace ringfence
