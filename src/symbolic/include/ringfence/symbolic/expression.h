// Expressions over bit-vectors, hash-consed: equal expressions have equal ids, so equality is a comparison of
// integers. Every constructor returns the canonical form:
//   - constants are folded and stand right of a commutative operator; x - c is x + (-c); sums of constants collapse
//   - x & (2^k - 1) and x >> c are zext(extract(...)); a truncation moves into add, sub, mul and the bitwise operators
//   - byte-aligned parts of an array's initial content are `slice`s; adjacent slices join, parts of a slice are slices
//   - a <= b is not(b < a); a comparison with a constant loses zext, add and xor on the other side
// An expression carries the union of its sources' labels, whatever arithmetic it went through.
#pragma once

#include <ringfence/base/strong.h>
#include <ringfence/symbolic/append_only.h>

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace ringfence::symbolic {

using Expr = Strong<struct ExprTag, std::uint32_t>;
using ArrayId = Strong<struct ArrayTag, std::uint32_t>;

/// Where a value comes from. A mask; labels only ever accumulate.
enum Label : std::uint32_t {
  label_input = 1u << 0,           ///< bytes of the caller's request buffers
  label_length = 1u << 1,          ///< lengths of the request's buffers
  label_code = 1u << 2,            ///< the control code
  label_user_pointer = 1u << 3,    ///< a pointer into the caller's address space (Type3InputBuffer, UserBuffer)
  label_user_memory = 1u << 4,     ///< memory behind a caller's pointer; may change between two fetches
  label_file_object = 1u << 5,     ///< the caller's file object and its name
  label_registry = 1u << 6,        ///< a registry value
  label_hardware = 1u << 7,        ///< a port, an MSR, device memory
  label_kernel = 1u << 8,          ///< initial content of kernel structures
  label_persistent = 1u << 9,      ///< state that outlives a request: globals, device extension, contexts
  label_unknown = 1u << 10,        ///< not modelled
  label_arbitrary_read = 1u << 11, ///< read through an address that the caller chose
  label_process = 1u << 12,        ///< identity of the calling process or thread
  label_physical = 1u << 13,       ///< content of mapped physical memory
  label_kernel_address = 1u << 14, ///< where something lies in kernel or physical memory: not for the caller's eyes
};
/// Labels of values that a caller chooses freely.
inline constexpr std::uint32_t labels_of_caller = label_input | label_user_pointer | label_user_memory;

enum class Kind : std::uint8_t {
  constant, ///< imm
  symbol,   ///< an unknown, equal only to itself; imm = its name's number
  slice,    ///< initial content of array a at byte offset imm, `bits` wide, little-endian
  read,     ///< content of array a (at a moment: imm) at byte offset b
  add,
  sub,
  mul,
  udiv,
  urem,
  sdiv,
  srem,
  and_,
  or_,
  xor_,
  not_,
  shl,
  shr,
  sar,
  eq,
  ult,
  slt, ///< 1 bit
  zext,
  sext,
  extract, ///< bits [imm, imm + bits) of a
  concat,  ///< a high, b low
  ite,     ///< a (1 bit) ? b : c
  opaque,  ///< a function without a theory: imm = operator, of a, b, c
};

struct Node {
  Kind kind = Kind::constant;
  std::uint8_t bits = 0;   ///< 1 to 128
  std::uint16_t depth = 0; ///< operators on the longest way down; at most ExprPool::most_depth
  std::uint32_t a = 0, b = 0, c = 0;
  std::uint32_t labels = 0;
  std::uint64_t imm = 0;
  friend bool operator==(const Node &, const Node &) = default;
};

/// All ones in the low `bits` (64 and more: all ones).
constexpr std::uint64_t low_mask(unsigned bits) {
  return bits >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << bits) - 1;
}
/// `value` of `bits` bits as a signed number.
constexpr std::int64_t as_signed(std::uint64_t value, unsigned bits) {
  if (bits >= 64)
    return static_cast<std::int64_t>(value);
  const std::uint64_t sign = std::uint64_t{1} << (bits - 1);
  return static_cast<std::int64_t>(((value & low_mask(bits)) ^ sign) - sign);
}

class RangeMemory;

/// The arena of one analysis. Expressions of different pools do not mix. Not for two threads at once.
class ExprPool {
public:
  /// An expression that would be deeper is an unknown value with the same labels: walks over expressions recurse.
  static constexpr std::uint16_t most_depth = 512;

  ExprPool();
  ~ExprPool();

  const Node &operator[](Expr e) const { return nodes_[e.value]; }
  unsigned bits(Expr e) const { return nodes_[e.value].bits; }
  std::uint32_t labels(Expr e) const { return nodes_[e.value].labels; }
  bool is_constant(Expr e) const { return nodes_[e.value].kind == Kind::constant; }
  /// The value of a constant of at most 64 bits. Precondition: is_constant(e).
  std::uint64_t value(Expr e) const { return nodes_[e.value].imm; }
  bool is_constant(Expr e, std::uint64_t value) const { return is_constant(e) && nodes_[e.value].imm == value; }
  std::size_t size() const { return nodes_.size(); }

  /// A new array of bytes whose initial content is unknown; `labels` are those of its bytes.
  ArrayId new_array(std::string name, std::uint32_t labels);
  const std::string &array_name(ArrayId array) const { return arrays_[array.value].name; }
  std::uint32_t array_labels(ArrayId array) const { return arrays_[array.value].labels; }

  Expr constant(std::uint64_t value, unsigned bits) {
    // Most expressions made are constants, and most of these were made a moment ago.
    if (bits > 64)
      return wide_constant(value, bits);
    value &= low_mask(bits);
    const Recent &recent = recent_constants_[(value + bits) * 0x9e3779b97f4a7c15u >> 53];
    return recent.bits == bits && recent.value == value ? recent.expr : new_constant(value, bits);
  }
  Expr truth(bool value) { return constant(value ? 1 : 0, 1); }
  /// A fresh unknown.
  Expr symbol(unsigned bits, std::uint32_t labels, std::string_view name);
  const std::string &symbol_name(Expr e) const { return symbol_names_[nodes_[e.value].imm]; }
  Expr slice(ArrayId array, std::uint64_t offset, unsigned bits);
  Expr read(ArrayId array, std::uint64_t moment, Expr offset, unsigned bits, std::uint32_t more_labels);

  Expr add(Expr a, Expr b);
  Expr sub(Expr a, Expr b);
  Expr mul(Expr a, Expr b);
  Expr div(Kind kind, Expr a, Expr b);
  Expr and_(Expr a, Expr b);
  Expr or_(Expr a, Expr b);
  Expr xor_(Expr a, Expr b);
  Expr not_(Expr a);
  Expr shift(Kind kind, Expr a, Expr b);
  Expr eq(Expr a, Expr b);
  Expr ult(Expr a, Expr b);
  Expr ule(Expr a, Expr b) { return not_(ult(b, a)); }
  Expr slt(Expr a, Expr b);
  Expr sle(Expr a, Expr b) { return not_(slt(b, a)); }
  Expr zext(Expr a, unsigned bits);
  Expr sext(Expr a, unsigned bits);
  Expr extract(Expr a, unsigned low, unsigned bits);
  Expr concat(Expr high, Expr low);
  /// For sbb: whether a - b - borrow borrows is whether first < second. Nothing where the borrow is no comparison.
  std::optional<std::pair<Expr, Expr>> joined_operands(Expr high_a, Expr high_b, Expr borrow);
  Expr ite(Expr condition, Expr then, Expr otherwise);
  Expr opaque(std::uint64_t name, unsigned bits, Expr a, Expr b, Expr c);
  /// `a` with `more` added to its labels: an opaque identity, used where a value passes a boundary.
  Expr relabel(Expr a, std::uint32_t labels, std::string_view name);

  /// The terms of a sum, from the left to the right; of any other expression, the expression. A sum can name its
  /// operands many times over: what would be more than 64 terms stays undivided.
  std::vector<Expr> terms_of(Expr sum) const;

  /// What PathFacts remembers of its answers about these expressions.
  RangeMemory &ranges() const { return *ranges_; }

  /// "in[8..12) + 0x10": for traces and tests. At most 512 characters; a longer text ends with "...".
  std::string to_string(Expr e) const;

private:
  struct Array {
    std::string name;
    std::uint32_t labels;
  };
  /// A place of the table of known expressions; free when `id` is 0, as node 0 is a dummy. The hash spares a look at
  /// the node where it differs.
  struct Slot {
    std::uint32_t id = 0, hash = 0;
  };
  /// A constant made a moment ago.
  struct Recent {
    std::uint64_t value = 0;
    unsigned bits = 0;
    Expr expr;
  };
  /// The low `bits` of `of`, where they were distributed over its operands: expressions are graphs, and without a
  /// memory of what is done a walk would take every path through them.
  struct LowPart {
    std::uint32_t of = 0, bits = 0;
    Expr part;
  };
  Expr intern(const Node &node);
  Expr new_constant(std::uint64_t value, unsigned bits);
  Expr wide_constant(std::uint64_t value, unsigned bits);
  LowPart &low_part_of(Expr e, unsigned bits) { return low_parts_[(e.value * 0x9e3779b1u ^ bits * 0x85ebca6bu) >> 19]; }
  Expr make(Kind kind, unsigned bits, Expr a, Expr b = Expr(0), Expr c = Expr(0), std::uint64_t imm = 0);
  Expr distribute_extract(const Node &node, unsigned bits);
  Expr join_disjoint(Expr a, Expr b);
  std::optional<std::pair<Expr, Expr>> truths_of(Expr a, Expr b) const;
  std::optional<std::pair<Expr, Expr>> compared_by(Expr borrow, unsigned bits);
  /// A sum or difference of numbers in halves, where the high half holds the low half's carry.
  std::optional<Expr> joined_sum(Expr high, Expr low);
  void grow();
  void append_text(std::string &out, Expr e, unsigned depth) const;

  AppendOnly<Node> nodes_;
  std::vector<Slot> table_; ///< open addressing
  std::size_t known_ = 0;   ///< slots in use: symbols are never looked for
  std::vector<Array> arrays_;
  std::vector<Recent> recent_constants_;
  std::vector<LowPart> low_parts_; ///< 2^13 places, from the first use on
  std::unique_ptr<RangeMemory> ranges_;
  std::deque<std::string> symbol_names_; ///< each once: there are far more symbols than names
  std::unordered_map<std::string_view, std::uint32_t> name_numbers_; ///< of symbol_names_
};

} // namespace ringfence::symbolic
