// ARM64 decoding through LLVM's machine-code layer: the one translation unit of this room that sees
// LLVM.
#include "arm64_decoder.h"

#include <llvm/MC/MCAsmInfo.h>
#include <llvm/MC/MCContext.h>
#include <llvm/MC/MCDisassembler/MCDisassembler.h>
#include <llvm/MC/MCInst.h>
#include <llvm/MC/MCInstrInfo.h>
#include <llvm/MC/MCRegisterInfo.h>
#include <llvm/MC/MCSubtargetInfo.h>
#include <llvm/MC/MCTargetOptions.h>
#include <llvm/MC/TargetRegistry.h>
#include <llvm/TargetParser/Triple.h>

#include <charconv>
#include <vector>

extern "C" {
void LLVMInitializeAArch64TargetInfo();
void LLVMInitializeAArch64TargetMC();
void LLVMInitializeAArch64Disassembler();
}

namespace ringfence::lift {
namespace {

/// "X0", "W3", "SP", "FP", "LR", "XZR", "Q7", ...
Arm64Register register_from(std::string_view name) {
  Arm64Register result;
  if (name == "SP" || name == "WSP")
    return {static_cast<std::uint16_t>(name == "SP" ? 64 : 32), 31, false, true, false};
  if (name == "XZR" || name == "WZR")
    return {static_cast<std::uint16_t>(name == "XZR" ? 64 : 32), 31, true, false, false};
  if (name == "FP")
    return {64, 29, false, false, false};
  if (name == "LR")
    return {64, 30, false, false, false};
  constexpr std::string_view letters = "XWQDSHB";
  constexpr std::uint16_t widths[] = {64, 32, 128, 64, 32, 16, 8};
  const std::size_t letter = name.empty() ? std::string_view::npos : letters.find(name[0]);
  unsigned number = 0;
  if (letter == std::string_view::npos)
    return result;
  const auto [end, error] = std::from_chars(name.data() + 1, name.data() + name.size(), number);
  if (error != std::errc() || end != name.data() + name.size() || number > 31)
    return result;
  result.bits = widths[letter];
  result.number = static_cast<std::uint8_t>(number);
  result.is_vector = letter >= 2;
  return result;
}

class LlvmDecoder final : public Arm64Decoder {
public:
  /// False when LLVM lacks the target.
  bool open() {
    LLVMInitializeAArch64TargetInfo();
    LLVMInitializeAArch64TargetMC();
    LLVMInitializeAArch64Disassembler();
    const std::string triple = "aarch64-pc-windows-msvc";
    std::string error;
    const llvm::Target *const target = llvm::TargetRegistry::lookupTarget(triple, error);
    if (target == nullptr)
      return false;
    registers_.reset(target->createMCRegInfo(triple));
    const llvm::MCTargetOptions options;
    if (!registers_)
      return false;
    assembly_.reset(target->createMCAsmInfo(*registers_, triple, options));
    instructions_.reset(target->createMCInstrInfo());
    subtarget_.reset(target->createMCSubtargetInfo(triple, "generic", "+v8.5a"));
    if (!assembly_ || !instructions_ || !subtarget_)
      return false;
    context_ =
        std::make_unique<llvm::MCContext>(llvm::Triple(triple), assembly_.get(), registers_.get(), subtarget_.get());
    disassembler_.reset(target->createMCDisassembler(*subtarget_, *context_));
    for (unsigned i = 0; i < registers_->getNumRegs(); ++i)
      located_.push_back(register_from(registers_->getName(i)));
    return disassembler_ != nullptr;
  }

  bool decode(Bytes bytes, std::uint64_t address, Arm64Instruction &instruction) override {
    if (bytes.size() < 4)
      return false;
    std::array<std::uint8_t, 4> word;
    for (std::size_t i = 0; i < word.size(); ++i)
      word[i] = std::to_integer<std::uint8_t>(bytes[i]);
    llvm::MCInst decoded;
    std::uint64_t size = 0;
    if (disassembler_->getInstruction(decoded, size, word, address, llvm::nulls()) != llvm::MCDisassembler::Success ||
        size != 4 || decoded.getNumOperands() > kMaxArm64Operands)
      return false;
    instruction.opcode = decoded.getOpcode();
    instruction.count = decoded.getNumOperands();
    for (unsigned i = 0; i < instruction.count; ++i) {
      const llvm::MCOperand &operand = decoded.getOperand(i);
      Arm64Operand &to = instruction.operands[i];
      to = {};
      if (operand.isReg()) {
        to.is_register = true;
        to.reg = operand.getReg() < located_.size() ? located_[operand.getReg()] : Arm64Register{};
      } else if (operand.isImm()) {
        to.immediate = operand.getImm();
      }
    }
    return true;
  }

  std::string_view name_of(unsigned opcode) const override {
    if (opcode >= instructions_->getNumOpcodes())
      return {};
    const llvm::StringRef name = instructions_->getName(opcode);
    return {name.data(), name.size()};
  }
  unsigned opcode_count() const override { return instructions_->getNumOpcodes(); }

private:
  std::unique_ptr<llvm::MCRegisterInfo> registers_;
  std::unique_ptr<llvm::MCAsmInfo> assembly_;
  std::unique_ptr<llvm::MCInstrInfo> instructions_;
  std::unique_ptr<llvm::MCSubtargetInfo> subtarget_;
  std::unique_ptr<llvm::MCContext> context_;
  std::unique_ptr<llvm::MCDisassembler> disassembler_;
  std::vector<Arm64Register> located_;
};

} // namespace

std::unique_ptr<Arm64Decoder> make_arm64_decoder() {
  auto decoder = std::make_unique<LlvmDecoder>();
  if (!decoder->open())
    return nullptr;
  return decoder;
}

} // namespace ringfence::lift
