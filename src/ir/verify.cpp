// Verification: what the interpreter and every later consumer may rely on without looking again.
#include <ringfence/ir/verify.h>

#include <ringfence/base/span_reader.h>

#include "shape.h"

#include <array>

namespace ringfence::ir {
namespace {

class Checker {
public:
  Checker(const Body &body, const Block &block) : body_(body), block_(block) {}

  Status run() {
    if (Status tables = check_tables(); !tables)
      return tables;
    for (const Instruction &instruction : body_.instructions_of(block_)) {
      const auto ops = body_.ops_of(instruction);
      for (std::size_t i = 0; i < ops.size(); ++i) {
        index_ = instruction.first_op + i;
        if (const char *wrong = check_op(ops[i], i))
          return Error{ErrorCode::malformed, index_, wrong};
        types_[i] = result_width(ops[i]);
        if (is_terminator(ops[i].code) && index_ + 1 != std::size_t{block_.first_op} + block_.op_count)
          return Error{ErrorCode::malformed, index_, "a terminator stands before the end of its block"};
      }
    }
    return {};
  }

private:
  Status check_tables() {
    const auto wrong = [&](const char *what) { return Error{ErrorCode::malformed, block_.address, what}; };
    if (!in_bounds(block_.first_instruction, block_.instruction_count, body_.instructions.size()) ||
        !in_bounds(block_.first_op, block_.op_count, body_.ops.size()))
      return wrong("the block's ranges lie outside the body");
    if (block_.instruction_count == 0)
      return wrong("the block holds no instruction");
    std::uint64_t address = block_.address, op = block_.first_op;
    for (const Instruction &instruction : body_.instructions_of(block_)) {
      if (instruction.address != address || instruction.length == 0)
        return wrong("the instructions of the block are not contiguous");
      if (instruction.first_op != op || instruction.op_count > kMaxOpsPerInstruction)
        return wrong("the operations of the block are not contiguous");
      address = instruction.end();
      op += instruction.op_count;
    }
    if (address != block_.end || op != std::uint64_t{block_.first_op} + block_.op_count)
      return wrong("the block's end differs from its last instruction's");
    return {};
  }

  Width type_of(std::uint8_t reference, Width expected) const {
    return reference == kImmediate ? expected : types_[reference];
  }

  const char *check_operand(const Op &op, std::uint8_t reference, Operand must, std::size_t index) {
    if (must == Operand::absent)
      return reference == kNone ? nullptr : "an operand too many";
    if (must == Operand::optional && reference == kNone)
      return nullptr;
    if (reference == kNone)
      return "an operand is missing";
    Width expected = Width::none;
    switch (must) {
    case Operand::same:
      expected = op.width;
      break;
    case Operand::bit:
      expected = Width::w1;
      break;
    case Operand::byte:
      expected = Width::w8;
      break;
    case Operand::address:
      expected = address_width(body_.architecture);
      break;
    case Operand::kind_width:
      expected = static_cast<Width>(op.kind);
      break;
    case Operand::flags:
      expected = Width::flags;
      break;
    default:
      break;
    }
    if (reference == kImmediate) {
      ++immediates_;
      if (expected == Width::flags)
        return "a flags value cannot be an immediate";
      if (expected != Width::none && !is_wide(expected) && (op.imm & ~mask_of(expected)) != 0)
        return "the immediate does not fit its operand's width";
      return nullptr;
    }
    if (reference >= index)
      return "an operand is not defined before its use";
    if (types_[reference] == Width::none)
      return "an operand has no value";
    if (must != Operand::optional && types_[reference] != expected)
      return "an operand has the wrong width";
    return nullptr;
  }

  const char *check_op(const Op &op, std::size_t index) {
    if (op.code >= Opcode::count)
      return "no such opcode";
    if (op.width >= Width::count)
      return "no such width";
    const Shape &shape = shape_of(op.code);
    const bool sys_without_width = op.code == Opcode::sys;
    if (!sys_without_width && shape.has_width != (op.width != Width::none))
      return shape.has_width ? "the width is missing" : "the operation takes no width";
    if (const char *wrong = check_kind(op, shape))
      return wrong;
    immediates_ = 0;
    const std::array<std::pair<std::uint8_t, Operand>, 4> operands = {
        {{op.a, shape.a}, {op.b, shape.b}, {op.c, shape.c}, {op.d, shape.d}}};
    for (const auto &[reference, must] : operands)
      if (const char *wrong = check_operand(op, reference, must, index))
        return wrong;
    if (immediates_ > 1 || (immediates_ == 1 && shape.has_immediate))
      return "two uses of the immediate";
    if (immediates_ == 0 && !shape.has_immediate && op.imm != 0)
      return "an immediate nothing uses";
    return check_special(op);
  }

  const char *check_kind(const Op &op, const Shape &shape) {
    const auto below = [&](auto limit) {
      return op.kind < static_cast<unsigned>(limit) ? nullptr : "the kind is out of range";
    };
    switch (shape.kind) {
    case Kind::none:
      return op.kind == 0 ? nullptr : "the operation takes no kind";
    case Kind::reg:
      return op.width != Width::none && register_width(body_.architecture, op.kind) == op.width
                 ? nullptr
                 : "no such register, or not of this width";
    case Kind::width:
      return op.kind > 0 && op.kind < static_cast<unsigned>(Width::flags) ? check_conversion(op)
                                                                          : "no such operand width";
    case Kind::flag_kind:
      return below(FlagKind::count);
    case Kind::flag_mask:
      return op.kind != 0 && op.kind <= kAllFlags ? nullptr : "no such flags";
    case Kind::condition:
      return below(Condition::count);
    case Kind::attributes:
      return op.kind < 16 ? nullptr : "no such memory attribute";
    case Kind::layout:
      return below(FlagLayout::count);
    case Kind::bulk:
      return below(BulkOp::count);
    case Kind::lane:
      return static_cast<unsigned>(lane_op(op.kind)) < static_cast<unsigned>(LaneOp::count) &&
                     lane_width(op.kind) >= Width::w8 && lane_width(op.kind) <= Width::w64
                 ? nullptr
                 : "no such lane operation";
    case Kind::fp:
      return below(FpOp::count);
    case Kind::sys:
      return below(SysOp::count);
    case Kind::trap:
      return below(TrapKind::count);
    }
    return nullptr;
  }

  static const char *check_conversion(const Op &op) {
    const unsigned from = bits_of(static_cast<Width>(op.kind)), to = bits_of(op.width);
    if (to == 0)
      return "no such width";
    switch (op.code) {
    case Opcode::zext:
    case Opcode::sext:
      return from < to ? nullptr : "an extension must widen";
    case Opcode::trunc:
      return from > to ? nullptr : "a truncation must narrow";
    case Opcode::extract:
      return in_bounds(op.imm, to, from) ? nullptr : "the extracted bits lie outside the operand";
    case Opcode::insert:
      return in_bounds(op.imm, from, to) ? nullptr : "the inserted bits lie outside the value";
    case Opcode::concat:
      return to == 2 * from ? nullptr : "a concatenation doubles the width";
    default:
      return nullptr;
    }
  }

  const char *check_special(const Op &op) {
    const bool scalar = bits_of(op.width) != 0;
    switch (op.code) {
    case Opcode::load:
    case Opcode::store:
      return bytes_of(op.width) ? nullptr : "memory holds whole bytes";
    case Opcode::constant:
      return !scalar || (!is_wide(op.width) && (op.imm & ~mask_of(op.width))) ? "the constant does not fit its width"
                                                                              : nullptr;
    case Opcode::get_indexed:
    case Opcode::put_indexed:
      return op.width == Width::w128 &&
                     register_width(body_.architecture, static_cast<Register>(op.kind + 7)) == op.width
                 ? nullptr
                 : "not the first of eight vector registers";
    case Opcode::select:
    case Opcode::get:
    case Opcode::put:
    case Opcode::undefined:
      return nullptr;
    case Opcode::bswap:
      return bytes_of(op.width) ? nullptr : "only whole bytes can be swapped";
    case Opcode::flags:
      return check_flags(op);
    case Opcode::flags_with:
      return (op.kind & (op.kind - 1)) == 0 ? nullptr : "one flag at a time";
    case Opcode::lane:
      return check_lane(op);
    case Opcode::fp:
      return check_fp(op);
    case Opcode::bulk:
      return check_bulk(op);
    case Opcode::sys:
      return check_sys(op);
    default:
      break;
    }
    return !shape_of(op.code).has_width || scalar ? nullptr : "the operation needs a width in bits";
  }

  const char *check_flags(const Op &op) {
    if (bits_of(op.width) == 0 || is_wide(op.width))
      return "a flags record is at most 64 bits wide";
    const auto kind = static_cast<FlagKind>(op.kind);
    const FlagOperands takes = operands_of(kind);
    if ((takes.b != Width::none) != (op.b != kNone) || takes.c != (op.c != kNone))
      return "the flags kind takes other operands";
    const Width second = takes.b == Width::flags ? op.width : takes.b;
    if (second != Width::none && type_of(op.b, second) != second)
      return "an operand has the wrong width";
    if (takes.c && type_of(op.c, Width::w1) != Width::w1)
      return "the carry is one bit";
    if (kind == FlagKind::multiply && op.width != Width::w1)
      return "multiply flags are one bit wide";
    return nullptr;
  }

  /// The lane widths an operation is defined for (LaneOp in op.h).
  static bool lane_fits(LaneOp which, Width lane) {
    switch (which) {
    case LaneOp::shuffle:
    case LaneOp::multiply_add16:
    case LaneOp::fp_from_signed:
    case LaneOp::fp_to_signed:
    case LaneOp::fp_to_signed_truncate:
      return lane == Width::w32;
    case LaneOp::shuffle_low16:
    case LaneOp::shuffle_high16:
      return lane == Width::w16;
    case LaneOp::shuffle_bytes:
      return lane == Width::w8;
    case LaneOp::multiply_even_unsigned:
    case LaneOp::sum_absolute:
      return lane == Width::w64;
    case LaneOp::pack_signed:
    case LaneOp::pack_unsigned:
      return lane == Width::w16 || lane == Width::w32;
    case LaneOp::shuffle_pair:
      return lane == Width::w32 || lane == Width::w64;
    case LaneOp::mul_high_signed:
    case LaneOp::mul_high_unsigned:
    case LaneOp::add_saturate_signed:
    case LaneOp::add_saturate_unsigned:
    case LaneOp::sub_saturate_signed:
    case LaneOp::sub_saturate_unsigned:
    case LaneOp::average:
      return lane != Width::w64;
    default:
      return which < LaneOp::fp_add || which > LaneOp::fp_compare || lane == Width::w32 || lane == Width::w64;
    }
  }

  const char *check_lane(const Op &op) {
    const Width lane = lane_width(op.kind);
    if (bits_of(op.width) < 64)
      return "lanes need at least 64 bits";
    const LaneOp which = lane_op(op.kind);
    const bool shift = which == LaneOp::shl || which == LaneOp::shr || which == LaneOp::sar;
    const bool alone = which == LaneOp::shuffle || which == LaneOp::shuffle_low16 || which == LaneOp::shuffle_high16 ||
                       which == LaneOp::sign_mask || which == LaneOp::fp_sqrt || which == LaneOp::fp_from_signed ||
                       which == LaneOp::fp_to_signed || which == LaneOp::fp_to_signed_truncate ||
                       which == LaneOp::absolute;
    if (alone != (op.b == kNone))
      return "the lane operation takes other operands";
    if (!alone && types_[op.b] != (shift ? Width::w64 : op.width))
      return "an operand has the wrong width";
    return lane_fits(which, lane) ? nullptr : "the operation has no lanes of that width";
  }

  const char *check_fp(const Op &op) {
    const auto which = static_cast<FpOp>(op.kind);
    if (op.a == kNone || op.a == kImmediate)
      return "floating-point operands are values";
    if (op.width == Width::w128 || which >= FpOp::extend)
      return check_extended(op, which);
    if (op.b == kImmediate)
      return "floating-point operands are values";
    if (op.width != Width::w32 && op.width != Width::w64)
      return "floating point has 32, 64 or 128 bits";
    const bool two = which <= FpOp::max || which == FpOp::compare;
    if (two != (op.b != kNone) || op.c != kNone || (two && types_[op.b] != op.width))
      return "the operation takes other operands";
    const Width expected = which == FpOp::from_i32   ? Width::w32
                           : which == FpOp::from_i64 ? Width::w64
                           : which == FpOp::widen    ? Width::w32
                           : which == FpOp::narrow   ? Width::w64
                                                     : op.width;
    return types_[op.a] == expected ? nullptr : "an operand has the wrong width";
  }

  /// Operations on the extended format, and those that lead to it and from it.
  const char *check_extended(const Op &op, FpOp which) {
    bool two = false, rounds = false, other_width = false;
    Width first = Width::w128;
    switch (which) {
    case FpOp::add:
    case FpOp::sub:
    case FpOp::mul:
    case FpOp::div:
      two = rounds = true;
      break;
    case FpOp::sqrt:
    case FpOp::to_i64:
    case FpOp::round:
      rounds = true;
      break;
    case FpOp::compare:
      two = true;
      break;
    case FpOp::examine:
      break;
    case FpOp::from_i64:
      first = Width::w64;
      break;
    case FpOp::extend:
      first = op.width;
      other_width = true;
      break;
    case FpOp::reduce:
      rounds = other_width = true;
      break;
    default:
      return "no operation of the extended format";
    }
    const bool is_single_or_double = op.width == Width::w32 || op.width == Width::w64;
    if (other_width ? !is_single_or_double : op.width != Width::w128)
      return "floating point has 32, 64 or 128 bits";
    const std::uint8_t control = two ? op.c : op.b;
    if ((two || rounds) != (op.b != kNone) || (two && rounds) != (op.c != kNone) || (two && op.b == kImmediate))
      return "the operation takes other operands";
    if (types_[op.a] != first || (two && types_[op.b] != Width::w128) ||
        (rounds && type_of(control, Width::w16) != Width::w16))
      return "an operand has the wrong width";
    return nullptr;
  }

  const char *check_bulk(const Op &op) {
    if (!bytes_of(op.width) || is_wide(op.width))
      return "bulk elements have 8 to 64 bits";
    const Width address = address_width(body_.architecture);
    Width expected = op.width;
    switch (static_cast<BulkOp>(op.kind)) {
    case BulkOp::copy:
    case BulkOp::compare_equal:
    case BulkOp::compare_unequal:
      expected = address;
      break;
    case BulkOp::in:
    case BulkOp::out:
      expected = Width::w16;
      break;
    default:
      break;
    }
    return op.b != kNone && type_of(op.b, expected) == expected ? nullptr : "an operand has the wrong width";
  }

  const char *check_sys(const Op &op) {
    const SysShape &shape = shape_of(static_cast<SysOp>(op.kind));
    const unsigned given = (op.a != kNone ? 1u : 0u) + (op.b != kNone ? 1u : 0u) + (op.c != kNone ? 1u : 0u);
    if (given != shape.inputs || (op.b != kNone && op.a == kNone) || (op.c != kNone && op.b == kNone))
      return "the sys operation takes other operands";
    for (const std::uint8_t reference : {op.a, op.b, op.c})
      if (reference < kImmediate && bits_of(types_[reference]) > 64)
        return "inputs of a sys operation have at most 64 bits";
    if (shape.has_result && bits_of(op.width) < 8)
      return "the sys operation has a result";
    return op.width == Width::flags ? "the sys operation needs a width in bits" : nullptr;
  }

  const Body &body_;
  const Block &block_;
  std::size_t index_ = 0;
  unsigned immediates_ = 0;
  std::array<Width, 256> types_{};
};

} // namespace

Status verify(const Body &body, const Block &block) { return Checker(body, block).run(); }

Status verify(const Body &body) {
  for (const Block &block : body.blocks)
    if (Status status = verify(body, block); !status)
      return status;
  return {};
}

} // namespace ringfence::ir
