#include <ringfence/facts_build/image_facts.h>

#include <ringfence/base/text.h>
#include <ringfence/image/framework.h>

#include <algorithm>
#include <initializer_list>
#include <optional>

namespace ringfence::facts_build {
namespace {

using facts::Part;
using image::DirectoryIndex;
using image::LoadConfigField;

facts::Machine machine_of(image::Machine machine) {
  switch (machine) {
  case image::Machine::i386:
    return facts::Machine::x86;
  case image::Machine::amd64:
    return facts::Machine::x64;
  case image::Machine::armnt:
  case image::Machine::arm:
  case image::Machine::thumb:
    return facts::Machine::arm;
  case image::Machine::arm64:
  case image::Machine::arm64ec:
  case image::Machine::arm64x:
    return facts::Machine::arm64;
  case image::Machine::ia64:
    return facts::Machine::ia64;
  default:
    return facts::Machine::other;
  }
}

std::string machine_name(image::Machine machine) {
  const std::string_view name = image::name_of(machine);
  return name == "unknown" ? hex(static_cast<std::uint16_t>(machine), 4) : ascii_lower(name);
}

/// The first diagnostic about `part`, as a reason; empty when the part is intact.
std::string damage(const image::Image &image, image::Part part) {
  for (const image::Diagnostic &d : image.diagnostics())
    if (d.part == part)
      return std::string(image::name_of(part)) + ": " + d.what + " at file offset " + hex(d.offset);
  return {};
}

std::vector<facts::SectionFacts> sections(const image::Image &image) {
  std::vector<facts::SectionFacts> out;
  out.reserve(image.sections().size());
  for (const image::Section &s : image.sections())
    out.push_back({.name = std::string(s.name),
                   .rva = s.rva,
                   .virtual_size = s.virtual_size,
                   .raw_offset = FileOffset(s.pointer_to_raw_data),
                   .raw_size = s.size_of_raw_data,
                   .characteristics = s.characteristics});
  return out;
}

/// What stands for facts that cannot be given: unreadable when one of `parts` is damaged, absent when it is not
/// `present`.
template <class T>
std::optional<Part<T>> not_given(const image::Image &image, std::initializer_list<image::Part> parts, bool present) {
  for (const image::Part part : parts)
    if (std::string why = damage(image, part); !why.empty())
      return Part<T>::unreadable(std::move(why));
  if (!present)
    return Part<T>{};
  return std::nullopt;
}

Part<std::vector<facts::ImportFacts>> imports(const image::Image &image) {
  if (auto none =
          not_given<std::vector<facts::ImportFacts>>(image, {image::Part::imports}, !image.imports().modules.empty()))
    return *std::move(none);
  std::vector<facts::ImportFacts> out;
  out.reserve(image.imports().symbols.size());
  for (const image::ImportedModule &module : image.imports().modules)
    for (const image::ImportedSymbol &symbol : image.imports().symbols_of(module))
      out.push_back({.module = std::string(module.name),
                     .name = std::string(symbol.name),
                     .ordinal = symbol.ordinal,
                     .iat = symbol.slot,
                     .delayed = module.delayed});
  return out;
}

Part<facts::RelocationFacts> relocations(const image::Image &image) {
  constexpr std::uint32_t page = 0x1000;
  constexpr std::size_t shown = 16;
  if (auto none = not_given<facts::RelocationFacts>(image, {image::Part::relocations},
                                                    image.headers().directory(DirectoryIndex::relocations).present()))
    return *std::move(none);
  facts::RelocationFacts out;
  out.count = image.relocations().entries.size();
  for (const image::Relocation &r : image.relocations().entries)
    if (r.rva.value % page + image::width_of(r.type) > page) {
      ++out.straddling_count;
      if (out.straddling.size() < shown)
        out.straddling.push_back(r.rva);
    }
  return out;
}

Part<facts::LoadConfigFacts> load_config(const image::Image &image) {
  if (auto none = not_given<facts::LoadConfigFacts>(image, {image::Part::load_config}, image.load_config().has_value()))
    return *std::move(none);
  const image::LoadConfig &lc = *image.load_config();
  facts::LoadConfigFacts out;
  out.size = static_cast<std::uint32_t>(lc.value_or_zero(LoadConfigField::Size));
  out.security_cookie_va = lc.value_or_zero(LoadConfigField::SecurityCookie);
  out.security_cookie = lc.security_cookie_value;
  out.se_handler_table_va = lc.get(LoadConfigField::SEHandlerTable);
  out.se_handler_count = lc.get(LoadConfigField::SEHandlerCount);
  out.guard_check_function_pointer = lc.get(LoadConfigField::GuardCFCheckFunctionPointer);
  out.guard_function_table = lc.get(LoadConfigField::GuardCFFunctionTable);
  out.guard_function_count = lc.get(LoadConfigField::GuardCFFunctionCount);
  if (const auto flags = lc.get(LoadConfigField::GuardFlags))
    out.guard_flags = static_cast<std::uint32_t>(*flags);
  out.has_dynamic_value_relocations = lc.dynamic_relocation_version != 0;
  return out;
}

Part<facts::DebugFacts> debug(const image::Image &image) {
  const image::DebugDirectory &d = image.debug();
  if (auto none = not_given<facts::DebugFacts>(image, {image::Part::debug}, !d.entries.empty()))
    return *std::move(none);
  facts::DebugFacts out;
  if (d.codeview)
    out.pdb_path = std::string(d.codeview->path);
  if (d.vc_feature)
    out.vc_feature = facts::VcFeatureFacts{.pre_vc11 = d.vc_feature->pre_vc11,
                                           .c_cpp = d.vc_feature->c_and_cpp,
                                           .gs = d.vc_feature->gs,
                                           .sdl = d.vc_feature->sdl.value_or(0),
                                           .guard_n = d.vc_feature->guard_n.value_or(0),
                                           .has_sdl = d.vc_feature->sdl.has_value()};
  out.reproducible = d.reproducible;
  out.extended_dll_characteristics = d.ex_dll_characteristics;
  return out;
}

Part<facts::VersionFacts> version(const image::Image &image) {
  if (auto none = not_given<facts::VersionFacts>(image, {image::Part::resources, image::Part::version},
                                                 image.version().has_value()))
    return *std::move(none);
  const auto text = [&](std::string_view key) {
    const std::string *value = image.version()->find(key);
    return value ? *value : std::string();
  };
  facts::VersionFacts out;
  if (image.version()->fixed)
    out.file_version = image.version()->fixed->file_version;
  if (image.version()->fixed)
    out.file_flags = image.version()->fixed->file_flags & image.version()->fixed->file_flags_mask;
  out.original_filename = text("OriginalFilename");
  out.internal_name = text("InternalName");
  out.product_name = text("ProductName");
  out.company_name = text("CompanyName");
  out.file_description = text("FileDescription");
  return out;
}

Part<facts::RichFacts> rich(const image::Image &image) {
  if (auto none = not_given<facts::RichFacts>(image, {image::Part::rich}, image.rich().has_value()))
    return *std::move(none);
  facts::RichFacts out;
  out.checksum_stored = image.rich()->key;
  out.checksum_computed = image.rich()->checksum;
  for (const image::RichEntry &entry : image.rich()->entries)
    out.tools.push_back({.product = entry.product, .build = entry.build, .count = entry.count});
  return out;
}

/// The first place of `cookie` at an address divisible by its size in the file data of a writable section.
template <class T> std::optional<Rva> find_cookie(const image::Image &image, T cookie) {
  for (const image::Section &section : image.sections()) {
    if (!section.has(image::SCN_MEM_WRITE) || section.executable())
      continue;
    for (std::size_t at = 0; at + sizeof(T) <= section.data.size(); at += sizeof(T))
      if (load_little_endian<T>(section.data.data() + at) == cookie)
        return Rva(section.rva.value + static_cast<std::uint32_t>(at));
  }
  return std::nullopt;
}

/// The default of __security_cookie in Microsoft's library: what a driver without a load configuration still shows.
std::optional<Rva> default_cookie(const image::Image &image) {
  if (image.headers().pe32_plus)
    return find_cookie<std::uint64_t>(image, 0x00002B992DDFA232);
  const std::optional<Rva> cookie = find_cookie<std::uint32_t>(image, 0xBB40E64E);
  return cookie ? cookie : find_cookie<std::uint32_t>(image, 0xBB40); // the 16-bit default of Visual Studio 2003
}

/// Where the part of the file that the image's own tables account for ends: the last section's data, or the debug
/// data that old linkers put behind it.
std::uint64_t accounted_end(const image::Image &image) {
  std::uint64_t end = image.overlay_offset().value;
  for (const image::DebugEntry &entry : image.debug().entries)
    if (!entry.data.empty())
      end = std::max(end, std::uint64_t{entry.pointer_to_raw_data} + entry.size_of_data);
  return end;
}

/// File bytes from `start` to the certificate table, or to the end of the file when no table follows.
std::uint64_t overlay_size(const image::Image &image, std::uint64_t start) {
  const image::CertificateTable &table = image.certificates();
  const bool follows = table.in_file && table.size != 0 && table.offset.value >= start;
  const std::uint64_t end = follows ? table.offset.value : image.bytes().size();
  return end > start ? end - start : 0;
}

/// "KMDF 1.15": the kind with the version of the framework it is linked with, where a bind record tells it.
std::string kind_text(const image::FrameworkIdentity &identity, image::Framework framework) {
  std::string text(image::name_of(framework));
  const bool versioned = framework == image::Framework::kmdf || framework == image::Framework::umdf;
  const std::string_view library = framework == image::Framework::kmdf ? "KmdfLibrary" : "UmdfLibrary";
  if (versioned && identity.wdf && identity.wdf->library == library)
    text += " " + std::to_string(identity.wdf->major_version) + "." + std::to_string(identity.wdf->minor_version);
  return text;
}

void add_kinds(const image::Image &image, facts::ImageFacts &out) {
  const image::FrameworkIdentity identity = image::identify_framework(image);
  if (identity.primary != image::Framework::none)
    out.framework = image::name_of(identity.primary);
  for (const image::FrameworkEvidence &evidence : identity.evidence)
    out.kinds.push_back(kind_text(identity, evidence.framework));
  out.not_analysable = image::assess_packing(image).reasons;
}

} // namespace

facts::ImageFacts build_image_facts(const image::Image &image, const image::Hashes &hashes) {
  const image::Headers &h = image.headers();
  facts::ImageFacts out;
  out.machine = machine_of(h.machine);
  out.machine_name = machine_name(h.machine);
  out.pe32_plus = h.pe32_plus;
  out.subsystem = h.subsystem;
  out.characteristics = h.characteristics;
  out.dll_characteristics = h.dll_characteristics;
  out.linker_major = h.major_linker_version;
  out.linker_minor = h.minor_linker_version;
  out.image_base = h.image_base;
  out.entry_point = image.entry_code().value_or(Rva(0));
  out.section_alignment = h.section_alignment;
  out.file_alignment = h.file_alignment;
  out.size_of_image = h.size_of_image;
  out.size_of_headers = h.size_of_headers;
  out.checksum_stored = h.checksum;
  out.checksum_computed = hashes.checksum;
  out.sections = sections(image);
  out.imports = imports(image);
  if (const auto &iat = h.directory(DirectoryIndex::import_address_table); iat.present())
    out.import_address_table = facts::RangeFacts{iat.rva, iat.size};
  out.relocations = relocations(image);
  out.load_config = load_config(image);
  out.debug = debug(image);
  out.version = version(image);
  out.rich = rich(image);
  out.default_cookie = default_cookie(image);
  if (const auto &table = image.headers().directory(DirectoryIndex::certificates); table.present())
    out.certificate_table = facts::CertificateTableFacts{image.certificates().offset, image.certificates().size,
                                                         image.certificates().bytes_after};
  out.overlay = FileOffset(accounted_end(image));
  out.overlay_size = overlay_size(image, out.overlay.value);
  out.certificate_entries = image.certificates().entries.size();
  add_kinds(image, out);
  return out;
}

} // namespace ringfence::facts_build
