// Memory as objects. Every object has an address range of its own in the analysed machine, so that pointers to it are
// plain numbers and pointer arithmetic is arithmetic; an object behind a symbolic pointer is found by that pointer.
// ObjectTable is append-only and shared by all paths; what a path wrote is its own Content, shared until it is written.
#pragma once

#include <ringfence/base/span_reader.h>
#include <ringfence/symbolic/expression.h>
#include <ringfence/symbolic/shared_pieces.h>

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace ringfence::symbolic {

using ObjectId = Strong<struct ObjectTag, std::uint32_t>;

enum class ObjectKind : std::uint8_t {
  image, ///< a section of the driver
  stack,
  kernel,    ///< a kernel structure that the analysis set up
  pool,      ///< allocated by the driver
  input,     ///< a buffer whose bytes are the caller's
  user,      ///< the caller's address space, behind a caller's pointer
  physical,  ///< mapped physical or device memory
  pointed,   ///< behind a pointer about which nothing else is known
  arbitrary, ///< behind an address that the caller chose
};

/// What an object holds where no path has written.
enum class Fill : std::uint8_t {
  bytes, ///< the given bytes, then zeros
  zero,
  lazy, ///< the initial content of its array: unknown, but the same at every read
};

struct Object {
  ObjectKind kind = ObjectKind::kernel;
  Fill fill = Fill::lazy;
  bool writable = true;
  std::uint64_t base = 0; ///< address; 0 for objects behind a symbolic pointer
  std::uint64_t size = 0; ///< bytes; for lazy objects of unknown size the largest offset that is accepted
  ArrayId array;
  Bytes bytes;           ///< Fill::bytes
  Expr pointer;          ///< the symbolic pointer that it lies behind; Expr(0) for the others
  Expr extent;           ///< the bytes that really exist when that is not `size`; Expr(0): `size` is right
  std::uint32_t tag = 0; ///< for who made the object
  std::string name;
};

class ObjectTable {
public:
  explicit ObjectTable(ExprPool &pool) : pool_(pool), objects_(1) {}

  Object &operator[](ObjectId id) { return objects_[id.value]; }
  const Object &operator[](ObjectId id) const { return objects_[id.value]; }
  std::size_t size() const { return objects_.size(); }

  /// Adds an object at its `base`; its array is created. Precondition: the range is free.
  ObjectId add(Object object, std::uint32_t labels);
  /// Adds an object at a fresh address of the machine's object area.
  ObjectId allocate(Object object, std::uint32_t labels);
  /// The object behind a symbolic pointer, created at the first call.
  ObjectId behind(Expr pointer);
  /// The same, when it exists.
  std::optional<ObjectId> existing_behind(Expr pointer) const;
  /// Says that `read` is one of the entries of a table of the driver's own: its index is bounded, and `labels` are
  /// those of the entries.
  void note_selected(Expr read, std::uint32_t labels) { selected_.insert_or_assign(read.value, labels); }
  /// Labels of what a pointer is made of. The index that selects one of the driver's own entries is none of it: who
  /// chooses among the driver's pointers does not choose an address.
  std::uint32_t labels_of_pointer(Expr pointer) const;
  /// The object whose range holds the address.
  std::optional<ObjectId> at(std::uint64_t address) const;
  /// The object whose initial content the array is; nothing for arrays that replaced a content.
  std::optional<ObjectId> owner_of(ArrayId array) const {
    const bool known = array.value < owners_.size() && owners_[array.value] != ObjectId(0);
    return known ? std::optional(owners_[array.value]) : std::nullopt;
  }

  /// Where fresh objects go: `first`, in steps of `spacing`.
  void set_area(std::uint64_t first, std::uint64_t spacing) {
    next_ = first;
    spacing_ = spacing;
  }

private:
  std::uint32_t labels_of_part(Expr part, unsigned depth) const;

  ExprPool &pool_;
  std::vector<Object> objects_; ///< 0 is no object
  struct Address {
    std::uint64_t base;
    ObjectId object;
  };
  /// Where an address was found a moment ago: from an object's base to the next one's.
  struct Recent {
    std::uint64_t base = 1, next = 0;
    ObjectId object;
  };
  std::vector<Address> by_address_;         ///< ascending
  mutable std::array<Recent, 64> recent_{}; ///< by the address's 16 KB; empty after an object was added
  std::unordered_map<std::uint32_t, ObjectId> by_pointer_;
  std::unordered_map<std::uint32_t, std::uint32_t> selected_; ///< labels of the entries, by the read
  std::vector<ObjectId> owners_;                              ///< by array; 0 is none
  std::uint64_t next_ = 0, spacing_ = 0;
};

/// The writes of one path to one object: cells sorted by offset that never overlap.
struct Content {
  struct Cell {
    std::uint64_t offset = 0, size = 0;
    Expr value;                     ///< as wide as the cell, or one byte that every byte of it equals; Expr(0): `array`
    ArrayId array = ArrayId(0);     ///< unknown content...
    std::uint64_t array_offset = 0; ///< ...from here
    std::uint64_t end() const { return offset + size; }
    friend bool operator==(const Cell &, const Cell &) = default;
  };
  SharedPieces<Cell> cells;
  /// After a write at an unknown offset everything else is unknown: the array that replaced the initial content.
  std::optional<ArrayId> havoc;
};

/// The memory of one path. Copying it shares all contents: it costs one pointer for each page of objects.
class PathMemory {
public:
  /// `bytes` bytes at a constant offset. Reads outside the object give its array's content.
  Expr load(ExprPool &pool, const ObjectTable &objects, ObjectId object, std::uint64_t offset, unsigned bytes) const;
  void store(ExprPool &pool, ObjectId object, std::uint64_t offset, Expr value);
  /// `size` bytes that all equal the 8-bit `value`.
  void fill(ExprPool &pool, ObjectId object, std::uint64_t offset, std::uint64_t size, Expr value);
  /// `size` bytes from one place to another; they may overlap.
  void copy(ExprPool &pool, const ObjectTable &objects, ObjectId to, std::uint64_t to_offset, ObjectId from,
            std::uint64_t from_offset, std::uint64_t size);
  /// A read at a symbolic offset in [low, high]: unknown, with the labels of everything that may be read. `selects`:
  /// the offset is known to lie there, and every read of that kind is another value than one of which it is not known.
  Expr load_any(ExprPool &pool, const ObjectTable &objects, ObjectId object, Expr offset, std::uint64_t low,
                std::uint64_t high, unsigned bytes, bool selects = false) const;
  /// Labels of what a read in [low, high] can give, without those of the offset.
  std::uint32_t labels_within(const ExprPool &pool, const ObjectTable &objects, ObjectId object, std::uint64_t low,
                              std::uint64_t high, unsigned bytes) const;
  /// A write of `labels` somewhere into [low, high): what stood there is unknown afterwards.
  void havoc(ExprPool &pool, const ObjectTable &objects, ObjectId object, std::uint64_t low, std::uint64_t high,
             std::uint32_t labels);
  /// The bytes [low, end), at most 4,096, are known to be zero. Makes no expressions.
  bool is_zero(const ExprPool &pool, const ObjectTable &objects, ObjectId object, std::uint64_t low,
               std::uint64_t end) const;
  /// The cells written, in order of offset; null when none.
  const Content *content(ObjectId object) const;
  /// Objects whose content is not the one that `before` shares, ascending: everything written since then is among them.
  std::vector<ObjectId> changed_since(const PathMemory &before) const;
  /// The object has here what it has in `from`.
  void take(ObjectId object, const PathMemory &from);

private:
  Content &writable(ObjectId object);
  void add_initial(ExprPool &pool, const ObjectTable &objects, ObjectId id, std::uint64_t from, std::uint64_t to,
                   std::vector<Content::Cell> &cells) const;
  Expr initial(ExprPool &pool, const ObjectTable &objects, ObjectId object, std::uint64_t offset, unsigned bytes) const;
  static constexpr std::uint32_t page_size = 32;
  using Page = std::array<std::shared_ptr<Content>, page_size>;
  std::vector<std::shared_ptr<Page>> pages_; ///< by object number
};

} // namespace ringfence::symbolic
