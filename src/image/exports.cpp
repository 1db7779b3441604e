// The export directory (PE Format, section 6.3).
#include "loader.h"

#include <ringfence/base/text.h>

#include <algorithm>

namespace ringfence::image {
namespace {

constexpr std::uint32_t max_exports = 65536; ///< ordinals are 16 bits wide
constexpr std::uint64_t max_name = 4096;

} // namespace

void Loader::read_exports() {
  const auto reader = directory_reader(DirectoryIndex::exports, Part::exports, "the export directory");
  if (!reader)
    return;
  Cursor c(*reader);
  c.skip(12);
  const Rva module_name(c.u32());
  auto &exports = image_.exports_;
  exports.ordinal_base = c.u32();
  auto functions = c.u32();
  auto names = c.u32();
  const Rva function_table(c.u32());
  const Rva name_table(c.u32());
  const Rva ordinal_table(c.u32());
  if (!c.ok()) {
    report(Part::exports, ErrorCode::truncated, reader->base(), "expected an export directory of 40 bytes");
    return;
  }
  exports.module_name = image_.c_string(module_name, max_name).value_or(std::string_view());
  if (functions > max_exports || names > max_exports)
    report(Part::exports, ErrorCode::limit, reader->base() + 20, "more than 65536 exports");
  functions = std::min(functions, max_exports);
  names = std::min(names, max_exports);

  const auto table = image_.reader_at(function_table);
  const auto name_rvas = image_.reader_at(name_table);
  const auto ordinals = image_.reader_at(ordinal_table);
  const auto fit = [&](std::uint32_t &count, std::uint64_t room, std::string_view what) {
    if (count <= room)
      return;
    report(Part::exports, ErrorCode::truncated, reader->base() + 20,
           std::to_string(count) + " exported " + std::string(what) + " do not fit their table");
    count = static_cast<std::uint32_t>(room);
  };
  fit(functions, table.size() / 4, "functions");
  fit(names, std::min(name_rvas.size() / 4, ordinals.size() / 2), "names");

  read_export_symbols(table, name_rvas, ordinals, functions, names);
}

/// Both counts fit their tables.
void Loader::read_export_symbols(const SpanReader &table, const SpanReader &name_rvas, const SpanReader &ordinals,
                                 std::uint32_t functions, std::uint32_t names) {
  const auto &directory = image_.headers_.directory(DirectoryIndex::exports);
  auto &exports = image_.exports_;
  const auto symbol = [&](std::uint32_t index, std::string_view name) {
    ExportedSymbol result;
    result.name = name;
    result.ordinal = exports.ordinal_base + index;
    result.rva = Rva(*table.get<std::uint32_t>(std::uint64_t{index} * 4));
    if (result.rva.value - directory.rva.value < directory.size)
      result.forwarder = image_.c_string(result.rva, max_name).value_or(std::string_view());
    return result;
  };
  exports.symbols.reserve(std::max(functions, names));
  std::vector<bool> named(functions);
  for (std::uint32_t i = 0; i < names; ++i) {
    const auto at = std::uint64_t{i} * 4;
    const auto text = image_.c_string(Rva(*name_rvas.get<std::uint32_t>(at)), max_name);
    const auto index = *ordinals.get<std::uint16_t>(std::uint64_t{i} * 2);
    if (!text || index >= functions) {
      if (!report(Part::exports, ErrorCode::malformed, name_rvas.base() + at,
                  "exported name " + std::to_string(i) + " has no text or no function"))
        break;
      continue;
    }
    named[index] = true;
    exports.symbols.push_back(symbol(index, *text));
  }
  for (std::uint32_t i = 0; i < functions; ++i)
    if (!named[i])
      if (const auto unnamed = symbol(i, {}); unnamed.rva.value != 0)
        exports.symbols.push_back(unnamed);
}

const ExportedSymbol *Exports::find(std::string_view name) const {
  const auto found =
      std::find_if(symbols.begin(), symbols.end(), [name](const ExportedSymbol &s) { return s.name == name; });
  return found == symbols.end() || name.empty() ? nullptr : &*found;
}

} // namespace ringfence::image
