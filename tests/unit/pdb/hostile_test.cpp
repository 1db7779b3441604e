// Damaged program databases end with an answer or an error, never with a crash, and in bounded time and memory.
// The damage is deterministic: truncation at every interesting length, single bytes, and whole 32-bit fields.

#include <ringfence/pdb/pdb.h>

#include "sample.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace ringfence::pdb {
namespace {

/// A small generator whose sequence is the same everywhere (xorshift64).
class Sequence {
public:
  std::uint64_t next() {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return state_;
  }
  std::size_t below(std::size_t limit) { return static_cast<std::size_t>(next() % limit); }

private:
  std::uint64_t state_ = 0x9e3779b97f4a7c15u;
};

/// Loads and asks every question; the sum keeps the compiler from dropping them.
std::size_t use(Bytes bytes) {
  (void)read_identity(bytes).ok();
  const auto pdb = load(bytes);
  if (!pdb)
    return to_string(pdb.error()).size();
  std::size_t sum = pdb->diagnostics().size();
  for (const Function &f : pdb->functions()) {
    sum += pdb->name_at(f.rva).has_value() + pdb->line_at(f.rva).has_value();
    EXPECT_LT(f.compiland, pdb->compilands().size());
  }
  for (const Compiland &c : pdb->compilands())
    for (const std::uint32_t file : c.files)
      EXPECT_LT(file, pdb->files().size());
  EXPECT_TRUE(std::is_sorted(pdb->lines().begin(), pdb->lines().end(),
                             [](const Line &a, const Line &b) { return a.rva < b.rva; }));
  return sum;
}

class Damaged : public testing::Test {
protected:
  void SetUp() override {
    bytes_ = read_sample("x64", "pdb-good.pdb");
    if (bytes_.empty())
      GTEST_SKIP() << "skipped 1: the test drivers are not built";
  }
  std::vector<std::byte> bytes_;
};

TEST_F(Damaged, Truncated) {
  for (std::size_t length = 0; length < bytes_.size(); length += length < 512 ? 1 : 509)
    (void)use(Bytes(bytes_).first(length));
}

/// The file's blocks that the directory uses come late; each byte of a block is equally likely to be hit.
TEST_F(Damaged, SingleBytes) {
  Sequence sequence;
  for (int round = 0; round < 4000; ++round) {
    const std::size_t at = sequence.below(bytes_.size());
    const std::byte before = bytes_[at];
    bytes_[at] ^= static_cast<std::byte>(1u + sequence.below(255));
    (void)use(bytes_);
    bytes_[at] = before;
  }
}

TEST_F(Damaged, WholeFields) {
  constexpr std::uint32_t values[] = {0, 1, 0x7fffffff, 0x80000000, 0xfffffffc, 0xffffffff, 0x20000000, 0x10000};
  Sequence sequence;
  for (int round = 0; round < 4000; ++round) {
    const std::size_t at = sequence.below(bytes_.size() / 4) * 4;
    std::uint32_t before = 0;
    std::memcpy(&before, bytes_.data() + at, 4);
    std::memcpy(bytes_.data() + at, &values[sequence.below(std::size(values))], 4);
    (void)use(bytes_);
    std::memcpy(bytes_.data() + at, &before, 4);
  }
}

TEST_F(Damaged, ManyBytesAtOnce) {
  Sequence sequence;
  const std::vector<std::byte> original = bytes_;
  for (int round = 0; round < 1000; ++round) {
    for (int hit = 0; hit < 40; ++hit)
      bytes_[56 + sequence.below(bytes_.size() - 56)] = static_cast<std::byte>(sequence.below(256));
    (void)use(bytes_);
    bytes_ = original;
  }
}

/// Every field of the superblock, each with every extreme value.
TEST_F(Damaged, Superblock) {
  for (std::size_t at = 32; at < 56; at += 4)
    for (const std::uint32_t value : {0u, 1u, 2u, 512u, 4096u, 32768u, 65536u, 0x7fffffffu, 0xffffffffu}) {
      std::vector<std::byte> copy = bytes_;
      std::memcpy(copy.data() + at, &value, 4);
      (void)use(copy);
    }
}

} // namespace
} // namespace ringfence::pdb
