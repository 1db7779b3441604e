// The shape of each opcode: which operands it takes and what they must be. One table drives the verifier,
// the printer and the parser, so the three cannot disagree.
#pragma once

#include <ringfence/ir/op.h>

#include <optional>
#include <string_view>

namespace ringfence::ir {

/// What an operand must be.
enum class Operand : std::uint8_t {
  absent,
  same,       ///< of Op::width
  bit,        ///< w1
  byte,       ///< w8
  address,    ///< of the architecture's address width
  kind_width, ///< of the Width in Op::kind
  flags,
  optional, ///< absent, or anything: the verifier looks closer
};

enum class Result : std::uint8_t { none, same, bit, flags, w32, special };

/// What Op::kind holds.
enum class Kind : std::uint8_t {
  none,
  reg,
  width,
  flag_kind,
  flag_mask,
  condition,
  layout,
  attributes,
  bulk,
  lane,
  fp,
  sys,
  trap
};

struct Shape {
  std::string_view name;
  Result result;
  Kind kind;
  Operand a, b, c, d;
  bool has_width;     ///< Op::width is meaningful
  bool has_immediate; ///< Op::imm is an attribute, not an operand
};

const Shape &shape_of(Opcode code);
std::optional<Opcode> opcode_by_name(std::string_view name);

/// Operands a flag kind takes beside a. inc and dec take the carry (w1) as b.
struct FlagOperands {
  Width b; ///< none: absent; flags stands for the record's own width
  bool c;  ///< the carry, w1
};
FlagOperands operands_of(FlagKind kind);

/// What a sys operation takes and gives.
struct SysShape {
  std::string_view name;
  unsigned inputs;
  bool has_result;
};
const SysShape &shape_of(SysOp op);

} // namespace ringfence::ir
