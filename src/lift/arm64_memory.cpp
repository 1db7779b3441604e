// ARM64 loads and stores: scaled, unscaled, pre- and post-indexed, register offset, literal, pairs, acquire and
// release. Arm ARM C3.2, C6.2. A load that writes its base back stores the base after the memory access.
#include "arm64_instruction.h"

#include <array>

namespace ringfence::lift {
namespace {

using ir::Opcode;
using ir::Value;
using ir::Width;

enum Mode : unsigned { kScaled, kUnscaled, kPre, kPost, kRegister, kLiteral, kBare };

/// Variant of an access: bytes of the datum as a power of two, sign extension, store, addressing mode.
constexpr unsigned kStore = 8, kSignExtend = 16, kModeShift = 8;
constexpr unsigned access(unsigned log2_bytes, Mode mode, unsigned bits = 0) {
  return log2_bytes | bits | static_cast<unsigned>(mode) << kModeShift;
}
unsigned log2_bytes_of(unsigned variant) { return variant & 7; }
Mode mode_of(unsigned variant) { return static_cast<Mode>(variant >> kModeShift); }
Width datum_of(unsigned variant) { return ir::width_of_bits(8u << log2_bytes_of(variant)); }

/// Base plus an immediate scaled by 1 << `scale`.
Value offset_address(Arm64Lift &x, unsigned base, unsigned index, unsigned scale) {
  const auto offset = static_cast<std::uint64_t>(x.immediate(index)) << scale;
  return x.b.add(x.read(base), x.constant(Width::w64, offset));
}

/// rt, rn, rm, is-signed, is-shifted.
Value register_address(Arm64Lift &x, unsigned scale) {
  Value index = x.read(2);
  if (index.width == Width::w32)
    index = x.immediate(3) ? x.b.sext(index, Width::w64) : x.b.zext(index, Width::w64);
  if (x.immediate(4))
    index = x.b.binary(Opcode::shl, index, x.constant(Width::w64, scale));
  return x.b.add(x.read(1), index);
}

void transfer(Arm64Lift &x, unsigned variant, unsigned data, Value address, unsigned attributes = 0) {
  const Width datum = datum_of(variant);
  if (variant & kStore)
    return x.b.store(address, x.b.trunc(x.read(data), datum), attributes);
  const Value value = x.b.load(datum, address, attributes);
  const Width whole = x.width(data);
  if (whole == Width::none || ir::bits_of(whole) < ir::bits_of(datum))
    return x.write(data, value);
  x.write(data, variant & kSignExtend ? x.b.sext(value, whole) : x.b.zext(value, whole));
}

void single(Arm64Lift &x, unsigned variant) {
  const unsigned scale = log2_bytes_of(variant);
  switch (mode_of(variant)) {
  case kScaled:
    return transfer(x, variant, 0, offset_address(x, 1, 2, scale));
  case kUnscaled:
    return transfer(x, variant, 0, offset_address(x, 1, 2, 0));
  case kRegister:
    return transfer(x, variant, 0, register_address(x, scale));
  case kBare:
    return transfer(x, variant, 0, x.read(1), variant & kStore ? ir::kRelease : ir::kAcquire);
  case kLiteral:
    return transfer(x, variant, 0,
                    x.constant(Width::w64, x.address() + (static_cast<std::uint64_t>(x.immediate(1)) << 2)));
  case kPre:
  case kPost: { // operands: written-back base, datum, base, offset
    const Value moved = offset_address(x, 2, 3, 0);
    transfer(x, variant, 1, mode_of(variant) == kPre ? moved : x.read(2));
    return x.write(0, moved);
  }
  }
}

void pair(Arm64Lift &x, unsigned variant) {
  const unsigned scale = log2_bytes_of(variant);
  const Mode mode = mode_of(variant);
  const bool writes_back = mode != kScaled;
  const unsigned first = writes_back ? 1 : 0;
  const Value moved = offset_address(x, first + 2, first + 3, scale);
  const Value at = mode == kPost ? x.read(first + 2) : moved;
  const Value second = x.b.add(at, x.constant(Width::w64, std::uint64_t{1} << scale));
  if (variant & kStore) {
    transfer(x, variant, first, at);
    transfer(x, variant, first + 1, second);
  } else { // both loads before either register changes: a fault in the second leaves all as it was
    const Width whole = x.width(first);
    const auto extended = [&](Value value) { return variant & kSignExtend ? x.b.sext(value, whole) : value; };
    const Value one = extended(x.b.load(datum_of(variant), at)), two = extended(x.b.load(datum_of(variant), second));
    x.write(first, one);
    x.write(first + 1, two);
  }
  if (writes_back)
    x.write(0, moved);
}

constexpr auto kSemantics = std::to_array<Arm64NamedSemantics>({
    {"LDRBBui", single, access(0, kScaled)},
    {"LDRHHui", single, access(1, kScaled)},
    {"LDRWui", single, access(2, kScaled)},
    {"LDRXui", single, access(3, kScaled)},
    {"LDRBui", single, access(0, kScaled)},
    {"LDRHui", single, access(1, kScaled)},
    {"LDRSui", single, access(2, kScaled)},
    {"LDRDui", single, access(3, kScaled)},
    {"LDRQui", single, access(4, kScaled)},
    {"LDRSBWui", single, access(0, kScaled, kSignExtend)},
    {"LDRSBXui", single, access(0, kScaled, kSignExtend)},
    {"LDRSHWui", single, access(1, kScaled, kSignExtend)},
    {"LDRSHXui", single, access(1, kScaled, kSignExtend)},
    {"LDRSWui", single, access(2, kScaled, kSignExtend)},
    {"LDURBBi", single, access(0, kUnscaled)},
    {"LDURHHi", single, access(1, kUnscaled)},
    {"LDURWi", single, access(2, kUnscaled)},
    {"LDURXi", single, access(3, kUnscaled)},
    {"LDURDi", single, access(3, kUnscaled)},
    {"LDURQi", single, access(4, kUnscaled)},
    {"LDURSBWi", single, access(0, kUnscaled, kSignExtend)},
    {"LDURSBXi", single, access(0, kUnscaled, kSignExtend)},
    {"LDURSHWi", single, access(1, kUnscaled, kSignExtend)},
    {"LDURSHXi", single, access(1, kUnscaled, kSignExtend)},
    {"LDURSWi", single, access(2, kUnscaled, kSignExtend)},
    {"LDRBBpost", single, access(0, kPost)},
    {"LDRBBpre", single, access(0, kPre)},
    {"LDRHHpost", single, access(1, kPost)},
    {"LDRHHpre", single, access(1, kPre)},
    {"LDRWpost", single, access(2, kPost)},
    {"LDRWpre", single, access(2, kPre)},
    {"LDRXpost", single, access(3, kPost)},
    {"LDRXpre", single, access(3, kPre)},
    {"LDRQpost", single, access(4, kPost)},
    {"LDRQpre", single, access(4, kPre)},
    {"LDRBBroX", single, access(0, kRegister)},
    {"LDRBBroW", single, access(0, kRegister)},
    {"LDRHHroX", single, access(1, kRegister)},
    {"LDRHHroW", single, access(1, kRegister)},
    {"LDRWroX", single, access(2, kRegister)},
    {"LDRWroW", single, access(2, kRegister)},
    {"LDRXroX", single, access(3, kRegister)},
    {"LDRXroW", single, access(3, kRegister)},
    {"LDRQroX", single, access(4, kRegister)},
    {"LDRQroW", single, access(4, kRegister)},
    {"LDRSBWroX", single, access(0, kRegister, kSignExtend)},
    {"LDRSBWroW", single, access(0, kRegister, kSignExtend)},
    {"LDRSHWroX", single, access(1, kRegister, kSignExtend)},
    {"LDRSHWroW", single, access(1, kRegister, kSignExtend)},
    {"LDRSWroX", single, access(2, kRegister, kSignExtend)},
    {"LDRSWroW", single, access(2, kRegister, kSignExtend)},
    {"LDRWl", single, access(2, kLiteral)},
    {"LDRXl", single, access(3, kLiteral)},
    {"LDRSWl", single, access(2, kLiteral, kSignExtend)},
    {"LDRQl", single, access(4, kLiteral)},
    {"LDARB", single, access(0, kBare)},
    {"LDARH", single, access(1, kBare)},
    {"LDARW", single, access(2, kBare)},
    {"LDARX", single, access(3, kBare)},
    {"STLRB", single, access(0, kBare, kStore)},
    {"STLRH", single, access(1, kBare, kStore)},
    {"STLRW", single, access(2, kBare, kStore)},
    {"STLRX", single, access(3, kBare, kStore)},
    {"STRBBui", single, access(0, kScaled, kStore)},
    {"STRHHui", single, access(1, kScaled, kStore)},
    {"STRWui", single, access(2, kScaled, kStore)},
    {"STRXui", single, access(3, kScaled, kStore)},
    {"STRSui", single, access(2, kScaled, kStore)},
    {"STRDui", single, access(3, kScaled, kStore)},
    {"STRQui", single, access(4, kScaled, kStore)},
    {"STURBBi", single, access(0, kUnscaled, kStore)},
    {"STURHHi", single, access(1, kUnscaled, kStore)},
    {"STURWi", single, access(2, kUnscaled, kStore)},
    {"STURXi", single, access(3, kUnscaled, kStore)},
    {"STURDi", single, access(3, kUnscaled, kStore)},
    {"STURQi", single, access(4, kUnscaled, kStore)},
    {"STRBBpost", single, access(0, kPost, kStore)},
    {"STRBBpre", single, access(0, kPre, kStore)},
    {"STRHHpost", single, access(1, kPost, kStore)},
    {"STRHHpre", single, access(1, kPre, kStore)},
    {"STRWpost", single, access(2, kPost, kStore)},
    {"STRWpre", single, access(2, kPre, kStore)},
    {"STRXpost", single, access(3, kPost, kStore)},
    {"STRXpre", single, access(3, kPre, kStore)},
    {"STRQpost", single, access(4, kPost, kStore)},
    {"STRQpre", single, access(4, kPre, kStore)},
    {"STRBBroX", single, access(0, kRegister, kStore)},
    {"STRBBroW", single, access(0, kRegister, kStore)},
    {"STRHHroX", single, access(1, kRegister, kStore)},
    {"STRHHroW", single, access(1, kRegister, kStore)},
    {"STRWroX", single, access(2, kRegister, kStore)},
    {"STRWroW", single, access(2, kRegister, kStore)},
    {"STRXroX", single, access(3, kRegister, kStore)},
    {"STRXroW", single, access(3, kRegister, kStore)},
    {"STRQroX", single, access(4, kRegister, kStore)},
    {"STRQroW", single, access(4, kRegister, kStore)},
    {"LDPWi", pair, access(2, kScaled)},
    {"LDPXi", pair, access(3, kScaled)},
    {"LDPDi", pair, access(3, kScaled)},
    {"LDPQi", pair, access(4, kScaled)},
    {"LDPSWi", pair, access(2, kScaled, kSignExtend)},
    {"LDPWpost", pair, access(2, kPost)},
    {"LDPXpost", pair, access(3, kPost)},
    {"LDPDpost", pair, access(3, kPost)},
    {"LDPQpost", pair, access(4, kPost)},
    {"LDPWpre", pair, access(2, kPre)},
    {"LDPXpre", pair, access(3, kPre)},
    {"STPWi", pair, access(2, kScaled, kStore)},
    {"STPXi", pair, access(3, kScaled, kStore)},
    {"STPDi", pair, access(3, kScaled, kStore)},
    {"STPQi", pair, access(4, kScaled, kStore)},
    {"STPWpost", pair, access(2, kPost, kStore)},
    {"STPXpost", pair, access(3, kPost, kStore)},
    {"STPWpre", pair, access(2, kPre, kStore)},
    {"STPXpre", pair, access(3, kPre, kStore)},
    {"STPDpre", pair, access(3, kPre, kStore)},
    {"STPQpre", pair, access(4, kPre, kStore)},
});

} // namespace

std::span<const Arm64NamedSemantics> arm64_memory_semantics() { return kSemantics; }

} // namespace ringfence::lift
