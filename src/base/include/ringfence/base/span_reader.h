// Bounded little-endian reads from hostile bytes. One bounds formula for everything:
// `offset <= size && length <= size - offset`. A SpanReader keeps the absolute offset of its first byte,
// so that an error always names a place in the file. A Cursor reads records and fails stickily.
#pragma once

#include <ringfence/base/result.h>

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace ringfence {

using Bytes = std::span<const std::byte>;

/// True when [offset, offset + length) lies within `size` bytes. The one bounds formula.
constexpr bool in_bounds(std::uint64_t offset, std::uint64_t length, std::uint64_t size) {
  return offset <= size && length <= size - offset;
}

/// Little-endian load of an unaligned integer. Precondition: `from` holds sizeof(T) bytes.
template <std::unsigned_integral T> T load_little_endian(const std::byte *from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  if constexpr (std::endian::native == std::endian::big && sizeof(T) > 1) {
    T swapped = 0;
    for (std::size_t i = 0; i < sizeof(T); ++i)
      swapped = static_cast<T>(swapped | (static_cast<T>(value >> (8 * i)) & 0xff) << (8 * (sizeof(T) - 1 - i)));
    return swapped;
  }
  return value;
}

class SpanReader {
public:
  SpanReader() = default;
  /// `base` is the absolute offset of bytes[0] in the file it comes from.
  explicit SpanReader(Bytes bytes, std::uint64_t base = 0) : bytes_(bytes), base_(base) {}

  std::uint64_t size() const { return bytes_.size(); }
  std::uint64_t base() const { return base_; }
  Bytes bytes() const { return bytes_; }
  bool contains(std::uint64_t offset, std::uint64_t length) const { return in_bounds(offset, length, bytes_.size()); }

  /// The integer at `offset` (relative to this reader), or nothing when it is out of bounds.
  template <std::unsigned_integral T> std::optional<T> get(std::uint64_t offset) const {
    if (!contains(offset, sizeof(T)))
      return std::nullopt;
    return load_little_endian<T>(bytes_.data() + offset);
  }

  /// A part of this reader that keeps absolute offsets; nothing when it is out of bounds.
  std::optional<SpanReader> slice(std::uint64_t offset, std::uint64_t length) const {
    if (!contains(offset, length))
      return std::nullopt;
    return SpanReader(bytes_.subspan(static_cast<std::size_t>(offset), static_cast<std::size_t>(length)),
                      base_ + offset);
  }

  /// The bytes up to, not including, the first NUL within `cap` bytes; nothing when there is none.
  std::optional<std::string_view> c_string(std::uint64_t offset, std::uint64_t cap) const;

private:
  Bytes bytes_;
  std::uint64_t base_ = 0;
};

/// Reads one field after the other. After the first failure every read gives zero and ok() is false.
class Cursor {
public:
  explicit Cursor(SpanReader reader) : reader_(reader) {}

  template <std::unsigned_integral T> T read() {
    const auto value = failed_ ? std::nullopt : reader_.get<T>(position_);
    if (!value) {
      failed_ = true;
      return 0;
    }
    position_ += sizeof(T);
    return *value;
  }
  std::uint8_t u8() { return read<std::uint8_t>(); }
  std::uint16_t u16() { return read<std::uint16_t>(); }
  std::uint32_t u32() { return read<std::uint32_t>(); }
  std::uint64_t u64() { return read<std::uint64_t>(); }
  /// The next `length` bytes; empty after failure.
  Bytes bytes(std::uint64_t length);
  void skip(std::uint64_t length) { (void)bytes(length); }
  /// Moves to the next multiple of `alignment` (a power of two), relative to the reader's start.
  void align(std::uint64_t alignment);

  bool ok() const { return !failed_; }
  std::uint64_t position() const { return position_; }
  std::uint64_t remaining() const { return failed_ ? 0 : reader_.size() - position_; }
  /// Absolute offset of the next byte, or of the read that failed.
  std::uint64_t absolute() const { return reader_.base() + position_; }
  /// The error to return when !ok(): "expected <what>, but the data ends".
  Error error(std::string_view expected) const;

private:
  SpanReader reader_;
  std::uint64_t position_ = 0;
  bool failed_ = false;
};

} // namespace ringfence
