// Loops of one block: a few rounds in the concrete interpreter over a memory that answers everything and remembers what
// was asked, whatever the loop's own condition says. Two unrelated states must agree.
#include <ringfence/code/idiom.h>
#include <ringfence/ir/interpret.h>

#include <algorithm>
#include <array>

namespace ringfence::code {

namespace {

constexpr unsigned kRounds = 4;
constexpr std::uint32_t kMaxLoopInstructions = 64;
constexpr std::uint64_t kRoundFuel = 4000;

struct Access {
  std::uint64_t address = 0;
  std::vector<std::byte> bytes;
};

/// One round's accesses as one run of bytes; empty when they leave gaps or overlap.
struct Run {
  std::uint64_t address = 0;
  std::vector<std::byte> bytes;
};

std::byte hashed(std::uint64_t address) { return static_cast<std::byte>(address * 0x9e3779b97f4a7c15u >> 53); }

class RecordingMemory final : public ir::Memory {
public:
  bool read(std::uint64_t address, std::span<std::byte> bytes) override {
    for (std::size_t i = 0; i < bytes.size(); ++i)
      bytes[i] = hashed(address + i);
    loads.push_back({address, {bytes.begin(), bytes.end()}});
    return true;
  }
  bool write(std::uint64_t address, std::span<const std::byte> bytes) override {
    stores.push_back({address, {bytes.begin(), bytes.end()}});
    return true;
  }
  std::vector<Access> loads, stores;
};

class RefusingWorld final : public ir::World {
public:
  bool sys(ir::SysOp, ir::Width, std::span<const std::uint64_t>, ir::Wide &) override { return false; }
};

Run joined(std::vector<Access> accesses) {
  Run run;
  std::sort(accesses.begin(), accesses.end(), [](const Access &a, const Access &b) { return a.address < b.address; });
  for (const Access &access : accesses) {
    if (run.bytes.empty())
      run.address = access.address;
    else if (access.address != run.address + run.bytes.size())
      return {};
    run.bytes.insert(run.bytes.end(), access.bytes.begin(), access.bytes.end());
  }
  return run;
}

/// What one state's rounds were; nothing when they are no fill and no copy.
class LoopTrial {
public:
  LoopTrial(const ir::Body &body, const ir::Block &block) : body_(body), block_(block) {}

  std::optional<LoopIdiom> run(std::uint64_t seed) {
    RecordingMemory memory;
    RefusingWorld world;
    ir::Interpreter machine(body_.architecture, memory, world);
    machine.set_stop_at_unknown(true);
    for (ir::Register number = 0; number < kGeneral; ++number)
      machine.set_scalar(number, (seed + number) * 0x9e3779b97f4a7c15u >> 20 & 0x3ffffff0);
    machine.registers().flags.kind = ir::FlagKind::word;
    std::array<std::array<std::uint64_t, kGeneral>, kRounds + 1> values{};
    std::vector<Run> stores, loads;
    for (unsigned round = 0; round <= kRounds; ++round) {
      for (ir::Register number = 0; number < kGeneral; ++number)
        values[round][number] = machine.scalar(number);
      if (round == kRounds)
        break;
      memory.loads.clear();
      memory.stores.clear();
      std::uint64_t fuel = kRoundFuel;
      if (machine.run(body_, block_, fuel).outcome != ir::Outcome::running)
        return std::nullopt;
      stores.push_back(joined(memory.stores));
      loads.push_back(joined(memory.loads));
    }
    return judge(values, stores, loads);
  }

private:
  static constexpr ir::Register kGeneral = 16;
  using Values = std::array<std::array<std::uint64_t, kGeneral>, kRounds + 1>;

  std::optional<LoopIdiom> judge(const Values &values, const std::vector<Run> &stores,
                                 const std::vector<Run> &loads) const {
    const std::size_t size = stores[0].bytes.size();
    if (size == 0)
      return std::nullopt;
    LoopIdiom idiom;
    idiom.bytes = static_cast<unsigned>(size);
    idiom.downwards = stores[1].address == stores[0].address - size;
    const std::uint64_t step = idiom.downwards ? 0 - size : size;
    bool same = true, copied = true;
    for (unsigned round = 0; round < kRounds; ++round) {
      if (stores[round].bytes.size() != size || stores[round].address != stores[0].address + step * round)
        return std::nullopt;
      same = same && stores[round].bytes == stores[0].bytes;
      copied = copied && loads[round].bytes == stores[round].bytes &&
               loads[round].address == loads[0].address + step * round;
    }
    if (!same && !copied)
      return std::nullopt;
    idiom.kind = copied && !same ? IdiomKind::copy : IdiomKind::fill;
    const std::uint64_t mask = ir::mask_of(ir::address_width(body_.architecture));
    for (ir::Register number = 0; number < kGeneral; ++number) {
      const std::uint64_t by = (values[1][number] - values[0][number]) & mask;
      bool constant = by != 0;
      for (unsigned round = 1; round < kRounds; ++round)
        constant = constant && ((values[round + 1][number] - values[round][number]) & mask) == by;
      if (constant)
        idiom.inductions.push_back({number, mask >> 63 ? static_cast<std::int64_t>(by)
                                                       : static_cast<std::int32_t>(static_cast<std::uint32_t>(by))});
    }
    return idiom;
  }

  const ir::Body &body_;
  const ir::Block &block_;
};

} // namespace

std::vector<LoopIdiom> recognise_loops(const Program &program) {
  std::vector<LoopIdiom> found;
  const ir::Body &body = program.body();
  for (std::uint32_t i = 0; i < body.blocks.size(); ++i) {
    const Flow *const flow = program.flow_of(ir::BlockId(i));
    const ir::Block &block = body.blocks[i];
    const ir::Op *const end = body.terminator(block);
    if (!flow || flow->function == kNoFunction || !end || end->code != ir::Opcode::branch ||
        end->imm != block.address || block.instruction_count > kMaxLoopInstructions)
      continue;
    const auto ops = body.ops_of(block);
    const bool stores =
        std::any_of(ops.begin(), ops.end(), [](const ir::Op &op) { return op.code == ir::Opcode::store; });
    if (!stores)
      continue;
    LoopTrial trial(body, block);
    auto first = trial.run(0x1234567), second = trial.run(0x7654321abc);
    if (!first || !second || first->kind != second->kind || first->bytes != second->bytes ||
        first->downwards != second->downwards || first->inductions != second->inductions)
      continue;
    first->block = ir::BlockId(i);
    found.push_back(*std::move(first));
  }
  std::sort(found.begin(), found.end(), [&](const LoopIdiom &a, const LoopIdiom &b) {
    return body.block(a.block).address < body.block(b.block).address;
  });
  return found;
}

} // namespace ringfence::code
