// Whole-function differential: functions of the corpus run from their entry to their return on random arguments, in our
// interpreter over lifted blocks and in the oracle over the bytes. Imports answer with a fixed value in both. Where
// ours returns, the oracle must return too, with the same result, preserved registers and memory.
//   unicorn_functions SERVER CORPUS KNOWN [FUNCTIONS]
#include "known_differences.h"
#include "oracle_process.h"
#include "our_machine.h"

#include <ringfence/base/text.h>
#include <ringfence/code/program.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iterator>

using namespace ringfence;
using namespace oracle;

namespace {

constexpr std::uint64_t kFuel = 400'000;       ///< operations of one run
constexpr std::uint64_t kTimeout = 10'000'000; ///< microseconds the oracle has for it
constexpr unsigned kTries = 8, kWantedReturns = 2;
constexpr std::uint64_t kMaxImage = 4u << 20;

std::vector<std::byte> contents(const std::filesystem::path &path) {
  std::ifstream file(path, std::ios::binary);
  const std::vector<char> text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

void place(std::vector<std::byte> &bytes, std::uint64_t at, std::span<const std::byte> part) {
  for (std::size_t i = 0; i < part.size() && at + i < bytes.size(); ++i)
    bytes[static_cast<std::size_t>(at + i)] = part[i];
}

/// The image as the loader would map it, every import slot pointing to the stub. Empty when it is too large.
void map_image(const image::Image &image, bool long_mode, std::vector<std::byte> &bytes) {
  std::uint64_t size = image.headers().size_of_image;
  for (const image::Section &section : image.sections())
    size = std::max<std::uint64_t>(size, std::uint64_t{section.rva.value} + section.extent());
  size = (size + 0xfff) & ~std::uint64_t{0xfff};
  bytes.clear();
  if (size > kMaxImage)
    return;
  bytes.resize(static_cast<std::size_t>(size));
  for (const image::Section &section : image.sections())
    place(bytes, section.rva.value, section.data.first(std::min<std::size_t>(section.data.size(), section.extent())));
  for (const image::ImportedSymbol &symbol : image.imports().symbols)
    place(bytes, symbol.slot.value, std::as_bytes(std::span(&kStub, 1)).first(long_mode ? 8 : 4));
}

class Driver {
public:
  Driver(Process &process, const KnownDifferences &known, std::string name, const image::Image &image)
      : process_(process), known_(known), name_(std::move(name)), image_(image),
        long_mode_(image.machine() == image::Machine::amd64), program_(code::discover(image)),
        machine_(program_.body().architecture, memory_, world_) {
    machine_.set_stop_at_unknown(true);
  }

  bool load() {
    std::vector<std::byte> bytes;
    map_image(image_, long_mode_, bytes);
    const std::uint64_t base = image_.headers().image_base;
    if (bytes.empty() || base % 0x1000 != 0 || base >> 46 != 0 ||
        (base < kStub + 0x2000000 && base + bytes.size() > kArena - 0x2000))
      return false;
    memory_.map(base, bytes);
    memory_.map(kStub, stub());
    memory_.map(kReturn, std::vector<std::byte>(0x1000, std::byte{0xf4}));
    const LoadRequest request{long_mode_ ? 64u : 32u, static_cast<std::uint32_t>(bytes.size()), base};
    return process_.write(Command::load) && process_.write(request) && process_.write(bytes.data(), bytes.size());
  }

  /// Runs up to `most` functions that return; false when the oracle is gone.
  bool run(unsigned most) {
    for (const code::Function &function : program_.functions()) {
      if (functions >= most)
        return true;
      if (function.kind != code::FunctionKind::ordinary || function.instruction_count < 4)
        continue;
      unsigned returned = 0;
      for (unsigned attempt = 0; attempt < kTries && returned < kWantedReturns; ++attempt) {
        const int result = run_once(function.entry.value, function.entry.value * 64 + attempt);
        if (result < 0)
          return false;
        returned += static_cast<unsigned>(result);
      }
      functions += returned > 0;
      runs += returned;
    }
    return true;
  }

  unsigned functions = 0, runs = 0, explained = 0, unexplained = 0;

private:
  static std::vector<std::byte> stub() {
    std::vector<std::byte> bytes(0x1000, std::byte{0xcc});
    const std::uint8_t code[] = {0xb8, kStubResult, 0, 0, 0, 0xc3};
    std::memcpy(bytes.data(), code, sizeof code);
    return bytes;
  }

  FunctionRequest request(std::uint64_t entry, std::uint64_t seed) const {
    FunctionRequest request{entry, kTimeout, seed, {}, {}};
    const auto argument = [&](std::uint64_t number) {
      const std::uint64_t random = mix(seed * 31 + number);
      return random % 4 < 2    ? kScratch + random / 4 % 0x2000 / 16 * 16
             : random % 4 == 2 ? random / 4 % 64
                               : random >> 33;
    };
    for (std::uint64_t i = 0; i < 16; ++i)
      request.state.general[i] = argument(i);
    request.state.general[4] = kStack + 0x8000 + (long_mode_ ? 8 : 0);
    request.state.flags = 2;
    request.state.fpu_control = 0x37f;
    request.state.next = entry;
    request.state.fs_base = request.state.gs_base = long_mode_ ? kScratch : kSegmentBase32;
    for (auto &vector : request.state.xmm)
      vector[0] = vector[1] = mix(seed ^ 77);
    const unsigned size = long_mode_ ? 8 : 4;
    for (unsigned at = 0; at < sizeof request.pushed; at += size) {
      const std::uint64_t value = at == 0 ? kReturn : argument(100 + at);
      std::memcpy(request.pushed + at, &value, size);
    }
    if (!long_mode_)
      for (unsigned i = 0; i < 16; ++i) {
        request.state.general[i] = i < 8 ? request.state.general[i] & 0xffffffff : 0;
        if (i >= 8)
          request.state.xmm[i][0] = request.state.xmm[i][1] = 0;
      }
    return request;
  }

  /// True when ours returned to kReturn.
  bool ours(const FunctionRequest &request) {
    set_state(machine_, request.state, long_mode_);
    std::uint64_t fuel = kFuel, at = request.entry;
    for (unsigned blocks = 0; blocks < kFuel && at != kReturn; ++blocks) {
      if (at == kStub) {
        std::uint64_t target = 0;
        const std::uint64_t top = machine_.scalar(ir::x86::rsp);
        if (!memory_.read(top, std::as_writable_bytes(std::span(&target, 1)).first(long_mode_ ? 8 : 4)))
          return false;
        machine_.set_scalar(ir::x86::rax, kStubResult);
        machine_.set_scalar(ir::x86::rsp, top + (long_mode_ ? 8 : 4));
        at = target;
        continue;
      }
      const ir::Block *block = program_.cache().block_at(at);
      if (!block)
        return false;
      const ir::Step step = machine_.run(program_.body(), *block, fuel);
      if (step.outcome != ir::Outcome::running && step.outcome != ir::Outcome::called &&
          step.outcome != ir::Outcome::returned)
        return false;
      at = machine_.registers().instruction_pointer;
    }
    return at == kReturn;
  }

  /// 1: ours returned and was compared; 0: it did not return; -1: the oracle is gone.
  int run_once(std::uint64_t entry, std::uint64_t seed) {
    const FunctionRequest asked = request(entry, seed);
    std::vector<std::byte> scratch(kScratchSize), stack = words(kStackSize, seed + 0x1000000);
    for (std::uint64_t i = 0; i < kScratchSize / 8; ++i) {
      const std::uint64_t word = scratch_word(seed, i, long_mode_ ? 64 : 32);
      std::memcpy(scratch.data() + i * 8, &word, 8);
    }
    std::memcpy(stack.data() + (asked.state.general[4] - kStack), asked.pushed, sizeof asked.pushed);
    memory_.map(kScratch, scratch);
    memory_.map(kStack, stack);
    if (!ours(asked)) {
      memory_.undo();
      return 0;
    }
    Reply reply;
    if (!process_.write(Command::function) || !process_.write(asked) || !process_.read_reply(reply))
      return -1;
    const std::string difference = differs(reply);
    memory_.undo();
    if (difference.empty())
      return 1;
    const std::string label = name_ + " " + hex(entry - image_.headers().image_base);
    if (known_.explains(label, difference)) {
      ++explained;
      return 1;
    }
    if (++unexplained <= 3)
      std::printf("difference: %s (seed %llu): %s\n", label.c_str(), static_cast<unsigned long long>(seed),
                  difference.c_str());
    return 1;
  }

  std::string differs(const Reply &theirs) {
    if (theirs.outcome.status != RunStatus::done)
      return "status " + std::to_string(static_cast<unsigned>(theirs.outcome.status)) + " at " +
             hex(theirs.outcome.state.next);
    const MachineState mine = get_state(machine_, long_mode_);
    constexpr unsigned kCompared64[] = {0, 3, 4, 5, 6, 7, 12, 13, 14, 15}, kCompared32[] = {0, 3, 4, 5, 6, 7};
    for (const unsigned number :
         long_mode_ ? std::span<const unsigned>(kCompared64) : std::span<const unsigned>(kCompared32))
      if (mine.general[number] != theirs.outcome.state.general[number])
        return "register " + std::to_string(number) + " ours " + hex(mine.general[number]) + " oracle " +
               hex(theirs.outcome.state.general[number]);
    std::uint8_t now[16], before[16];
    std::size_t changed = 0;
    for (const Chunk &chunk : theirs.chunks)
      if (!memory_.piece(chunk.address, now, before) || std::memcmp(now, chunk.bytes, 16) != 0)
        return "memory at " + hex(chunk.address);
    for (const auto &[address, unused] : memory_.written())
      changed += memory_.piece(address, now, before) && std::memcmp(now, before, 16) != 0;
    return changed == theirs.chunks.size() ? "" : "memory: more changed in ours";
  }

  Process &process_;
  const KnownDifferences &known_;
  std::string name_;
  const image::Image &image_;
  bool long_mode_;
  code::Program program_;
  RegionMemory memory_;
  BareWorld world_;
  ir::Interpreter machine_;
};

} // namespace

int main(int argc, char **argv) {
  if (argc < 4) {
    std::fprintf(stderr, "usage: %s SERVER CORPUS KNOWN [FUNCTIONS]\n", argv[0]);
    return 2;
  }
  if (!std::filesystem::exists(argv[2])) {
    std::printf("skipped everything: no corpus at %s\n", argv[2]);
    return 77;
  }
  const unsigned wanted = argc > 4 ? static_cast<unsigned>(std::strtoul(argv[4], nullptr, 10)) : 200;
  KnownDifferences known;
  if (!known.read(argv[3])) {
    std::fprintf(stderr, "cannot read %s\n", argv[3]);
    return 2;
  }
  std::vector<std::filesystem::path> paths;
  for (const auto &entry : std::filesystem::recursive_directory_iterator(argv[2]))
    if (ascii_iequals(entry.path().extension().string(), ".sys"))
      paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  Process process(argv[1]);
  unsigned functions = 0, runs = 0, explained = 0, unexplained = 0, drivers = 0;
  const unsigned most = wanted / static_cast<unsigned>(std::max<std::size_t>(paths.size(), 1)) * 2 + 2;
  for (const auto &path : paths) {
    const auto image = image::load(contents(path));
    if (!image || (image->machine() != image::Machine::amd64 && image->machine() != image::Machine::i386))
      continue;
    Driver driver(process, known, path.filename().string().substr(0, 16), *image);
    if (!driver.load())
      continue;
    if (!driver.run(most)) {
      std::printf("the oracle stopped in %s\n", path.filename().c_str());
      return 1;
    }
    ++drivers;
    functions += driver.functions, runs += driver.runs, explained += driver.explained,
        unexplained += driver.unexplained;
    if (functions >= wanted)
      break;
  }
  std::printf("functions that returned %u of %u drivers, runs compared %u; explained differences %u, unexplained %u\n",
              functions, drivers, runs, explained, unexplained);
  return unexplained == 0 ? 0 : 1;
}
