// What the differential tests and the oracle processes say to each other over a pipe: plain structs of fixed layout,
// little-endian, one request and its replies after the other. Both sides run on the same machine and build this file.
#pragma once

#include <cstdint>

namespace oracle {

/// The arena: the memory that instructions under test may touch. Word i of it holds mix(i). Everything written is
/// undone before the next state.
inline constexpr std::uint64_t kArena = 0x20000000;
inline constexpr std::uint64_t kArenaSize = 0x10000;
/// Where the instruction under test stands.
inline constexpr std::uint64_t kCode = 0x00500000;

/// 32-bit machines have this base in fs and gs: there a segment's base is no register.
inline constexpr std::uint64_t kSegmentBase32 = kArena - 0x1000;

/// The initial contents of the arena (splitmix64).
inline std::uint64_t mix(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15u;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

struct MachineState {
  std::uint64_t general[16]; ///< rax rcx rdx rbx rsp rbp rsi rdi r8..r15
  std::uint64_t flags;       ///< EFLAGS
  std::uint64_t next;        ///< instruction pointer
  std::uint64_t fs_base, gs_base;
  std::uint64_t xmm[16][2];
  std::uint64_t fpr[8][2]; ///< x87 registers by number, not by stack: significand; sign and exponent
  std::uint32_t fpu_control;
  std::uint32_t fpu_status; ///< without TOP
  std::uint32_t fpu_top;
  std::uint32_t fpu_valid; ///< bit i: register i is not empty
};

enum class Command : std::uint32_t {
  instruction = 1, ///< InstructionRequest, then `states` times MachineState
  load = 2,        ///< LoadRequest, then its bytes: a fresh machine with this image
  function = 3,    ///< FunctionRequest, then the scratch bytes
  quit = 4,
};

struct InstructionRequest {
  std::uint32_t bits; ///< 32 or 64
  std::uint32_t length;
  std::uint8_t bytes[16];
  std::uint32_t repeats; ///< the instruction has a rep prefix
  std::uint32_t states;
};

enum class RunStatus : std::uint32_t {
  done,
  read_fault,
  write_fault,
  fetch_fault,
  exception,
  invalid,
  out_of_fuel,
  other
};

/// Replies to a state and to a function: this, then `chunks` times Chunk.
struct Outcome {
  RunStatus status;
  std::uint32_t exception; ///< vector
  std::uint32_t chunks;    ///< 16-byte pieces of memory that changed, ascending
  std::uint32_t detail;    ///< the oracle's own error number
  MachineState state;
};

struct Chunk {
  std::uint64_t address;
  std::uint8_t bytes[16];
};

struct LoadRequest {
  std::uint32_t bits;
  std::uint32_t size; ///< bytes of the mapped image, a multiple of 4096
  std::uint64_t base;
};

/// Layout of the machine for whole functions, beside the image.
inline constexpr std::uint64_t kStack = 0x30000000, kStackSize = 0x10000;
inline constexpr std::uint64_t kScratch = 0x38000000, kScratchSize = 0x4000;
/// Every import slot holds kStub; the code there sets the result to kStubResult and returns.
inline constexpr std::uint64_t kStub = 0x3c000000;
inline constexpr std::uint64_t kStubResult = 0x5a;
/// The return address of the function under test.
inline constexpr std::uint64_t kReturn = 0x3d000000;

/// 64-bit word i of the scratch memory: pointers into it and small numbers, so that what follows pointers gets far.
inline std::uint64_t scratch_word(std::uint64_t seed, std::uint64_t i, unsigned bits) {
  const std::uint64_t random = mix(seed + i);
  const auto value = [](std::uint64_t from) {
    const std::uint64_t pointer = kScratch + (from >> 8) % (kScratchSize - 0x800) / 8 * 8;
    return from % 4 < 2 ? pointer : from % 4 == 2 ? (from >> 8) % 40 : 0;
  };
  return bits == 64 ? value(random) : value(random & 0xffffffff) | value(random >> 32) << 32;
}

struct FunctionRequest {
  std::uint64_t entry;
  std::uint64_t microseconds; ///< the oracle gives up after them
  std::uint64_t seed;         ///< contents of scratch (scratch_word) and stack (mix(seed + 0x1000000 + i))
  std::uint8_t pushed[128];   ///< what stands at the stack pointer: the return address, then arguments
  MachineState state;
};

} // namespace oracle
