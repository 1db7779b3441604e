// The register file of each architecture: typed numbers, names and widths. Registers never overlap: `al` is bits of
// rax, xmm0 is 128 bits and the upper half of ymm0 is a register of its own. x86 and x64 share their numbers; the
// general registers are 32 bits wide in one and 64 in the other.
#pragma once

#include <ringfence/ir/op.h>

#include <optional>
#include <span>
#include <string_view>

namespace ringfence::ir {

enum class Architecture : std::uint8_t { x86, x64, arm64 };

/// Number of a machine register: Op::kind of `get` and `put`.
using Register = std::uint16_t;

/// Scalar registers are numbered below this, vector registers (128 bits each) from this on.
inline constexpr Register kFirstVectorRegister = 64;
inline constexpr Register kRegisterLimit = kFirstVectorRegister + 40;

/// x86 and x64.
namespace x86 {
enum : Register {
  rax,
  rcx,
  rdx,
  rbx,
  rsp,
  rbp,
  rsi,
  rdi,
  r8,
  r9,
  r10,
  r11,
  r12,
  r13,
  r14,
  r15,
  flags,        ///< the six arithmetic flags, a lazy record
  df,           ///< direction flag, w1
  system_flags, ///< EFLAGS without the six flags and DF, bits in place, w32
  es,
  cs,
  ss,
  ds,
  fs,
  gs, ///< selectors, w16
  fs_base,
  gs_base,     ///< architecture's width; other segments have base 0
  mxcsr,       ///< w32
  fpu_control, ///< w16
  fpu_status,  ///< w16, the field TOP zero: it is fpu_top
  fpu_tag,     ///< w8, bit i is set where fpr i is not empty (the abridged tags of FXSAVE)
  fpu_top,     ///< w8, 0 to 7: st(i) is fpr (fpu_top + i) mod 8
  scalar_end,
  xmm0 = kFirstVectorRegister, ///< xmm0..xmm15, w128
  ymm_high0 = xmm0 + 16,       ///< upper halves of ymm0..ymm15, w128
  fpr0 = ymm_high0 + 16,       ///< fpr0..fpr7, w128: an x87 register, 80 bits; mm i is the low half of fpr i
  end = fpr0 + 8
};
} // namespace x86

namespace arm64 {
enum : Register {
  x0,
  x29 = 29,
  x30 = 30,
  sp = 31, ///< x0..x30, sp; xzr is no register
  flags,   ///< NZCV, a lazy record
  tpidr,   ///< not modelled further
  scalar_end,
  v0 = kFirstVectorRegister, ///< v0..v31, w128
  end = v0 + 32
};
} // namespace arm64

/// The name of a register ("rax", "eax", "x0", "flags"), empty where the number is not a register.
std::string_view register_name(Architecture architecture, Register number);
/// Its width; Width::none where the number is not a register.
Width register_width(Architecture architecture, Register number);
std::optional<Register> register_by_name(Architecture architecture, std::string_view name);
/// The stack pointer.
Register stack_pointer(Architecture architecture);
/// The general registers that a callee leaves as they were, without the stack pointer (Windows calling conventions).
std::span<const Register> preserved_registers(Architecture architecture);
/// The flags register.
Register flags_register(Architecture architecture);
/// Width of an address: w32 on x86, else w64.
constexpr Width address_width(Architecture architecture) {
  return architecture == Architecture::x86 ? Width::w32 : Width::w64;
}
/// "x86", "x64", "arm64".
std::string_view name_of(Architecture architecture);
std::optional<Architecture> architecture_by_name(std::string_view name);

} // namespace ringfence::ir
