// Every digest of an image: of the flat file, of what Authenticode signs (file order, without
// checksum, certificate directory entry and certificate table), of its pages, of its imports and of
// its Rich header. Sources: "Windows Authenticode Portable Executable Signature Format"
// (Microsoft), pefile's imphash.
#pragma once

#include <ringfence/base/strong.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace ringfence::image {

class Image;

using Md5 = std::array<std::byte, 16>;
using Sha1 = std::array<std::byte, 20>;
using Sha256 = std::array<std::byte, 32>;

struct DigestSet {
  Md5 md5{};
  Sha1 sha1{};
  Sha256 sha256{};
};

/// One entry of SpcPeImagePageHashes: the file offset of a page and its digests. The last entry
/// closes the list: the offset behind the last page, zero digests.
struct PageHash {
  std::uint32_t offset = 0;
  Sha1 sha1{};
  Sha256 sha256{};
};

struct Hashes {
  DigestSet file;               ///< of all bytes
  DigestSet authentihash;       ///< of what Authenticode signs, in file order
  std::optional<Md5> imphash;   ///< nothing when the image imports nothing
  std::optional<Md5> rich_hash; ///< of the unmasked Rich header (LOLDrivers' RichPEHeaderHash);
                                ///< nothing without one
  PageHash page_zero;           ///< App Control's "Hash Page Sha1" and "Hash Page Sha256"
  std::uint32_t checksum = 0;   ///< OptionalHeader.CheckSum as it should be for these bytes
};

/// Computes digests; holds the fetched OpenSSL algorithms and contexts, so use one Hasher for many
/// images. Not for two threads at once.
class Hasher {
public:
  Hasher();
  ~Hasher();
  Hasher(Hasher &&) noexcept;
  Hasher &operator=(Hasher &&) noexcept;

  /// All of Hashes in one pass over the file.
  Hashes hash(const Image &image);
  /// The whole page hash table: the headers' page, the pages of all sections with file data in
  /// table order, and the closing entry. A page is 4,096 bytes, 8,192 on IA64; the last one of a
  /// section is padded with zeros.
  std::vector<PageHash> page_hashes(const Image &image);
  DigestSet digest(std::span<const std::byte> bytes);

private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The text whose MD5 is the imphash: "module.function,..." in lower case, by pefile's rules; empty
/// without imports.
std::string imphash_text(const Image &image);

/// Shannon entropy of the bytes, 0 to 8 bits a byte; 0 for none.
double entropy(std::span<const std::byte> bytes);

} // namespace ringfence::image
