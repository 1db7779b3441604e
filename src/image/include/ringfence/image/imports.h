// What the image takes from other modules: import descriptors, delay-load descriptors and bound
// imports (PE Format, sections 6.4 and 5.8). All names are views into the file: hostile text, at
// most 4,096 bytes.
#pragma once

#include <ringfence/base/strong.h>

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace ringfence::image {

struct ImportedSymbol {
  std::string_view name; ///< empty for an import by ordinal, and for one whose name could not be read
  Rva slot;              ///< of the import address table entry
  std::uint16_t hint = 0;
  std::uint16_t ordinal = 0; ///< meaningful when by_ordinal
  bool by_ordinal = false;
};

struct ImportedModule {
  std::string_view name;             ///< as written, for example "ntoskrnl.exe"; empty where it could not be read
  Rva lookup_table;                  ///< OriginalFirstThunk; 0 in images of old linkers
  Rva address_table;                 ///< FirstThunk
  std::uint32_t time_date_stamp = 0; ///< not 0: the image is bound
  std::uint32_t first_symbol = 0;
  std::uint32_t symbol_count = 0;
  bool delayed = false; ///< from the delay-load directory
};

struct BoundModule {
  std::string_view name;
  std::uint32_t time_date_stamp = 0;
  bool forwarder = false; ///< a reference that belongs to the entry before it
};

struct Imports {
  std::vector<ImportedModule> modules; ///< in descriptor order, delay-loaded ones last
  std::vector<ImportedSymbol> symbols; ///< those of all modules, in module order
  std::vector<BoundModule> bound;

  std::span<const ImportedSymbol> symbols_of(const ImportedModule &module) const {
    return std::span(symbols).subspan(module.first_symbol, module.symbol_count);
  }
  /// The module of that name (ASCII case ignored), or nullptr.
  const ImportedModule *find_module(std::string_view name) const;
  /// The first symbol of that name, from whichever module; nullptr when none. Case matters, as for
  /// the loader.
  const ImportedSymbol *find(std::string_view name) const;
  /// The symbol of that name from that module; nullptr when none.
  const ImportedSymbol *find(std::string_view module, std::string_view name) const;
};

} // namespace ringfence::image
