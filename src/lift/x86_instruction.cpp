// Operand access: registers and their parts, effective addresses, the stack, and the fallback for
// what has no semantics. Intel SDM volume 1, 3.3.7 (address calculation), 3.4.1.1 (general
// registers in 64-bit mode).
#include "x86_instruction.h"

namespace ringfence::lift {
namespace {

constexpr RegisterBits general(int number, Width width, unsigned low_bit = 0) {
  return {static_cast<ir::Register>(number), width, low_bit};
}

bool is_mmx(ZydisRegister name) { return name >= ZYDIS_REGISTER_MM0 && name <= ZYDIS_REGISTER_MM7; }

/// Segments whose base is a register; the others are flat.
bool has_base(ZydisRegister segment) { return segment == ZYDIS_REGISTER_FS || segment == ZYDIS_REGISTER_GS; }

} // namespace

RegisterBits locate(ZydisRegister name) {
  if (name >= ZYDIS_REGISTER_RAX && name <= ZYDIS_REGISTER_R15)
    return general(name - ZYDIS_REGISTER_RAX, Width::w64);
  if (name >= ZYDIS_REGISTER_EAX && name <= ZYDIS_REGISTER_R15D)
    return general(name - ZYDIS_REGISTER_EAX, Width::w32);
  if (name >= ZYDIS_REGISTER_AX && name <= ZYDIS_REGISTER_R15W)
    return general(name - ZYDIS_REGISTER_AX, Width::w16);
  if (name >= ZYDIS_REGISTER_AL && name <= ZYDIS_REGISTER_BL)
    return general(name - ZYDIS_REGISTER_AL, Width::w8);
  if (name >= ZYDIS_REGISTER_AH && name <= ZYDIS_REGISTER_BH)
    return general(name - ZYDIS_REGISTER_AH, Width::w8, 8);
  if (name >= ZYDIS_REGISTER_SPL && name <= ZYDIS_REGISTER_DIL)
    return general(name - ZYDIS_REGISTER_SPL + reg::rsp, Width::w8);
  if (name >= ZYDIS_REGISTER_R8B && name <= ZYDIS_REGISTER_R15B)
    return general(name - ZYDIS_REGISTER_R8B + reg::r8, Width::w8);
  if (name >= ZYDIS_REGISTER_XMM0 && name <= ZYDIS_REGISTER_XMM15)
    return general(name - ZYDIS_REGISTER_XMM0 + reg::xmm0, Width::w128);
  if (is_mmx(name))
    return general(name - ZYDIS_REGISTER_MM0 + reg::fpr0, Width::w64);
  if (name >= ZYDIS_REGISTER_ES && name <= ZYDIS_REGISTER_GS)
    return general(name - ZYDIS_REGISTER_ES + reg::es, Width::w16);
  return {};
}

bool X86Instruction::same_register(unsigned one, unsigned other) const {
  return is_register(one) && is_register(other) && operands_[one].reg.value == operands_[other].reg.value;
}

Width X86Instruction::width(unsigned index) const {
  if (is_register(index)) { // the decoder gives scalar SSE operands the size of what they use
    const Width whole = locate(operands_[index].reg.value).width;
    if (whole != Width::none)
      return whole;
  }
  return ir::width_of_bits(operands_[is_immediate(index) ? 0 : index].size);
}

Value X86Instruction::offset_of(const ZydisDecodedOperand &operand) {
  const auto &memory = operand.mem;
  const Width size = address_size();
  const auto displacement = static_cast<std::uint64_t>(memory.disp.has_displacement ? memory.disp.value : 0);
  if (memory.base == ZYDIS_REGISTER_RIP || memory.base == ZYDIS_REGISTER_EIP)
    return constant(size, address_ + decoded_.length + displacement);
  Value sum;
  if (memory.base != ZYDIS_REGISTER_NONE)
    sum = b.resize(read_register(memory.base),
                   size); // a stack operand's base has the stack's width, not the address size
  if (memory.index != ZYDIS_REGISTER_NONE && memory.scale != 0 && memory.type != ZYDIS_MEMOP_TYPE_MIB) {
    Value index = b.resize(read_register(memory.index), size);
    unsigned shift = 0;
    while ((1u << shift) < memory.scale)
      ++shift;
    index = b.binary(Opcode::shl, index, constant(index.width, shift));
    sum = sum ? b.add(sum, index) : index;
  }
  if (!sum)
    return constant(size, displacement);
  return b.add(sum, constant(size, displacement));
}

Value X86Instruction::address_of(const ZydisDecodedOperand &operand) {
  Value linear = b.zext(offset_of(operand), word());
  if (has_base(operand.mem.segment))
    linear = b.add(b.get(operand.mem.segment == ZYDIS_REGISTER_FS ? reg::fs_base : reg::gs_base), linear);
  return linear;
}

Value X86Instruction::read_register(ZydisRegister name) {
  if (name == ZYDIS_REGISTER_RIP || name == ZYDIS_REGISTER_EIP)
    return constant(name == ZYDIS_REGISTER_RIP ? Width::w64 : Width::w32, address_ + decoded_.length);
  const RegisterBits bits = locate(name);
  if (bits.width == Width::none) {
    failed_ = true;
    return b.undefined(word());
  }
  uses_mmx_ = uses_mmx_ || is_mmx(name);
  return b.extract(b.get(bits.number), bits.low_bit, bits.width);
}

void X86Instruction::enter_mmx_mode() {
  b.put(reg::fpu_top, constant(Width::w8, 0));
  b.put(reg::fpu_tag, constant(Width::w8, 0xff));
}

void X86Instruction::write_register(ZydisRegister name, Value value) {
  const RegisterBits bits = locate(name);
  const Width whole = bits.width == Width::none ? Width::none : ir::register_width(b.body().architecture, bits.number);
  if (whole == Width::none) {
    failed_ = true;
    return;
  }
  if (is_mmx(name)) { // sign and exponent become ones
    uses_mmx_ = true;
    b.put(bits.number, b.concat(constant(Width::w64, 0xffff), value));
  } else if (value.width == whole)
    b.put(bits.number, value);
  else if (value.width == Width::w32 && whole == Width::w64)
    b.put(bits.number, b.zext(value, whole));
  else
    b.put(bits.number, b.insert(b.get(bits.number), value, bits.low_bit));
}

Value X86Instruction::read_general(ir::Register number, Width width) { return b.trunc(b.get(number), width); }

void X86Instruction::write_general(ir::Register number, Value value) {
  if (value.width == word())
    b.put(number, value);
  else if (value.width == Width::w32)
    b.put(number, b.zext(value, word()));
  else
    b.put(number, b.insert(b.get(number), value, 0));
}

Location X86Instruction::place(unsigned index) {
  Location result;
  result.operand = &operands_[index];
  result.width = width(index);
  if (result.width == Width::none) { // 48, 80 or more than 512 bits
    failed_ = true;
    result.width = word();
  }
  if (is_memory(index))
    result.address = address_of(operands_[index]);
  return result;
}

Value X86Instruction::read(const Location &from) {
  switch (from.operand->type) {
  case ZYDIS_OPERAND_TYPE_MEMORY:
    return b.load(from.width, from.address, attributes());
  case ZYDIS_OPERAND_TYPE_IMMEDIATE:
    return constant(from.width, from.operand->imm.value.u);
  case ZYDIS_OPERAND_TYPE_REGISTER:
    if (locate(from.operand->reg.value).width == from.width)
      return read_register(from.operand->reg.value);
    break;
  default:
    break;
  }
  failed_ = true;
  return b.undefined(from.width);
}

void X86Instruction::write(const Location &to, Value value) {
  if (failed_)
    return;
  if (to.in_memory())
    b.store(to.address, value, attributes());
  else
    write_register(to.operand->reg.value, value);
}

void X86Instruction::push(Value value) {
  const Value top = b.sub(b.get(reg::rsp), constant(word(), ir::bytes_of(value.width)));
  b.store(top, value);
  b.put(reg::rsp, top);
}

Value X86Instruction::pop(Width width) {
  const Value top = b.get(reg::rsp);
  const Value value = b.load(width, top);
  b.put(reg::rsp, b.add(top, constant(word(), ir::bytes_of(width))));
  return value;
}

void X86Instruction::havoc_register(ZydisRegister name) {
  const RegisterBits bits = locate(name);
  const Width whole = bits.width == Width::none ? Width::none : ir::register_width(b.body().architecture, bits.number);
  if (whole != Width::none)
    write_register(name, b.undefined(bits.width));
  // An encoding with a vector prefix also writes the upper half of the register.
  const bool extended = decoded_.encoding != ZYDIS_INSTRUCTION_ENCODING_LEGACY;
  int number = -1;
  if (extended && name >= ZYDIS_REGISTER_XMM0 && name <= ZYDIS_REGISTER_XMM15)
    number = name - ZYDIS_REGISTER_XMM0;
  else if (name >= ZYDIS_REGISTER_YMM0 && name <= ZYDIS_REGISTER_YMM15)
    number = name - ZYDIS_REGISTER_YMM0;
  else if (name >= ZYDIS_REGISTER_ZMM0 && name <= ZYDIS_REGISTER_ZMM15)
    number = name - ZYDIS_REGISTER_ZMM0;
  if (number < 0)
    return;
  b.put(static_cast<ir::Register>(reg::xmm0 + number), b.undefined(Width::w128));
  b.put(static_cast<ir::Register>(reg::ymm_high0 + number), b.undefined(Width::w128));
}

/// Undefined bytes, in the largest pieces: 10 bytes are 8 and 2, the 512 of fxsave 8 times 64.
void X86Instruction::havoc_memory(Value address, unsigned bytes) {
  constexpr unsigned kMaxBytes = 4096;
  unsigned done = 0;
  for (unsigned piece = 64; piece != 0; piece /= 2)
    while (done + piece <= bytes && done + piece <= kMaxBytes) {
      b.store(b.add(address, constant(word(), done)), b.undefined(ir::width_of_bits(8 * piece)));
      done += piece;
    }
}

void X86Instruction::unsupported() {
  b.discard_instruction();
  unsupported_ = true;
  failed_ = false;
  b.unknown(static_cast<std::uint64_t>(decoded_.mnemonic));
  havoc_outputs();
}

void X86Instruction::havoc_outputs() {
  const auto is_written = [](const ZydisDecodedOperand &operand, ZydisOperandType type) {
    return operand.type == type && (operand.actions & ZYDIS_OPERAND_ACTION_MASK_WRITE) != 0;
  };
  for (const ZydisDecodedOperand &operand : operands_) // memory first: addresses use the registers' old values
    if (is_written(operand, ZYDIS_OPERAND_TYPE_MEMORY) && operand.mem.type == ZYDIS_MEMOP_TYPE_MEM)
      havoc_memory(address_of(operand), operand.size / 8);
  for (const ZydisDecodedOperand &operand : operands_)
    if (is_written(operand, ZYDIS_OPERAND_TYPE_REGISTER))
      havoc_register(operand.reg.value);
  const ZydisAccessedFlags *const accessed = decoded_.cpu_flags;
  if (accessed == nullptr)
    return;
  const ZydisAccessedFlagsMask written = accessed->modified | accessed->set_0 | accessed->set_1 | accessed->undefined;
  if (const unsigned mask = ir::flags_from_word(written, ir::FlagLayout::x86))
    set_flags(b.flags_undefine(flags(), mask));
  if (written & ZYDIS_CPUFLAG_DF)
    b.put(reg::df, b.undefined(Width::w1));
}

} // namespace ringfence::lift
