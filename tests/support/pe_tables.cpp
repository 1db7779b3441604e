// Import, export, relocation, unwind, WDF and string tables of pe_builder.
#include "pe_layout.h"

#include <ringfence/base/text.h>

#include <algorithm>

namespace ringfence::pe_builder {
namespace {

/// Offsets within the "@imports" blob, the same in both passes.
struct ImportPlan {
  std::vector<const ImportDescription *> modules;
  std::vector<std::uint32_t> lookup, address,
      name;                                          ///< of each module; `address` is relative to the IAT
  std::vector<std::vector<std::uint32_t>> hint_name; ///< of each function
  std::uint32_t size = 0, iat_size = 0;
};

ImportPlan plan(const Description &d, bool delayed) {
  ImportPlan p;
  for (const auto &import : d.imports)
    if (import.delayed == delayed)
      p.modules.push_back(&import);
  const unsigned width = d.pe32_plus ? 8 : 4;
  p.size = static_cast<std::uint32_t>(p.modules.size() + 1) * (delayed ? 32 : 20);
  p.size = (p.size + 7) / 8 * 8;
  for (const auto *module : p.modules) {
    p.lookup.push_back(p.size);
    p.address.push_back(p.iat_size);
    const auto table = static_cast<std::uint32_t>(module->functions.size() + 1) * width;
    p.size += table;
    p.iat_size += table;
  }
  for (const auto *module : p.modules) {
    p.hint_name.emplace_back();
    for (const auto &function : module->functions) {
      p.size += p.size % 2;
      p.hint_name.back().push_back(p.size);
      if (!function.starts_with('#'))
        p.size += static_cast<std::uint32_t>(function.size()) + 3;
    }
    p.name.push_back(p.size);
    p.size += static_cast<std::uint32_t>(module->module.size()) + 1;
  }
  return p;
}

void write_thunks(const ImportPlan &p, std::size_t module, std::uint32_t base, unsigned width, Writer &w) {
  const auto &functions = p.modules[module]->functions;
  for (std::size_t i = 0; i < functions.size(); ++i) {
    if (functions[i].starts_with('#'))
      w.put(parse_unsigned(std::string_view(functions[i]).substr(1)).value_or(0) | std::uint64_t{1} << (8 * width - 1),
            width);
    else
      w.put(base + p.hint_name[module][i], width);
  }
  w.put(0, width);
}

std::vector<std::byte> import_table(const Layout &layout, bool delayed, const std::string &self,
                                    const std::string &iat) {
  const auto &d = *layout.description;
  const auto p = plan(d, delayed);
  const auto base = layout.rva(self);
  Writer w;
  for (std::size_t i = 0; i < p.modules.size(); ++i) {
    if (delayed) {
      w.u32(1);
      w.u32(base + p.name[i]);
      w.u32(0);
      w.u32(layout.rva(iat) + p.address[i]);
      w.u32(base + p.lookup[i]);
      w.u64(0);
      w.u32(p.modules[i]->bound);
    } else {
      w.u32(base + p.lookup[i]);
      w.u32(p.modules[i]->bound);
      w.u32(0);
      w.u32(base + p.name[i]);
      w.u32(layout.rva(iat) + p.address[i]);
    }
  }
  w.bytes.resize(p.lookup.empty() ? w.size() : p.lookup.front());
  for (std::size_t i = 0; i < p.modules.size(); ++i)
    write_thunks(p, i, base, layout.pointer(), w);
  for (std::size_t i = 0; i < p.modules.size(); ++i) {
    for (const auto &function : p.modules[i]->functions) {
      w.align(2);
      if (!function.starts_with('#')) {
        w.u16(0);
        w.c_string(function);
      }
    }
    w.c_string(p.modules[i]->module);
  }
  return w.bytes;
}

std::vector<std::byte> address_table(const Layout &layout, bool delayed, const std::string &imports) {
  const auto p = plan(*layout.description, delayed);
  Writer w;
  for (std::size_t i = 0; i < p.modules.size(); ++i)
    write_thunks(p, i, layout.rva(imports), layout.pointer(), w);
  return w.bytes;
}

std::vector<std::byte> export_table(const Layout &layout) {
  const auto &d = *layout.description;
  const auto base = layout.rva("@exports");
  const auto count = static_cast<std::uint32_t>(d.exports.size());
  std::uint32_t functions = count;
  for (const auto &e : d.exports)
    functions = std::max(functions, std::min(e.ordinal.value_or(1), 0x1000u));
  const auto names = static_cast<std::uint32_t>(
      std::count_if(d.exports.begin(), d.exports.end(), [](const auto &e) { return !e.name.empty(); }));
  Writer strings;
  const auto strings_at = 40 + functions * 4 + names * 6;
  const auto add = [&](const std::string &text) {
    const auto at = base + strings_at + strings.size();
    strings.c_string(text);
    return at;
  };
  const auto module = add(d.export_name);
  std::vector<std::uint32_t> table(functions), name_table, ordinal_table;
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto &e = d.exports[i];
    const auto index = std::min(e.ordinal.value_or(i + 1), functions) - 1;
    table[index] = e.forward.empty() ? layout.rva(e.at) : add(e.forward);
    if (!e.name.empty()) {
      name_table.push_back(add(e.name));
      ordinal_table.push_back(index);
    }
  }
  Writer w;
  for (const auto v : {0u, d.time_date_stamp, 0u, module, 1u, functions, names, base + 40, base + 40 + functions * 4,
                       base + 40 + functions * 4 + names * 4})
    w.u32(v);
  for (const auto v : table)
    w.u32(v);
  for (const auto v : name_table)
    w.u32(v);
  for (const auto v : ordinal_table)
    w.u16(v);
  w.raw(strings.bytes);
  return w.bytes;
}

/// In the sizing pass every relocation may need a block of its own, so the room for that is kept.
std::vector<std::byte> relocation_table(const Layout &layout) {
  const auto &d = *layout.description;
  if (layout.anchors.empty())
    return std::vector<std::byte>(d.relocations.size() * 12);
  std::vector<std::pair<std::uint32_t, std::uint8_t>> entries;
  for (const auto &r : d.relocations)
    entries.emplace_back(layout.rva(r.at), r.type);
  std::sort(entries.begin(), entries.end());
  Writer w;
  for (std::size_t i = 0; i < entries.size();) {
    const auto page = entries[i].first & ~0xfffu;
    const auto start = w.size();
    w.u32(page);
    w.u32(0);
    for (; i < entries.size() && (entries[i].first & ~0xfffu) == page; ++i)
      w.u16(static_cast<std::uint32_t>(entries[i].second) << 12 | (entries[i].first & 0xfff));
    w.align(4);
    w.set32(start + 4, w.size() - start);
  }
  return w.bytes;
}

/// RUNTIME_FUNCTION entries first, then each UNWIND_INFO with its handler and scope table.
std::vector<std::byte> unwind_table(const Layout &layout) {
  const auto &d = *layout.description;
  Writer records, table;
  const auto records_at = layout.rva("@unwind") + static_cast<std::uint32_t>(d.unwind.size()) * 12;
  for (const auto &u : d.unwind) {
    table.u32(layout.rva(u.begin));
    table.u32(layout.rva(u.end));
    table.u32(records_at + records.size());
    records.u32(u.handler ? 0x09 : 0x01);
    if (u.handler) {
      records.u32(layout.rva(*u.handler));
      records.u32(u.scopes.size());
      for (const auto &scope : u.scopes)
        for (std::size_t i = 0; i < 4; ++i)
          records.u32(i < scope.size() ? layout.rva(scope[i]) : 0);
    }
  }
  table.raw(records.bytes);
  return table.bytes;
}

/// WDF_BIND_INFO, then the wide library name it points to.
std::vector<std::byte> wdf_record(const Layout &layout) {
  const auto &wdf = *layout.description->wdf;
  const auto base = layout.rva("@wdf");
  const auto width = layout.pointer();
  const std::uint32_t size = width == 8 ? 0x30 : 0x20;
  Writer w;
  w.put(size, width);
  w.put(layout.va(base + size), width);
  const auto parts = split(wdf.version, '.');
  for (std::size_t i = 0; i < 3; ++i)
    w.u32(i < parts.size() ? parse_unsigned(parts[i]).value_or(0) : 0);
  w.u32(wdf.functions);
  w.put(layout.va(base), width);
  w.bytes.resize(size);
  w.wide(utf16_from_utf8(wdf.library));
  w.u16(0);
  return w.bytes;
}

} // namespace

void add_import_tables(const Description &d, std::vector<Blob> &blobs) {
  const auto described =
      std::any_of(d.sections.begin(), d.sections.end(), [](const auto &s) { return s.name == "INIT"; });
  const auto section = !d.imports_in.empty() ? d.imports_in : std::string(described ? "INIT" : ".rdata");
  const auto has = [&](bool delayed) {
    return std::any_of(d.imports.begin(), d.imports.end(), [=](const auto &i) { return i.delayed == delayed; });
  };
  if (has(false)) {
    blobs.push_back({"@iat", d.iat_in, 8, 12, [](const Layout &l) { return address_table(l, false, "@imports"); }});
    blobs.push_back(
        {"@imports", section, 8, 1, [](const Layout &l) { return import_table(l, false, "@imports", "@iat"); }});
  }
  if (has(true)) {
    blobs.push_back(
        {"@delay_iat", ".data", 8, -1, [](const Layout &l) { return address_table(l, true, "@delay_imports"); }});
    blobs.push_back({"@delay_imports", ".rdata", 8, 13,
                     [](const Layout &l) { return import_table(l, true, "@delay_imports", "@delay_iat"); }});
  }
}

std::vector<Blob> tables_of(const Description &d) {
  std::vector<Blob> blobs;
  add_import_tables(d, blobs);
  for (std::size_t i = 0; i < d.strings.size(); ++i) {
    const auto &s = d.strings[i];
    const auto label = "@" + (s.name.empty() ? "string" + std::to_string(i) : s.name);
    blobs.push_back({label, s.section, 8, -1, [s](const Layout &) {
                       Writer w;
                       if (s.wide)
                         w.wide(utf16_from_utf8(s.text));
                       else
                         w.text(s.text);
                       w.u16(0);
                       return w.bytes;
                     }});
  }
  if (d.wdf)
    blobs.push_back({"@wdf", ".data", 8, -1, wdf_record});
  if (d.load_config)
    add_load_config(d, blobs);
  if (d.debug)
    add_debug(d, blobs);
  if (!d.exports.empty())
    blobs.push_back({"@exports", ".rdata", 4, 0, export_table});
  if (!d.unwind.empty()) {
    blobs.push_back({"@unwind", ".pdata", 4, 3, unwind_table});
    blobs.back().directory_size = static_cast<std::uint32_t>(d.unwind.size()) * 12;
  }
  add_resources(d, blobs);
  if (!d.relocations.empty())
    blobs.push_back({"@relocations", ".reloc", 4, 5, relocation_table});
  return blobs;
}

} // namespace ringfence::pe_builder
