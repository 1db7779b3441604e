#include "path_values.h"

#include <ringfence/ir/flags.h>

#include <algorithm>

namespace ringfence::code {

using ir::Opcode;
using ir::Width;

namespace {

constexpr std::size_t kMaxNodes = 20000;
constexpr std::size_t kBuckets = 1024;
constexpr std::size_t kForwardedStores = 64;

std::uint64_t sign_extended(std::uint64_t value, Width width) {
  const unsigned bits = ir::bits_of(width);
  if (bits == 0 || bits >= 64)
    return value;
  const std::uint64_t sign = std::uint64_t{1} << (bits - 1);
  return ((value & ir::mask_of(width)) ^ sign) - sign;
}

/// A scalar operation on constants; nothing for opcodes that addresses are not computed with.
std::optional<std::uint64_t> fold(Opcode code, Width width, std::uint16_t kind, std::uint64_t a, std::uint64_t b,
                                  std::uint64_t c, std::uint64_t imm) {
  const unsigned bits = ir::bits_of(width);
  const std::uint64_t mask = ir::mask_of(width);
  const auto source = static_cast<Width>(kind);
  switch (code) {
  case Opcode::add:
    return (a + b) & mask;
  case Opcode::sub:
    return (a - b) & mask;
  case Opcode::mul:
    return (a * b) & mask;
  case Opcode::and_:
    return a & b;
  case Opcode::or_:
    return a | b;
  case Opcode::xor_:
    return a ^ b;
  case Opcode::not_:
    return ~a & mask;
  case Opcode::shl:
    return b >= bits ? 0 : (a << b) & mask;
  case Opcode::shr:
    return b >= bits ? 0 : a >> b;
  case Opcode::sar:
    return static_cast<std::uint64_t>(static_cast<std::int64_t>(sign_extended(a, width)) >>
                                      std::min<std::uint64_t>(b, 63)) &
           mask;
  case Opcode::zext:
    return a;
  case Opcode::sext:
    return sign_extended(a, source) & mask;
  case Opcode::trunc:
    return a & mask;
  case Opcode::extract:
    return imm >= 64 ? 0 : (a >> imm) & mask;
  case Opcode::insert: {
    const std::uint64_t part = ir::mask_of(source);
    return imm >= 64 ? a : (a & ~(part << imm)) | (b & part) << imm;
  }
  case Opcode::concat:
    return ir::bits_of(source) >= 64 ? b : (a << ir::bits_of(source) | b) & mask;
  case Opcode::select:
    return a ? b : c;
  default:
    return std::nullopt;
  }
}

bool is_scalar(Width width) { return width == Width::flags || (ir::bits_of(width) > 0 && !ir::is_wide(width)); }

} // namespace

PathValues::PathValues(const ir::Body &body, const image::Image &image) : body_(body), image_(image) { reset(); }

void PathValues::reset() {
  nodes_.clear();
  buckets_.assign(kBuckets, kNoNode);
  registers_.fill(kNoNode);
  stores_.clear();
  bounds_.clear();
  target_ = kNoNode;
  serial_ = 0;
  memo_stamp_.clear();
  memo_.clear();
}

NodeId PathValues::make(const Node &node) {
  std::uint64_t hash = node.imm * 0x9e3779b97f4a7c15u + static_cast<unsigned>(node.code) * 131u +
                       static_cast<unsigned>(node.width) * 17u + node.kind;
  hash = (hash ^ node.a * 0x85ebca6bu ^ node.b * 0xc2b2ae35u ^ node.c) * 0x9e3779b97f4a7c15u;
  std::size_t at = static_cast<std::size_t>(hash >> 40) & (buckets_.size() - 1);
  for (; buckets_[at] != kNoNode; at = (at + 1) & (buckets_.size() - 1))
    if (nodes_[buckets_[at]] == node)
      return buckets_[at];
  if (nodes_.size() >= kMaxNodes)
    return kNoNode;
  nodes_.push_back(node);
  const auto id = static_cast<NodeId>(nodes_.size() - 1);
  buckets_[at] = id;
  if (nodes_.size() * 2 > buckets_.size()) {
    // Grow: identities only, so the nodes are entered again under the new size.
    const std::vector<Node> all = nodes_;
    buckets_.assign(buckets_.size() * 4, kNoNode);
    nodes_.clear();
    for (const Node &one : all)
      (void)make(one);
  }
  return id;
}

NodeId PathValues::leaf(Width width) { return make({.code = Opcode::undefined, .width = width, .imm = ++serial_}); }

NodeId PathValues::constant_node(Width width, std::uint64_t value) {
  return make({.code = Opcode::constant, .width = width, .imm = value & ir::mask_of(width)});
}

std::optional<std::uint64_t> PathValues::constant(NodeId node) const {
  if (node == kNoNode || nodes_[node].code != Opcode::constant)
    return std::nullopt;
  return nodes_[node].imm;
}

std::optional<std::uint64_t> PathValues::loaded_from(NodeId node) const {
  if (node == kNoNode || nodes_[node].code != Opcode::load)
    return std::nullopt;
  return constant(nodes_[node].a);
}

/// Identities that let the same index be recognised in the comparison and in the address.
NodeId PathValues::simplified(const Node &node) {
  const auto of = [this](NodeId id) -> const Node & { return nodes_[id]; };
  switch (node.code) {
  case Opcode::trunc:
    if (of(node.a).code == Opcode::zext || of(node.a).code == Opcode::sext) {
      const auto inner = static_cast<Width>(of(node.a).kind);
      if (inner == node.width)
        return of(node.a).a;
      if (ir::bits_of(inner) < ir::bits_of(node.width)) {
        const Node shorter{of(node.a).code, node.width, of(node.a).kind, of(node.a).a, kNoNode, kNoNode, 0};
        return make(shorter);
      }
      return make({Opcode::trunc, node.width, of(node.a).kind, of(node.a).a, kNoNode, kNoNode, 0});
    }
    if (of(node.a).code == Opcode::insert && of(node.a).imm == 0 && static_cast<Width>(of(node.a).kind) == node.width)
      return of(node.a).b;
    break;
  case Opcode::add:
  case Opcode::sub: {
    const auto b = constant(node.b);
    if (b && *b == 0)
      return node.a;
    // (x + k1) + k2: one constant.
    if (b && (of(node.a).code == Opcode::add || of(node.a).code == Opcode::sub)) {
      const Node inner = of(node.a);
      if (const auto k = constant(inner.b)) {
        const std::uint64_t first = inner.code == Opcode::add ? *k : 0 - *k;
        const std::uint64_t sum = (first + (node.code == Opcode::add ? *b : 0 - *b)) & ir::mask_of(node.width);
        return sum == 0 ? inner.a
                        : make({Opcode::add, node.width, 0, inner.a, constant_node(node.width, sum), kNoNode, 0});
      }
    }
    if (b && node.code == Opcode::sub)
      return make({Opcode::add, node.width, 0, node.a, constant_node(node.width, 0 - *b), kNoNode, 0});
    break;
  }
  case Opcode::xor_:
    if (node.a == node.b)
      return constant_node(node.width, 0);
    break;
  default:
    break;
  }
  return make(node);
}

NodeId PathValues::operation(const ir::Op &op, NodeId a, NodeId b, NodeId c) {
  const auto ca = constant(a), cb = constant(b), cc = constant(c);
  const bool all = (a == kNoNode || ca) && (b == kNoNode || cb) && (c == kNoNode || cc);
  const std::uint64_t attribute =
      op.a == ir::kImmediate || op.b == ir::kImmediate || op.c == ir::kImmediate ? 0 : op.imm;
  if (all && a != kNoNode)
    if (const auto value = fold(op.code, op.width, op.kind, *ca, cb.value_or(0), cc.value_or(0), attribute))
      return constant_node(op.width, *value);
  Node node{op.code, op.width, op.kind, a, b, c, attribute};
  if (node.code == Opcode::add && ca && !cb)
    std::swap(node.a, node.b);
  return simplified(node);
}

NodeId PathValues::operand(const ir::Op &op, std::uint8_t reference, Width width) {
  if (reference == ir::kNone)
    return kNoNode;
  if (reference == ir::kImmediate)
    return constant_node(width, op.imm);
  return results_[reference];
}

NodeId PathValues::load(Width width, NodeId address) {
  if (address == kNoNode || !is_scalar(width))
    return leaf(width);
  for (auto store = stores_.rbegin(); store != stores_.rend(); ++store)
    if (store->address == address && store->width == width)
      return store->value;
  return make({Opcode::load, width, 0, address, kNoNode, kNoNode, 0});
}

NodeId PathValues::execute(const ir::Op &op) {
  const Width address = ir::address_width(body_.architecture);
  switch (op.code) {
  case Opcode::constant:
    return is_scalar(op.width) ? constant_node(op.width, op.imm) : kNoNode;
  case Opcode::get:
    if (op.kind >= ir::kFirstVectorRegister)
      return kNoNode;
    if (registers_[op.kind] == kNoNode)
      registers_[op.kind] = leaf(op.width);
    return registers_[op.kind];
  case Opcode::put:
    if (op.kind < ir::kFirstVectorRegister) {
      const NodeId value = operand(op, op.a, op.width);
      registers_[op.kind] = value == kNoNode ? leaf(op.width) : value;
    }
    return kNoNode;
  case Opcode::load:
    return load(op.width, operand(op, op.a, address));
  case Opcode::store: {
    const NodeId to = operand(op, op.a, address);
    if (to != kNoNode && is_scalar(op.width)) {
      if (stores_.size() >= kForwardedStores)
        stores_.erase(stores_.begin(), stores_.begin() + kForwardedStores / 2);
      const NodeId value = operand(op, op.b, op.width);
      stores_.push_back({to, value == kNoNode ? leaf(op.width) : value, op.width});
    }
    return kNoNode;
  }
  case Opcode::bulk:
    stores_.clear();
    return kNoNode;
  case Opcode::jump:
  case Opcode::call:
    target_ = operand(op, op.a, address);
    return kNoNode;
  case Opcode::branch:
    target_ = operand(op, op.a, Width::w1);
    return kNoNode;
  case Opcode::ret:
  case Opcode::trap:
    target_ = kNoNode;
    return kNoNode;
  default:
    break;
  }
  const Width result = ir::result_width(op);
  if (!is_scalar(result))
    return kNoNode;
  const Width from = op.code == Opcode::zext || op.code == Opcode::sext || op.code == Opcode::trunc ||
                             op.code == Opcode::extract || op.code == Opcode::concat
                         ? static_cast<Width>(op.kind)
                     : op.code == Opcode::select ? Width::w1
                                                 : op.width;
  const Width second = op.code == Opcode::insert || op.code == Opcode::concat ? static_cast<Width>(op.kind) : op.width;
  const NodeId a = operand(op, op.a, from), b = operand(op, op.b, second), c = operand(op, op.c, op.width);
  const bool missing =
      (op.a != ir::kNone && a == kNoNode) || (op.b != ir::kNone && b == kNoNode) || (op.c != ir::kNone && c == kNoNode);
  if (missing || !ir::is_pure(op.code))
    return leaf(result);
  return operation(op, a, b, c);
}

void PathValues::follow(const ir::Block &block, std::optional<bool> taken) {
  target_ = kNoNode;
  for (const ir::Instruction &instruction : body_.instructions_of(block)) {
    std::size_t index = 0;
    for (const ir::Op &op : body_.ops_of(instruction))
      if (index < results_.size()) {
        results_[index] = execute(op);
        ++index;
      }
  }
  const ir::Op *end = body_.terminator(block);
  if (end && end->code == Opcode::branch && taken && target_ != kNoNode)
    learn(target_, *taken);
}

void PathValues::clobber_by_call() {
  using namespace ir::x86;
  for (const ir::Register volatile_register : {rax, rcx, rdx})
    registers_[volatile_register] = kNoNode;
  if (body_.architecture == ir::Architecture::x64)
    for (const ir::Register volatile_register : {r8, r9, r10, r11})
      registers_[volatile_register] = kNoNode;
  registers_[ir::flags_register(body_.architecture)] = kNoNode;
}

/// A condition that holds (or not) gives a range to the first operand of its comparison.
void PathValues::learn(NodeId condition, bool holds) {
  const Node node = nodes_[condition];
  if (node.code == Opcode::condition && node.a != kNoNode && nodes_[node.a].code == Opcode::flags) {
    const auto which = static_cast<ir::Condition>(node.kind);
    learn_flags(holds ? which : ir::negated(which), nodes_[node.a]);
    return;
  }
  const auto b = constant(node.b);
  if (!b)
    return;
  const std::uint64_t top = ir::mask_of(node.width);
  if (node.code == Opcode::ult && holds && *b > 0)
    bounds_.push_back({node.a, 0, *b - 1});
  else if (node.code == Opcode::ule && holds)
    bounds_.push_back({node.a, 0, *b});
  else if (node.code == Opcode::ult && !holds)
    bounds_.push_back({node.a, *b, top});
}

void PathValues::learn_flags(ir::Condition condition, const Node &flags) {
  const auto kind = static_cast<ir::FlagKind>(flags.kind);
  const auto b = constant(flags.b);
  if (kind != ir::FlagKind::sub || !b)
    return;
  switch (condition) {
  case ir::Condition::be:
  case ir::Condition::le:
    bounds_.push_back({flags.a, 0, *b});
    break;
  case ir::Condition::b:
  case ir::Condition::l:
    if (*b > 0)
      bounds_.push_back({flags.a, 0, *b - 1});
    break;
  default:
    break;
  }
}

bool PathValues::contains(NodeId whole, NodeId part) const {
  std::vector<NodeId> pending{whole};
  std::vector<bool> seen(nodes_.size());
  while (!pending.empty()) {
    const NodeId id = pending.back();
    pending.pop_back();
    if (id == kNoNode || seen[id])
      continue;
    seen[id] = true;
    if (id == part)
      return true;
    for (const NodeId child : {nodes_[id].a, nodes_[id].b, nodes_[id].c})
      pending.push_back(child);
  }
  return false;
}

bool PathValues::scaled(NodeId whole) const {
  for (NodeId id = 0; whole != kNoNode && id < nodes_.size(); ++id)
    if ((nodes_[id].code == Opcode::shl || nodes_[id].code == Opcode::mul) && contains(whole, id))
      return true;
  return false;
}

std::vector<Bound> PathValues::natural_bounds(NodeId whole, std::uint64_t limit) const {
  std::vector<Bound> found;
  for (NodeId id = 0; id < nodes_.size(); ++id) {
    const Node &node = nodes_[id];
    if (node.code == Opcode::and_) {
      const auto mask = constant(node.b) ? constant(node.b) : constant(node.a);
      if (mask && *mask <= limit && contains(whole, id))
        found.push_back({id, 0, *mask});
    } else if (ir::bits_of(node.width) == 8 && limit >= 255 && node.code != Opcode::constant && contains(whole, id)) {
      found.push_back({id, 0, 255});
    }
  }
  return found;
}

std::vector<NodeId> PathValues::leaves(NodeId whole) const {
  std::vector<NodeId> found;
  for (NodeId id = 0; id < nodes_.size(); ++id)
    if ((nodes_[id].code == Opcode::undefined || nodes_[id].code == Opcode::load) &&
        ir::bits_of(nodes_[id].width) >= 8 && contains(whole, id))
      found.push_back(id);
  return found;
}

std::optional<std::uint64_t> PathValues::read(std::uint64_t address, Width width) const {
  const auto rva = image_.rva_of(Va(address));
  if (!rva)
    return std::nullopt;
  switch (ir::bits_of(width)) {
  case 8:
    return image_.read<std::uint8_t>(*rva);
  case 16:
    return image_.read<std::uint16_t>(*rva);
  case 32:
    return image_.read<std::uint32_t>(*rva);
  case 64:
    return image_.read<std::uint64_t>(*rva);
  default:
    return std::nullopt;
  }
}

/// Gives `node` a value, and what it was computed from where that can be solved.
void PathValues::substitute(NodeId id, std::uint64_t value) {
  for (unsigned depth = 0; depth < 8 && id != kNoNode; ++depth) {
    const Node &node = nodes_[id];
    memo_[id] = value & ir::mask_of(node.width);
    memo_stamp_[id] = stamp_ * 2;
    const auto k = constant(node.b);
    if (node.code == Opcode::add && k)
      value = (value - *k) & ir::mask_of(node.width);
    else if (node.code != Opcode::zext && node.code != Opcode::trunc && node.code != Opcode::sext)
      return;
    id = node.a;
  }
}

std::optional<std::uint64_t> PathValues::evaluate(NodeId node, NodeId index, std::uint64_t value,
                                                  std::uint64_t &lowest_read) {
  memo_.resize(nodes_.size());
  memo_stamp_.resize(nodes_.size());
  ++stamp_;
  substitute(index, value);
  return evaluate_node(node, lowest_read);
}

std::optional<std::uint64_t> PathValues::evaluate_node(NodeId root, std::uint64_t &lowest_read) {
  // Children have smaller numbers than their parents, except through substitution: evaluate depth first.
  std::vector<NodeId> pending{root};
  while (!pending.empty()) {
    const NodeId id = pending.back();
    if (memo_stamp_[id] / 2 == stamp_) {
      pending.pop_back();
      continue;
    }
    const Node &node = nodes_[id];
    bool ready = true, known = true;
    std::array<std::uint64_t, 3> values{};
    const std::array<NodeId, 3> children{node.a, node.b, node.c};
    for (std::size_t i = 0; i < 3; ++i) {
      if (children[i] == kNoNode)
        continue;
      if (memo_stamp_[children[i]] / 2 != stamp_) {
        pending.push_back(children[i]);
        ready = false;
      } else {
        known = known && memo_stamp_[children[i]] % 2 == 0;
        values[i] = memo_[children[i]];
      }
    }
    if (!ready)
      continue;
    std::optional<std::uint64_t> result;
    if (node.code == Opcode::constant)
      result = node.imm;
    else if (node.code == Opcode::load && known) {
      result = read(values[0], node.width);
      if (result)
        lowest_read = std::min(lowest_read, values[0]);
    } else if (node.code != Opcode::undefined && known && node.width != Width::flags)
      result = fold(node.code, node.width, node.kind, values[0], values[1], values[2], node.imm);
    memo_[id] = result.value_or(0);
    memo_stamp_[id] = stamp_ * 2 + (result ? 0 : 1);
    pending.pop_back();
  }
  return memo_stamp_[root] % 2 == 0 ? std::optional(memo_[root]) : std::nullopt;
}

} // namespace ringfence::code
