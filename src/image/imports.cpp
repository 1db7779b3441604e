// Import descriptors, delay-load descriptors and bound imports (PE Format, sections 6.4, 5.8
// and 6.4.5).
#include "loader.h"

#include <ringfence/base/text.h>

#include <algorithm>

namespace ringfence::image {
namespace {

constexpr std::size_t max_modules = 4096;
constexpr std::size_t max_symbols = 65536;
constexpr unsigned max_bad_names = 16; ///< of one module; then its table is taken for garbage
constexpr std::uint64_t max_name = 4096;
constexpr std::uint64_t import_descriptor_size = 20;
constexpr std::uint64_t delay_descriptor_size = 32;

} // namespace

void Loader::read_imports() {
  constexpr auto directory = DirectoryIndex::imports;
  const auto reader = directory_reader(directory, Part::imports, "the import directory");
  if (!reader)
    return;
  const auto start = image_.headers_.directory(directory).rva;
  auto &modules = image_.imports_.modules;
  for (std::uint64_t i = 0;; ++i) {
    const auto at = i * import_descriptor_size;
    const auto slice = reader->slice(at, import_descriptor_size);
    if (!slice) {
      // A table whose terminator would lie in the zero-filled part of its section is complete.
      if (!image_.read<std::uint32_t>(add(start, at + 12)) || reader->size() > at + 12)
        report(Part::imports, ErrorCode::truncated, reader->base() + at, "the import directory has no terminator");
      return;
    }
    Cursor c(*slice);
    ImportedModule module;
    module.lookup_table = Rva(c.u32());
    module.time_date_stamp = c.u32();
    c.skip(4); // ForwarderChain
    const Rva name(c.u32());
    module.address_table = Rva(c.u32());
    if (name.value == 0 || module.address_table.value == 0)
      return;
    if (modules.size() == max_modules) {
      report(Part::imports, ErrorCode::limit, reader->base() + at, "more than 4096 import descriptors");
      return;
    }
    if (const auto text = image_.c_string(name, max_name))
      module.name = *text;
    else
      report(Part::imports, ErrorCode::malformed, reader->base() + at + 12,
             "expected a module name at RVA " + hex(name.value));
    const bool has_lookup = module.lookup_table.value != 0 && image_.offset_of(module.lookup_table);
    read_thunks(module, has_lookup ? module.lookup_table : module.address_table, Part::imports);
    modules.push_back(module);
  }
}

void Loader::read_delay_imports() {
  const auto reader = directory_reader(DirectoryIndex::delay_imports, Part::delay_imports, "the delay-load directory");
  if (!reader)
    return;
  auto &modules = image_.imports_.modules;
  for (std::uint64_t at = 0;; at += delay_descriptor_size) {
    const auto slice = reader->slice(at, delay_descriptor_size);
    if (!slice) {
      report(Part::delay_imports, ErrorCode::truncated, reader->base() + at,
             "the delay-load directory has no terminator");
      return;
    }
    Cursor c(*slice);
    const auto attributes = c.u32();
    // Attribute bit 0 clear: Visual C++ 6 wrote virtual addresses instead of RVAs.
    const auto address = [&] {
      const auto value = c.u32();
      return Rva(value == 0 || (attributes & 1) != 0 ? value
                                                     : value - static_cast<std::uint32_t>(image_.headers_.image_base));
    };
    const auto name = address();
    c.skip(4); // module handle
    ImportedModule module;
    module.delayed = true;
    module.address_table = address();
    module.lookup_table = address();
    c.skip(8); // bound and unload tables
    module.time_date_stamp = c.u32();
    if (name.value == 0 || module.address_table.value == 0)
      return;
    if (modules.size() >= max_modules) {
      report(Part::delay_imports, ErrorCode::limit, reader->base() + at, "more than 4096 import descriptors");
      return;
    }
    if (const auto text = image_.c_string(name, max_name))
      module.name = *text;
    else
      report(Part::delay_imports, ErrorCode::malformed, reader->base() + at + 4,
             "expected a module name at RVA " + hex(name.value));
    read_thunks(module, module.lookup_table, Part::delay_imports);
    modules.push_back(module);
  }
}

void Loader::read_thunks(ImportedModule &module, Rva lookup, Part part) {
  auto &symbols = image_.imports_.symbols;
  module.first_symbol = static_cast<std::uint32_t>(symbols.size());
  const auto width = image_.headers_.pointer_size();
  unsigned bad = 0;
  for (std::uint64_t i = 0; bad < max_bad_names; ++i) {
    const auto at = add(lookup, i * width);
    const auto thunk = image_.read_pointer(at);
    if (!thunk) {
      report(part, ErrorCode::truncated, where(at, DirectoryIndex::imports),
             "the thunks of " + printable(module.name) + " run out of the image at RVA " + hex(at.value));
      break;
    }
    if (*thunk == 0)
      break;
    if (symbols.size() == max_symbols) {
      report(part, ErrorCode::limit, where(at, DirectoryIndex::imports), "more than 65536 imported symbols");
      break;
    }
    if (!read_thunk(*thunk, add(module.address_table, i * width), part))
      ++bad;
  }
  module.symbol_count = static_cast<std::uint32_t>(symbols.size()) - module.first_symbol;
}

/// One entry of a lookup table. False when its name cannot be read.
bool Loader::read_thunk(std::uint64_t thunk, Rva slot, Part part) {
  ImportedSymbol symbol;
  symbol.slot = slot;
  const std::uint64_t ordinal_flag = image_.headers_.pe32_plus ? std::uint64_t{1} << 63 : std::uint64_t{1} << 31;
  bool readable = true;
  if ((thunk & ordinal_flag) != 0) {
    symbol.by_ordinal = true;
    symbol.ordinal = static_cast<std::uint16_t>(thunk);
  } else {
    const Rva entry(static_cast<std::uint32_t>(thunk));
    const auto hint = thunk <= 0xffffffffu ? image_.read<std::uint16_t>(entry) : std::nullopt;
    const auto name = hint ? image_.c_string(add(entry, 2), max_name) : std::nullopt;
    readable = name.has_value();
    symbol.hint = hint.value_or(0);
    symbol.name = name.value_or(std::string_view());
    if (!readable)
      report(part, ErrorCode::malformed, where(slot, DirectoryIndex::imports),
             "expected the name of an imported symbol at RVA " + hex(thunk));
  }
  image_.imports_.symbols.push_back(symbol);
  return readable;
}

void Loader::read_bound_imports() {
  constexpr auto index = DirectoryIndex::bound_imports;
  const auto &directory = image_.headers_.directory(index);
  const auto reader = directory_reader(index, Part::bound_imports, "the bound import directory");
  if (!reader)
    return;
  const auto limit = std::min<std::uint64_t>(reader->size(), directory.size);
  unsigned forwarders = 0;
  for (std::uint64_t at = 0; at + 8 <= limit; at += 8) {
    const auto stamp = *reader->get<std::uint32_t>(at);
    const auto name_offset = *reader->get<std::uint16_t>(at + 4);
    if (stamp == 0 && name_offset == 0)
      return;
    BoundModule module;
    module.time_date_stamp = stamp;
    module.forwarder = forwarders != 0;
    forwarders = forwarders != 0 ? forwarders - 1 : *reader->get<std::uint16_t>(at + 6);
    if (const auto name = reader->c_string(name_offset, max_name))
      module.name = *name;
    else
      report(Part::bound_imports, ErrorCode::malformed, reader->base() + at + 4,
             "expected a module name " + hex(name_offset) + " bytes into the bound import directory");
    if (image_.imports_.bound.size() == max_modules) {
      report(Part::bound_imports, ErrorCode::limit, reader->base() + at, "more than 4096 bound modules");
      return;
    }
    image_.imports_.bound.push_back(module);
  }
}

const ImportedModule *Imports::find_module(std::string_view name) const {
  const auto found = std::find_if(modules.begin(), modules.end(),
                                  [name](const ImportedModule &m) { return ascii_iequals(m.name, name); });
  return found == modules.end() ? nullptr : &*found;
}

const ImportedSymbol *Imports::find(std::string_view name) const {
  const auto found = std::find_if(symbols.begin(), symbols.end(),
                                  [name](const ImportedSymbol &s) { return !s.by_ordinal && s.name == name; });
  return found == symbols.end() ? nullptr : &*found;
}

const ImportedSymbol *Imports::find(std::string_view module, std::string_view name) const {
  for (const auto &candidate : modules) {
    if (!ascii_iequals(candidate.name, module))
      continue;
    for (const auto &symbol : symbols_of(candidate))
      if (!symbol.by_ordinal && symbol.name == name)
        return &symbol;
  }
  return nullptr;
}

} // namespace ringfence::image
