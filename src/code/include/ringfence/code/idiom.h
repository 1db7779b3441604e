// Routines and loops that fill, copy, compare or measure memory, recognised by what they do, not by their bytes: small
// leaf functions run in the concrete interpreter on a few inputs, and every effect on memory must be the idiom's and
// nothing else. A function is named only when all trials agree. Single-block loops run a few rounds from two unrelated
// states; what is reported is what both runs did.
#pragma once

#include <ringfence/code/program.h>

#include <memory>
#include <optional>
#include <vector>

namespace ringfence::code {

enum class IdiomKind : std::uint8_t {
  fill,          ///< (destination, byte, count): memset
  zero,          ///< (destination, count): RtlZeroMemory
  copy,          ///< (destination, source, count): memcpy
  move,          ///< the same for overlapping buffers: memmove
  compare,       ///< (first, second, count) -> negative, 0, positive: memcmp
  match_length,  ///< (first, second, count) -> equal leading bytes: RtlCompareMemory
  string_length, ///< (string) -> bytes before the NUL
  wide_length,   ///< (string) -> 16-bit units before the zero unit
};
std::string_view name_of(IdiomKind kind);

struct FunctionIdiom {
  Va entry;
  IdiomKind kind = IdiomKind::fill;
  bool returns_destination = false; ///< fill, copy and move: the result is the first argument
};

/// Asks functions one by one, when they are called: most of a program never is.
class FunctionRecogniser {
public:
  /// `cache` must outlive this; it gets the blocks that are looked at.
  explicit FunctionRecogniser(BlockCache &cache);
  FunctionRecogniser(FunctionRecogniser &&) noexcept;
  ~FunctionRecogniser();
  /// What the function that starts at `entry` does. Arguments: x64 rcx, rdx, r8; x86 on the stack. Only small leaf
  /// functions with a loop are tried.
  std::optional<FunctionIdiom> recognise(std::uint64_t entry);

private:
  struct Trials;
  BlockCache *cache_;
  std::unique_ptr<Trials> trials_;
};

/// All functions, in their order. The cost is bounded by the number of small leaf functions with a loop.
std::vector<FunctionIdiom> recognise_functions(const Program &program);

/// A register that a loop changes by the same amount every round.
struct Induction {
  ir::Register number = 0;
  std::int64_t step = 0;
  friend bool operator==(const Induction &, const Induction &) = default;
};

/// A block that branches to itself and stores a run of bytes without a gap, `bytes` a round.
struct LoopIdiom {
  ir::BlockId block;
  IdiomKind kind = IdiomKind::fill; ///< fill: every round stores the same; copy: what it loaded at the same step
  unsigned bytes = 0;
  bool downwards = false;
  std::vector<Induction> inductions; ///< ascending by register
};

/// In order of addresses.
std::vector<LoopIdiom> recognise_loops(const Program &program);

} // namespace ringfence::code
