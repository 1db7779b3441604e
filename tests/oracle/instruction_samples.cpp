#include "instruction_samples.h"

#include "oracle_protocol.h"

#include <ringfence/base/text.h>
#include <ringfence/code/program.h>

#include <Zydis/Zydis.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>
#include <set>

using namespace ringfence;

namespace oracle {
namespace {

bool leaves_the_program(const ir::Body &body, const ir::Instruction &instruction) {
  for (const ir::Op &op : body.ops_of(instruction))
    if (op.code == ir::Opcode::sys || op.code == ir::Opcode::unknown || op.code == ir::Opcode::trap ||
        (op.code == ir::Opcode::bulk &&
         (op.kind == static_cast<unsigned>(ir::BulkOp::in) || op.kind == static_cast<unsigned>(ir::BulkOp::out))))
      return true;
  return false;
}

class Collector {
public:
  void add(const std::filesystem::path &path) {
    std::ifstream file(path, std::ios::binary);
    const std::vector<char> text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    const auto bytes = std::as_bytes(std::span(text));
    const auto image = image::load_view(bytes);
    if (!image || (image->machine() != image::Machine::amd64 && image->machine() != image::Machine::i386))
      return;
    const code::Program program = code::discover(*image);
    const bool long_mode = image->machine() == image::Machine::amd64;
    ZydisDecoderInit(&decoder_, long_mode ? ZYDIS_MACHINE_MODE_LONG_64 : ZYDIS_MACHINE_MODE_LEGACY_32,
                     long_mode ? ZYDIS_STACK_WIDTH_64 : ZYDIS_STACK_WIDTH_32);
    for (std::uint32_t i = 0; i < program.body().blocks.size(); ++i) {
      const code::Flow *flow = program.flow_of(ir::BlockId(i));
      if (!flow || flow->function == code::kNoFunction)
        continue;
      for (const ir::Instruction &instruction : program.body().instructions_of(program.body().blocks[i]))
        add(*image, program.body(), instruction, long_mode);
    }
  }
  Samples take() {
    samples_.all.assign(unique_.begin(), unique_.end());
    return std::move(samples_);
  }

private:
  void add(const image::Image &image, const ir::Body &body, const ir::Instruction &instruction, bool long_mode) {
    const auto bytes = image.bytes_at(*image.rva_of(Va(instruction.address)), instruction.length);
    if (!bytes)
      return;
    ++samples_.instructions;
    ZydisDecodedInstruction decoded;
    ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
    if (!ZYAN_SUCCESS(ZydisDecoderDecodeFull(&decoder_, bytes->data(), bytes->size(), &decoded, operands)))
      return;
    if (leaves_the_program(body, instruction)) {
      ++samples_.excluded[ZydisMnemonicGetString(decoded.mnemonic)];
      return;
    }
    Sample sample;
    sample.bits = long_mode ? 64 : 32;
    sample.length = instruction.length;
    std::memcpy(sample.bytes, bytes->data(), instruction.length);
    for (unsigned i = 0; i < decoded.operand_count_visible; ++i)
      relocate(sample, decoded, operands[i]);
    unique_.insert(sample);
  }
  /// Points a fixed address into the arena, at a place that depends on the original one.
  static void relocate(Sample &sample, const ZydisDecodedInstruction &decoded, const ZydisDecodedOperand &operand) {
    if (operand.type != ZYDIS_OPERAND_TYPE_MEMORY || operand.mem.index != ZYDIS_REGISTER_NONE ||
        operand.mem.segment == ZYDIS_REGISTER_FS || operand.mem.segment == ZYDIS_REGISTER_GS ||
        decoded.raw.disp.size != 32)
      return;
    const bool relative = operand.mem.base == ZYDIS_REGISTER_RIP;
    if (!relative && operand.mem.base != ZYDIS_REGISTER_NONE)
      return;
    const std::uint64_t place = kArena + 0x400 + (static_cast<std::uint64_t>(decoded.raw.disp.value) & 0x3f);
    const auto displacement = static_cast<std::uint32_t>(relative ? place - (kCode + sample.length) : place);
    std::memcpy(sample.bytes + decoded.raw.disp.offset, &displacement, 4);
  }

  ZydisDecoder decoder_{};
  std::set<Sample> unique_;
  Samples samples_;
};

} // namespace

Samples collect(const std::filesystem::path &corpus) {
  std::vector<std::filesystem::path> paths;
  for (const auto &entry : std::filesystem::recursive_directory_iterator(corpus))
    if (ascii_iequals(entry.path().extension().string(), ".sys"))
      paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  Collector collector;
  for (const auto &path : paths)
    collector.add(path);
  return collector.take();
}

} // namespace oracle
