// The room's only user of OpenSSL. The flat digests and those of Authenticode take each chunk of the file together,
// while it is in the cache.
#define OPENSSL_SUPPRESS_DEPRECATED // the algorithms' own functions, see DigestContext
#include <ringfence/image/hashes.h>

#include <ringfence/image/image.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <openssl/md5.h>
#include <openssl/sha.h>

namespace ringfence::image {
namespace {

constexpr std::size_t chunk_size = 16384;
constexpr std::uint32_t small_page = 4096;
constexpr std::uint32_t ia64_page = 8192;
constexpr std::array<std::byte, ia64_page> zeros{};

/// One algorithm of OpenSSL by its own functions: fetching it through the EVP layer sets up the whole library first,
/// which takes longer than hashing a driver.
template <class State, int (*Begin)(State *), int (*Add)(State *, const void *, std::size_t),
          int (*End)(unsigned char *, State *)>
struct DigestContext {
  State state{};

  void begin() { Begin(&state); }
  void add(Bytes bytes) { Add(&state, bytes.data(), bytes.size()); }
  template <std::size_t N> void end(std::array<std::byte, N> &out) {
    std::array<unsigned char, N> buffer{};
    End(buffer.data(), &state);
    std::memcpy(out.data(), buffer.data(), N);
  }
};
using Md5Context = DigestContext<MD5_CTX, MD5_Init, MD5_Update, MD5_Final>;
using Sha1Context = DigestContext<SHA_CTX, SHA1_Init, SHA1_Update, SHA1_Final>;
using Sha256Context = DigestContext<SHA256_CTX, SHA256_Init, SHA256_Update, SHA256_Final>;

struct Digests {
  Md5Context md5;
  Sha1Context sha1;
  Sha256Context sha256;

  void begin() {
    md5.begin();
    sha1.begin();
    sha256.begin();
  }
  void add(Bytes bytes) {
    if (bytes.empty())
      return;
    md5.add(bytes);
    sha1.add(bytes);
    sha256.add(bytes);
  }
  DigestSet end() {
    DigestSet set;
    md5.end(set.md5);
    sha1.end(set.sha1);
    sha256.end(set.sha256);
    return set;
  }
};

struct Gap {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

/// What Authenticode leaves out: sorted, disjoint, within the file.
std::vector<Gap> authenticode_gaps(const Image &image) {
  const auto &h = image.headers();
  const std::uint64_t size = image.bytes().size();
  std::vector<Gap> gaps{{h.checksum_offset.value, h.checksum_offset.value + 4}};
  if (h.certificate_directory_offset.value != 0)
    gaps.push_back({h.certificate_directory_offset.value, h.certificate_directory_offset.value + 8});
  const auto &table = image.certificates();
  if (table.size != 0 && table.offset.value != 0)
    gaps.push_back({table.offset.value, table.offset.value + table.size});
  std::sort(gaps.begin(), gaps.end(), [](const Gap &a, const Gap &b) { return a.begin < b.begin; });
  std::uint64_t covered = 0;
  for (auto &gap : gaps) {
    gap.end = std::min(std::max(gap.end, covered), size);
    gap.begin = std::min(std::max(gap.begin, covered), gap.end);
    covered = gap.end;
  }
  return gaps;
}

/// Calls `add` with the pieces of [begin, end) that lie outside the gaps.
template <class Add>
void without_gaps(Bytes file, std::uint64_t begin, std::uint64_t end, const std::vector<Gap> &gaps, Add add) {
  for (const auto &gap : gaps) {
    if (gap.begin >= end)
      break;
    if (gap.end <= begin)
      continue;
    if (gap.begin > begin)
      add(file.subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(gap.begin - begin)));
    begin = gap.end;
  }
  if (begin < end)
    add(file.subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin)));
}

/// CheckSumMappedFile: 16-bit one's complement sum of the file with a zero checksum field, plus its
/// length.
std::uint32_t checksum_of(const Image &image) {
  const auto file = image.bytes();
  std::uint64_t sum = 0;
  std::size_t at = 0;
  for (; at + 4 <= file.size(); at += 4)
    sum += load_little_endian<std::uint32_t>(file.data() + at);
  std::uint32_t tail = 0;
  for (unsigned shift = 0; at < file.size(); ++at, shift += 8)
    tail |= std::to_integer<std::uint32_t>(file[at]) << shift;
  sum += tail;
  const auto fold = [](std::uint64_t v) {
    while (v > 0xffff)
      v = (v & 0xffff) + (v >> 16);
    return static_cast<std::uint32_t>(v);
  };
  // The two words of the field are taken out again as imagehlp does it, one's complement and with
  // borrow.
  auto folded = fold(sum);
  const auto field = image.headers().checksum;
  for (const std::uint32_t word : {field & 0xffff, field >> 16})
    folded = folded >= word ? folded - word : folded - word - 1;
  return fold(folded & 0xffff) + static_cast<std::uint32_t>(file.size());
}

std::uint32_t page_size_of(const Image &image) { return image.machine() == Machine::ia64 ? ia64_page : small_page; }

} // namespace

struct Hasher::State {
  Digests flat;
  Digests authenticode;
  Sha1Context page_sha1;
  Sha256Context page_sha256;

  void begin_page() {
    page_sha1.begin();
    page_sha256.begin();
  }
  void add_to_page(Bytes bytes) {
    page_sha1.add(bytes);
    page_sha256.add(bytes);
  }
  PageHash end_page(std::uint64_t offset) {
    PageHash hash;
    hash.offset = static_cast<std::uint32_t>(offset);
    page_sha1.end(hash.sha1);
    page_sha256.end(hash.sha256);
    return hash;
  }
  /// The headers without the excluded fields, filled with zeros to the page. An image whose
  /// SectionAlignment is below the page is hashed as the raw file, up to its certificates.
  PageHash page_zero(const Image &image, const std::vector<Gap> &gaps) {
    const auto file = image.bytes();
    const auto page = page_size_of(image);
    const bool raw = image.headers().section_alignment < page;
    const auto &table = image.certificates();
    std::uint64_t end = raw ? page : image.headers().size_of_headers;
    if (raw && table.size != 0 && table.offset.value != 0)
      end = std::min(end, table.offset.value);
    end = std::min<std::uint64_t>(end, file.size());
    begin_page();
    without_gaps(file, 0, end, gaps, [this](Bytes part) { add_to_page(part); });
    if (end < page)
      add_to_page(Bytes(zeros).first(page - static_cast<std::size_t>(end)));
    return end_page(0);
  }
};

Hasher::Hasher() : state_(std::make_unique<State>()) {}
Hasher::~Hasher() = default;
Hasher::Hasher(Hasher &&) noexcept = default;
Hasher &Hasher::operator=(Hasher &&) noexcept = default;

Hashes Hasher::hash(const Image &image) {
  auto &state = *state_;
  const auto file = image.bytes();
  const auto gaps = authenticode_gaps(image);
  Hashes hashes;
  state.flat.begin();
  state.authenticode.begin();
  for (std::size_t at = 0; at < file.size(); at += chunk_size) {
    const auto end = std::min(file.size(), at + chunk_size);
    state.flat.add(file.subspan(at, end - at));
    without_gaps(file, at, end, gaps, [&](Bytes part) { state.authenticode.add(part); });
  }
  hashes.file = state.flat.end();
  hashes.authentihash = state.authenticode.end();
  const auto md5_of = [&](Bytes bytes) {
    Md5 digest{};
    state.flat.md5.begin();
    state.flat.md5.add(bytes);
    state.flat.md5.end(digest);
    return digest;
  };
  if (const auto text = imphash_text(image); !text.empty())
    hashes.imphash = md5_of(std::as_bytes(std::span(text)));
  if (image.rich())
    hashes.rich_hash = md5_of(image.rich()->unmasked());
  hashes.page_zero = state.page_zero(image, gaps);
  hashes.checksum = checksum_of(image);
  return hashes;
}

std::vector<PageHash> Hasher::page_hashes(const Image &image) {
  auto &state = *state_;
  const auto file = image.bytes();
  const auto page = page_size_of(image);
  std::vector<PageHash> hashes;
  hashes.reserve(file.size() / page + image.sections().size() + 2);
  hashes.push_back(state.page_zero(image, authenticode_gaps(image)));
  std::uint64_t last = image.headers().size_of_headers;
  std::uint64_t hashed = 0;
  for (const auto &section : image.sections()) {
    const std::uint64_t begin = section.pointer_to_raw_data;
    const std::uint64_t end = std::min<std::uint64_t>(begin + section.size_of_raw_data, file.size());
    if (section.size_of_raw_data == 0 || begin >= end)
      continue;
    // Sections of a regular image do not share file bytes: hashing more than the file holds is a
    // hostile table.
    hashed += end - begin;
    if (hashed > file.size())
      break;
    for (auto at = begin; at < end; at += page) {
      const auto length = std::min<std::uint64_t>(page, end - at);
      state.begin_page();
      state.add_to_page(file.subspan(static_cast<std::size_t>(at), static_cast<std::size_t>(length)));
      state.add_to_page(Bytes(zeros).first(static_cast<std::size_t>(page - length)));
      hashes.push_back(state.end_page(at));
    }
    last = end;
  }
  hashes.push_back({static_cast<std::uint32_t>(last), {}, {}});
  return hashes;
}

DigestSet Hasher::digest(std::span<const std::byte> bytes) {
  state_->flat.begin();
  state_->flat.add(bytes);
  return state_->flat.end();
}

double entropy(std::span<const std::byte> bytes) {
  if (bytes.empty())
    return 0;
  // Four histograms: runs of one byte would otherwise wait for the store before them.
  std::array<std::array<std::uint32_t, 256>, 4> counts{};
  for (std::size_t i = 0; i < bytes.size(); ++i)
    ++counts[i & 3][std::to_integer<std::size_t>(bytes[i])];
  double sum = 0;
  for (std::size_t value = 0; value < 256; ++value) {
    const double count = double(counts[0][value]) + counts[1][value] + counts[2][value] + counts[3][value];
    if (count != 0)
      sum += count * std::log2(count);
  }
  const auto size = static_cast<double>(bytes.size());
  return std::max(0.0, std::log2(size) - sum / size);
}

} // namespace ringfence::image
