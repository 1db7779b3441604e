// Register names and widths.
#include <ringfence/ir/registers.h>

#include <array>

namespace ringfence::ir {
namespace {

constexpr auto kX64Names = std::to_array<std::string_view>(
    {"rax", "rcx", "rdx", "rbx",     "rsp",     "rbp",   "rsi",         "rdi",          "r8",      "r9",     "r10",
     "r11", "r12", "r13", "r14",     "r15",     "flags", "df",          "system_flags", "es",      "cs",     "ss",
     "ds",  "fs",  "gs",  "fs_base", "gs_base", "mxcsr", "fpu_control", "fpu_status",   "fpu_tag", "fpu_top"});
static_assert(kX64Names.size() == x86::scalar_end);
constexpr auto kX86Names = std::to_array<std::string_view>({"eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi"});
constexpr auto kXmmNames = std::to_array<std::string_view>(
    {"xmm0",      "xmm1",      "xmm2",       "xmm3",       "xmm4",       "xmm5",       "xmm6",       "xmm7",
     "xmm8",      "xmm9",      "xmm10",      "xmm11",      "xmm12",      "xmm13",      "xmm14",      "xmm15",
     "ymm_high0", "ymm_high1", "ymm_high2",  "ymm_high3",  "ymm_high4",  "ymm_high5",  "ymm_high6",  "ymm_high7",
     "ymm_high8", "ymm_high9", "ymm_high10", "ymm_high11", "ymm_high12", "ymm_high13", "ymm_high14", "ymm_high15",
     "fpr0",      "fpr1",      "fpr2",       "fpr3",       "fpr4",       "fpr5",       "fpr6",       "fpr7"});
constexpr auto kArmNames = std::to_array<std::string_view>(
    {"x0",  "x1",  "x2",  "x3",  "x4",  "x5",  "x6",  "x7",  "x8",    "x9",   "x10", "x11",
     "x12", "x13", "x14", "x15", "x16", "x17", "x18", "x19", "x20",   "x21",  "x22", "x23",
     "x24", "x25", "x26", "x27", "x28", "x29", "x30", "sp",  "flags", "tpidr"});
static_assert(kArmNames.size() == arm64::scalar_end);
constexpr auto kArmVectorNames = std::to_array<std::string_view>(
    {"v0",  "v1",  "v2",  "v3",  "v4",  "v5",  "v6",  "v7",  "v8",  "v9",  "v10", "v11", "v12", "v13", "v14", "v15",
     "v16", "v17", "v18", "v19", "v20", "v21", "v22", "v23", "v24", "v25", "v26", "v27", "v28", "v29", "v30", "v31"});
constexpr auto kArchitectures = std::to_array<std::string_view>({"x86", "x64", "arm64"});

} // namespace

std::string_view register_name(Architecture architecture, Register number) {
  if (architecture == Architecture::arm64) {
    if (number < kArmNames.size())
      return kArmNames[number];
    return number >= arm64::v0 && number < arm64::end ? kArmVectorNames[number - arm64::v0] : std::string_view();
  }
  if (number >= x86::xmm0)
    return number < x86::end ? kXmmNames[number - x86::xmm0] : std::string_view();
  if (number >= x86::scalar_end)
    return {};
  if (architecture == Architecture::x86 && number < x86::flags)
    return number < kX86Names.size() ? kX86Names[number] : std::string_view();
  return kX64Names[number];
}

Width register_width(Architecture architecture, Register number) {
  if (architecture == Architecture::arm64) {
    if (number >= arm64::v0)
      return number < arm64::end ? Width::w128 : Width::none;
    if (number == arm64::flags)
      return Width::flags;
    return number < arm64::scalar_end ? Width::w64 : Width::none;
  }
  const Width word = architecture == Architecture::x86 ? Width::w32 : Width::w64;
  if (number < x86::flags)
    return architecture == Architecture::x86 && number >= x86::r8 ? Width::none : word;
  switch (number) {
  case x86::flags:
    return Width::flags;
  case x86::df:
    return Width::w1;
  case x86::fpu_tag:
  case x86::fpu_top:
    return Width::w8;
  case x86::system_flags:
  case x86::mxcsr:
    return Width::w32;
  case x86::fs_base:
  case x86::gs_base:
    return word;
  default:
    break;
  }
  if (number < x86::scalar_end)
    return Width::w16;
  return number >= x86::xmm0 && number < x86::end ? Width::w128 : Width::none;
}

std::optional<Register> register_by_name(Architecture architecture, std::string_view name) {
  if (name.empty())
    return std::nullopt;
  for (Register number = 0; number < kRegisterLimit; ++number)
    if (register_name(architecture, number) == name)
      return number;
  return std::nullopt;
}

Register stack_pointer(Architecture architecture) {
  return architecture == Architecture::arm64 ? Register{arm64::sp} : Register{x86::rsp};
}

std::span<const Register> preserved_registers(Architecture architecture) {
  static constexpr Register on_x86[] = {x86::rbx, x86::rbp, x86::rsi, x86::rdi};
  static constexpr Register on_x64[] = {x86::rbx, x86::rbp, x86::rsi, x86::rdi, x86::r12, x86::r13, x86::r14, x86::r15};
  static constexpr Register on_arm64[] = {19, 20, 21, 22, 23, 24, 25, 26, 27, 28, arm64::x29};
  switch (architecture) {
  case Architecture::x86:
    return on_x86;
  case Architecture::x64:
    return on_x64;
  default:
    return on_arm64;
  }
}

Register flags_register(Architecture architecture) {
  return architecture == Architecture::arm64 ? Register{arm64::flags} : Register{x86::flags};
}

std::string_view name_of(Architecture architecture) { return kArchitectures[static_cast<std::size_t>(architecture)]; }

std::optional<Architecture> architecture_by_name(std::string_view name) {
  for (std::size_t i = 0; i < kArchitectures.size(); ++i)
    if (kArchitectures[i] == name)
      return static_cast<Architecture>(i);
  return std::nullopt;
}

} // namespace ringfence::ir
