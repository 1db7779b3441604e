// The container of a program database ("multi-stream file", MSF 7.00): a file of equal blocks and a directory of
// streams. Everything the reader above relies on is checked here, before a byte of a stream is looked at: sizes,
// counts, and that each block index lies within the file. Streams are copied out, within a budget, since their blocks
// lie scattered.
#pragma once

#include <ringfence/base/result.h>
#include <ringfence/base/span_reader.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ringfence::pdb {

/// A stream number is 16 bits wide; 0xffff means none.
inline constexpr std::uint32_t stream_cap = 0xffff;
inline constexpr std::uint16_t no_stream = 0xffff;

// Streams with a fixed number.
inline constexpr std::uint32_t info_stream = 1;
inline constexpr std::uint32_t dbi_stream = 3;
inline constexpr std::uint32_t ipi_stream = 4;

class Msf {
public:
  /// Checks superblock and directory. `file` must outlive the object.
  static Result<Msf> open(Bytes file);

  std::size_t stream_count() const { return streams_.size(); }
  /// The stated length of a stream; 0 for one that does not exist.
  std::uint32_t length(std::uint32_t stream) const;
  /// The bytes of stream `stream`, called `name` in errors. Nothing that is read twice or overlaps can make the sum of
  /// all copies exceed the budget of twice the file's size.
  Result<std::vector<std::byte>> read(std::uint32_t stream, std::string_view name);
  /// The first `count` bytes of a stream that has at least so many.
  Result<std::vector<std::byte>> read_start(std::uint32_t stream, std::uint32_t count, std::string_view name);

private:
  struct Stream {
    std::uint32_t length = 0;
    std::vector<std::uint32_t> blocks;
  };
  Bytes file_;
  std::uint32_t block_size_ = 0;
  std::uint64_t budget_ = 0;
  std::vector<Stream> streams_;

  Status read_directory(const std::vector<std::byte> &directory, std::uint32_t block_count);
  std::vector<std::byte> gather(const std::vector<std::uint32_t> &blocks, std::uint32_t length) const;
};

/// Fields of the info stream (stream 1): GUID, and the named streams.
struct InfoStream {
  std::array<std::uint8_t, 16> guid{};
  struct Named {
    std::string name;
    std::uint32_t stream = 0;
  };
  std::vector<Named> named; ///< in the order of the file
  std::optional<std::uint32_t> find(std::string_view name) const;
};
Result<InfoStream> read_info_stream(Bytes stream);

/// Age and machine, from the header of the DBI stream.
struct DbiStart {
  std::uint32_t age = 0;
  std::uint16_t machine = 0;
  bool stripped = false;
};
inline constexpr std::uint32_t dbi_header_size = 64;
Result<DbiStart> read_dbi_start(Bytes stream);

} // namespace ringfence::pdb
