// Structure layouts for both word sizes: computed from field types when the tables are generated, and compared
// there with the offsets the models state. Fields of embedded structures and unions are reached by dotted paths.
// Constant offsets of the common ones: <ringfence/kernel/layouts.h> (generated).
#pragma once

#include <ringfence/kernel/api.h>

#include <optional>
#include <span>
#include <string_view>

namespace ringfence::kernel {

struct Field {
  Text path;           ///< "Tail.Overlay.CurrentStackLocation"
  PerWord offset;      ///< bytes from the start of the structure
  PerWord bytes;       ///< of one element
  std::uint32_t count; ///< elements of an array, else 1
  Type type;           ///< TypeClass::void_ for a nested group
};

struct Structure {
  Text name;
  Text provenance;
  PerWord bytes;
  std::uint32_t first_field;
  std::uint32_t field_count;

  /// Sorted by path.
  std::span<const Field> fields() const;
  /// Null when there is no such field.
  const Field *find_field(std::string_view path) const;
  /// The innermost field that covers byte `offset`; the first in path order where union members overlap. Null for
  /// padding.
  const Field *field_at(std::uint32_t offset, WordSize word) const;
};

/// Null when there is no layout; opaque objects have none.
const Structure *find_structure(std::string_view name);
std::span<const Structure> all_structures();
/// Offset of a field, or nothing when the structure or the field is unknown.
std::optional<std::uint32_t> field_offset(std::string_view structure, std::string_view path, WordSize word);
/// True for objects whose layout drivers must not know (EPROCESS, OBJECT_TYPE, ...).
bool is_opaque(std::string_view name);

} // namespace ringfence::kernel
