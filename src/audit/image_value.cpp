#include "image_value.h"

#include <ringfence/base/text.h>

namespace ringfence::audit {
namespace {

Value digests(const image::DigestSet &set) {
  return Value::object({{"md5", hex_bytes(set.md5)}, {"sha1", hex_bytes(set.sha1)}, {"sha256", hex_bytes(set.sha256)}});
}

std::string version_text(const std::array<std::uint16_t, 4> &v) {
  return std::to_string(v[0]) + "." + std::to_string(v[1]) + "." + std::to_string(v[2]) + "." + std::to_string(v[3]);
}

Value sections(const facts::ImageFacts &facts, const image::Image &image) {
  Value out = Value::array();
  for (std::size_t i = 0; i < facts.sections.size(); ++i) {
    const facts::SectionFacts &s = facts.sections[i];
    out.push(Value::object({{"name", s.name},
                            {"rva", hex(s.rva.value)},
                            {"virtual_size", hex(s.virtual_size)},
                            {"raw_size", hex(s.raw_size)},
                            {"characteristics", hex(s.characteristics, 8)},
                            {"entropy", image::entropy(image.sections()[i].data)}}));
  }
  return out;
}

Value imports(const image::Image &image) {
  Value out = Value::array();
  for (const image::ImportedModule &module : image.imports().modules) {
    Value names = Value::array();
    for (const image::ImportedSymbol &symbol : image.imports().symbols_of(module))
      names.push(symbol.by_ordinal ? "#" + std::to_string(symbol.ordinal) : std::string(symbol.name));
    Value one = Value::object({{"module", module.name}, {"functions", std::move(names)}});
    if (module.delayed)
      one.set("delayed", true);
    out.push(std::move(one));
  }
  return out;
}

Value exports(const image::Image &image) {
  Value out = Value::array();
  for (const auto &symbol : image.exports().symbols)
    out.push(symbol.name.empty() ? "#" + std::to_string(symbol.ordinal) : std::string(symbol.name));
  return out;
}

Value version(const facts::VersionFacts &v) {
  return Value::object({{"file_version", version_text(v.file_version)},
                        {"original_filename", v.original_filename},
                        {"internal_name", v.internal_name},
                        {"product_name", v.product_name},
                        {"company_name", v.company_name},
                        {"file_description", v.file_description}});
}

} // namespace

Value image_value(const image::Image &image, const image::Hashes &hashes, const facts::ImageFacts &facts) {
  Value kinds = Value::array();
  for (const std::string &kind : facts.kinds)
    kinds.push(kind);
  Value out =
      Value::object({{"machine", facts.machine_name}, {"framework", facts.framework}, {"kinds", std::move(kinds)}});
  out.set("size", static_cast<std::uint64_t>(image.bytes().size()));
  out.set("hashes", digests(hashes.file));
  out.set("authentihash", digests(hashes.authentihash));
  out.set("page_zero",
          Value::object({{"sha1", hex_bytes(hashes.page_zero.sha1)}, {"sha256", hex_bytes(hashes.page_zero.sha256)}}));
  if (hashes.imphash)
    out.set("imphash", hex_bytes(*hashes.imphash));
  if (hashes.rich_hash)
    out.set("rich_hash", hex_bytes(*hashes.rich_hash));
  out.set("checksum",
          Value::object({{"stored", hex(facts.checksum_stored, 8)}, {"computed", hex(facts.checksum_computed, 8)}}));
  out.set("timestamp", hex(image.headers().time_date_stamp, 8));
  out.set("subsystem", static_cast<std::uint64_t>(facts.subsystem));
  out.set("dll_characteristics", hex(facts.dll_characteristics, 4));
  out.set("image_base", hex(facts.image_base));
  out.set("entry_point", hex(facts.entry_point.value));
  out.set("linker", std::to_string(facts.linker_major) + "." + std::to_string(facts.linker_minor));
  out.set("sections", sections(facts, image));
  out.set("imports", imports(image));
  out.set("exports", exports(image));
  if (facts.version.present())
    out.set("version", version(*facts.version));
  if (facts.debug.present() && !facts.debug->pdb_path.empty())
    out.set("pdb_path", facts.debug->pdb_path);
  out.set("certificates", static_cast<std::uint64_t>(facts.certificate_entries));
  return out;
}

} // namespace ringfence::audit
