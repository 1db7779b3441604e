// The oracle: Unicorn behind a pipe, in a process of its own. Knows nothing of Ringfence but the protocol.
#include "oracle_protocol.h"

#include <unicorn/unicorn.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <vector>

using namespace oracle;

namespace {

constexpr int kGeneral32[] = {UC_X86_REG_EAX, UC_X86_REG_ECX, UC_X86_REG_EDX, UC_X86_REG_EBX,
                              UC_X86_REG_ESP, UC_X86_REG_EBP, UC_X86_REG_ESI, UC_X86_REG_EDI};
constexpr int kGeneral64[] = {UC_X86_REG_RAX, UC_X86_REG_RCX, UC_X86_REG_RDX, UC_X86_REG_RBX,
                              UC_X86_REG_RSP, UC_X86_REG_RBP, UC_X86_REG_RSI, UC_X86_REG_RDI,
                              UC_X86_REG_R8,  UC_X86_REG_R9,  UC_X86_REG_R10, UC_X86_REG_R11,
                              UC_X86_REG_R12, UC_X86_REG_R13, UC_X86_REG_R14, UC_X86_REG_R15};

void must(uc_err error, const char *what) {
  if (error == UC_ERR_OK)
    return;
  std::fprintf(stderr, "oracle: %s: %s\n", what, uc_strerror(error));
  std::exit(2);
}

bool read_exactly(void *to, std::size_t size) { return std::fread(to, 1, size, stdin) == size; }
void write_exactly(const void *from, std::size_t size) {
  if (std::fwrite(from, 1, size, stdout) != size)
    std::exit(3);
}

class Machine {
public:
  explicit Machine(unsigned bits) : bits_(bits) {
    must(uc_open(UC_ARCH_X86, bits == 64 ? UC_MODE_64 : UC_MODE_32, &uc_), "open");
    uc_hook hook;
    must(uc_hook_add(uc_, &hook, UC_HOOK_INTR, reinterpret_cast<void *>(on_interrupt), this, 1, 0), "hook");
    if (bits == 32)
      give_segments();
    // OSFXSR and OSXMMEXCPT, as Windows sets them: fxsave stores the SSE state.
    std::uint64_t control = 0;
    must(uc_reg_read(uc_, UC_X86_REG_CR4, &control), "cr4");
    control |= 0x600;
    must(uc_reg_write(uc_, UC_X86_REG_CR4, &control), "cr4");
    must(uc_context_alloc(uc_, &fresh_), "context");
    must(uc_context_save(uc_, fresh_), "context");
  }
  ~Machine() {
    uc_context_free(fresh_);
    uc_close(uc_);
    for (auto &[base, region] : regions_)
      std::free(region.now);
  }
  Machine(const Machine &) = delete;
  Machine &operator=(const Machine &) = delete;

  void map(std::uint64_t base, const std::vector<std::uint8_t> &bytes) {
    Region &region = regions_[base];
    region.before = bytes;
    region.now = static_cast<std::uint8_t *>(std::aligned_alloc(0x1000, bytes.size()));
    std::memcpy(region.now, bytes.data(), bytes.size());
    must(uc_mem_map_ptr(uc_, base, bytes.size(), UC_PROT_ALL, region.now), "map");
  }
  /// Changes what the memory at `base` is before each run.
  void refill(std::uint64_t base, const std::vector<std::uint8_t> &bytes) {
    Region &region = regions_[base];
    region.before = bytes;
    std::memcpy(region.now, bytes.data(), bytes.size());
  }
  void code(std::uint64_t at, const std::uint8_t *bytes, std::size_t size) {
    Region &region = std::prev(regions_.upper_bound(at))->second;
    const std::uint64_t offset = at - std::prev(regions_.upper_bound(at))->first;
    std::memcpy(region.now + offset, bytes, size);
    std::memcpy(region.before.data() + offset, bytes, size);
    // What was translated from the bytes that stood here before would be run again otherwise.
    must(uc_ctl_remove_cache(uc_, at, at + size), "cache");
  }

  void set(const MachineState &state) {
    const unsigned count = bits_ == 64 ? 16 : 8;
    for (unsigned i = 0; i < count; ++i)
      uc_reg_write(uc_, bits_ == 64 ? kGeneral64[i] : kGeneral32[i], &state.general[i]);
    uc_reg_write(uc_, UC_X86_REG_EFLAGS, &state.flags);
    for (unsigned i = 0; i < count; ++i)
      uc_reg_write(uc_, UC_X86_REG_XMM0 + static_cast<int>(i), state.xmm[i]);
    if (bits_ == 64) {
      uc_reg_write(uc_, UC_X86_REG_FS_BASE, &state.fs_base);
      uc_reg_write(uc_, UC_X86_REG_GS_BASE, &state.gs_base);
    }
    const std::uint32_t mxcsr = 0x1f80;
    uc_reg_write(uc_, UC_X86_REG_MXCSR, &mxcsr);
    const auto control = static_cast<std::uint16_t>(state.fpu_control);
    const auto status = static_cast<std::uint16_t>(state.fpu_status | state.fpu_top << 11);
    std::uint16_t tags = 0;
    for (int i = 0; i < 8; ++i) {
      tags = static_cast<std::uint16_t>(tags | (state.fpu_valid >> i & 1 ? 0u : 3u) << 2 * i);
      uc_reg_write(uc_, UC_X86_REG_FP0 + i, state.fpr[i]);
    }
    uc_reg_write(uc_, UC_X86_REG_FPCW, &control);
    uc_reg_write(uc_, UC_X86_REG_FPSW, &status);
    uc_reg_write(uc_, UC_X86_REG_FPTAG, &tags);
  }
  MachineState get() {
    MachineState state{};
    const unsigned count = bits_ == 64 ? 16 : 8;
    for (unsigned i = 0; i < count; ++i)
      uc_reg_read(uc_, bits_ == 64 ? kGeneral64[i] : kGeneral32[i], &state.general[i]);
    uc_reg_read(uc_, UC_X86_REG_EFLAGS, &state.flags);
    state.flags &= 0xffffffff;
    uc_reg_read(uc_, bits_ == 64 ? UC_X86_REG_RIP : UC_X86_REG_EIP, &state.next);
    for (unsigned i = 0; i < count; ++i)
      uc_reg_read(uc_, UC_X86_REG_XMM0 + static_cast<int>(i), state.xmm[i]);
    std::uint16_t control = 0, status = 0, tags = 0;
    uc_reg_read(uc_, UC_X86_REG_FPCW, &control);
    uc_reg_read(uc_, UC_X86_REG_FPSW, &status);
    uc_reg_read(uc_, UC_X86_REG_FPTAG, &tags);
    state.fpu_control = control;
    state.fpu_status = status & 0xc7ffu;
    state.fpu_top = status >> 11 & 7u;
    for (int i = 0; i < 8; ++i) {
      uc_reg_read(uc_, UC_X86_REG_FP0 + i, state.fpr[i]);
      if ((tags >> 2 * i & 3) != 3)
        state.fpu_valid |= 1u << i;
    }
    uc_reg_read(uc_, UC_X86_REG_FS_BASE, &state.fs_base);
    uc_reg_read(uc_, UC_X86_REG_GS_BASE, &state.gs_base);
    return state;
  }

  /// Runs, replies, and undoes what was written.
  void run(std::uint64_t begin, std::uint64_t until, std::uint64_t microseconds, std::uint64_t count,
           bool stop_is_done) {
    interrupted_ = false;
    const uc_err error = uc_emu_start(uc_, begin, until, microseconds, count);
    Outcome outcome{};
    outcome.detail = static_cast<std::uint32_t>(error);
    outcome.state = get();
    outcome.status = status_of(error, outcome.state.next, begin, until, stop_is_done);
    outcome.exception = vector_;
    // No write hook: Unicorn 2.0.1 computes wrong flags for some instructions when one is set.
    std::vector<Chunk> chunks;
    for (auto &[base, region] : regions_)
      collect(base, region, chunks);
    outcome.chunks = static_cast<std::uint32_t>(chunks.size());
    write_exactly(&outcome, sizeof outcome);
    write_exactly(chunks.data(), chunks.size() * sizeof(Chunk));
    // An exception that nobody handles leaves the processor in it: the next one would be a double fault.
    if (error != UC_ERR_OK || interrupted_)
      uc_context_restore(uc_, fresh_);
  }

private:
  /// fs and gs of a 32-bit machine, through a descriptor table.
  void give_segments() {
    constexpr std::uint64_t kTable = 0x6b7c9000;
    constexpr std::uint64_t base = kSegmentBase32;
    std::vector<std::uint64_t> table(512);
    table[1] =
        0xffff | (base & 0xffffff) << 16 | std::uint64_t{0x93} << 40 | std::uint64_t{0xcf} << 48 | base >> 24 << 56;
    table[2] = 0x00cf93000000ffff; // flat data
    table[3] = 0x00cf9b000000ffff; // flat code
    must(uc_mem_map(uc_, kTable, 0x1000, UC_PROT_ALL), "map");
    must(uc_mem_write(uc_, kTable, table.data(), 0x1000), "write");
    uc_x86_mmr gdtr{};
    gdtr.base = kTable;
    gdtr.limit = 0xfff;
    must(uc_reg_write(uc_, UC_X86_REG_GDTR, &gdtr), "gdtr");
    const std::uint32_t selector = 8;
    must(uc_reg_write(uc_, UC_X86_REG_FS, &selector), "fs");
    must(uc_reg_write(uc_, UC_X86_REG_GS, &selector), "gs");
    const std::uint32_t data = 0x10, code = 0x18;
    for (const int segment : {UC_X86_REG_SS, UC_X86_REG_DS, UC_X86_REG_ES})
      must(uc_reg_write(uc_, segment, &data), "data segment");
    must(uc_reg_write(uc_, UC_X86_REG_CS, &code), "cs");
  }

  struct Region {
    std::uint8_t *now = nullptr; ///< what the machine sees
    std::vector<std::uint8_t> before;
  };
  /// The 16-byte pieces that changed; changes them back.
  static void collect(std::uint64_t base, Region &region, std::vector<Chunk> &chunks) {
    constexpr std::size_t kStep = 0x400;
    for (std::size_t block = 0; block < region.before.size(); block += kStep) {
      if (std::memcmp(region.now + block, region.before.data() + block, kStep) == 0)
        continue;
      for (std::size_t at = block; at < block + kStep; at += 16) {
        if (std::memcmp(region.now + at, region.before.data() + at, 16) == 0)
          continue;
        Chunk chunk{base + at, {}};
        std::memcpy(chunk.bytes, region.now + at, 16);
        chunks.push_back(chunk);
        std::memcpy(region.now + at, region.before.data() + at, 16);
      }
    }
  }

  static void on_interrupt(uc_engine *uc, std::uint32_t vector, void *user) {
    auto &machine = *static_cast<Machine *>(user);
    machine.interrupted_ = true;
    machine.vector_ = vector;
    uc_emu_stop(uc);
  }
  RunStatus status_of(uc_err error, std::uint64_t next, std::uint64_t begin, std::uint64_t until,
                      bool stop_is_done) const {
    if (interrupted_)
      return RunStatus::exception;
    switch (error) {
    case UC_ERR_OK:
      return stop_is_done || next == until ? RunStatus::done : RunStatus::out_of_fuel;
    case UC_ERR_READ_UNMAPPED:
    case UC_ERR_READ_PROT:
      return RunStatus::read_fault;
    case UC_ERR_WRITE_UNMAPPED:
    case UC_ERR_WRITE_PROT:
      return RunStatus::write_fault;
    case UC_ERR_FETCH_UNMAPPED:
    case UC_ERR_FETCH_PROT:
      return stop_is_done && next != begin ? RunStatus::done : RunStatus::fetch_fault;
    case UC_ERR_INSN_INVALID:
      return RunStatus::invalid;
    default:
      return RunStatus::other;
    }
  }
  unsigned bits_;
  uc_engine *uc_ = nullptr;
  uc_context *fresh_ = nullptr; ///< the processor before its first instruction
  std::map<std::uint64_t, Region> regions_;
  bool interrupted_ = false;
  std::uint32_t vector_ = 0;
};

std::vector<std::uint8_t> words(std::uint64_t size, std::uint64_t seed) {
  std::vector<std::uint8_t> bytes(size);
  for (std::uint64_t i = 0; i < size / 8; ++i) {
    const std::uint64_t word = mix(seed + i);
    std::memcpy(bytes.data() + i * 8, &word, 8);
  }
  return bytes;
}

std::vector<std::uint8_t> scratch(std::uint64_t seed, unsigned bits) {
  std::vector<std::uint8_t> bytes(kScratchSize);
  for (std::uint64_t i = 0; i < kScratchSize / 8; ++i) {
    const std::uint64_t word = scratch_word(seed, i, bits);
    std::memcpy(bytes.data() + i * 8, &word, 8);
  }
  return bytes;
}

Machine *new_instruction_machine(unsigned bits) {
  auto *machine = new Machine(bits);
  machine->map(kArena, words(kArenaSize, 0));
  machine->map(kCode & ~0xfffull, std::vector<std::uint8_t>(0x1000, 0x90));
  return machine;
}

Machine *new_image_machine(const LoadRequest &request, const std::vector<std::uint8_t> &bytes) {
  auto *machine = new Machine(request.bits);
  machine->map(request.base, bytes);
  machine->map(kStack, std::vector<std::uint8_t>(kStackSize, 0));
  machine->map(kScratch, std::vector<std::uint8_t>(kScratchSize, 0));
  std::vector<std::uint8_t> stub(0x1000, 0xcc);
  const std::uint8_t code[] = {0xb8, kStubResult, 0, 0, 0, 0xc3}; // mov eax, result; ret
  std::memcpy(stub.data(), code, sizeof code);
  machine->map(kStub, stub);
  machine->map(kReturn, std::vector<std::uint8_t>(0x1000, 0xf4));
  return machine;
}

} // namespace

int main() {
  Machine *machines[2] = {nullptr, nullptr};
  Machine *image = nullptr;
  unsigned image_bits = 64;
  Command command{};
  while (read_exactly(&command, sizeof command) && command != Command::quit) {
    if (command == Command::instruction) {
      InstructionRequest request;
      if (!read_exactly(&request, sizeof request))
        return 1;
      std::vector<MachineState> states(request.states);
      if (!read_exactly(states.data(), states.size() * sizeof(MachineState)))
        return 1;
      Machine *&machine = machines[request.bits == 64];
      if (!machine)
        machine = new_instruction_machine(request.bits);
      std::uint8_t padded[32];
      std::memset(padded, 0x90, sizeof padded);
      std::memcpy(padded, request.bytes, request.length);
      machine->code(kCode, padded, sizeof padded);
      for (const MachineState &state : states) {
        machine->set(state);
        machine->run(kCode, request.repeats ? kCode + request.length : ~0ull, 0, request.repeats ? 0 : 1, true);
      }
    } else if (command == Command::load) {
      LoadRequest request;
      if (!read_exactly(&request, sizeof request))
        return 1;
      std::vector<std::uint8_t> bytes(request.size);
      if (!read_exactly(bytes.data(), bytes.size()))
        return 1;
      delete image;
      image = new_image_machine(request, bytes);
      image_bits = request.bits;
    } else if (command == Command::function) {
      FunctionRequest request;
      if (!read_exactly(&request, sizeof request) || !image)
        return 1;
      image->refill(kScratch, scratch(request.seed, image_bits));
      std::vector<std::uint8_t> stack = words(kStackSize, request.seed + 0x1000000);
      // What the caller would have pushed: the return address, above it the arguments.
      std::memcpy(stack.data() + (request.state.general[4] - kStack), request.pushed, sizeof request.pushed);
      image->refill(kStack, stack);
      image->set(request.state);
      image->run(request.entry, kReturn, request.microseconds, 0, false);
    } else {
      return 1;
    }
    std::fflush(stdout);
  }
  return 0;
}
