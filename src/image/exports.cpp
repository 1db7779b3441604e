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
  const auto &directory = image_.headers_.directory(DirectoryIndex::exports);
  const auto reader =
      directory_reader(DirectoryIndex::exports, Part::exports, "the export directory");
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
    report(Part::exports, ErrorCode::truncated, reader->base(),
           "expected an export directory of 40 bytes");
    return;
  }
  exports.module_name = image_.c_string(module_name, max_name).value_or(std::string_view());
  if (functions > max_exports || names > max_exports)
    report(Part::exports, ErrorCode::limit, reader->base() + 20, "more than 65536 exports");
  functions = std::min(functions, max_exports);
  names = std::min(names, max_exports);

  const auto symbol = [&](std::uint32_t index, std::string_view name) {
    ExportedSymbol result;
    result.name = name;
    result.ordinal = exports.ordinal_base + index;
    result.rva =
        Rva(image_.read<std::uint32_t>(add(function_table, std::uint64_t{index} * 4)).value_or(0));
    if (result.rva.value - directory.rva.value < directory.size)
      result.forwarder = image_.c_string(result.rva, max_name).value_or(std::string_view());
    return result;
  };
  const auto table = image_.reader_at(function_table);
  if (functions > table.size() / 4) {
    report(Part::exports, ErrorCode::truncated, reader->base() + 20,
           std::to_string(functions) + " exported functions do not fit the table at RVA " +
               hex(function_table.value));
    functions = static_cast<std::uint32_t>(table.size() / 4);
  }
  std::vector<bool> named(functions);
  for (std::uint32_t i = 0; i < names; ++i) {
    const auto name = image_.read<std::uint32_t>(add(name_table, std::uint64_t{i} * 4));
    const auto index = image_.read<std::uint16_t>(add(ordinal_table, std::uint64_t{i} * 2));
    const auto text = name ? image_.c_string(Rva(*name), max_name) : std::nullopt;
    if (!text || !index || *index >= functions) {
      if (!report(Part::exports, ErrorCode::malformed,
                  where(add(name_table, std::uint64_t{i} * 4), DirectoryIndex::exports),
                  "exported name " + std::to_string(i) + " has no text or no function"))
        break;
      continue;
    }
    named[*index] = true;
    exports.symbols.push_back(symbol(*index, *text));
  }
  for (std::uint32_t i = 0; i < functions; ++i)
    if (!named[i])
      if (const auto unnamed = symbol(i, {}); unnamed.rva.value != 0)
        exports.symbols.push_back(unnamed);
}

const ExportedSymbol *Exports::find(std::string_view name) const {
  const auto found = std::find_if(symbols.begin(), symbols.end(),
                                  [name](const ExportedSymbol &s) { return s.name == name; });
  return found == symbols.end() || name.empty() ? nullptr : &*found;
}

} // namespace ringfence::image
