// Blocks to text.
#include <ringfence/base/text.h>
#include <ringfence/ir/text.h>

#include "shape.h"

namespace ringfence::ir {
namespace {

constexpr std::string_view kAttributeNames[] = {"locked", "nontemporal", "acquire", "release"};
constexpr char kFlagLetters[] = {'c', 'p', 'a', 'z', 's', 'o'};

void append_kind(std::string &out, const Op &op, Kind kind) {
  const auto dotted = [&](std::string_view name) { out.append(1, '.').append(name); };
  switch (kind) {
  case Kind::none:
  case Kind::reg:
    break;
  case Kind::width:
    dotted(name_of(static_cast<Width>(op.kind)));
    break;
  case Kind::flag_kind:
    dotted(name_of(static_cast<FlagKind>(op.kind)));
    break;
  case Kind::flag_mask:
    out += '.';
    for (unsigned i = 0; i < 6; ++i)
      if (op.kind >> i & 1)
        out += kFlagLetters[i];
    break;
  case Kind::condition:
    dotted(name_of(static_cast<Condition>(op.kind)));
    break;
  case Kind::layout:
    dotted(name_of(static_cast<FlagLayout>(op.kind)));
    break;
  case Kind::attributes:
    for (unsigned i = 0; i < 4; ++i)
      if (op.kind >> i & 1)
        dotted(kAttributeNames[i]);
    break;
  case Kind::bulk:
    dotted(name_of(static_cast<BulkOp>(op.kind)));
    break;
  case Kind::lane:
    dotted(name_of(lane_op(op.kind)));
    dotted(name_of(lane_width(op.kind)));
    break;
  case Kind::fp:
    dotted(name_of(static_cast<FpOp>(op.kind)));
    break;
  case Kind::sys:
    dotted(name_of(static_cast<SysOp>(op.kind)));
    break;
  case Kind::trap:
    dotted(name_of(static_cast<TrapKind>(op.kind)));
    break;
  }
}

} // namespace

std::string print(const Op &op, unsigned index, Architecture architecture) {
  const Shape &shape = shape_of(op.code);
  std::string out;
  if (result_width(op) != Width::none)
    out.append("%").append(std::to_string(index)).append(" = ");
  out += shape.name;
  append_kind(out, op, shape.kind);
  if (op.width != Width::none)
    out.append(".").append(name_of(op.width));
  const char *separator = " ";
  const auto item = [&](std::string_view text) {
    out.append(separator).append(text);
    separator = ", ";
  };
  if (shape.kind == Kind::reg)
    item(register_name(architecture, op.kind));
  for (const std::uint8_t reference : {op.a, op.b, op.c, op.d}) {
    if (reference == kNone)
      continue;
    item(reference == kImmediate ? hex(op.imm) : "%" + std::to_string(reference));
  }
  if (shape.has_immediate)
    item("@" + hex(op.imm));
  return out;
}

std::string print(const Body &body, const Block &block) {
  std::string out("block ");
  out.append(name_of(body.architecture)).append(" ").append(hex(block.address)).append("\n");
  for (const Instruction &instruction : body.instructions_of(block)) {
    out.append("  ").append(hex(instruction.address)).append(" ").append(std::to_string(instruction.length));
    if (instruction.flags)
      out.append(" flags ").append(hex(instruction.flags));
    out += '\n';
    unsigned index = 0;
    for (const Op &op : body.ops_of(instruction))
      out.append("    ").append(print(op, index++, body.architecture)).append("\n");
  }
  return out.append("end\n");
}

std::string print(const Body &body) {
  std::string out;
  for (const Block &block : body.blocks)
    out += print(body, block);
  return out;
}

} // namespace ringfence::ir
