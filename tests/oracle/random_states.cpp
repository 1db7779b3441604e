#include "random_states.h"

#include <iterator>

namespace oracle {
namespace {

/// Number of a general register in MachineState; 16 when it is none.
unsigned general_of(ZydisRegister name, bool long_mode) {
  const ZydisRegister whole =
      ZydisRegisterGetLargestEnclosing(long_mode ? ZYDIS_MACHINE_MODE_LONG_64 : ZYDIS_MACHINE_MODE_LEGACY_32, name);
  const ZydisRegister first = long_mode ? ZYDIS_REGISTER_RAX : ZYDIS_REGISTER_EAX;
  const int index = whole - first;
  return index >= 0 && index < 16 ? static_cast<unsigned>(index) : 16;
}

} // namespace

RandomStates::RandomStates(const Sample &sample, std::uint64_t seed) : sample_(sample), seed_(mix(seed) | 1) {
  ZydisDecoder decoder;
  const bool long_mode = sample.bits == 64;
  ZydisDecoderInit(&decoder, long_mode ? ZYDIS_MACHINE_MODE_LONG_64 : ZYDIS_MACHINE_MODE_LEGACY_32,
                   long_mode ? ZYDIS_STACK_WIDTH_64 : ZYDIS_STACK_WIDTH_32);
  (void)ZydisDecoderDecodeFull(&decoder, sample.bytes, sample.length, &decoded_, operands_);
}

std::uint64_t RandomStates::random() { return mix(++seed_); }

std::uint64_t RandomStates::value() {
  static constexpr std::uint64_t kInteresting[] = {0,
                                                   1,
                                                   2,
                                                   0x7f,
                                                   0x80,
                                                   0xff,
                                                   0x100,
                                                   0x7fff,
                                                   0x8000,
                                                   0xffff,
                                                   0x10000,
                                                   0x7fffffff,
                                                   0x80000000,
                                                   0xffffffff,
                                                   0x100000000,
                                                   0x7fffffffffffffff,
                                                   0x8000000000000000,
                                                   0xffffffffffffffff,
                                                   0xffffffffffffff80,
                                                   0xffffffff80000000,
                                                   0xaaaaaaaaaaaaaaaa,
                                                   31,
                                                   32,
                                                   33,
                                                   63,
                                                   64,
                                                   65,
                                                   7,
                                                   8,
                                                   9,
                                                   15,
                                                   16,
                                                   17};
  const std::uint64_t choice = random();
  switch (choice % 4) {
  case 0:
    return kInteresting[(choice >> 8) % std::size(kInteresting)];
  case 1:
    return random() & 0xff;
  case 2:
    return random() & 0xffffffff;
  default:
    return random();
  }
}

std::uint64_t RandomStates::vector_half() {
  static constexpr std::uint64_t kFloats[] = {0,
                                              0x8000000000000000,
                                              0x3ff0000000000000,
                                              0xbff0000000000000,
                                              0x3fe0000000000000,
                                              0x7ff0000000000000,
                                              0xfff0000000000000,
                                              0x7ff8000000000000,
                                              0x7ff0000000000001,
                                              1,
                                              0x4059000000000000,
                                              0x41e0000000000000,
                                              0x3f8000003f800000,
                                              0xbf80000042c80000,
                                              0x7f800000ff800000,
                                              0x7fc000007f800001,
                                              0x4f0000004f7fffff};
  const std::uint64_t choice = random();
  return choice % 3 == 0 ? kFloats[(choice >> 8) % std::size(kFloats)] : choice % 3 == 1 ? value() : random();
}

/// Chooses a register of a memory operand so that the operand lies in the arena.
void RandomStates::aim(MachineState &state, const ZydisDecodedOperand &operand) {
  const bool long_mode = sample_.bits == 64;
  std::uint64_t place = kArena + 0x200 + random() % (kArenaSize - 0x1000);
  if (random() % 2 == 0)
    place &= ~std::uint64_t{15};
  if (random() % 64 == 0)
    place = kArena + kArenaSize - random() % 24; // across its end
  const auto displacement = operand.mem.disp.has_displacement ? static_cast<std::uint64_t>(operand.mem.disp.value) : 0;
  std::uint64_t wanted = place - displacement;
  const bool fs = operand.mem.segment == ZYDIS_REGISTER_FS, gs = operand.mem.segment == ZYDIS_REGISTER_GS;
  const unsigned base = general_of(operand.mem.base, long_mode), index = general_of(operand.mem.index, long_mode);
  if (fs || gs) {
    if (base == 16 && index == 16) {
      if (long_mode)
        (fs ? state.fs_base : state.gs_base) = wanted;
      return;
    }
    wanted -= fs ? state.fs_base : state.gs_base;
  }
  const std::uint64_t mask = long_mode ? ~std::uint64_t{0} : 0xffffffff;
  if (index < 16 && base < 16 && index != base) {
    if (random() % 2 == 0)
      state.general[index] &= 0xff;
    wanted -= state.general[index] * operand.mem.scale;
    state.general[base] = wanted & mask;
  } else if (base < 16 && index == base) {
    state.general[base] = (wanted / (operand.mem.scale + 1u)) & mask;
  } else if (base < 16) {
    state.general[base] = wanted & mask;
  } else if (index < 16) {
    state.general[index] = (wanted & mask) / (operand.mem.scale ? operand.mem.scale : 1);
  }
}

/// Sign and exponent near one, near what an operand in memory has, or anywhere; now and then what is no plain number.
/// Not among them: encodings that no x87 since the 387 writes (an exponent without its integer bit, a pseudo-denormal).
void RandomStates::fpu_value(std::uint64_t (&value)[2]) {
  constexpr std::uint64_t kTop = std::uint64_t{1} << 63;
  static constexpr std::uint64_t kSpecial[][2] = {{0, 0},
                                                  {0, 0x8000},
                                                  {kTop, 0x3fff},
                                                  {kTop, 0xbfff},
                                                  {kTop, 0x7fff},
                                                  {kTop, 0xffff},
                                                  {0xc000000000000000, 0xffff},
                                                  {0xc000000000001234, 0x7fff},
                                                  {0xa000000000000000, 0x7fff},
                                                  {1, 0},
                                                  {0x7fffffffffffffff, 0x8000},
                                                  {~std::uint64_t{0}, 0x7ffe},
                                                  {kTop, 1},
                                                  {kTop, 0x403e},
                                                  {kTop, 0xc03e},
                                                  {~std::uint64_t{0}, 0x403d}};
  const std::uint64_t choice = random();
  if (choice % 8 == 0) {
    const auto &special = kSpecial[(choice >> 8) % std::size(kSpecial)];
    value[0] = special[0];
    value[1] = special[1];
    return;
  }
  value[0] = (choice % 3 == 0 ? mix(choice) : mix(choice) << (choice >> 16) % 64) | kTop;
  if (choice % 5 == 0)
    value[0] = ~(std::uint64_t{0} >> (choice >> 16) % 63 >> 1) | kTop;
  const std::uint64_t spread = choice % 8 < 4 ? 80 : choice % 8 == 7 ? 0x7fe : 1200;
  const std::uint64_t middle = choice % 16 == 15   ? 0x7fff - spread / 2 - 1
                               : choice % 16 == 14 ? 1 + spread / 2
                                                   : 0x3fff;
  value[1] = (middle - spread / 2 + (choice >> 24) % spread) | (choice >> 40 & 0x8000);
}

/// The x87: mostly a stack on which the instruction does not fault, for the oracle's emulator knows no such faults.
void RandomStates::fpu(MachineState &state) {
  state.fpu_control = 0x37f;
  if (!uses_fpu() && !uses_mmx() && decoded_.mnemonic != ZYDIS_MNEMONIC_FXSAVE &&
      decoded_.mnemonic != ZYDIS_MNEMONIC_EMMS)
    return;
  for (auto &value : state.fpr)
    fpu_value(value);
  const std::uint64_t choice = random();
  static constexpr std::uint32_t kPrecision[] = {0x000, 0x200, 0x300, 0x300};
  if (choice % 2 == 0)
    state.fpu_control = 0x7fu | kPrecision[choice >> 8 & 3] | static_cast<std::uint32_t>(choice >> 16 & 3) << 10;
  state.fpu_status = static_cast<std::uint32_t>(choice >> 24) & 0x473f;
  state.fpu_top = static_cast<std::uint32_t>(choice >> 40) & 7;
  const bool in_memory = decoded_.raw.modrm.mod != 3;
  const bool pushes = mnemonic().starts_with("fld") || mnemonic().starts_with("fild") ||
                      mnemonic().starts_with("fsincos") || mnemonic().starts_with("fptan") ||
                      mnemonic().starts_with("fxtract");
  unsigned depth = 2 + static_cast<unsigned>(choice >> 48) % (pushes ? 6 : 7);
  if (!in_memory && depth <= decoded_.raw.modrm.rm)
    depth = decoded_.raw.modrm.rm + 1u;
  for (unsigned i = 0; i < depth; ++i)
    state.fpu_valid |= 1u << ((state.fpu_top + i) & 7);
  if (!uses_fpu())
    state.fpu_valid = static_cast<std::uint32_t>(choice >> 52) & 0xff;
}

MachineState RandomStates::next() {
  const bool long_mode = sample_.bits == 64;
  MachineState state{};
  for (std::uint64_t &one : state.general)
    one = long_mode ? value() : value() & 0xffffffff;
  for (auto &vector : state.xmm)
    for (std::uint64_t &half : vector)
      half = vector_half();
  fpu(state);
  state.flags = 2 | (random() & 0x8d5) | (random() % 8 == 0 ? 0x400 : 0);
  state.next = kCode;
  state.fs_base = state.gs_base = kSegmentBase32;
  state.general[4] = kArena + 0x8000 + (random() % 0x400) * 8;
  if (repeats())
    state.general[1] = random() % 64 == 0 ? 0x200 : random() % 32;
  if ((decoded_.mnemonic == ZYDIS_MNEMONIC_DIV || decoded_.mnemonic == ZYDIS_MNEMONIC_IDIV) && random() % 2 == 0)
    state.general[2] =
        random() % 3 == 0 && (state.general[0] >> (long_mode ? 63 : 31)) ? ~std::uint64_t{0} : random() % 3;
  if (!long_mode)
    state.general[2] &= 0xffffffff;
  if (random() % 16 != 0)
    for (unsigned i = 0; i < decoded_.operand_count; ++i)
      if (operands_[i].type == ZYDIS_OPERAND_TYPE_MEMORY)
        aim(state, operands_[i]);
  if (long_mode)
    return state;
  for (unsigned i = 8; i < 16; ++i) {
    state.general[i] = 0;
    state.xmm[i][0] = state.xmm[i][1] = 0;
  }
  return state;
}

} // namespace oracle
