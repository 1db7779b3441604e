#include "msf.h"

#include <ringfence/pdb/pdb.h>

#include <algorithm>
#include <bit>

namespace ringfence::pdb {
namespace {

constexpr char magic[] = "Microsoft C/C++ MSF 7.00\r\n\x1a"
                         "DS\0\0"; // 32 bytes with the terminating NUL
static_assert(sizeof magic == 32);
constexpr std::uint64_t superblock_size = 56;
constexpr std::uint32_t smallest_block = 512, largest_block = 32768;
constexpr std::uint32_t absent_length = 0xffffffff;

std::uint32_t blocks_for(std::uint32_t length, std::uint32_t block_size) {
  return length / block_size + (length % block_size != 0);
}

struct Superblock {
  std::uint32_t block_size, block_count, directory_size, directory_map_block;
};

Result<Superblock> read_superblock(Bytes file) {
  if (file.size() > file_size_cap)
    return Error{ErrorCode::limit, 0,
                 "program database of " + std::to_string(file.size()) + " bytes: more than is read"};
  if (file.size() < superblock_size || std::memcmp(file.data(), magic, sizeof magic) != 0)
    return Error{ErrorCode::malformed, 0, "expected a program database (MSF 7.00), found another signature"};
  Cursor cursor(SpanReader(file.subspan(32), 32));
  Superblock super{};
  super.block_size = cursor.u32();
  cursor.skip(4); // which of the two free block maps is active: only writers need it
  super.block_count = cursor.u32();
  super.directory_size = cursor.u32();
  cursor.skip(4);
  super.directory_map_block = cursor.u32();
  if (super.block_size < smallest_block || super.block_size > largest_block || !std::has_single_bit(super.block_size))
    return Error{ErrorCode::malformed, 32, "program database: block size " + std::to_string(super.block_size)};
  if (std::uint64_t{super.block_count} * super.block_size > file.size())
    return Error{ErrorCode::truncated, 40,
                 "program database: the superblock states " + std::to_string(super.block_count) + " blocks of " +
                     std::to_string(super.block_size) + " bytes, the file has " + std::to_string(file.size()) +
                     " bytes"};
  return super;
}

} // namespace

std::vector<std::byte> Msf::gather(const std::vector<std::uint32_t> &blocks, std::uint32_t length) const {
  std::vector<std::byte> bytes;
  bytes.reserve(length);
  for (const std::uint32_t block : blocks) {
    const std::size_t count = std::min<std::size_t>(block_size_, length - bytes.size());
    const Bytes part = file_.subspan(std::size_t{block} * block_size_, count);
    bytes.insert(bytes.end(), part.begin(), part.end());
  }
  return bytes;
}

Result<Msf> Msf::open(Bytes file) {
  const auto super = read_superblock(file);
  if (!super)
    return super.error();
  Msf msf;
  msf.file_ = file;
  msf.block_size_ = super->block_size;
  msf.budget_ = 2 * std::uint64_t{file.size()};
  // The list of the directory's blocks fills consecutive blocks from directory_map_block on.
  const std::uint32_t count = blocks_for(super->directory_size, super->block_size);
  const std::uint64_t map_offset = std::uint64_t{super->directory_map_block} * super->block_size;
  const auto map = SpanReader(file).slice(map_offset, std::uint64_t{count} * 4);
  if (!map || count > super->block_count)
    return Error{ErrorCode::malformed, 44,
                 "program database: the stream directory of " + std::to_string(super->directory_size) +
                     " bytes lies outside the file"};
  std::vector<std::uint32_t> blocks;
  for (std::uint32_t i = 0; i < count; ++i) {
    blocks.push_back(*map->get<std::uint32_t>(std::uint64_t{i} * 4));
    if (blocks.back() >= super->block_count)
      return Error{ErrorCode::malformed, map_offset + i * 4u,
                   "program database: block of the stream directory outside the file"};
  }
  const Status status = msf.read_directory(msf.gather(blocks, super->directory_size), super->block_count);
  if (!status)
    return status.error();
  return msf;
}

Status Msf::read_directory(const std::vector<std::byte> &directory, std::uint32_t block_count) {
  Cursor cursor{SpanReader(directory)};
  const std::uint32_t count = cursor.u32();
  if (count > stream_cap || !in_bounds(4, std::uint64_t{count} * 4, directory.size()))
    return Error{ErrorCode::malformed, 0, "stream directory: " + std::to_string(count) + " streams"};
  streams_.resize(count);
  for (Stream &stream : streams_) {
    stream.length = cursor.u32();
    if (stream.length == absent_length)
      stream.length = 0;
  }
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::uint32_t blocks = blocks_for(streams_[i].length, block_size_);
    if (std::uint64_t{blocks} * 4 > cursor.remaining())
      return Error{ErrorCode::truncated, cursor.absolute(),
                   "stream directory: the block list of stream " + std::to_string(i)};
    streams_[i].blocks.reserve(blocks);
    for (std::uint32_t b = 0; b < blocks; ++b) {
      const std::uint32_t block = cursor.u32();
      if (block >= block_count)
        return Error{ErrorCode::malformed, cursor.absolute() - 4,
                     "stream directory: stream " + std::to_string(i) + " has a block outside the file"};
      streams_[i].blocks.push_back(block);
    }
  }
  return {};
}

std::uint32_t Msf::length(std::uint32_t stream) const { return stream < streams_.size() ? streams_[stream].length : 0; }

Result<std::vector<std::byte>> Msf::read(std::uint32_t stream, std::string_view name) {
  if (stream >= streams_.size())
    return Error{ErrorCode::not_found, 0,
                 std::string(name) + ": the program database has no stream " + std::to_string(stream)};
  const Stream &from = streams_[stream];
  if (from.length > budget_)
    return Error{ErrorCode::limit, 0, std::string(name) + ": the streams together are larger than the file"};
  budget_ -= from.length;
  return gather(from.blocks, from.length);
}

Result<std::vector<std::byte>> Msf::read_start(std::uint32_t stream, std::uint32_t count, std::string_view name) {
  if (length(stream) < count)
    return Error{ErrorCode::truncated, 0,
                 std::string(name) + ": expected " + std::to_string(count) + " bytes, found " +
                     std::to_string(length(stream))};
  std::vector<std::uint32_t> blocks = streams_[stream].blocks;
  blocks.resize(blocks_for(count, block_size_));
  return gather(blocks, count);
}

std::optional<std::uint32_t> InfoStream::find(std::string_view name) const {
  for (const Named &one : named)
    if (one.name == name)
      return one.stream;
  return std::nullopt;
}

namespace {

/// A bit vector of the hash table: word count, words. Gives how many bits are set.
std::uint64_t skip_bit_vector(Cursor &cursor) {
  const std::uint32_t words = cursor.u32();
  std::uint64_t set = 0;
  for (std::uint32_t i = 0; i < words && cursor.ok(); ++i)
    set += static_cast<unsigned>(std::popcount(cursor.u32()));
  return set;
}

} // namespace

Result<InfoStream> read_info_stream(Bytes bytes) {
  Cursor cursor{SpanReader(bytes)};
  InfoStream info;
  cursor.skip(12); // version, signature, and the age of the file as such (not the one that the image states)
  const Bytes guid = cursor.bytes(16);
  if (!cursor.ok())
    return cursor.error("the info stream of a program database");
  std::transform(guid.begin(), guid.end(), info.guid.begin(),
                 [](std::byte b) { return std::to_integer<std::uint8_t>(b); });
  const std::uint32_t names_size = cursor.u32();
  const SpanReader names(cursor.bytes(names_size));
  const std::uint32_t count = cursor.u32();
  cursor.skip(4); // capacity of the hash table
  const std::uint64_t present = skip_bit_vector(cursor);
  (void)skip_bit_vector(cursor);
  if (!cursor.ok() || present != count)
    return info; // old files end here; a damaged table costs the names, not the identity
  for (std::uint32_t i = 0; i < count && i < stream_cap; ++i) {
    const std::uint32_t name = cursor.u32();
    const std::uint32_t stream = cursor.u32();
    const auto text = names.c_string(name, names.size());
    if (!cursor.ok())
      break;
    if (text)
      info.named.push_back({std::string(*text), stream});
  }
  return info;
}

Result<DbiStart> read_dbi_start(Bytes bytes) {
  const SpanReader reader(bytes);
  const auto signature = reader.get<std::uint32_t>(0);
  const auto age = reader.get<std::uint32_t>(8);
  const auto flags = reader.get<std::uint16_t>(56);
  const auto machine = reader.get<std::uint16_t>(58);
  if (!machine)
    return Error{ErrorCode::truncated, bytes.size(), "DBI stream: expected a header of 64 bytes"};
  if (*signature != 0xffffffff)
    return Error{ErrorCode::unsupported, 0, "DBI stream: a version before 7.0"};
  return DbiStart{.age = *age, .machine = *machine, .stripped = (*flags & 2) != 0};
}

} // namespace ringfence::pdb
