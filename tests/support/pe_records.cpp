// Load configuration, debug directory and resources (with the version resource) of pe_builder.
#include "pe_layout.h"

#include <ringfence/base/text.h>

#include <algorithm>
#include <cstring>

namespace ringfence::pe_builder {
namespace {

struct Field {
  const char *name;
  char width; ///< '2', '4', or 'p'
};

/// IMAGE_LOAD_CONFIG_DIRECTORY64; the 32-bit structure has ProcessHeapFlags before
/// ProcessAffinityMask.
constexpr Field load_config_fields[] = {
    {"Size", '4'},
    {"TimeDateStamp", '4'},
    {"MajorVersion", '2'},
    {"MinorVersion", '2'},
    {"GlobalFlagsClear", '4'},
    {"GlobalFlagsSet", '4'},
    {"CriticalSectionDefaultTimeout", '4'},
    {"DeCommitFreeBlockThreshold", 'p'},
    {"DeCommitTotalFreeThreshold", 'p'},
    {"LockPrefixTable", 'p'},
    {"MaximumAllocationSize", 'p'},
    {"VirtualMemoryThreshold", 'p'},
    {"ProcessAffinityMask", 'p'},
    {"ProcessHeapFlags", '4'},
    {"CSDVersion", '2'},
    {"DependentLoadFlags", '2'},
    {"EditList", 'p'},
    {"SecurityCookie", 'p'},
    {"SEHandlerTable", 'p'},
    {"SEHandlerCount", 'p'},
    {"GuardCFCheckFunctionPointer", 'p'},
    {"GuardCFDispatchFunctionPointer", 'p'},
    {"GuardCFFunctionTable", 'p'},
    {"GuardCFFunctionCount", 'p'},
    {"GuardFlags", '4'},
    {"CodeIntegrityFlags", '2'},
    {"CodeIntegrityCatalog", '2'},
    {"CodeIntegrityCatalogOffset", '4'},
    {"CodeIntegrityReserved", '4'},
    {"GuardAddressTakenIatEntryTable", 'p'},
    {"GuardAddressTakenIatEntryCount", 'p'},
    {"GuardLongJumpTargetTable", 'p'},
    {"GuardLongJumpTargetCount", 'p'},
    {"DynamicValueRelocTable", 'p'},
    {"CHPEMetadataPointer", 'p'},
    {"GuardRFFailureRoutine", 'p'},
    {"GuardRFFailureRoutineFunctionPointer", 'p'},
    {"DynamicValueRelocTableOffset", '4'},
    {"DynamicValueRelocTableSection", '2'},
    {"Reserved2", '2'},
    {"GuardRFVerifyStackPointerFunctionPointer", 'p'},
    {"HotPatchTableOffset", '4'},
    {"Reserved3", '4'},
    {"EnclaveConfigurationPointer", 'p'},
    {"VolatileMetadataPointer", 'p'},
    {"GuardEHContinuationTable", 'p'},
    {"GuardEHContinuationCount", 'p'},
    {"GuardXFGCheckFunctionPointer", 'p'},
    {"GuardXFGDispatchFunctionPointer", 'p'},
    {"GuardXFGTableDispatchFunctionPointer", 'p'},
    {"CastGuardOsDeterminedFailureMode", 'p'},
    {"GuardMemcpyFunctionPointer", 'p'},
    {"UmaFunctionPointers", 'p'},
};

std::uint64_t field_value(const Value &value, const Layout &layout) {
  if (const auto *text = value.if_string()) {
    if (const auto number = parse_unsigned(*text))
      return *number;
    const auto address = parse_address(*text);
    return address ? layout.va(layout.rva(*address)) : 0;
  }
  if (const auto *number = value.if_uint())
    return *number;
  const auto *number = value.if_int();
  return number ? static_cast<std::uint64_t>(*number) : 0;
}

std::vector<std::byte> load_config(const Layout &layout) {
  const auto &d = *layout.description;
  const auto &config = *d.load_config;
  std::vector<std::pair<std::string, std::uint64_t>> values;
  if (config.cookie)
    values.emplace_back("SecurityCookie", layout.va(layout.rva("@cookie")));
  if (!config.guard_functions.empty()) {
    values.emplace_back("GuardCFFunctionTable", layout.va(layout.rva("@guard_functions")));
    values.emplace_back("GuardCFFunctionCount", config.guard_functions.size());
  }
  if (!config.safe_seh.empty()) {
    values.emplace_back("SEHandlerTable", layout.va(layout.rva("@safe_seh")));
    values.emplace_back("SEHandlerCount", config.safe_seh.size());
  }
  for (const auto &[name, value] : config.fields)
    values.emplace_back(name, field_value(value, layout));

  Writer w;
  std::uint32_t end = 0; // of the last field that is set, at least of GuardFlags
  for (std::size_t i = 0; i < std::size(load_config_fields); ++i) {
    auto field = load_config_fields[i];
    if (!d.pe32_plus && std::string_view(field.name) == "ProcessAffinityMask")
      field = load_config_fields[i + 1];
    else if (!d.pe32_plus && std::string_view(field.name) == "ProcessHeapFlags")
      field = load_config_fields[i - 1];
    const auto found =
        std::find_if(values.rbegin(), values.rend(), [&](const auto &v) { return v.first == field.name; });
    w.put(found == values.rend() ? 0 : found->second, field.width == 'p'   ? layout.pointer()
                                                      : field.width == '4' ? 4
                                                                           : 2);
    if (found != values.rend() || std::string_view(field.name) == "GuardFlags")
      end = w.size();
  }
  const auto size = config.size.value_or(end);
  w.bytes.resize(size);
  if (size >= 4 &&
      std::none_of(config.fields.begin(), config.fields.end(), [](const auto &f) { return f.first == "Size"; }))
    w.set32(0, size);
  return w.bytes;
}

std::vector<std::byte> addresses(const std::vector<Address> &list, std::uint32_t metadata, const Layout &layout) {
  std::vector<std::uint32_t> rvas;
  for (const auto &address : list)
    rvas.push_back(layout.rva(address));
  std::sort(rvas.begin(), rvas.end());
  Writer w;
  for (const auto rva : rvas) {
    w.u32(rva);
    w.bytes.resize(w.bytes.size() + metadata);
  }
  return w.bytes;
}

struct DebugRecord {
  std::uint32_t type;
  std::vector<std::byte> data;
};

std::vector<DebugRecord> debug_records(const DebugDescription &debug, const Layout &layout) {
  std::vector<DebugRecord> records;
  if (debug.pdb) {
    Writer w;
    w.text(debug.nb10 ? "NB10" : "RSDS");
    if (debug.nb10)
      w.u64(std::uint64_t{0x60000000} << 32);
    else
      w.raw(debug.guid);
    w.u32(debug.age);
    w.c_string(*debug.pdb);
    records.push_back({2, w.bytes});
  }
  if (!debug.vc_feature.empty()) {
    Writer w;
    for (const auto v : debug.vc_feature)
      w.u32(v);
    records.push_back({12, w.bytes});
  }
  if (!debug.pogo.empty()) {
    Writer w;
    w.u32(0x4c544347);
    for (const auto &p : debug.pogo) {
      w.u32(layout.rva(p.at));
      w.u32(p.size);
      w.c_string(p.name);
      w.align(4);
    }
    records.push_back({13, w.bytes});
  }
  if (debug.repro) {
    Writer w;
    if (!debug.repro->empty()) {
      w.u32(debug.repro->size());
      w.raw(*debug.repro);
    }
    records.push_back({16, w.bytes});
  }
  if (debug.ex_dll_characteristics) {
    Writer w;
    w.u32(*debug.ex_dll_characteristics);
    records.push_back({20, w.bytes});
  }
  return records;
}

/// PointerToRawData stays 0: only the RVA is known here, and readers fall back on it.
std::vector<std::byte> debug_directory(const Layout &layout) {
  const auto records = debug_records(*layout.description->debug, layout);
  Writer w, data;
  const auto data_at = layout.rva("@debug") + static_cast<std::uint32_t>(records.size()) * 28;
  for (const auto &record : records) {
    w.u32(0);
    w.u32(layout.description->time_date_stamp);
    w.u32(0);
    w.u32(record.type);
    w.u32(record.data.size());
    w.u32(record.data.empty() ? 0 : data_at + data.size());
    w.u32(0);
    data.raw(record.data);
    data.align(4);
  }
  w.raw(data.bytes);
  return w.bytes;
}

/// A version block; `body` writes value and children behind the padded key.
template <class Body>
void version_block(Writer &w, std::string_view key, std::uint32_t value_length, bool text, Body body) {
  w.align(4);
  const auto start = w.size();
  w.u16(0);
  w.u16(value_length);
  w.u16(text ? 1 : 0);
  w.wide(utf16_from_utf8(key));
  w.u16(0);
  w.align(4);
  body();
  const auto length = w.size() - start;
  w.bytes[start] = static_cast<std::byte>(length);
  w.bytes[start + 1] = static_cast<std::byte>(length >> 8);
}

std::vector<std::byte> version_resource(const VersionDescription &version) {
  Writer w;
  const auto quad = [&](const std::string &text) {
    const auto parts = split(text, '.');
    std::uint64_t v[4] = {};
    for (std::size_t i = 0; i < std::min<std::size_t>(4, parts.size()); ++i)
      v[i] = parse_unsigned(parts[i]).value_or(0) & 0xffff;
    w.u32(v[0] << 16 | v[1]);
    w.u32(v[2] << 16 | v[3]);
  };
  version_block(w, "VS_VERSION_INFO", 52, false, [&] {
    w.u32(0xfeef04bd);
    w.u32(0x10000);
    quad(version.file);
    quad(version.product);
    for (const auto v : {0x3fu, version.flags, 0x40004u, version.type, 0u, 0u, 0u})
      w.u32(v);
    version_block(w, "StringFileInfo", 0, true, [&] {
      version_block(w, version.table, 0, true, [&] {
        for (const auto &[key, value] : version.strings) {
          const auto wide = utf16_from_utf8(value);
          version_block(w, key, static_cast<std::uint32_t>(wide.size()) + 1, true, [&] {
            w.wide(wide);
            w.u16(0);
          });
        }
      });
    });
    version_block(w, "VarFileInfo", 0, true,
                  [&] { version_block(w, "Translation", 4, false, [&] { w.u32(0x04b00409); }); });
  });
  return w.bytes;
}

/// One type table with one entry for each resource, then a name table and a language table of each.
std::vector<std::byte> resource_tree(const std::vector<ResourceDescription> &resources, const Layout &layout) {
  const auto count = static_cast<std::uint32_t>(resources.size());
  const auto base = layout.rva("@resources");
  const std::uint32_t tree = 16 + 8 * count + count * (24 + 24 + 16);
  Writer w, data;
  const auto name = [&](const std::string &text, std::uint32_t id) -> std::uint64_t {
    if (text.empty())
      return id;
    data.align(2);
    const auto at = tree + data.size();
    const auto wide = utf16_from_utf8(text);
    data.u16(wide.size());
    data.wide(wide);
    return at | 0x80000000u;
  };
  const auto table = [&](std::uint32_t named, std::uint32_t numbered) {
    w.u64(0);
    w.u32(0);
    w.u16(named);
    w.u16(numbered);
  };
  const auto named = static_cast<std::uint32_t>(
      std::count_if(resources.begin(), resources.end(), [](const auto &r) { return !r.type_text.empty(); }));
  table(named, count - named);
  for (std::uint32_t i = 0; i < count; ++i) {
    w.u32(name(resources[i].type_text, resources[i].type));
    w.u32((16 + 8 * count + i * 64) | 0x80000000u);
  }
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto &r = resources[i];
    const auto at = w.size();
    table(r.name_text.empty() ? 0 : 1, r.name_text.empty() ? 1 : 0);
    w.u32(name(r.name_text, r.name));
    w.u32((at + 24) | 0x80000000u);
    table(0, 1);
    w.u32(r.language);
    w.u32(at + 48);
    data.align(8);
    w.u32(base + tree + data.size());
    w.u32(r.bytes.size());
    w.u64(0);
    data.raw(r.bytes);
  }
  w.raw(data.bytes);
  return w.bytes;
}

} // namespace

void add_load_config(const Description &d, std::vector<Blob> &blobs) {
  const auto &config = *d.load_config;
  if (config.cookie)
    blobs.push_back({"@cookie", ".data", 8, -1, [](const Layout &l) {
                       Writer w;
                       w.put(*l.description->load_config->cookie, l.pointer());
                       return w.bytes;
                     }});
  if (!config.guard_functions.empty())
    blobs.push_back({"@guard_functions", ".rdata", 4, -1, [](const Layout &l) {
                       const auto &c = *l.description->load_config;
                       return addresses(c.guard_functions, c.guard_metadata, l);
                     }});
  if (!config.safe_seh.empty())
    blobs.push_back({"@safe_seh", ".rdata", 4, -1,
                     [](const Layout &l) { return addresses(l.description->load_config->safe_seh, 0, l); }});
  blobs.push_back({"@load_config", config.section, 8, 10, load_config});
}

void add_debug(const Description &d, std::vector<Blob> &blobs) {
  blobs.push_back({"@debug", ".rdata", 4, 6, debug_directory});
  Layout none;
  none.description = &d;
  blobs.back().directory_size = static_cast<std::uint32_t>(debug_records(*d.debug, none).size()) * 28;
}

void add_resources(const Description &d, std::vector<Blob> &blobs) {
  auto resources = d.resources;
  if (d.version) {
    ResourceDescription version;
    version.type = 16;
    version.bytes = version_resource(*d.version);
    resources.push_back(version);
  }
  if (!resources.empty())
    blobs.push_back(
        {"@resources", ".rsrc", 8, 2, [resources](const Layout &l) { return resource_tree(resources, l); }});
}

} // namespace ringfence::pe_builder
