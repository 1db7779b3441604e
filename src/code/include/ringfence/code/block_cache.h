// Lazy lifting: basic blocks of an image, decoded and lifted when somebody asks for their address, once.
// Addresses are virtual addresses at the preferred image base. Nothing outside the file-backed bytes of executable
// sections is ever decoded; why an address has no block is told by refusal(). Blocks never overlap unless the code
// itself does: a request for an inner instruction of a known block cuts that block. One cache a thread.
#pragma once

#include <ringfence/image/image.h>
#include <ringfence/ir/body.h>

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace ringfence::code {

/// Why an address has no block.
enum class Refusal : std::uint8_t {
  none,
  outside,        ///< not in the image
  not_executable, ///< in a section (or in headers) that is not executable
  zero_filled,    ///< executable, but the file holds no bytes there
  undecodable,    ///< the bytes are no instruction of this machine
  machine,        ///< the image's machine has no lifter
  filler,         ///< one byte over and over: room that is filled at run time, or nothing
};
/// "outside the image", ...
std::string_view name_of(Refusal refusal);

/// The IR architecture of an image; nothing for machines that are not lifted.
std::optional<ir::Architecture> architecture_of(const image::Image &image);

/// No instruction of a block starts this many bytes or more after its first; a longer run falls through.
inline constexpr std::uint64_t kMaxBlockBytes = 1024;

class BlockCache {
public:
  /// The image must outlive the cache.
  explicit BlockCache(const image::Image &image);
  BlockCache(BlockCache &&) noexcept;
  BlockCache &operator=(BlockCache &&) noexcept;
  ~BlockCache();

  /// A block, and how it came to be.
  struct Located {
    ir::BlockId id;
    bool fresh = false;                  ///< lifted by this call
    std::optional<ir::BlockId> cut_from; ///< it was the tail of that block, which now falls through to it
  };

  /// The block that starts at `va`; lifted now when it is new. Nothing when there is no code: see refusal().
  std::optional<Located> locate(std::uint64_t va);
  /// The same as a pointer, which the next call of locate() or block_at() may invalidate (ids stay valid).
  const ir::Block *block_at(std::uint64_t va);
  /// The block that starts at `va` if it has been lifted already.
  std::optional<ir::BlockId> known_block(std::uint64_t va) const;
  /// The block in which a lifted instruction starts at `va`.
  std::optional<ir::BlockId> block_of_instruction(std::uint64_t va) const;
  /// True when `va` is a byte of a lifted instruction, but not its first (looks back 15 bytes).
  bool inside_instruction(std::uint64_t va) const;
  /// Why the last locate() or block_at() found nothing.
  Refusal refusal() const { return refusal_; }

  const ir::Body &body() const { return body_; }
  const image::Image &image() const { return *image_; }
  /// The executable file bytes from `va` on; empty (with refusal() set) where there are none.
  std::span<const std::byte> code_from(std::uint64_t va);
  /// True when `va` lies in file-backed bytes of an executable section.
  bool is_code_address(std::uint64_t va) const;
  /// Lifts one block into `scratch` (emptied first) without remembering it: true when it ends in a transfer of control
  /// within `most` instructions, each of them has semantics, none is `add [rax], al` (zero bytes), and its direct
  /// target is code.
  bool probe(std::uint64_t va, std::size_t most, ir::Body &scratch);
  /// Lowest and highest+1 address of executable sections; equal when there are none.
  std::uint64_t code_begin() const { return code_begin_; }
  std::uint64_t code_end() const { return code_end_; }

private:
  struct State;
  static constexpr std::size_t kPageSize = 4096;
  /// Where lifted instructions start in one page of the code range.
  struct Page {
    std::array<std::uint64_t, kPageSize / 64> starts{}; ///< one bit a byte
    std::array<std::uint32_t, kPageSize> block{};       ///< block id, valid where the bit is set
  };
  /// An executable section's file-backed bytes.
  struct Region {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    std::span<const std::byte> bytes;
  };

  const Region *region_of(std::uint64_t va) const;
  void mark(ir::BlockId id);
  std::uint64_t next_start(std::uint64_t va, std::uint64_t limit) const;
  std::optional<ir::BlockId> lift(std::uint64_t va);
  Refusal why_not(std::uint64_t va) const;

  const image::Image *image_;
  std::unique_ptr<State> state_; ///< the lifter; null when the machine has none
  ir::Body body_;
  std::vector<Region> regions_; ///< ascending, not overlapping
  std::uint64_t code_begin_ = 0;
  std::uint64_t code_end_ = 0;
  std::vector<std::unique_ptr<Page>> pages_;
  Refusal refusal_ = Refusal::none;
};

/// Appends where control may go behind a block without leaving its function: calls come back, and a computed jump leads
/// nowhere.
void add_successors(const ir::Body &body, const ir::Block &block, std::vector<std::uint64_t> &out);

} // namespace ringfence::code
