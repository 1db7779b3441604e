// Symbolic values along one path of blocks: enough to see how a jump's target is computed and what the comparisons
// before it say about the index. Expressions are hash-consed by search in a small table; the meaning of every node
// is that of the opcode it names (ir/op.h). Stores forward to loads of the same address expression; other aliasing
// is ignored on purpose: what comes out is a proposal that the caller checks against the image.
#pragma once

#include <ringfence/image/image.h>
#include <ringfence/ir/body.h>

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

namespace ringfence::code {

using NodeId = std::uint32_t;
inline constexpr NodeId kNoNode = 0xffffffff;

/// An inclusive unsigned range of one expression.
struct Bound {
  NodeId node = kNoNode;
  std::uint64_t low = 0;
  std::uint64_t high = 0;
};

class PathValues {
public:
  PathValues(const ir::Body &body, const image::Image &image);

  /// Starts a new path: all registers unknown, nothing known about memory.
  void reset();
  /// Follows a block. `taken`: of its final branch, when it has one and the path goes on.
  void follow(const ir::Block &block, std::optional<bool> taken);
  /// Forgets what a call does not preserve.
  void clobber_by_call();
  /// The operand of the jump or call that ended the last block followed; kNoNode when it had none.
  NodeId target() const { return target_; }

  /// What the branches on the path say, latest last.
  std::span<const Bound> bounds() const { return bounds_; }
  /// The value as a constant.
  std::optional<std::uint64_t> constant(NodeId node) const;
  /// The address, when the value is loaded from a constant one.
  std::optional<std::uint64_t> loaded_from(NodeId node) const;
  /// True when `part` occurs in `whole`.
  bool contains(NodeId whole, NodeId part) const;
  /// True when a product or a shift by a constant is part of the value: an index into a table.
  bool scaled(NodeId node) const;
  /// Expressions within `node` whose own operations limit them to at most `limit` (masks, zero-extended bytes).
  std::vector<Bound> natural_bounds(NodeId node, std::uint64_t limit) const;
  /// Unknown registers and loads in `node` that are wide enough to be an index, in order of creation.
  std::vector<NodeId> leaves(NodeId node) const;

  /// The value of `node` when `index` has `value`; loads read the image. Nothing when it depends on anything else.
  /// `lowest_read` becomes the lowest address read when that is lower.
  std::optional<std::uint64_t> evaluate(NodeId node, NodeId index, std::uint64_t value, std::uint64_t &lowest_read);

private:
  struct Node {
    ir::Opcode code = ir::Opcode::undefined;
    ir::Width width = ir::Width::none;
    std::uint16_t kind = 0;
    NodeId a = kNoNode, b = kNoNode, c = kNoNode;
    std::uint64_t imm = 0; ///< constant; for leaves a serial number
    friend bool operator==(const Node &, const Node &) = default;
  };
  struct Stored {
    NodeId address = kNoNode;
    NodeId value = kNoNode;
    ir::Width width = ir::Width::none;
  };

  NodeId make(const Node &node);
  NodeId leaf(ir::Width width);
  NodeId constant_node(ir::Width width, std::uint64_t value);
  NodeId operation(const ir::Op &op, NodeId a, NodeId b, NodeId c);
  NodeId simplified(const Node &node);
  NodeId load(ir::Width width, NodeId address);
  NodeId execute(const ir::Op &op);
  NodeId operand(const ir::Op &op, std::uint8_t reference, ir::Width width);
  void learn(NodeId condition, bool holds);
  void learn_flags(ir::Condition condition, const Node &flags);
  std::optional<std::uint64_t> evaluate_node(NodeId node, std::uint64_t &lowest_read);
  std::optional<std::uint64_t> read(std::uint64_t address, ir::Width width) const;
  void substitute(NodeId node, std::uint64_t value);

  const ir::Body &body_;
  const image::Image &image_;
  std::vector<Node> nodes_;
  std::vector<NodeId> buckets_; ///< hash table of node ids
  std::array<NodeId, ir::kFirstVectorRegister> registers_{};
  std::vector<Stored> stores_;
  std::vector<Bound> bounds_;
  std::array<NodeId, ir::kMaxOpsPerInstruction + 1> results_{}; ///< of the current instruction
  NodeId target_ = kNoNode;
  std::uint64_t serial_ = 0;
  std::vector<std::uint64_t> memo_;       ///< values of the current evaluation
  std::vector<std::uint32_t> memo_stamp_; ///< evaluation that wrote them; stamp * 2 + 1 means "nothing"
  std::uint32_t stamp_ = 0;
};

} // namespace ringfence::code
