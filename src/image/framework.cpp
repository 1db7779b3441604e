// Imports, exports, resources and the WDF bind record decide the kind of driver.
#include <ringfence/image/framework.h>

#include <ringfence/base/text.h>
#include <ringfence/image/image.h>

#include <algorithm>
#include <array>

namespace ringfence::image {
namespace {

struct ImportRule {
  std::string_view module;   ///< without extension, lower case
  std::string_view function; ///< exact name, or a prefix when it ends in '*'
  Framework framework;
};

/// Registration routines: importing one means being that kind of driver.
constexpr ImportRule import_rules[] = {
    {"fltmgr", "FltRegisterFilter", Framework::minifilter},
    {"ndis", "NdisMRegisterMiniport", Framework::ndis},
    {"ndis", "NdisMRegisterMiniportDriver", Framework::ndis},
    {"ndis", "NdisIMRegisterLayeredMiniport", Framework::ndis},
    {"ndis", "NdisFRegisterFilterDriver", Framework::ndis},
    {"ndis", "NdisRegisterProtocol", Framework::ndis},
    {"ndis", "NdisRegisterProtocolDriver", Framework::ndis},
    {"storport", "StorPortInitialize", Framework::storport},
    {"scsiport", "ScsiPortInitialize", Framework::scsiport},
    {"ataport", "AtaPortInitializeEx", Framework::ataport},
    {"pciidex", "PciIdeXInitialize", Framework::ataport},
    {"portcls", "PcInitializeAdapterDriver", Framework::portcls},
    {"portcls", "PcAddAdapterDevice", Framework::portcls},
    {"stream", "StreamClassRegister*", Framework::stream_class},
    {"ks", "KsInitializeDriver", Framework::ks},
    {"ks", "KsSetMajorFunctionHandler", Framework::ks},
    {"ks", "KsAllocateDeviceHeader", Framework::ks},
    {"ks", "KsAddDevice", Framework::ks},
    {"fwpkclnt", "FwpsCalloutRegister*", Framework::wfp_callout},
    {"videoprt", "VideoPortInitialize", Framework::display},
    {"dxgkrnl", "*", Framework::display},
    {"hidclass", "HidRegisterMinidriver", Framework::hid},
    {"vhf", "VhfCreate", Framework::hid},
    {"usbd", "USBD_*", Framework::usb},
    {"ucx01000", "*", Framework::usb},
    {"usbport", "USBPORT_*", Framework::usb},
    {"usbcamd", "USBCAMD_*", Framework::usb},
    {"usbcamd2", "USBCAMD_*", Framework::usb},
    {"wiaservc", "*", Framework::wia},
};

struct ExportRule {
  std::string_view function;
  std::string_view module; ///< must be imported as well; empty: the export suffices
  Framework framework;
};

constexpr ExportRule export_rules[] = {
    {"FxDriverEntryUm", "", Framework::umdf},
    {"Microsoft_WDF_UMDF_Version", "", Framework::umdf},
    {"DrvQueryDriverInfo", "", Framework::printer},
    {"InitializePrintMonitor2", "", Framework::printer},
    {"InitializePrintProvidor", "", Framework::printer},
    {"EnumPrintProcessorDatatypesW", "", Framework::printer},
    {"DrvDevicePropertySheets", "winspool.drv", Framework::printer},
    {"DrvEnableDriver", "win32k.sys", Framework::display},
};

/// Which kind owns the dispatch routines when several were recognised: port and class drivers
/// first, as they fill the driver object themselves; then WDF; the others are WDM drivers with
/// something added.
constexpr std::array precedence = {
    Framework::umdf,    Framework::minifilter,   Framework::storport, Framework::scsiport, Framework::ataport,
    Framework::portcls, Framework::stream_class, Framework::display,  Framework::printer,  Framework::wia,
    Framework::ndis,    Framework::ks,           Framework::kmdf,     Framework::hid,      Framework::wfp_callout,
    Framework::elam,    Framework::usb};

/// NDIS dispatches for miniports and filters; a protocol driver keeps its own dispatch routines.
bool is_protocol_only(const Image &image) {
  const auto &imports = image.imports();
  return !imports.find("NdisMRegisterMiniport") && !imports.find("NdisMRegisterMiniportDriver") &&
         !imports.find("NdisIMRegisterLayeredMiniport") && !imports.find("NdisFRegisterFilterDriver");
}

bool matches(std::string_view name, std::string_view pattern) {
  if (pattern.ends_with('*'))
    return name.starts_with(pattern.substr(0, pattern.size() - 1));
  return name == pattern;
}

std::string stem_of(std::string_view module) {
  auto lower = ascii_lower(module);
  const auto dot = lower.rfind('.');
  return dot == std::string::npos ? lower : lower.substr(0, dot);
}

void add(FrameworkIdentity &identity, Framework framework, std::string what) {
  if (!identity.is(framework))
    identity.evidence.push_back({framework, std::move(what)});
}

void judge_imports(const Image &image, FrameworkIdentity &identity) {
  const auto &imports = image.imports();
  for (const auto &module : imports.modules) {
    const auto stem = stem_of(module.name);
    const auto of_module = [&](const ImportRule &rule) { return rule.module == stem; };
    if (stem == "ntoskrnl" || stem == "hal")
      identity.kernel_mode = true;
    if (std::none_of(std::begin(import_rules), std::end(import_rules), of_module) && stem != "wdfldr")
      continue;
    for (const auto &symbol : imports.symbols_of(module)) {
      for (const auto &rule : import_rules)
        if (rule.module == stem && !identity.is(rule.framework) && matches(symbol.name, rule.function))
          add(identity, rule.framework, "imports " + printable(symbol.name) + " from " + printable(module.name));
      if (stem == "wdfldr" && (symbol.name == "WdfVersionBind" || symbol.name == "WdfVersionBindClass"))
        identity.linked_with_wdf_only = true;
    }
  }
}

void judge_exports(const Image &image, FrameworkIdentity &identity) {
  if (image.exports().symbols.empty())
    return;
  for (const auto &rule : export_rules)
    if (image.exports().find(rule.function) && (rule.module.empty() || image.imports().find_module(rule.module)))
      add(identity, rule.framework, "exports " + std::string(rule.function));
}

/// True when the NUL-terminated UTF-16 text at `va` is `text`.
bool wide_text_at(const Image &image, std::uint64_t va, std::string_view text) {
  const auto rva = image.rva_of(Va(va));
  const auto bytes = rva ? image.bytes_at(*rva, text.size() * 2 + 2) : std::nullopt;
  if (!bytes)
    return false;
  for (std::size_t i = 0; i <= text.size(); ++i)
    if ((*bytes)[2 * i] != static_cast<std::byte>(i < text.size() ? text[i] : 0) || (*bytes)[2 * i + 1] != std::byte{0})
      return false;
  return true;
}

/// WDF_BIND_INFO {Size, Component, Version {3 x u32}, FuncCount, FuncTable, Module}: 30h bytes on
/// 64-bit systems with the version at +10h, 20h bytes on 32-bit ones with the version at +8.
std::optional<WdfBinding> find_bind_record(const Image &image, const Section &section) {
  const bool wide = image.headers().pe32_plus;
  const std::size_t step = wide ? 8 : 4;
  const std::uint32_t size = wide ? 0x30 : 0x20;
  const SpanReader reader(section.data);
  for (std::uint64_t at = 0; reader.contains(at, size); at += step) {
    if (*reader.get<std::uint32_t>(at) != size)
      continue;
    const auto pointer = [&](std::uint64_t offset) -> std::uint64_t {
      return wide ? *reader.get<std::uint64_t>(at + offset) : *reader.get<std::uint32_t>(at + offset);
    };
    WdfBinding binding;
    for (const std::string_view library : {"KmdfLibrary", "UmdfLibrary"})
      if (wide_text_at(image, pointer(step), library))
        binding.library = library;
    if (binding.library.empty())
      continue;
    const auto version = at + 2 * step;
    binding.record = Rva(section.rva.value + static_cast<std::uint32_t>(at));
    binding.major_version = *reader.get<std::uint32_t>(version);
    binding.minor_version = *reader.get<std::uint32_t>(version + 4);
    binding.build = *reader.get<std::uint32_t>(version + 8);
    binding.function_count = *reader.get<std::uint32_t>(version + 12);
    binding.function_table = image.rva_of(Va(pointer(wide ? 0x20 : 0x18)));
    return binding;
  }
  return std::nullopt;
}

void judge_wdf(const Image &image, FrameworkIdentity &identity) {
  if (!identity.linked_with_wdf_only && !identity.is(Framework::umdf))
    return;
  for (const auto &section : image.sections()) {
    if (section.executable() || identity.wdf)
      continue;
    identity.wdf = find_bind_record(image, section);
  }
  if (const auto *version = image.exports().find("Microsoft_WDF_UMDF_Version"); version && !identity.wdf)
    if (const auto major = image.read<std::uint32_t>(version->rva); major == 1u) {
      identity.wdf.emplace();
      identity.wdf->library = "UmdfLibrary";
      identity.wdf->major_version = 1;
      identity.wdf->minor_version = image.read<std::uint32_t>(Rva(version->rva.value + 4)).value_or(0);
      identity.wdf->build = image.read<std::uint32_t>(Rva(version->rva.value + 8)).value_or(0);
    }
  if (identity.wdf && identity.wdf->library == "KmdfLibrary")
    add(identity, Framework::kmdf,
        "linked with KMDF " + std::to_string(identity.wdf->major_version) + "." +
            std::to_string(identity.wdf->minor_version));
  else if (identity.linked_with_wdf_only && !identity.is(Framework::umdf))
    add(identity, Framework::kmdf, "imports WdfVersionBind; no bind record was found");
  if (identity.wdf)
    identity.linked_with_wdf_only = false;
}

/// WDDM miniports reach dxgkrnl through a device that displib opens by name: its text is all that
/// shows in the file.
void judge_display(const Image &image, FrameworkIdentity &identity) {
  if (!identity.kernel_mode || identity.is(Framework::display) || !image.imports().find("ZwLoadDriver"))
    return;
  std::array<std::byte, 28> text{};
  constexpr std::string_view name = "\\DxgKrnl";
  for (std::size_t i = 0; i < name.size(); ++i)
    text[2 * i] = static_cast<std::byte>(name[i]);
  const auto needle = Bytes(text).first(name.size() * 2);
  for (const auto &section : image.sections())
    if (std::search(section.data.begin(), section.data.end(), needle.begin(), needle.end()) != section.data.end()) {
      add(identity, Framework::display, "names \\Device\\DxgKrnl, which WDDM miniports open");
      return;
    }
}

} // namespace

std::string_view name_of(Framework framework) {
  constexpr std::string_view names[] = {
      "none",    "WDM",         "KMDF",        "UMDF",    "minifilter", "NDIS", "Storport", "ScsiPort", "AtaPort", "KS",
      "PortCls", "StreamClass", "WFP callout", "display", "HID",        "USB",  "printer",  "WIA",      "ELAM"};
  return names[static_cast<std::size_t>(framework)];
}

bool FrameworkIdentity::is(Framework framework) const {
  return std::any_of(evidence.begin(), evidence.end(),
                     [framework](const FrameworkEvidence &e) { return e.framework == framework; });
}

FrameworkIdentity identify_framework(const Image &image) {
  FrameworkIdentity identity;
  identity.kernel_mode = image.headers().subsystem == SUBSYSTEM_NATIVE;
  judge_imports(image, identity);
  judge_exports(image, identity);
  judge_wdf(image, identity);
  judge_display(image, identity);
  if (image.resources().find("MICROSOFTELAMCERTIFICATEINFO"))
    add(identity, Framework::elam, "has a MICROSOFTELAMCERTIFICATEINFO resource");
  for (const auto framework : precedence)
    if (identity.primary == Framework::none && identity.is(framework))
      identity.primary = framework;
  if (identity.primary == Framework::ndis && identity.is(Framework::kmdf) && is_protocol_only(image))
    identity.primary = Framework::kmdf;
  // What neither fills the driver object nor dispatches for the driver leaves it a WDM driver with
  // that trait.
  const bool trait = identity.primary == Framework::usb || identity.primary == Framework::elam ||
                     identity.primary == Framework::wfp_callout;
  if (identity.primary == Framework::none && identity.kernel_mode)
    add(identity, Framework::wdm, "kernel-mode image without another framework's registration");
  if ((identity.primary == Framework::none || (trait && identity.kernel_mode)) && identity.kernel_mode)
    identity.primary = Framework::wdm;
  if (trait && identity.primary == Framework::wdm)
    add(identity, Framework::wdm, "kernel-mode image without a framework that dispatches for it");
  const auto first = std::find_if(identity.evidence.begin(), identity.evidence.end(),
                                  [&](const FrameworkEvidence &e) { return e.framework == identity.primary; });
  if (first != identity.evidence.end())
    std::rotate(identity.evidence.begin(), first, first + 1);
  return identity;
}

} // namespace ringfence::image
