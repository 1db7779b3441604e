// The decode gate of x86 and x64, and the dispatch by mnemonic. Every byte that becomes an
// instruction passes through decode(): at most 15 bytes, never past the end of the span.
#include "x86_lifter.h"
#include "block_lifter.h"
#include "x86_instruction.h"

#include <algorithm>

namespace ringfence::lift {
namespace {

constexpr std::size_t kMaxInstructionBytes = 15;

struct Dispatch {
  struct Entry {
    Semantics lift = nullptr;
    unsigned variant = 0;
  };
  std::array<Entry, ZYDIS_MNEMONIC_MAX_VALUE + 1> entries{};

  Dispatch() {
    for (const auto category :
         {x86_move_semantics, x86_arithmetic_semantics, x86_shift_semantics, x86_bit_semantics, x86_multiply_semantics,
          x86_control_semantics, x86_stack_semantics, x86_string_semantics, x86_atomic_semantics, x86_system_semantics,
          x86_vector_move_semantics, x86_vector_integer_semantics, x86_float_semantics, x86_fpu_semantics,
          x86_fpu_state_semantics, x86_legacy_semantics})
      for (const MnemonicSemantics &one : category())
        entries[static_cast<std::size_t>(one.mnemonic)] = {one.lift, one.variant};
  }
};

/// Built at the first use, constant from then on.
const Dispatch &dispatch() {
  static const Dispatch table;
  return table;
}

class X86Lifter final : public BlockLifter {
public:
  explicit X86Lifter(ir::Architecture architecture) : BlockLifter(architecture), dispatch_(dispatch()) {
    const bool long_mode = architecture == ir::Architecture::x64;
    ZydisDecoderInit(&decoder_, long_mode ? ZYDIS_MACHINE_MODE_LONG_64 : ZYDIS_MACHINE_MODE_LEGACY_32,
                     long_mode ? ZYDIS_STACK_WIDTH_64 : ZYDIS_STACK_WIDTH_32);
  }

  std::string_view mnemonic_name(std::uint64_t mnemonic) const override {
    if (mnemonic > ZYDIS_MNEMONIC_MAX_VALUE)
      return {};
    const char *const name = ZydisMnemonicGetString(static_cast<ZydisMnemonic>(mnemonic));
    return name ? std::string_view(name) : std::string_view();
  }

private:
  /// Leaves the instruction in instruction_ and operands_.
  unsigned decode(Bytes bytes, std::uint64_t) override {
    ZydisDecoderContext context;
    const std::size_t size = std::min(bytes.size(), kMaxInstructionBytes);
    if (!ZYAN_SUCCESS(ZydisDecoderDecodeInstruction(&decoder_, &context, bytes.data(), size, &instruction_)) ||
        !ZYAN_SUCCESS(ZydisDecoderDecodeOperands(&decoder_, &context, &instruction_, operands_.data(),
                                                 instruction_.operand_count)))
      return 0;
    return instruction_.length;
  }

  std::uint16_t lift_decoded(ir::Builder &build, std::uint64_t address) override {
    X86Instruction x(build, instruction_, std::span(operands_).first(instruction_.operand_count), address);
    const Dispatch::Entry &entry = dispatch_.entries[static_cast<std::size_t>(instruction_.mnemonic)];
    if (entry.lift == nullptr) {
      x.unsupported();
      return ir::kUnknownSemantics;
    }
    entry.lift(x, entry.variant);
    if (build.overflowed() || x.failed())
      x.unsupported();
    if (x.uses_mmx())
      x.enter_mmx_mode();
    return x.is_unsupported() ? std::uint16_t{ir::kUnknownSemantics} : std::uint16_t{0};
  }

  const Dispatch &dispatch_;
  ZydisDecoder decoder_;
  ZydisDecodedInstruction instruction_;
  std::array<ZydisDecodedOperand, ZYDIS_MAX_OPERAND_COUNT> operands_;
};

} // namespace

std::unique_ptr<Lifter> make_x86_lifter(ir::Architecture architecture) {
  return std::make_unique<X86Lifter>(architecture);
}

} // namespace ringfence::lift
