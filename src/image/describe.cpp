// Image to Value. Nothing is decided here: each member is what the room's types hold.
#include <ringfence/image/describe.h>

#include <ringfence/base/text.h>
#include <ringfence/image/image.h>

#include <algorithm>

namespace ringfence::image {
namespace {

constexpr std::size_t max_items = 4096;

Value at(Rva rva) { return hex(rva.value); }
Value at(FileOffset offset) { return hex(offset.value); }

/// An array of what `make` gives for each item; at most max_items of them, then how many were
/// omitted.
template <class List, class Make> Value list(const List &items, Make make) {
  Value::Array array;
  array.reserve(std::min(items.size(), max_items));
  for (std::size_t i = 0; i < std::min(items.size(), max_items); ++i)
    array.push_back(make(items[i]));
  if (items.size() > max_items)
    array.push_back(Value::object({{"omitted", std::uint64_t{items.size() - max_items}}}));
  return array;
}

Value version_pair(unsigned major, unsigned minor) { return std::to_string(major) + "." + std::to_string(minor); }

Value describe_headers(const Headers &h) {
  auto value = Value::object({
      {"machine", name_of(h.machine)},
      {"pe32_plus", h.pe32_plus},
      {"pe_offset", at(h.pe_offset)},
      {"time_date_stamp", hex(h.time_date_stamp)},
      {"characteristics", hex(h.characteristics)},
      {"dll_characteristics", hex(h.dll_characteristics)},
      {"subsystem", std::uint32_t{h.subsystem}},
      {"entry_point", at(h.entry_point)},
      {"image_base", hex(h.image_base)},
      {"section_alignment", hex(h.section_alignment)},
      {"file_alignment", hex(h.file_alignment)},
      {"size_of_image", hex(h.size_of_image)},
      {"size_of_headers", hex(h.size_of_headers)},
      {"checksum", hex(h.checksum)},
      {"linker_version", version_pair(h.major_linker_version, h.minor_linker_version)},
      {"operating_system_version", version_pair(h.major_operating_system_version, h.minor_operating_system_version)},
      {"image_version", version_pair(h.major_image_version, h.minor_image_version)},
      {"subsystem_version", version_pair(h.major_subsystem_version, h.minor_subsystem_version)},
  });
  value.set("directories", list(h.directories, [](const DataDirectory &d) {
              return Value::object({{"rva", at(d.rva)}, {"size", hex(d.size)}});
            }));
  return value;
}

Value describe_sections(const Image &image) {
  return list(image.sections(), [](const Section &s) {
    return Value::object({{"name", printable(s.name)},
                          {"rva", at(s.rva)},
                          {"virtual_size", hex(s.virtual_size)},
                          {"pointer_to_raw_data", hex(s.pointer_to_raw_data)},
                          {"size_of_raw_data", hex(s.size_of_raw_data)},
                          {"mapped_file_bytes", hex(s.data.size())},
                          {"characteristics", hex(s.characteristics)}});
  });
}

Value describe_imports(const Imports &imports) {
  auto value = Value::object();
  value.set("modules", list(imports.modules, [&](const ImportedModule &m) {
              auto module = Value::object({{"name", printable(m.name)}, {"delayed", m.delayed}});
              module.set("symbols", list(imports.symbols_of(m), [](const ImportedSymbol &s) -> Value {
                           return s.by_ordinal ? "#" + std::to_string(s.ordinal) : printable(s.name);
                         }));
              return module;
            }));
  value.set("bound", list(imports.bound, [](const BoundModule &b) {
              return Value::object({{"name", printable(b.name)},
                                    {"time_date_stamp", hex(b.time_date_stamp)},
                                    {"forwarder", b.forwarder}});
            }));
  return value;
}

Value describe_exports(const Exports &exports) {
  auto value = Value::object({{"module", printable(exports.module_name)}});
  value.set("symbols", list(exports.symbols, [](const ExportedSymbol &s) {
              auto symbol = Value::object({{"name", printable(s.name)}, {"ordinal", s.ordinal}, {"rva", at(s.rva)}});
              if (!s.forwarder.empty())
                symbol.set("forwarder", printable(s.forwarder));
              return symbol;
            }));
  return value;
}

Value describe_relocations(const Image &image) {
  std::array<std::uint64_t, 16> counts{};
  for (const auto &entry : image.relocations().entries)
    ++counts[static_cast<std::size_t>(entry.type) & 15];
  auto types = Value::object();
  for (std::size_t i = 0; i < counts.size(); ++i)
    if (counts[i] != 0)
      types.set(std::string(name_of(static_cast<RelocationType>(i), image.machine())) + " " + std::to_string(i),
                counts[i]);
  return Value::object({{"blocks", image.relocations().blocks}, {"types", types}});
}

Value describe_load_config(const LoadConfig &config) {
  auto fields = Value::object();
  for (std::size_t i = 0; i < load_config_field_count; ++i)
    if (config.present[i])
      fields.set(name_of(static_cast<LoadConfigField>(i)), hex(config.values[i]));
  auto value = Value::object({{"rva", at(config.rva)}, {"fields", fields}});
  if (config.security_cookie_value)
    value.set("security_cookie_value", hex(*config.security_cookie_value));
  value.set("safe_seh_handlers", list(config.safe_seh_handlers, [](Rva rva) { return at(rva); }));
  value.set("guard_function_stride", std::uint32_t{config.guard_function_stride});
  value.set("guarded_functions", list(config.guarded_functions, [](const GuardedFunction &f) {
              return Value::object({{"rva", at(f.rva)}, {"flags", std::uint32_t{f.flags}}});
            }));
  value.set("dynamic_relocations", list(config.dynamic_relocations, [](const DynamicRelocation &d) {
              return Value::object({{"symbol", hex(d.symbol)}, {"bytes", std::uint64_t{d.fixups.size()}}});
            }));
  return value;
}

Value describe_debug(const DebugDirectory &debug) {
  auto value = Value::object();
  value.set("entries", list(debug.entries, [](const DebugEntry &e) {
              return Value::object({{"type", debug_type_name(e.type)},
                                    {"time_date_stamp", hex(e.time_date_stamp)},
                                    {"size", hex(e.size_of_data)},
                                    {"available", hex(e.data.size())}});
            }));
  if (debug.codeview)
    value.set("codeview", Value::object({{"path", printable(debug.codeview->path)},
                                         {"guid", hex_bytes(std::as_bytes(std::span(debug.codeview->guid)))},
                                         {"signature", hex(debug.codeview->signature)},
                                         {"age", debug.codeview->age}}));
  if (debug.vc_feature) {
    const auto &f = *debug.vc_feature;
    auto feature = Value::object({{"pre_vc11", f.pre_vc11}, {"c_and_cpp", f.c_and_cpp}, {"gs", f.gs}});
    if (f.sdl)
      feature.set("sdl", *f.sdl);
    if (f.guard_n)
      feature.set("guard_n", *f.guard_n);
    value.set("vc_feature", feature);
  }
  value.set("pogo", list(debug.pogo, [](const PogoEntry &p) {
              return Value::object({{"rva", at(p.rva)}, {"size", hex(p.size)}, {"name", printable(p.name)}});
            }));
  value.set("reproducible", debug.reproducible);
  value.set("repro_hash", hex_bytes(debug.repro_hash.first(std::min<std::size_t>(debug.repro_hash.size(), 64))));
  if (debug.ex_dll_characteristics)
    value.set("ex_dll_characteristics", hex(*debug.ex_dll_characteristics));
  return value;
}

Value describe_resources(const Resources &resources) {
  return list(resources.leaves, [](const ResourceLeaf &leaf) {
    return Value::object({{"type", printable(leaf.type.to_string())},
                          {"name", printable(leaf.name.to_string())},
                          {"language", hex(leaf.language)},
                          {"rva", at(leaf.rva)},
                          {"size", hex(leaf.size)}});
  });
}

std::string dotted(const std::array<std::uint16_t, 4> &version) {
  std::string text;
  for (const auto part : version)
    text += (text.empty() ? "" : ".") + std::to_string(part);
  return text;
}

Value describe_version(const VersionResource &version) {
  auto value = Value::object();
  if (version.fixed)
    value.set("fixed", Value::object({{"file_version", dotted(version.fixed->file_version)},
                                      {"product_version", dotted(version.fixed->product_version)},
                                      {"file_flags", hex(version.fixed->file_flags)},
                                      {"file_type", hex(version.fixed->file_type)}}));
  value.set("strings", list(version.strings, [](const VersionString &s) {
              return Value::object(
                  {{"table", printable(s.table)}, {"key", printable(s.key)}, {"value", printable(s.value)}});
            }));
  value.set("translations", list(version.translations, [](std::uint32_t t) -> Value { return hex(t); }));
  return value;
}

Value describe_unwind(const Image &image) {
  std::uint64_t handlers = 0, chained = 0, unreadable = 0, scopes = 0;
  for (const auto &function : image.unwind().functions) {
    const auto record = unwind_record(image, function);
    if (!record) {
      unreadable += function.packed == 0 ? 1u : 0u;
      continue;
    }
    handlers += record->handler ? 1u : 0u;
    chained += record->chained ? 1u : 0u;
    if (const auto table = scope_table(image, *record))
      scopes += table->size();
  }
  return Value::object({{"functions", std::uint64_t{image.unwind().functions.size()}},
                        {"with_handler", handlers},
                        {"chained", chained},
                        {"without_record", unreadable},
                        {"scopes", scopes}});
}

void describe_small_parts(const Image &image, Value &value) {
  if (const auto &rich = image.rich())
    value.set("rich", Value::object({{"checksum_matches", rich->checksum_matches()},
                                     {"entries", list(rich->entries, [](const RichEntry &e) {
                                        return Value::object({{"product", std::uint32_t{e.product}},
                                                              {"build", std::uint32_t{e.build}},
                                                              {"count", e.count}});
                                      })}}));
  if (const auto &tls = image.tls())
    value.set("tls", Value::object({{"callbacks", list(tls->callbacks, [](Rva rva) { return at(rva); })}}));
  const auto &table = image.certificates();
  value.set("certificates", Value::object({{"offset", at(table.offset)},
                                           {"size", hex(table.size)},
                                           {"bytes_after", hex(table.bytes_after)},
                                           {"entries", list(table.entries, [](const CertificateEntry &e) {
                                              return Value::object({{"offset", at(e.offset)},
                                                                    {"length", hex(e.length)},
                                                                    {"revision", hex(e.revision)},
                                                                    {"type", std::uint32_t{e.type}}});
                                            })}}));
  value.set("overlay", Value::object({{"offset", at(image.overlay_offset())}, {"size", hex(image.overlay().size())}}));
}

} // namespace

Value describe(const Image &image) {
  auto value =
      Value::object({{"headers", describe_headers(image.headers())}, {"low_alignment", image.low_alignment()}});
  if (const auto entry = image.entry_code())
    value.set("entry_code", at(*entry));
  value.set("sections", describe_sections(image));
  value.set("imports", describe_imports(image.imports()));
  value.set("exports", describe_exports(image.exports()));
  value.set("relocations", describe_relocations(image));
  if (image.load_config())
    value.set("load_config", describe_load_config(*image.load_config()));
  value.set("debug", describe_debug(image.debug()));
  value.set("resources", describe_resources(image.resources()));
  if (image.version())
    value.set("version", describe_version(*image.version()));
  value.set("unwind", describe_unwind(image));
  describe_small_parts(image, value);
  value.set("diagnostics", list(image.diagnostics(), [](const Diagnostic &d) {
              return Value::object(
                  {{"part", name_of(d.part)}, {"code", name_of(d.code)}, {"offset", hex(d.offset)}, {"what", d.what}});
            }));
  return value;
}

} // namespace ringfence::image
