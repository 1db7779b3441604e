// Lookups over the generated structure tables.
#include <ringfence/kernel/structure.h>

#include "tables.h"

#include <algorithm>

namespace ringfence::kernel {

std::span<const Field> Structure::fields() const { return {tables::field_rows + first_field, field_count}; }

const Field *Structure::find_field(std::string_view path) const {
  const auto all = fields();
  const auto found = std::lower_bound(all.begin(), all.end(), path,
                                      [](const Field &field, std::string_view key) { return field.path.view() < key; });
  return found != all.end() && found->path.view() == path ? &*found : nullptr;
}

const Field *Structure::field_at(std::uint32_t offset, WordSize word) const {
  const Field *best = nullptr;
  std::uint32_t best_size = 0;
  for (const Field &field : fields()) {
    const std::uint32_t first = field.offset.at(word);
    const std::uint32_t size = field.bytes.at(word) * field.count;
    if (offset < first || offset - first >= size)
      continue;
    if (!best || size < best_size) {
      best = &field;
      best_size = size;
    }
  }
  return best;
}

const Structure *find_structure(std::string_view name) {
  const auto all = all_structures();
  const auto found = std::lower_bound(all.begin(), all.end(), name,
                                      [](const Structure &row, std::string_view key) { return row.name.view() < key; });
  return found != all.end() && found->name.view() == name ? &*found : nullptr;
}

std::span<const Structure> all_structures() { return {tables::structure_rows, tables::structure_rows_count}; }

std::optional<std::uint32_t> field_offset(std::string_view structure, std::string_view path, WordSize word) {
  const Structure *layout = find_structure(structure);
  const Field *field = layout ? layout->find_field(path) : nullptr;
  if (!field)
    return std::nullopt;
  return field->offset.at(word);
}

bool is_opaque(std::string_view name) {
  const Text *end = tables::opaque_rows + tables::opaque_rows_count;
  const Text *found =
      std::lower_bound(tables::opaque_rows, end, name, [](Text row, std::string_view key) { return row.view() < key; });
  return found != end && found->view() == name;
}

} // namespace ringfence::kernel
