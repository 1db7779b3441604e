// Text to blocks. Line by line; every number is bounded by what its field holds.
#include <ringfence/base/text.h>
#include <ringfence/ir/text.h>

#include "shape.h"

#include <algorithm>

namespace ringfence::ir {
namespace {

constexpr std::string_view kAttributeNames[] = {"locked", "nontemporal", "acquire", "release"};
constexpr std::string_view kFlagLetters = "cpazso";

/// Index of the enumerator with that name.
template <class Enum> std::optional<std::uint16_t> enumerator(std::string_view name) {
  for (unsigned i = 0; i < static_cast<unsigned>(Enum::count); ++i)
    if (name_of(static_cast<Enum>(i)) == name)
      return static_cast<std::uint16_t>(i);
  return std::nullopt;
}

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  std::size_t at = 0;
  while (at < line.size()) {
    const std::size_t start = line.find_first_not_of(" \t,", at);
    if (start == std::string_view::npos)
      break;
    const std::size_t end = std::min(line.find_first_of(" \t,", start), line.size());
    words.push_back(line.substr(start, end - start));
    at = end;
  }
  return words;
}

class Parser {
public:
  Parser(std::string_view text, Body &body) : text_(text), body_(body) {}

  Status run() {
    while (position_ < text_.size()) {
      line_start_ = position_;
      const std::size_t newline = std::min(text_.find('\n', position_), text_.size());
      std::string_view line = text_.substr(position_, newline - position_);
      position_ = newline + 1;
      line = trim(line.substr(0, line.find('#')));
      if (line.empty())
        continue;
      if (const char *wrong = parse_line(words_of(line)))
        return Error{ErrorCode::malformed, line_start_, wrong};
    }
    if (in_block_)
      return Error{ErrorCode::truncated, text_.size(), "the block lacks its `end`"};
    return {};
  }

private:
  const char *parse_line(const std::vector<std::string_view> &words) {
    if (words.empty())
      return "the line holds separators only";
    if (words[0] == "block")
      return begin_block(words);
    if (!in_block_)
      return "expected `block`";
    if (words[0] == "end")
      return end_block();
    if (words[0].starts_with("0x"))
      return begin_instruction(words);
    if (!in_instruction_)
      return "an operation before the first instruction";
    return operation(words);
  }

  const char *begin_block(const std::vector<std::string_view> &words) {
    if (in_block_ || words.size() != 3)
      return "expected `block ARCHITECTURE ADDRESS` after an `end`";
    const auto architecture = architecture_by_name(words[1]);
    const auto address = parse_unsigned(words[2]);
    if (!architecture || !address)
      return "expected an architecture and an address";
    if (body_.blocks.empty())
      body_.architecture = *architecture;
    else if (body_.architecture != *architecture)
      return "blocks of one body have one architecture";
    block_ = {};
    block_.address = block_.end = *address;
    block_.first_instruction = static_cast<std::uint32_t>(body_.instructions.size());
    block_.first_op = static_cast<std::uint32_t>(body_.ops.size());
    in_block_ = true;
    in_instruction_ = false;
    return nullptr;
  }

  const char *end_block() {
    block_.instruction_count = static_cast<std::uint32_t>(body_.instructions.size()) - block_.first_instruction;
    block_.op_count = static_cast<std::uint32_t>(body_.ops.size()) - block_.first_op;
    if (block_.instruction_count == 0)
      return "the block holds no instruction";
    block_.end = body_.instructions.back().end();
    body_.blocks.push_back(block_);
    in_block_ = false;
    return nullptr;
  }

  const char *begin_instruction(const std::vector<std::string_view> &words) {
    const auto address = parse_unsigned(words[0]);
    const auto length = words.size() >= 2 ? parse_unsigned(words[1]) : std::nullopt;
    if (!address || !length || *length == 0 || *length > 255)
      return "expected `ADDRESS LENGTH`";
    Instruction instruction;
    instruction.address = *address;
    instruction.length = static_cast<std::uint8_t>(*length);
    instruction.first_op = static_cast<std::uint32_t>(body_.ops.size());
    if (words.size() == 4 && words[2] == "flags") {
      const auto flags = parse_unsigned(words[3]);
      if (!flags || *flags > 0xffff)
        return "expected a flags mask of 16 bits";
      instruction.flags = static_cast<std::uint16_t>(*flags);
    } else if (words.size() != 2) {
      return "expected `ADDRESS LENGTH [flags MASK]`";
    }
    body_.instructions.push_back(instruction);
    in_instruction_ = true;
    return nullptr;
  }

  const char *operation(const std::vector<std::string_view> &words) {
    Instruction &instruction = body_.instructions.back();
    if (instruction.op_count >= kMaxOpsPerInstruction)
      return "too many operations in one instruction";
    std::size_t at = 0;
    const bool named = words[0].starts_with('%');
    if (named) {
      const auto index = parse_unsigned(words[0].substr(1));
      if (words.size() < 3 || words[1] != "=" || !index || *index != instruction.op_count)
        return "expected `%N =` with N the operation's number in the instruction";
      at = 2;
    }
    Op op;
    if (const char *wrong = head(words[at++], op))
      return wrong;
    const Shape &shape = shape_of(op.code);
    if (shape.kind == Kind::reg) {
      const auto number = at < words.size() ? register_by_name(body_.architecture, words[at++]) : std::nullopt;
      if (!number)
        return "expected a register";
      op.kind = *number;
    }
    if (const char *wrong = operands(words, at, op, shape))
      return wrong;
    if (named != (result_width(op) != Width::none))
      return named ? "the operation has no result" : "the operation's result is not named";
    body_.ops.push_back(op);
    ++instruction.op_count;
    return nullptr;
  }

  static const char *operands(const std::vector<std::string_view> &words, std::size_t at, Op &op, const Shape &shape) {
    std::uint8_t *const slots[] = {&op.a, &op.b, &op.c, &op.d};
    std::size_t slot = 0;
    bool has_immediate = false;
    for (; at < words.size(); ++at) {
      const std::string_view word = words[at];
      if (word.starts_with('@')) {
        const auto value = parse_unsigned(word.substr(1));
        if (!value || !shape.has_immediate || has_immediate || at + 1 != words.size())
          return "an unexpected immediate";
        op.imm = *value;
        has_immediate = true;
        continue;
      }
      if (slot == 4)
        return "an operand too many";
      if (word.starts_with('%')) {
        const auto index = parse_unsigned(word.substr(1));
        if (!index || *index >= kMaxOpsPerInstruction)
          return "expected an operation's number after %";
        *slots[slot++] = static_cast<std::uint8_t>(*index);
        continue;
      }
      const auto value = parse_unsigned(word);
      if (!value || has_immediate || shape.has_immediate)
        return "expected %N or one immediate";
      *slots[slot++] = kImmediate;
      op.imm = *value;
      has_immediate = true;
    }
    return shape.has_immediate && !has_immediate ? "expected an immediate after @" : nullptr;
  }

  /// name[.kind...][.width]
  static const char *head(std::string_view word, Op &op) {
    std::vector<std::string_view> parts = split(word, '.');
    const auto code = opcode_by_name(parts[0]);
    if (!code)
      return "no such operation";
    op.code = *code;
    const Shape &shape = shape_of(op.code);
    std::size_t at = 1;
    if (const char *wrong = kind(parts, at, op, shape))
      return wrong;
    if (at < parts.size()) {
      const auto width = enumerator<Width>(parts[at++]);
      if (!width || *width == 0)
        return "expected a width";
      op.width = static_cast<Width>(*width);
    }
    return at == parts.size() ? nullptr : "a part too many in the operation's name";
  }

  static const char *kind(const std::vector<std::string_view> &parts, std::size_t &at, Op &op, const Shape &shape) {
    std::optional<std::uint16_t> value = std::uint16_t{0};
    const std::string_view part = at < parts.size() ? parts[at] : std::string_view();
    switch (shape.kind) {
    case Kind::none:
    case Kind::reg:
      return nullptr;
    case Kind::attributes:
      for (; at < parts.size(); ++at) {
        const auto found = std::find(std::begin(kAttributeNames), std::end(kAttributeNames), parts[at]);
        if (found == std::end(kAttributeNames))
          break;
        op.kind = static_cast<std::uint16_t>(op.kind | 1u << (found - std::begin(kAttributeNames)));
      }
      return nullptr;
    case Kind::flag_mask:
      for (const char letter : part) {
        const std::size_t bit = kFlagLetters.find(letter);
        if (bit == std::string_view::npos)
          return "expected letters of cpazso";
        value = static_cast<std::uint16_t>(*value | 1u << bit);
      }
      break;
    case Kind::lane: {
      const auto which = enumerator<LaneOp>(part);
      const auto width = at + 1 < parts.size() ? enumerator<Width>(parts[at + 1]) : std::nullopt;
      if (!which || !width)
        return "expected a lane operation and a lane width";
      ++at;
      value = lane_kind(static_cast<LaneOp>(*which), static_cast<Width>(*width));
      break;
    }
    case Kind::width:
      value = enumerator<Width>(part);
      break;
    case Kind::flag_kind:
      value = enumerator<FlagKind>(part);
      break;
    case Kind::condition:
      value = enumerator<Condition>(part);
      break;
    case Kind::layout:
      value = enumerator<FlagLayout>(part);
      break;
    case Kind::bulk:
      value = enumerator<BulkOp>(part);
      break;
    case Kind::fp:
      value = enumerator<FpOp>(part);
      break;
    case Kind::sys:
      value = enumerator<SysOp>(part);
      break;
    case Kind::trap:
      value = enumerator<TrapKind>(part);
      break;
    }
    if (!value)
      return "no such kind of the operation";
    ++at;
    op.kind = *value;
    return nullptr;
  }

  std::string_view text_;
  Body &body_;
  std::size_t position_ = 0, line_start_ = 0;
  Block block_;
  bool in_block_ = false, in_instruction_ = false;
};

} // namespace

Status parse(std::string_view text, Body &body) { return Parser(text, body).run(); }

} // namespace ringfence::ir
