// The micro-operation: 16 bytes, flat, neutral to the architecture. An operation belongs to one machine
// instruction; its operands are earlier operations of the *same* instruction (by index relative to the
// instruction's first operation) or the immediate it carries. Nothing but registers, memory and the outside
// world crosses an instruction, so a block may be cut at any instruction boundary.
// Every operation has one result at most, assigned once; there is no hidden aliasing: a write to `al` is a get of
// rax, an insert and a put of rax. The meaning of each opcode stands at its enumerator and in docs/ir.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace ringfence::ir {

/// Width of a value. `flags` is the type of a condition-flag record, `none` means no value.
enum class Width : std::uint8_t { none, w1, w8, w16, w32, w64, w128, w256, w512, flags, count };

/// Bits of a value of that width; 0 for `none` and `flags`.
constexpr unsigned bits_of(Width width) {
  constexpr unsigned table[] = {0, 1, 8, 16, 32, 64, 128, 256, 512, 0, 0};
  return table[static_cast<unsigned>(width)];
}
/// Bytes a value of that width takes in memory; 0 for widths that memory cannot hold (none, w1, flags).
constexpr unsigned bytes_of(Width width) { return bits_of(width) / 8; }
/// The width with that many bits; `none` when there is none.
constexpr Width width_of_bits(unsigned bits) {
  switch (bits) {
  case 1:
    return Width::w1;
  case 8:
    return Width::w8;
  case 16:
    return Width::w16;
  case 32:
    return Width::w32;
  case 64:
    return Width::w64;
  case 128:
    return Width::w128;
  case 256:
    return Width::w256;
  case 512:
    return Width::w512;
  default:
    return Width::none;
  }
}
/// All ones in the low bits of a value up to 64 bits wide (64 and more: all ones).
constexpr std::uint64_t mask_of(Width width) {
  const unsigned bits = bits_of(width);
  return bits >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << bits) - 1;
}
constexpr bool is_wide(Width width) { return width >= Width::w128 && width <= Width::w512; }

enum class Opcode : std::uint8_t {
  // values
  constant,    ///< imm, zero-extended to width
  undefined,   ///< a value the manual leaves undefined, or that this program does not model: any value (havoc)
  get,         ///< register `kind`
  put,         ///< register `kind` := a
  get_indexed, ///< of the eight registers from `kind` on, the one with the number a (w8) modulo 8
  put_indexed, ///< that register := b
  // integer arithmetic: operands and result have `width`
  add,
  sub,
  mul,
  udiv,
  urem,
  sdiv,
  srem, ///< truncating; a `check` before says that the divisor is not zero
  and_,
  or_,
  xor_,
  not_,
  shl,
  shr,
  sar, ///< by b, unsigned; b >= width gives 0 (sar: the sign)
  rol,
  ror, ///< by b modulo width
  // comparisons: operands have `width`, the result is w1
  eq,
  ne,
  ult,
  ule,
  slt,
  sle,
  // width changes: `kind` is the operand's Width
  zext,
  sext,
  trunc,
  extract, ///< bits [imm, imm + width) of a, whose width is `kind`
  insert,  ///< a (of `width`) with bits [imm, imm + kind) replaced by b, whose width is `kind`
  concat,  ///< a is the high half, b the low half; `kind` is the Width of each, width is twice that
  select,  ///< a (w1) ? b : c; also on flags
  // bit scans: the result has `width`
  clz,
  ctz, ///< of zero: the number of bits
  popcount,
  bswap, ///< bytes reversed
  // lanes and floating point
  lane, ///< kind = lane_kind(LaneOp, lane Width); lane-wise over `width`
  fp,   ///< kind = FpOp; scalar IEEE 754 in `width` (w32, w64; w128 is the x87's extended format)
  // condition flags
  flags,          ///< a record: FlagKind `kind` of a, b, c at `width`; the result is a flags value
  flags_with,     ///< flags a with the one flag `kind` (FlagBit mask) := b (w1)
  flags_undefine, ///< flags a with the flags of mask `kind` undefined
  condition,      ///< Condition `kind` of flags a; the result is w1
  flags_word,     ///< flags a as a word in FlagLayout `kind`, other bits zero
  // memory: little-endian, any alignment; the address has the architecture's width
  load,  ///< width at address a; kind = MemoryAttribute mask
  store, ///< address a, value b of `width`; kind = MemoryAttribute mask
  bulk,  ///< kind = BulkOp; `width` is the element; see BulkOp
  // the outside world
  sys,     ///< kind = SysOp; inputs a, b, c; the result has `width` where the table says so
  unknown, ///< no semantics (imm: the decoder's mnemonic number); puts of `undefined` follow
  check,   ///< traps with TrapKind `kind` when a (w1) is true
  // terminators: the last operation of a block, and only there
  jump,   ///< to imm, or to a
  branch, ///< a (w1) ? imm : the address after the instruction
  call,   ///< to imm, or to a; the callee returns to the address after the instruction
  ret,    ///< to a; imm is the number of argument bytes popped (the stack pointer is already adjusted)
  trap,   ///< TrapKind `kind`, imm = vector or code; does not continue by itself
  count
};

/// The operand references that are not an index.
inline constexpr std::uint8_t kNone = 0xff;      ///< no operand
inline constexpr std::uint8_t kImmediate = 0xfe; ///< Op::imm; at most one operand of an operation
inline constexpr unsigned kMaxOpsPerInstruction = 0xfd;

struct Op {
  Opcode code = Opcode::undefined;
  Width width = Width::none;
  std::uint16_t kind = 0;
  std::uint8_t a = kNone, b = kNone, c = kNone, d = kNone;
  std::uint64_t imm = 0;

  friend bool operator==(const Op &, const Op &) = default;
};
static_assert(sizeof(Op) == 16);

/// Flag bits, neutral: x86 CF PF AF ZF SF OF; ARM64 C Z N V.
enum FlagBit : std::uint8_t {
  kCarry = 1,
  kParity = 2,
  kAdjust = 4,
  kZero = 8,
  kSign = 16,
  kOverflow = 32,
  kAllFlags = 63
};

/// How a record's flags follow from its operands (r is the result; all at the record's width).
enum class FlagKind : std::uint16_t {
  add,          ///< r = a + b
  adc,          ///< r = a + b + c, c is w1
  sub,          ///< r = a - b, carry = borrow = a <u b (x86 cmp, sub, neg)
  sbb,          ///< r = a - b - c, c is w1, carry = borrow
  sub_inverted, ///< r = a - b, carry = not borrow = a >=u b (ARM64 cmp, subs)
  sbc_inverted, ///< r = a + ~b + c, c is w1, carry = not borrow (ARM64 sbcs)
  logic,        ///< r = a: carry = overflow = 0, adjust undefined
  inc,          ///< r = a + 1, carry = b (w1)
  dec,          ///< r = a - 1, carry = b (w1)
  shl,          ///< r = a << b, b in [1, 63]: carry = last bit out, undefined when b >= width;
                ///< overflow undefined unless b = 1; adjust undefined
  shr,          ///< r = a >>u b, likewise
  sar,          ///< r = a >>s b, likewise (carry = the sign when b >= width)
  multiply,     ///< carry = overflow = a (w1); zero, sign, parity, adjust undefined. Its `width` is w1
  word,         ///< explicit bits of a, in FlagLayout::x86. Its `width` is w32
  nzcv,         ///< explicit bits of a, in FlagLayout::arm64. Its `width` is w32
  count
};

/// Where flags stand in a word: x86 EFLAGS (CF 0, PF 2, AF 4, ZF 6, SF 7, OF 11) or ARM64 NZCV (31 to 28).
enum class FlagLayout : std::uint16_t { x86, arm64, count };

enum class Condition : std::uint16_t {
  o,
  no, ///< overflow
  b,
  ae, ///< carry, no carry: after sub a <u b, a >=u b; after sub_inverted the other way round
  e,
  ne, ///< zero
  be,
  a, ///< carry or zero; neither (x86: below or equal, above)
  s,
  ns, ///< sign
  p,
  np, ///< parity of the low byte of r even
  l,
  ge, ///< sign != overflow
  le,
  g,      ///< zero or sign != overflow
  adjust, ///< the x86 auxiliary carry
  hi,
  ls, ///< ARM64: carry and not zero; its opposite
  count
};

enum MemoryAttribute : std::uint16_t {
  kLocked = 1,      ///< part of an atomic read-modify-write (lock prefix, xchg with memory, exclusive pair)
  kNonTemporal = 2, ///< movnti, movntdq, ...
  kAcquire = 4,
  kRelease = 8,
};

/// Bulk memory operations: `width` is the element, count in elements, d (w1) is the direction (1: downwards).
/// The final register values are explicit arithmetic beside the operation.
enum class BulkOp : std::uint16_t {
  copy,            ///< a destination, b source, c count: element by element, ascending or descending
  fill,            ///< a destination, b value of `width`, c count
  compare_equal,   ///< a first, b second, c count: stops after the first unequal pair.
                   ///< Result w256: remaining count, last of a, last of b, 0
  compare_unequal, ///< likewise, stops after the first equal pair
  scan_equal,      ///< a address, b value of `width`, c count: stops after the first element
                   ///< unequal to b. Result w256: remaining count, last element, b, 0
  scan_unequal,    ///< likewise, stops after the first equal element
  in,              ///< a destination, b port (w16), c count: port to memory
  out,             ///< a source, b port (w16), c count: memory to port
  count
};

/// Lane-wise operations of `lane`; L is the lane width, n the number of lanes.
enum class LaneOp : std::uint8_t {
  add,
  sub,
  mul_low,
  mul_high_signed,
  mul_high_unsigned,
  add_saturate_signed,
  add_saturate_unsigned,
  sub_saturate_signed,
  sub_saturate_unsigned,
  min_signed,
  min_unsigned,
  max_signed,
  max_unsigned,
  average, ///< average rounds up
  equal,
  greater_signed, ///< all ones or zero
  shl,
  shr,
  sar, ///< every lane by b (w64), b >= L: 0 or the sign
  unpack_low,
  unpack_high, ///< interleave the low / high halves of a and b, a first
  pack_signed,
  pack_unsigned, ///< L is the source lane: a's lanes then b's, saturated to L/2
  shuffle,       ///< lane i := lane (imm >> 2i) & 3 of a, within each group of 4 lanes; L = 32
  shuffle_low16,
  shuffle_high16,         ///< the same on the low / high four 16-bit lanes of each 128, others kept
  shuffle_pair,           ///< shufps, shufpd: low half from a, high half from b by imm
  shuffle_bytes,          ///< pshufb: byte i := b[i] & 80h ? 0 : a[b[i] & 15], within each 128
  multiply_even_unsigned, ///< pmuludq: 32 x 32 -> 64 of the even lanes (L = 64)
  multiply_add16,         ///< pmaddwd (L = 32)
  sum_absolute,           ///< psadbw (L = 64)
  sign_mask,              ///< result w32: bit i = top bit of lane i
  fp_add,
  fp_sub,
  fp_mul,
  fp_div,
  fp_min,
  fp_max,
  fp_sqrt, ///< IEEE 754 by lane
  fp_from_signed,
  fp_to_signed,
  fp_to_signed_truncate, ///< 32-bit integer <-> float by lane
  fp_compare,            ///< imm = SSE predicate 0..7; all ones or zero
  absolute,
  count
};
constexpr std::uint16_t lane_kind(LaneOp op, Width lane) {
  return static_cast<std::uint16_t>(static_cast<unsigned>(op) | static_cast<unsigned>(lane) << 8);
}
constexpr LaneOp lane_op(std::uint16_t kind) { return static_cast<LaneOp>(kind & 0xff); }
constexpr Width lane_width(std::uint16_t kind) { return static_cast<Width>(kind >> 8); }

/// Scalar floating point. `width` is the operand's width for compare and conversions from float, else the result's.
/// w32 and w64 round to nearest even. w128 is the x87's double extended format: significand in the low 64 bits, sign
/// and exponent in the next 16, zero above. There operations that round take an x87 control word as their last operand
/// (w16): bits 8-9 give the precision of add to sqrt and 10-11 the rounding; exceptions are masked and not reported.
enum class FpOp : std::uint16_t {
  add,
  sub,
  mul,
  div,
  min,
  max,
  sqrt,    ///< min, max as SSE: b when unordered or both zero
  compare, ///< result flags: unordered ZF PF CF, less CF, equal ZF, greater none; OF SF AF zero
  from_i32,
  from_i64, ///< integer a -> float of `width`
  to_i32,
  to_i64, ///< float a of `width`, round to nearest even; out of range: the most negative
  to_i32_truncate,
  to_i64_truncate,
  widen,   ///< float32 a -> float64
  narrow,  ///< float64 a -> float32
  extend,  ///< float a of `width` (w32, w64) -> extended, exact
  reduce,  ///< extended a -> float of `width` (w32, w64), rounded by the control word
  round,   ///< extended a -> an integer in extended format, rounded by the control word
  examine, ///< extended a -> its class as FXAM puts it into the status word (w16; C1 is the sign)
  count
};

/// What instructions do to the machine around the program.
enum class SysOp : std::uint16_t {
  in,    ///< port a (w16) -> width
  out,   ///< port a (w16), value b of width
  rdmsr, ///< index a (w32) -> w64
  wrmsr, ///< index a (w32), value b (w64)
  read_cr,
  write_cr, ///< number a (w32) -> w64 / value b (w64)
  read_dr,
  write_dr,
  lgdt,
  lidt, ///< limit a (w16), base b (w64)
  sgdt,
  sidt, ///< -> w128: limit in the low 16 bits, base in the high 64
  lldt,
  ltr, ///< selector a (w16)
  sldt,
  str,  ///< -> w16
  smsw, ///< -> w64
  lmsw, ///< a (w16)
  clts,
  invlpg, ///< address a
  wbinvd,
  invd,
  cpuid,  ///< leaf a, sub-leaf b (w32) -> w128: eax, ebx, ecx, edx from the low end
  rdtsc,  ///< -> w64
  rdtscp, ///< -> w128: time in the low 64 bits, TSC_AUX in the high
  rdpmc,  ///< index a (w32) -> w64
  hlt,
  cli,
  sti,
  swapgs,
  xgetbv, ///< index a (w32) -> w64
  xsetbv, ///< index a (w32), value b (w64)
  fence,  ///< lfence, sfence, mfence, barriers
  pause,
  cache_line, ///< clflush and its kin: address a
  monitor,
  mwait,
  rdrand,           ///< -> w64; whether there was a value is an undefined carry
  load_segment,     ///< a segment register is written: number a (w32), selector b (w16)
  describe_segment, ///< selector a (w16), b (w32) 0: access rights, 1: limit -> w64 (lar, lsl)
  interrupt,        ///< int n that returns: vector a (w32)
  stmxcsr,          ///< -> w32
  ldmxcsr,          ///< a (w32)
  vmx,              ///< a virtualisation instruction: a (w32) is the decoder's mnemonic number
  system_register_read,
  system_register_write, ///< ARM64 mrs -> w64 / msr: number a (w32), value b (w64)
  count
};

/// Why execution stops or leaves the program.
enum class TrapKind : std::uint16_t {
  breakpoint, ///< int3, brk
  undefined,  ///< ud2, an invalid instruction, udf
  divide_error,
  overflow, ///< into
  bound,
  general_protection, ///< misaligned vector access, non-canonical address
  interrupt,          ///< int n that is known not to return (imm is the vector: 29h __fastfail)
  syscall,            ///< syscall, sysenter, svc
  sysret,             ///< sysret, sysexit
  iret,               ///< return from interrupt
  far,                ///< far jump, call or return
  undecodable,        ///< the bytes end, or are no instruction
  count
};

/// What an operand of an opcode must be; read by the verifier, the printer and the parser.
std::string_view name_of(Opcode code);
std::string_view name_of(FlagKind kind);
std::string_view name_of(FlagLayout layout);
std::string_view name_of(Condition condition);
std::string_view name_of(BulkOp op);
std::string_view name_of(LaneOp op);
std::string_view name_of(FpOp op);
std::string_view name_of(SysOp op);
std::string_view name_of(TrapKind kind);
/// "1", "8", ..., "512", "flags", "none".
std::string_view name_of(Width width);

/// The type of the operation's result; `none` where it has none.
Width result_width(const Op &op);
constexpr bool is_terminator(Opcode code) { return code >= Opcode::jump && code < Opcode::count; }
/// True when the operation has no effect but its result: it may be dropped when nothing uses it.
bool is_pure(Opcode code);

} // namespace ringfence::ir
