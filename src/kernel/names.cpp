// Lookups over the generated name tables and framework function lists.
#include <ringfence/kernel/ioctl.h>
#include <ringfence/kernel/names.h>
#include <ringfence/kernel/wdf.h>

#include "tables.h"

#include <ringfence/base/text.h>

#include <algorithm>

namespace ringfence::kernel {

namespace {

tables::Range range_of(NameSet set) { return tables::name_sets[static_cast<std::size_t>(set)]; }

std::span<const tables::WdfRow> rows_of(WdfKind kind) {
  if (kind == WdfKind::kmdf)
    return {tables::kmdf_rows, tables::kmdf_rows_count};
  return {tables::umdf_rows, tables::umdf_rows_count};
}

} // namespace

std::span<const NamedValue> values_of(NameSet set) {
  const tables::Range range = range_of(set);
  return {tables::names_by_value + range.first, range.count};
}

std::string_view name_of(NameSet set, std::uint64_t value) {
  const auto rows = values_of(set);
  const auto found = std::lower_bound(rows.begin(), rows.end(), value,
                                      [](const NamedValue &row, std::uint64_t key) { return row.value < key; });
  return found != rows.end() && found->value == value ? found->name.view() : std::string_view{};
}

std::optional<std::uint64_t> value_of(NameSet set, std::string_view name) {
  const tables::Range range = range_of(set);
  const NamedValue *begin = tables::names_by_name + range.first;
  const NamedValue *end = begin + range.count;
  const NamedValue *found = std::lower_bound(
      begin, end, name, [](const NamedValue &row, std::string_view key) { return row.name.view() < key; });
  if (found == end || found->name.view() != name)
    return std::nullopt;
  return found->value;
}

std::string flags_text(NameSet set, std::uint64_t value) {
  if (const std::string_view whole = name_of(set, value); !whole.empty())
    return std::string(whole);
  std::string text;
  std::uint64_t rest = value;
  for (unsigned bit = 0; bit < 64; ++bit) {
    const std::uint64_t flag = std::uint64_t{1} << bit;
    const std::string_view name = (value & flag) != 0 ? name_of(set, flag) : std::string_view{};
    if (name.empty())
      continue;
    text += (text.empty() ? "" : " | ") + std::string(name);
    rest &= ~flag;
  }
  if (rest != 0 || text.empty())
    text += (text.empty() ? "" : " | ") + hex(rest);
  return text;
}

std::span<const RegistryRoot> registry_roots() { return {tables::registry_rows, tables::registry_rows_count}; }

const RegistryRoot *find_registry_root(std::string_view path) {
  const RegistryRoot *best = nullptr;
  for (const RegistryRoot &root : registry_roots()) {
    const std::string_view prefix = root.path.view();
    if (!ascii_istarts_with(path, prefix) || (path.size() > prefix.size() && path[prefix.size()] != '\\'))
      continue;
    if (!best || best->path.length < root.path.length)
      best = &root;
  }
  return best;
}

std::string_view name_of_device_type(std::uint32_t type) { return name_of(NameSet::device_type, type); }
std::string_view name_of_ioctl(std::uint32_t code) { return name_of(NameSet::ioctl, code); }
std::string_view name_of_major_function(std::uint32_t major) { return name_of(NameSet::major_function, major); }

std::string_view name_of_minor_function(std::uint32_t major, std::uint32_t minor) {
  switch (major) {
  case 0x0c:
    return name_of(NameSet::minor_directory, minor);
  case 0x0d:
    return name_of(NameSet::minor_file_system, minor);
  case 0x11:
    return name_of(NameSet::minor_lock, minor);
  case 0x16:
    return name_of(NameSet::minor_power, minor);
  case 0x17:
    return name_of(NameSet::minor_wmi, minor);
  case 0x1b:
    return name_of(NameSet::minor_pnp, minor);
  default:
    return {};
  }
}

std::uint32_t wdf_function_count(WdfKind kind) { return static_cast<std::uint32_t>(rows_of(kind).size()); }

std::string_view wdf_function_name(WdfKind kind, std::uint32_t index) {
  const auto rows = rows_of(kind);
  return index < rows.size() ? rows[index].name.view() : std::string_view{};
}

std::optional<std::uint32_t> wdf_function_index(WdfKind kind, std::string_view name) {
  const auto rows = rows_of(kind);
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (rows[i].name.view() == name)
      return static_cast<std::uint32_t>(i);
  return std::nullopt;
}

const Api *find_wdf_api(WdfKind kind, std::uint32_t index) {
  const auto rows = rows_of(kind);
  if (index >= rows.size() || rows[index].api == 0xffffffff)
    return nullptr;
  return &tables::api_rows[rows[index].api];
}

} // namespace ringfence::kernel
