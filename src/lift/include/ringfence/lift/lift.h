// Machine code to IR, one basic block at a time: bytes and an address in, a block of a Body out. Knows no image.
// x86 and x64 decode through Zydis 4, arm64 through LLVM's MC layer where the build has it.
#pragma once

#include <ringfence/base/result.h>
#include <ringfence/base/span_reader.h>
#include <ringfence/ir/body.h>

#include <cstdint>
#include <memory>
#include <string_view>

namespace ringfence::lift {

/// Why a block ends where it does.
enum class BlockEnd : std::uint8_t {
  terminator,  ///< its last operation transfers control
  boundary,    ///< `stop_before` was reached: it falls through
  limit,       ///< kMaxInstructionsPerBlock was reached: it falls through
  bytes_end,   ///< the bytes end after a whole instruction: it falls through, to nothing
  undecodable, ///< its last instruction is one byte long and traps: the bytes are no instruction
};

struct LiftedBlock {
  ir::BlockId id;
  BlockEnd end = BlockEnd::terminator;
};

inline constexpr std::uint32_t kMaxInstructionsPerBlock = 4096;
inline constexpr std::uint64_t kNoBoundary = ~std::uint64_t{0};

/// Decoder and semantics of one architecture. Not shared between threads; cheap to construct (no allocation of tables).
class Lifter {
public:
  virtual ~Lifter() = default;

  /// Lifts the block that starts at `address`, whose bytes start at bytes[0], and appends it to `body` (whose
  /// architecture is set by the first block and must be this lifter's). The block ends before an instruction that
  /// starts at or after `stop_before`. Error `invalid` when bytes is empty or the architecture differs.
  virtual Result<LiftedBlock> lift_block(Bytes bytes, std::uint64_t address, std::uint64_t stop_before,
                                         ir::Body &body) = 0;
  /// Length of the instruction at bytes[0]; 0 when the bytes are no instruction.
  virtual unsigned instruction_length(Bytes bytes) = 0;
  /// The name behind the number of `unknown` and sys.vmx ("vmread"); empty where there is none.
  virtual std::string_view mnemonic_name(std::uint64_t mnemonic) const = 0;
};

/// The lifter of an architecture. Error `unsupported` for arm64 in a build without LLVM.
Result<std::unique_ptr<Lifter>> make_lifter(ir::Architecture architecture);

} // namespace ringfence::lift
