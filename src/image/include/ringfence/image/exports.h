// What the image offers: the export directory with names, ordinals and forwarders (PE Format,
// section 6.3).
#pragma once

#include <ringfence/base/strong.h>

#include <cstdint>
#include <string_view>
#include <vector>

namespace ringfence::image {

struct ExportedSymbol {
  std::string_view name;      ///< empty: exported by ordinal only
  std::string_view forwarder; ///< "MODULE.Name" when the address lies in the export directory; empty otherwise
  Rva rva;
  std::uint32_t ordinal = 0; ///< with the directory's base added
};

struct Exports {
  std::string_view module_name;
  std::uint32_t ordinal_base = 0;
  std::vector<ExportedSymbol> symbols; ///< named ones in name-table order, then the unnamed by ordinal

  /// The export of that name, or nullptr.
  const ExportedSymbol *find(std::string_view name) const;
};

} // namespace ringfence::image
