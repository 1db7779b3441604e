// Instruction differential: every byte sequence that the corpus' reachable code holds runs on random states in our
// interpreter and in the oracle; registers, flags, memory and faults must agree, except for what the manual leaves
// undefined and what the list of known differences explains.
//   unicorn_instructions SERVER CORPUS KNOWN [PAIRS [MNEMONIC]]    (`x87`: every instruction of the x87 and MMX)
#include "instruction_samples.h"
#include "known_differences.h"
#include "oracle_process.h"
#include "our_machine.h"
#include "random_states.h"

#include <ringfence/base/text.h>
#include <ringfence/lift/lift.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>

using namespace ringfence;
using namespace oracle;

namespace {

/// What one run of ours ended in, in the oracle's words.
struct Ours {
  RunStatus status = RunStatus::other;
  std::uint32_t exception = 0;
  MachineState state{};
  MachineState undefined{};                                               ///< ones where a bit is undefined
  std::map<std::uint64_t, std::array<std::uint8_t, 16>> undefined_memory; ///< by 16-byte piece, likewise
  bool uses_mmx = false;
};

class Differential {
public:
  Differential(Process &process, const KnownDifferences &known) : process_(process), known_(known) {
    for (const bool long_mode : {false, true}) {
      Side &side = sides_[long_mode];
      const auto architecture = long_mode ? ir::Architecture::x64 : ir::Architecture::x86;
      side.lifter = *lift::make_lifter(architecture);
      side.memory.map(kArena, words(kArenaSize, 0));
      side.machine = std::make_unique<ir::Interpreter>(architecture, side.memory, side.world);
    }
  }

  bool run(const Sample &sample, unsigned count, std::uint64_t seed) {
    const bool long_mode = sample.bits == 64;
    Side &side = sides_[long_mode];
    ir::Body body;
    const auto bytes = std::as_bytes(std::span(sample.bytes)).first(sample.length);
    const auto lifted = side.lifter->lift_block(bytes, kCode, kCode + 1, body);
    if (!lifted)
      return false;
    RandomStates random(sample, seed);
    std::vector<MachineState> states(count);
    for (MachineState &state : states)
      state = random.next();
    InstructionRequest request{sample.bits, sample.length, {}, random.repeats(), count};
    std::copy(std::begin(sample.bytes), std::begin(sample.bytes) + sample.length, request.bytes);
    if (!process_.write(Command::instruction) || !process_.write(request) ||
        !process_.write(states.data(), states.size() * sizeof(MachineState)))
      return false;
    for (const MachineState &state : states) {
      Reply reply;
      if (!process_.read_reply(reply))
        return false;
      Ours ours = execute(side, body, state, long_mode);
      ours.uses_mmx = random.uses_mmx();
      compare(sample, random.label(), state, ours, reply, side);
      side.memory.undo();
      ++pairs_;
    }
    return true;
  }

  std::uint64_t pairs() const { return pairs_; }
  std::uint64_t explained() const { return explained_; }
  std::uint64_t unexplained() const { return unexplained_; }
  std::uint64_t faults() const { return faults_; }

private:
  struct Side {
    std::unique_ptr<lift::Lifter> lifter;
    RegionMemory memory;
    BareWorld world;
    std::unique_ptr<ir::Interpreter> machine;
  };

  Ours execute(Side &side, const ir::Body &body, const MachineState &state, bool long_mode) {
    Ours ours;
    side.world.asked = false;
    side.world.filler = ~std::uint64_t{0};
    const ir::Step probe = once(side, body, state, long_mode, ours.undefined);
    if (side.world.asked) {
      const auto ones = side.memory.written_pieces();
      side.memory.undo();
      side.world.filler = 0;
      MachineState zeros{};
      const ir::Step step = once(side, body, state, long_mode, zeros);
      for (unsigned i = 0; i < 16; ++i) {
        ours.undefined.general[i] ^= zeros.general[i];
        ours.undefined.xmm[i][0] ^= zeros.xmm[i][0];
        ours.undefined.xmm[i][1] ^= zeros.xmm[i][1];
      }
      for (unsigned i = 0; i < 8; ++i) {
        ours.undefined.fpr[i][0] ^= zeros.fpr[i][0];
        ours.undefined.fpr[i][1] ^= zeros.fpr[i][1];
      }
      ours.undefined.fpu_status ^= zeros.fpu_status;
      ours.undefined.fpu_control = ours.undefined.fpu_top = ours.undefined.fpu_valid = 0;
      ours.undefined_memory = side.memory.written_pieces();
      for (auto &[address, bytes] : ours.undefined_memory)
        if (const auto other = ones.find(address); other != ones.end())
          for (unsigned i = 0; i < 16; ++i)
            bytes[i] ^= other->second[i];
      ours.undefined.flags ^= zeros.flags;
      ours.state = zeros;
      finish(ours, step);
    } else {
      ours.state = ours.undefined;
      ours.undefined = {};
      finish(ours, probe);
    }
    ours.undefined.flags |=
        ir::word_from_flags(ir::undefined_flags(side.machine->registers().flags), ir::FlagLayout::x86);
    return ours;
  }

  static ir::Step once(Side &side, const ir::Body &body, const MachineState &state, bool long_mode,
                       MachineState &after) {
    set_state(*side.machine, state, long_mode);
    std::uint64_t fuel = 1'000'000;
    const ir::Step step = side.machine->run(body, body.blocks[0], fuel);
    after = get_state(*side.machine, long_mode);
    return step;
  }

  static void finish(Ours &ours, const ir::Step &step) {
    switch (step.outcome) {
    case ir::Outcome::running:
    case ir::Outcome::called:
    case ir::Outcome::returned:
      ours.status = RunStatus::done;
      break;
    case ir::Outcome::memory_read:
      ours.status = RunStatus::read_fault;
      break;
    case ir::Outcome::memory_write:
      ours.status = RunStatus::write_fault;
      break;
    case ir::Outcome::trapped:
      ours.status = RunStatus::exception;
      ours.exception = step.trap == ir::TrapKind::divide_error         ? 0
                       : step.trap == ir::TrapKind::overflow           ? 4
                       : step.trap == ir::TrapKind::bound              ? 5
                       : step.trap == ir::TrapKind::general_protection ? 13
                                                                       : 255;
      break;
    default:
      ours.status = RunStatus::other;
      break;
    }
  }

  void compare(const Sample &sample, const std::string &mnemonic, const MachineState &before, const Ours &ours,
               const Reply &theirs, Side &side) {
    // SDM: the destination of a bit scan of zero is undefined (processors keep it, or its low half).
    const bool scan = mnemonic.starts_with("bsf") || mnemonic.starts_with("bsr");
    const bool general = !scan || (ours.state.flags & 0x40) == 0;
    const std::string difference = differs(ours, theirs, side, sample.bits == 64, general);
    faults_ += ours.status != RunStatus::done;
    if (difference.empty())
      return;
    const std::string bytes = hex_bytes(std::as_bytes(std::span(sample.bytes)).first(sample.length));
    if (known_.explains(mnemonic + " " + bytes, difference)) {
      ++explained_;
      return;
    }
    ++unexplained_;
    if (++shown_[mnemonic + " " + difference.substr(0, difference.find(' '))] > 2 || ++lines_ > 200)
      return;
    std::printf("difference: %u-bit %s %s: %s\n", sample.bits, mnemonic.c_str(), bytes.c_str(), difference.c_str());
    std::printf("   before: rax %llx rcx %llx rdx %llx rbx %llx rsp %llx rbp %llx rsi %llx rdi %llx flags %llx\n",
                static_cast<unsigned long long>(before.general[0]), static_cast<unsigned long long>(before.general[1]),
                static_cast<unsigned long long>(before.general[2]), static_cast<unsigned long long>(before.general[3]),
                static_cast<unsigned long long>(before.general[4]), static_cast<unsigned long long>(before.general[5]),
                static_cast<unsigned long long>(before.general[6]), static_cast<unsigned long long>(before.general[7]),
                static_cast<unsigned long long>(before.flags));
  }

  /// What differs first: "status done read_fault", "rax 1 2", "flags cf ours theirs", "memory ADDRESS"; empty when
  /// nothing does. After a fault only the fault itself is compared.
  static std::string differs(const Ours &ours, const Reply &theirs, Side &side, bool long_mode, bool general) {
    static constexpr const char *kStatus[] = {"done",      "read_fault", "write_fault", "fetch_fault",
                                              "exception", "invalid",    "out_of_fuel", "other"};
    if (ours.status != theirs.outcome.status)
      return std::string("status ") + kStatus[static_cast<unsigned>(ours.status)] + " " +
             kStatus[static_cast<unsigned>(theirs.outcome.status)] + " " + std::to_string(theirs.outcome.exception);
    if (ours.status == RunStatus::exception && ours.exception != theirs.outcome.exception)
      return "exception " + std::to_string(ours.exception) + " " + std::to_string(theirs.outcome.exception);
    if (ours.status != RunStatus::done)
      return {};
    static constexpr const char *kNames[] = {"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
                                             "r8",  "r9",  "r10", "r11", "r12", "r13", "r14", "r15"};
    const MachineState &a = ours.state, &b = theirs.outcome.state, &u = ours.undefined;
    const std::uint64_t mask = long_mode ? ~std::uint64_t{0} : 0xffffffff;
    const auto differing = [](const std::string &what, std::uint64_t x, std::uint64_t y) {
      return what + " ours " + hex(x) + " oracle " + hex(y);
    };
    for (unsigned i = 0; general && i < (long_mode ? 16u : 8u); ++i)
      if (((a.general[i] ^ b.general[i]) & ~u.general[i] & mask) != 0)
        return differing(kNames[i], a.general[i], b.general[i]);
    const std::uint64_t flags = (a.flags ^ b.flags) & ~u.flags & (kStatusFlags | kDirection);
    if (flags != 0) {
      std::string names = "flags";
      for (const auto &[bit, name] :
           {std::pair(0, ":cf"), {2, ":pf"}, {4, ":af"}, {6, ":zf"}, {7, ":sf"}, {10, ":df"}, {11, ":of"}})
        if (flags >> bit & 1)
          names += name;
      return differing(names, a.flags, b.flags);
    }
    for (unsigned i = 0; i < (long_mode ? 16u : 8u); ++i)
      for (unsigned half = 0; half < 2; ++half)
        if (((a.xmm[i][half] ^ b.xmm[i][half]) & ~u.xmm[i][half]) != 0)
          return differing((both_nan(a.xmm[i][half], b.xmm[i][half]) ? "nan xmm" : "xmm") + std::to_string(i),
                           a.xmm[i][half], b.xmm[i][half]);
    if (((a.next ^ b.next) & mask) != 0)
      return differing("next", a.next, b.next);
    if (const std::string fpu = fpu_differs(ours, b); !fpu.empty())
      return fpu;
    if (const std::string memory = memory_differs(ours, theirs, side); !memory.empty())
      return memory;
    for (unsigned i = 0; ours.uses_mmx && i < 8; ++i)
      if (a.fpr[i][1] != b.fpr[i][1])
        return differing("mmx exponent " + std::to_string(i), a.fpr[i][1], b.fpr[i][1]);
    return {};
  }

  static std::string fpu_differs(const Ours &ours, const MachineState &b) {
    const MachineState &a = ours.state, &u = ours.undefined;
    const auto differing = [](const std::string &what, std::uint64_t x, std::uint64_t y) {
      return what + " ours " + hex(x) + " oracle " + hex(y);
    };
    if (a.fpu_top != b.fpu_top)
      return differing("fpu_top", a.fpu_top, b.fpu_top);
    if (a.fpu_valid != b.fpu_valid)
      return differing("fpu_valid", a.fpu_valid, b.fpu_valid);
    if (a.fpu_control != b.fpu_control)
      return differing("fpu_control", a.fpu_control, b.fpu_control);
    if (((a.fpu_status ^ b.fpu_status) & ~u.fpu_status) != 0)
      return differing(((a.fpu_status ^ b.fpu_status) & ~u.fpu_status) == 0x200 ? "c1" : "fpu_status", a.fpu_status,
                       b.fpu_status);
    for (unsigned i = 0; i < 8; ++i)
      if (((a.fpr[i][0] ^ b.fpr[i][0]) & ~u.fpr[i][0]) != 0 ||
          (!ours.uses_mmx && ((a.fpr[i][1] ^ b.fpr[i][1]) & ~u.fpr[i][1]) != 0))
        return (a.fpr[i][1] == b.fpr[i][1] && (a.fpr[i][1] & 0x7fff) == 0x7fff &&
                        (a.fpr[i][0] ^ b.fpr[i][0]) == std::uint64_t{1} << 62
                    ? "quiet fpr"
                    : "fpr") +
               std::to_string(i) + " ours " + hex(a.fpr[i][1]) + ":" + hex(a.fpr[i][0]) + " oracle " +
               hex(b.fpr[i][1]) + ":" + hex(b.fpr[i][0]);
    return {};
  }

  /// True when the two differ only in lanes where each holds a NaN.
  static bool both_nan(std::uint64_t x, std::uint64_t y) {
    const auto nan32 = [](std::uint64_t v) { return (v & 0x7fffffff) > 0x7f800000; };
    const auto nan64 = [](std::uint64_t v) { return (v & 0x7fffffffffffffff) > 0x7ff0000000000000; };
    const auto lane = [&](unsigned shift) {
      const std::uint64_t a = x >> shift & 0xffffffff, b = y >> shift & 0xffffffff;
      return a == b || (nan32(a) && nan32(b));
    };
    return (nan64(x) && nan64(y)) || (lane(0) && lane(32));
  }

  /// True when the two differ in one bit only, and it stands where floats keep whether a NaN is quiet.
  static bool is_quiet_bit(const std::uint8_t (&one)[16], const std::uint8_t (&other)[16]) {
    unsigned differing = 0, quiet = 0;
    for (unsigned i = 0; i < 16; ++i) {
      differing += one[i] != other[i];
      quiet += (one[i] ^ other[i]) == 0x40 || (one[i] ^ other[i]) == 0x08;
    }
    return differing == 1 && quiet == 1;
  }

  static std::string memory_differs(const Ours &ours, const Reply &theirs, Side &side) {
    std::uint8_t now[16], before[16];
    const auto same = [&](std::uint64_t address, const std::uint8_t(&other)[16]) {
      const auto undefined = ours.undefined_memory.find(address);
      for (unsigned i = 0; i < 16; ++i)
        if (((now[i] ^ other[i]) & (undefined == ours.undefined_memory.end() ? 0xff : ~undefined->second[i])) != 0)
          return false;
      return true;
    };
    for (const Chunk &chunk : theirs.chunks)
      if (!side.memory.piece(chunk.address, now, before) || !same(chunk.address, chunk.bytes))
        return (is_quiet_bit(now, chunk.bytes) ? "quiet memory at " : "memory at ") + hex(chunk.address) + " ours " +
               hex_bytes(std::as_bytes(std::span(now))) + " oracle " + hex_bytes(std::as_bytes(std::span(chunk.bytes)));
    for (const auto &[address, unused] : side.memory.written()) {
      const bool also = std::any_of(theirs.chunks.begin(), theirs.chunks.end(),
                                    [at = address](const Chunk &chunk) { return chunk.address == at; });
      if (!also && side.memory.piece(address, now, before) && !same(address, before))
        return "memory at " + hex(address) + " only ours";
    }
    return {};
  }

  Process &process_;
  const KnownDifferences &known_;
  Side sides_[2];
  std::uint64_t pairs_ = 0, explained_ = 0, unexplained_ = 0, faults_ = 0;
  std::map<std::string, unsigned> shown_;
  unsigned lines_ = 0;
};

} // namespace

int main(int argc, char **argv) {
  if (argc < 4) {
    std::fprintf(stderr, "usage: %s SERVER CORPUS KNOWN [PAIRS [MNEMONIC]]\n", argv[0]);
    return 2;
  }
  if (!std::filesystem::exists(argv[2])) {
    std::printf("skipped everything: no corpus at %s\n", argv[2]);
    return 77;
  }
  const std::string only = argc > 5 ? argv[5] : "";
  const std::uint64_t wanted = argc > 4 ? std::strtoull(argv[4], nullptr, 10) : 100'000;
  KnownDifferences known;
  if (!known.read(argv[3])) {
    std::fprintf(stderr, "cannot read %s\n", argv[3]);
    return 2;
  }
  Process process(argv[1]);
  Samples samples = collect(argv[2]);
  if (!only.empty())
    std::erase_if(samples.all, [&](const Sample &sample) {
      const RandomStates states(sample, 0);
      return only == "x87" ? !states.uses_fpu() && !states.uses_mmx() : states.mnemonic() != only;
    });
  std::printf("%llu reachable instructions, %zu different ones to run\nnot run:",
              static_cast<unsigned long long>(samples.instructions), samples.all.size());
  for (const auto &[mnemonic, count] : samples.excluded)
    std::printf(" %s %llu", mnemonic.c_str(), static_cast<unsigned long long>(count));
  std::printf("\n");
  if (samples.all.empty())
    return 1;
  // Fewer pairs than samples: every n-th sample, one state. More: all of them, as many states as it takes.
  const std::uint64_t size = samples.all.size();
  const std::uint64_t stride = std::max<std::uint64_t>(1, size / std::max<std::uint64_t>(wanted, 1));
  const auto states = static_cast<unsigned>(std::clamp<std::uint64_t>((wanted + size - 1) / size, 1, 256));
  Differential differential(process, known);
  for (std::uint64_t i = 0; i < size; i += stride)
    if (!differential.run(samples.all[i], states, i)) {
      std::printf("the oracle stopped at %s\n",
                  hex_bytes(std::as_bytes(std::span(samples.all[i].bytes)).first(samples.all[i].length)).c_str());
      return 1;
    }
  std::printf("pairs %llu, of them faults %llu; explained differences %llu, unexplained %llu\n",
              static_cast<unsigned long long>(differential.pairs()),
              static_cast<unsigned long long>(differential.faults()),
              static_cast<unsigned long long>(differential.explained()),
              static_cast<unsigned long long>(differential.unexplained()));
  return differential.unexplained() == 0 ? 0 : 1;
}
