// Names and shapes of operations. The order of every table is the order of its enumeration in op.h.
#include "shape.h"

#include <array>

namespace ringfence::ir {
namespace {

using enum Operand;
constexpr Operand kNo = absent;

constexpr auto kShapes = std::to_array<Shape>({
    {"constant", Result::same, Kind::none, kNo, kNo, kNo, kNo, true, true},
    {"undefined", Result::same, Kind::none, kNo, kNo, kNo, kNo, true, false},
    {"get", Result::same, Kind::reg, kNo, kNo, kNo, kNo, true, false},
    {"put", Result::none, Kind::reg, same, kNo, kNo, kNo, true, false},
    {"get_indexed", Result::same, Kind::reg, byte, kNo, kNo, kNo, true, false},
    {"put_indexed", Result::none, Kind::reg, byte, same, kNo, kNo, true, false},
    {"add", Result::same, Kind::none, same, same, kNo, kNo, true, false},
    {"sub", Result::same, Kind::none, same, same, kNo, kNo, true, false},
    {"mul", Result::same, Kind::none, same, same, kNo, kNo, true, false},
    {"udiv", Result::same, Kind::none, same, same, kNo, kNo, true, false},
    {"urem", Result::same, Kind::none, same, same, kNo, kNo, true, false},
    {"sdiv", Result::same, Kind::none, same, same, kNo, kNo, true, false},
    {"srem", Result::same, Kind::none, same, same, kNo, kNo, true, false},
    {"and", Result::same, Kind::none, same, same, kNo, kNo, true, false},
    {"or", Result::same, Kind::none, same, same, kNo, kNo, true, false},
    {"xor", Result::same, Kind::none, same, same, kNo, kNo, true, false},
    {"not", Result::same, Kind::none, same, kNo, kNo, kNo, true, false},
    {"shl", Result::same, Kind::none, same, same, kNo, kNo, true, false},
    {"shr", Result::same, Kind::none, same, same, kNo, kNo, true, false},
    {"sar", Result::same, Kind::none, same, same, kNo, kNo, true, false},
    {"rol", Result::same, Kind::none, same, same, kNo, kNo, true, false},
    {"ror", Result::same, Kind::none, same, same, kNo, kNo, true, false},
    {"eq", Result::bit, Kind::none, same, same, kNo, kNo, true, false},
    {"ne", Result::bit, Kind::none, same, same, kNo, kNo, true, false},
    {"ult", Result::bit, Kind::none, same, same, kNo, kNo, true, false},
    {"ule", Result::bit, Kind::none, same, same, kNo, kNo, true, false},
    {"slt", Result::bit, Kind::none, same, same, kNo, kNo, true, false},
    {"sle", Result::bit, Kind::none, same, same, kNo, kNo, true, false},
    {"zext", Result::same, Kind::width, kind_width, kNo, kNo, kNo, true, false},
    {"sext", Result::same, Kind::width, kind_width, kNo, kNo, kNo, true, false},
    {"trunc", Result::same, Kind::width, kind_width, kNo, kNo, kNo, true, false},
    {"extract", Result::same, Kind::width, kind_width, kNo, kNo, kNo, true, true},
    {"insert", Result::same, Kind::width, same, kind_width, kNo, kNo, true, true},
    {"concat", Result::same, Kind::width, kind_width, kind_width, kNo, kNo, true, false},
    {"select", Result::same, Kind::none, bit, same, same, kNo, true, false},
    {"clz", Result::same, Kind::none, same, kNo, kNo, kNo, true, false},
    {"ctz", Result::same, Kind::none, same, kNo, kNo, kNo, true, false},
    {"popcount", Result::same, Kind::none, same, kNo, kNo, kNo, true, false},
    {"bswap", Result::same, Kind::none, same, kNo, kNo, kNo, true, false},
    {"lane", Result::special, Kind::lane, same, optional, kNo, kNo, true, true},
    {"fp", Result::special, Kind::fp, optional, optional, optional, kNo, true, false},
    {"flags", Result::flags, Kind::flag_kind, same, optional, optional, kNo, true, false},
    {"flags_with", Result::flags, Kind::flag_mask, Operand::flags, bit, kNo, kNo, false, false},
    {"flags_undefine", Result::flags, Kind::flag_mask, Operand::flags, kNo, kNo, kNo, false, false},
    {"condition", Result::bit, Kind::condition, Operand::flags, kNo, kNo, kNo, false, false},
    {"flags_word", Result::w32, Kind::layout, Operand::flags, kNo, kNo, kNo, false, false},
    {"load", Result::same, Kind::attributes, address, kNo, kNo, kNo, true, false},
    {"store", Result::none, Kind::attributes, address, same, kNo, kNo, true, false},
    {"bulk", Result::special, Kind::bulk, address, optional, address, bit, true, false},
    {"sys", Result::special, Kind::sys, optional, optional, optional, kNo, true, false},
    {"unknown", Result::none, Kind::none, kNo, kNo, kNo, kNo, false, true},
    {"check", Result::none, Kind::trap, bit, kNo, kNo, kNo, false, false},
    {"jump", Result::none, Kind::none, address, kNo, kNo, kNo, false, false},
    {"branch", Result::none, Kind::none, bit, kNo, kNo, kNo, false, true},
    {"call", Result::none, Kind::none, address, kNo, kNo, kNo, false, false},
    {"ret", Result::none, Kind::none, address, kNo, kNo, kNo, false, true},
    {"trap", Result::none, Kind::trap, kNo, kNo, kNo, kNo, false, true},
});
static_assert(kShapes.size() == static_cast<std::size_t>(Opcode::count));

constexpr auto kFlagKinds =
    std::to_array<std::string_view>({"add", "adc", "sub", "sbb", "sub_inverted", "sbc_inverted", "logic", "inc", "dec",
                                     "shl", "shr", "sar", "multiply", "word", "nzcv"});
static_assert(kFlagKinds.size() == static_cast<std::size_t>(FlagKind::count));
constexpr auto kLayouts = std::to_array<std::string_view>({"x86", "arm64"});
static_assert(kLayouts.size() == static_cast<std::size_t>(FlagLayout::count));
constexpr auto kConditions = std::to_array<std::string_view>(
    {"o", "no", "b", "ae", "e", "ne", "be", "a", "s", "ns", "p", "np", "l", "ge", "le", "g", "adjust", "hi", "ls"});
static_assert(kConditions.size() == static_cast<std::size_t>(Condition::count));
constexpr auto kBulkOps = std::to_array<std::string_view>(
    {"copy", "fill", "compare_equal", "compare_unequal", "scan_equal", "scan_unequal", "in", "out"});
static_assert(kBulkOps.size() == static_cast<std::size_t>(BulkOp::count));
constexpr auto kLaneOps = std::to_array<std::string_view>({"add",
                                                           "sub",
                                                           "mul_low",
                                                           "mul_high_signed",
                                                           "mul_high_unsigned",
                                                           "add_saturate_signed",
                                                           "add_saturate_unsigned",
                                                           "sub_saturate_signed",
                                                           "sub_saturate_unsigned",
                                                           "min_signed",
                                                           "min_unsigned",
                                                           "max_signed",
                                                           "max_unsigned",
                                                           "average",
                                                           "equal",
                                                           "greater_signed",
                                                           "shl",
                                                           "shr",
                                                           "sar",
                                                           "unpack_low",
                                                           "unpack_high",
                                                           "pack_signed",
                                                           "pack_unsigned",
                                                           "shuffle",
                                                           "shuffle_low16",
                                                           "shuffle_high16",
                                                           "shuffle_pair",
                                                           "shuffle_bytes",
                                                           "multiply_even_unsigned",
                                                           "multiply_add16",
                                                           "sum_absolute",
                                                           "sign_mask",
                                                           "fp_add",
                                                           "fp_sub",
                                                           "fp_mul",
                                                           "fp_div",
                                                           "fp_min",
                                                           "fp_max",
                                                           "fp_sqrt",
                                                           "fp_from_signed",
                                                           "fp_to_signed",
                                                           "fp_to_signed_truncate",
                                                           "fp_compare",
                                                           "absolute"});
static_assert(kLaneOps.size() == static_cast<std::size_t>(LaneOp::count));
constexpr auto kFpOps = std::to_array<std::string_view>({"add",
                                                         "sub",
                                                         "mul",
                                                         "div",
                                                         "min",
                                                         "max",
                                                         "sqrt",
                                                         "compare",
                                                         "from_i32",
                                                         "from_i64",
                                                         "to_i32",
                                                         "to_i64",
                                                         "to_i32_truncate",
                                                         "to_i64_truncate",
                                                         "widen",
                                                         "narrow",
                                                         "extend",
                                                         "reduce",
                                                         "round",
                                                         "examine"});
static_assert(kFpOps.size() == static_cast<std::size_t>(FpOp::count));
constexpr auto kSysOps = std::to_array<SysShape>({
    {"in", 1, true},
    {"out", 2, false},
    {"rdmsr", 1, true},
    {"wrmsr", 2, false},
    {"read_cr", 1, true},
    {"write_cr", 2, false},
    {"read_dr", 1, true},
    {"write_dr", 2, false},
    {"lgdt", 2, false},
    {"lidt", 2, false},
    {"sgdt", 0, true},
    {"sidt", 0, true},
    {"lldt", 1, false},
    {"ltr", 1, false},
    {"sldt", 0, true},
    {"str", 0, true},
    {"smsw", 0, true},
    {"lmsw", 1, false},
    {"clts", 0, false},
    {"invlpg", 1, false},
    {"wbinvd", 0, false},
    {"invd", 0, false},
    {"cpuid", 2, true},
    {"rdtsc", 0, true},
    {"rdtscp", 0, true},
    {"rdpmc", 1, true},
    {"hlt", 0, false},
    {"cli", 0, false},
    {"sti", 0, false},
    {"swapgs", 0, false},
    {"xgetbv", 1, true},
    {"xsetbv", 2, false},
    {"fence", 0, false},
    {"pause", 0, false},
    {"cache_line", 1, false},
    {"monitor", 1, false},
    {"mwait", 0, false},
    {"rdrand", 0, true},
    {"load_segment", 2, false},
    {"describe_segment", 2, true},
    {"interrupt", 1, false},
    {"stmxcsr", 0, true},
    {"ldmxcsr", 1, false},
    {"vmx", 1, false},
    {"system_register_read", 1, true},
    {"system_register_write", 2, false},
});
static_assert(kSysOps.size() == static_cast<std::size_t>(SysOp::count));
constexpr auto kTraps = std::to_array<std::string_view>({"breakpoint", "undefined", "divide_error", "overflow", "bound",
                                                         "general_protection", "interrupt", "syscall", "sysret", "iret",
                                                         "far", "undecodable"});
static_assert(kTraps.size() == static_cast<std::size_t>(TrapKind::count));
constexpr auto kWidths =
    std::to_array<std::string_view>({"none", "1", "8", "16", "32", "64", "128", "256", "512", "flags"});
static_assert(kWidths.size() == static_cast<std::size_t>(Width::count));

template <class Table, class Enum> std::string_view look_up(const Table &table, Enum value) {
  const auto index = static_cast<std::size_t>(value);
  return index < table.size() ? std::string_view(table[index]) : std::string_view("invalid");
}

} // namespace

const Shape &shape_of(Opcode code) {
  const auto index = static_cast<std::size_t>(code);
  return kShapes[index < kShapes.size() ? index : static_cast<std::size_t>(Opcode::trap)];
}

std::optional<Opcode> opcode_by_name(std::string_view name) {
  for (std::size_t i = 0; i < kShapes.size(); ++i)
    if (kShapes[i].name == name)
      return static_cast<Opcode>(i);
  return std::nullopt;
}

FlagOperands operands_of(FlagKind kind) {
  switch (kind) {
  case FlagKind::adc:
  case FlagKind::sbb:
  case FlagKind::sbc_inverted:
    return {Width::flags, true};
  case FlagKind::add:
  case FlagKind::sub:
  case FlagKind::sub_inverted:
  case FlagKind::shl:
  case FlagKind::shr:
  case FlagKind::sar:
    return {Width::flags, false};
  case FlagKind::inc:
  case FlagKind::dec:
    return {Width::w1, false};
  default:
    return {Width::none, false};
  }
}

const SysShape &shape_of(SysOp op) {
  const auto index = static_cast<std::size_t>(op);
  return kSysOps[index < kSysOps.size() ? index : static_cast<std::size_t>(SysOp::pause)];
}

std::string_view name_of(Opcode code) { return shape_of(code).name; }
std::string_view name_of(FlagKind kind) { return look_up(kFlagKinds, kind); }
std::string_view name_of(FlagLayout layout) { return look_up(kLayouts, layout); }
std::string_view name_of(Condition condition) { return look_up(kConditions, condition); }
std::string_view name_of(BulkOp op) { return look_up(kBulkOps, op); }
std::string_view name_of(LaneOp op) { return look_up(kLaneOps, op); }
std::string_view name_of(FpOp op) { return look_up(kFpOps, op); }
std::string_view name_of(SysOp op) { return op < SysOp::count ? shape_of(op).name : "invalid"; }
std::string_view name_of(TrapKind kind) { return look_up(kTraps, kind); }
std::string_view name_of(Width width) { return look_up(kWidths, width); }

Width result_width(const Op &op) {
  switch (shape_of(op.code).result) {
  case Result::none:
    return Width::none;
  case Result::same:
    return op.width;
  case Result::bit:
    return Width::w1;
  case Result::flags:
    return Width::flags;
  case Result::w32:
    return Width::w32;
  case Result::special:
    break;
  }
  switch (op.code) {
  case Opcode::lane:
    return lane_op(op.kind) == LaneOp::sign_mask ? Width::w32 : op.width;
  case Opcode::fp:
    switch (static_cast<FpOp>(op.kind)) {
    case FpOp::compare:
      return Width::flags;
    case FpOp::to_i32:
    case FpOp::to_i32_truncate:
      return Width::w32;
    case FpOp::to_i64:
    case FpOp::to_i64_truncate:
    case FpOp::widen:
      return Width::w64;
    case FpOp::narrow:
      return Width::w32;
    case FpOp::extend:
      return Width::w128;
    case FpOp::examine:
      return Width::w16;
    default:
      return op.width;
    }
  case Opcode::bulk: {
    const auto bulk = static_cast<BulkOp>(op.kind);
    return bulk >= BulkOp::compare_equal && bulk <= BulkOp::scan_unequal ? Width::w256 : Width::none;
  }
  case Opcode::sys:
    return static_cast<SysOp>(op.kind) < SysOp::count && shape_of(static_cast<SysOp>(op.kind)).has_result ? op.width
                                                                                                          : Width::none;
  default:
    return Width::none;
  }
}

bool is_pure(Opcode code) { return code < Opcode::load && code != Opcode::put && code != Opcode::put_indexed; }

} // namespace ringfence::ir
