// SSE and SSE2 floating point: scalar and packed arithmetic, comparisons, conversions. Rounding and exception masks are
// those of the default MXCSR (round to nearest even, all masked); code that changes MXCSR is not followed.
#include "x86_instruction.h"
#include "x86_vector.h"

namespace ringfence::lift {
namespace {

using ir::FpOp;
using ir::LaneOp;

Value low(X86Instruction &x, unsigned index, Width width) { return x.b.trunc(x.read(index), width); }

/// Variant: FpOp and the width in bits above it.
constexpr unsigned scalar(FpOp op, unsigned bits) { return static_cast<unsigned>(op) | bits << 8; }

void arithmetic(X86Instruction &x, unsigned variant) {
  const auto op = static_cast<FpOp>(variant & 0xff);
  const Width width = ir::width_of_bits(variant >> 8);
  const Value second = low(x, 1, width), whole = x.read(0);
  const Value result =
      op == FpOp::sqrt ? x.b.fp(op, width, second) : x.b.fp(op, width, x.b.trunc(whole, width), second);
  x.write(0, x.b.insert(whole, result, 0));
}

/// comiss, ucomiss, comisd, ucomisd.
void compare(X86Instruction &x, unsigned bits) {
  const Width width = ir::width_of_bits(bits);
  const Value first = low(x, 0, width), second = low(x, 1, width);
  x.set_flags(x.b.fp(FpOp::compare, width, first, second));
}

/// cvtsi2ss, cvtsi2sd.
void from_integer(X86Instruction &x, unsigned bits) {
  const Value integer = x.read(1);
  const FpOp op = integer.width == Width::w64 ? FpOp::from_i64 : FpOp::from_i32;
  x.write(0, x.b.insert(x.read(0), x.b.fp(op, ir::width_of_bits(bits), integer), 0));
}

/// cvtss2si, cvttss2si, ...: variant is the source's bits, plus one to truncate.
void to_integer(X86Instruction &x, unsigned variant) {
  const bool truncates = variant & 1, is_long = x.width(0) == Width::w64;
  const Width from = ir::width_of_bits(variant & ~1u);
  const FpOp op =
      truncates ? (is_long ? FpOp::to_i64_truncate : FpOp::to_i32_truncate) : (is_long ? FpOp::to_i64 : FpOp::to_i32);
  x.write(0, x.b.fp(op, from, low(x, 1, from)));
}

/// cvtss2sd, cvtsd2ss: variant is the source's bits.
void between(X86Instruction &x, unsigned bits) {
  const Width from = ir::width_of_bits(bits);
  const Value source = low(x, 1, from);
  const Value result = bits == 32 ? x.b.fp(FpOp::widen, Width::w64, source) : x.b.fp(FpOp::narrow, Width::w32, source);
  x.write(0, x.b.insert(x.read(0), result, 0));
}

constexpr unsigned packed(LaneOp op, unsigned bits) { return static_cast<unsigned>(op) | bits << 8; }

void packed_arithmetic(X86Instruction &x, unsigned variant) {
  const auto op = static_cast<LaneOp>(variant & 0xff);
  const Width lane = ir::width_of_bits(variant >> 8);
  const Value second = aligned_source(x, 1);
  const bool one = op == LaneOp::fp_sqrt || op == LaneOp::fp_from_signed || op == LaneOp::fp_to_signed ||
                   op == LaneOp::fp_to_signed_truncate;
  x.write(0, one ? x.b.lane(op, lane, second) : x.b.lane(op, lane, x.read(0), second));
}

/// cvtdq2pd: two integers of the low half to two doubles.
void pair_from_integers(X86Instruction &x, unsigned) {
  const Value source = x.b.trunc(x.read(1), Width::w64);
  const Value first = x.b.fp(FpOp::from_i32, Width::w64, x.b.trunc(source, Width::w32));
  const Value second = x.b.fp(FpOp::from_i32, Width::w64, x.b.extract(source, 32, Width::w32));
  x.write(0, x.b.concat(second, first));
}

/// cvtps2pd.
void pair_widened(X86Instruction &x, unsigned) {
  const Value source = x.b.trunc(x.read(1), Width::w64);
  const Value first = x.b.fp(FpOp::widen, Width::w64, x.b.trunc(source, Width::w32));
  const Value second = x.b.fp(FpOp::widen, Width::w64, x.b.extract(source, 32, Width::w32));
  x.write(0, x.b.concat(second, first));
}

/// cvtpd2ps, cvtpd2dq, cvttpd2dq: two doubles to the low half, the high half cleared.
void pair_narrowed(X86Instruction &x, unsigned op) {
  const Value source = aligned_source(x, 1);
  const auto which = static_cast<FpOp>(op);
  const Width width = which == FpOp::narrow ? Width::w32 : Width::w64;
  const Value first = x.b.fp(which, width, x.b.trunc(source, Width::w64));
  const Value second = x.b.fp(which, width, x.b.extract(source, 64, Width::w64));
  x.write(0, x.b.zext(x.b.concat(second, first), Width::w128));
}

void compare_packed(X86Instruction &x, unsigned bits) {
  const Value second = aligned_source(x, 1);
  x.write(0, x.b.lane(LaneOp::fp_compare, ir::width_of_bits(bits), x.read(0), second, x.immediate(2) & 7));
}

/// cmpss, and cmpsd where it is not the string instruction: the low lane alone.
void compare_scalar(X86Instruction &x, unsigned bits) {
  if (x.decoded().meta.category == ZYDIS_CATEGORY_STRINGOP)
    return lift_cmps_doubleword(x);
  const Width width = ir::width_of_bits(bits);
  const Value second = x.b.zext(low(x, 1, width), Width::w128), whole = x.read(0);
  const Value mask = x.b.lane(LaneOp::fp_compare, width, whole, second, x.immediate(2) & 7);
  x.write(0, x.b.insert(whole, x.b.trunc(mask, width), 0));
}

constexpr unsigned number(FpOp op) { return static_cast<unsigned>(op); }
constexpr auto kSemantics = std::to_array<MnemonicSemantics>({
    {ZYDIS_MNEMONIC_ADDSS, arithmetic, scalar(FpOp::add, 32)},
    {ZYDIS_MNEMONIC_ADDSD, arithmetic, scalar(FpOp::add, 64)},
    {ZYDIS_MNEMONIC_SUBSS, arithmetic, scalar(FpOp::sub, 32)},
    {ZYDIS_MNEMONIC_SUBSD, arithmetic, scalar(FpOp::sub, 64)},
    {ZYDIS_MNEMONIC_MULSS, arithmetic, scalar(FpOp::mul, 32)},
    {ZYDIS_MNEMONIC_MULSD, arithmetic, scalar(FpOp::mul, 64)},
    {ZYDIS_MNEMONIC_DIVSS, arithmetic, scalar(FpOp::div, 32)},
    {ZYDIS_MNEMONIC_DIVSD, arithmetic, scalar(FpOp::div, 64)},
    {ZYDIS_MNEMONIC_MINSS, arithmetic, scalar(FpOp::min, 32)},
    {ZYDIS_MNEMONIC_MINSD, arithmetic, scalar(FpOp::min, 64)},
    {ZYDIS_MNEMONIC_MAXSS, arithmetic, scalar(FpOp::max, 32)},
    {ZYDIS_MNEMONIC_MAXSD, arithmetic, scalar(FpOp::max, 64)},
    {ZYDIS_MNEMONIC_SQRTSS, arithmetic, scalar(FpOp::sqrt, 32)},
    {ZYDIS_MNEMONIC_SQRTSD, arithmetic, scalar(FpOp::sqrt, 64)},
    {ZYDIS_MNEMONIC_COMISS, compare, 32},
    {ZYDIS_MNEMONIC_UCOMISS, compare, 32},
    {ZYDIS_MNEMONIC_COMISD, compare, 64},
    {ZYDIS_MNEMONIC_UCOMISD, compare, 64},
    {ZYDIS_MNEMONIC_CVTSI2SS, from_integer, 32},
    {ZYDIS_MNEMONIC_CVTSI2SD, from_integer, 64},
    {ZYDIS_MNEMONIC_CVTSS2SI, to_integer, 32},
    {ZYDIS_MNEMONIC_CVTSD2SI, to_integer, 64},
    {ZYDIS_MNEMONIC_CVTTSS2SI, to_integer, 33},
    {ZYDIS_MNEMONIC_CVTTSD2SI, to_integer, 65},
    {ZYDIS_MNEMONIC_CVTSS2SD, between, 32},
    {ZYDIS_MNEMONIC_CVTSD2SS, between, 64},
    {ZYDIS_MNEMONIC_ADDPS, packed_arithmetic, packed(LaneOp::fp_add, 32)},
    {ZYDIS_MNEMONIC_ADDPD, packed_arithmetic, packed(LaneOp::fp_add, 64)},
    {ZYDIS_MNEMONIC_SUBPS, packed_arithmetic, packed(LaneOp::fp_sub, 32)},
    {ZYDIS_MNEMONIC_SUBPD, packed_arithmetic, packed(LaneOp::fp_sub, 64)},
    {ZYDIS_MNEMONIC_MULPS, packed_arithmetic, packed(LaneOp::fp_mul, 32)},
    {ZYDIS_MNEMONIC_MULPD, packed_arithmetic, packed(LaneOp::fp_mul, 64)},
    {ZYDIS_MNEMONIC_DIVPS, packed_arithmetic, packed(LaneOp::fp_div, 32)},
    {ZYDIS_MNEMONIC_DIVPD, packed_arithmetic, packed(LaneOp::fp_div, 64)},
    {ZYDIS_MNEMONIC_MINPS, packed_arithmetic, packed(LaneOp::fp_min, 32)},
    {ZYDIS_MNEMONIC_MINPD, packed_arithmetic, packed(LaneOp::fp_min, 64)},
    {ZYDIS_MNEMONIC_MAXPS, packed_arithmetic, packed(LaneOp::fp_max, 32)},
    {ZYDIS_MNEMONIC_MAXPD, packed_arithmetic, packed(LaneOp::fp_max, 64)},
    {ZYDIS_MNEMONIC_SQRTPS, packed_arithmetic, packed(LaneOp::fp_sqrt, 32)},
    {ZYDIS_MNEMONIC_SQRTPD, packed_arithmetic, packed(LaneOp::fp_sqrt, 64)},
    {ZYDIS_MNEMONIC_CVTDQ2PS, packed_arithmetic, packed(LaneOp::fp_from_signed, 32)},
    {ZYDIS_MNEMONIC_CVTPS2DQ, packed_arithmetic, packed(LaneOp::fp_to_signed, 32)},
    {ZYDIS_MNEMONIC_CVTTPS2DQ, packed_arithmetic, packed(LaneOp::fp_to_signed_truncate, 32)},
    {ZYDIS_MNEMONIC_CVTDQ2PD, pair_from_integers},
    {ZYDIS_MNEMONIC_CVTPS2PD, pair_widened},
    {ZYDIS_MNEMONIC_CVTPD2PS, pair_narrowed, number(FpOp::narrow)},
    {ZYDIS_MNEMONIC_CVTPD2DQ, pair_narrowed, number(FpOp::to_i32)},
    {ZYDIS_MNEMONIC_CVTTPD2DQ, pair_narrowed, number(FpOp::to_i32_truncate)},
    {ZYDIS_MNEMONIC_CMPPS, compare_packed, 32},
    {ZYDIS_MNEMONIC_CMPPD, compare_packed, 64},
    {ZYDIS_MNEMONIC_CMPSS, compare_scalar, 32},
    {ZYDIS_MNEMONIC_CMPSD, compare_scalar, 64},
});

} // namespace

std::span<const MnemonicSemantics> x86_float_semantics() { return kSemantics; }

} // namespace ringfence::lift
