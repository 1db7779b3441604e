// Packed or protected code. Compiled kernel code has 5.5 to 6.8 bits of entropy a byte in every
// instruction set that Windows runs on, and names its sections as the compiler does; compressed or
// virtualised code has more than 7.
#include <ringfence/base/text.h>
#include <ringfence/image/framework.h>
#include <ringfence/image/hashes.h>
#include <ringfence/image/image.h>

#include <algorithm>

namespace ringfence::image {
namespace {

constexpr double packed_entropy = 7.0;     ///< of executable bytes, from min_measured on
constexpr std::size_t min_measured = 4096; ///< shorter pieces say nothing
constexpr std::size_t few_imports = 3;
constexpr std::uint32_t page = 0x1000;

/// Names that packers and protectors give to their sections, in lower case; '*' stands for any
/// ending.
constexpr std::string_view protector_names[] = {
    "upx*",   ".upx*",   ".vmp*",   ".themida", ".winlice", ".aspack",  ".adata",   ".mpress*", "mpress*", ".enigma*",
    ".nsp*",  "nsp*",    ".petite", "pebundle", "pec*",     ".perplex", ".svkp*",   ".taz",     ".yp",     ".y0da",
    ".spack", ".packed", ".rlpack", "procrypt", ".shrink*", ".seau",    ".tsuarch", ".tsustub", ".boom",   ".charmve",
    ".mackt", ".pklstb", ".obsid*", ".securom", ".sforce3", ".protect", ".alloy32", ".wwpack"};

bool protector_name(std::string_view name) {
  const auto lower = ascii_lower(name);
  return std::any_of(std::begin(protector_names), std::end(protector_names), [&](std::string_view pattern) {
    return pattern.ends_with('*') ? lower.starts_with(pattern.substr(0, pattern.size() - 1)) : lower == pattern;
  });
}

std::string bits(double value) {
  const auto hundredths = static_cast<unsigned>(value * 100 + 0.5);
  const auto rest = hundredths % 100;
  return std::to_string(hundredths / 100) + (rest < 10 ? ".0" : ".") + std::to_string(rest);
}

void judge_section(const Section &section, bool holds_entry, std::vector<std::string> &reasons, std::size_t &budget) {
  const auto name = "section " + printable(section.name);
  if (protector_name(section.name) && section.executable())
    reasons.push_back(name + " has a name that a packer or protector gives");
  if (!section.executable())
    return;
  if (section.data.empty() && section.extent() >= page && !section.has(SCN_CNT_UNINITIALIZED_DATA))
    reasons.push_back(name + " is executable but has no bytes in the file: its code appears at run time");
  else if (section.data.empty() && section.extent() >= page && holds_entry)
    reasons.push_back(name + " holds the entry point but has no bytes in the file");
  // Sections may overlap in a hostile file: no more bytes are measured than the file has.
  if (section.data.size() < min_measured || section.data.size() > budget)
    return;
  budget -= section.data.size();
  if (const auto measured = entropy(section.data); measured >= packed_entropy)
    reasons.push_back(name + " is executable and has " + bits(measured) + " bits of entropy a byte");
}

/// Nothing of the entry's section is what a compiler writes: not named INIT, PAGE* or .text*,
/// writable and executable.
bool self_modifying_entry(const Section &section) {
  const auto lower = ascii_lower(section.name);
  const bool usual = lower == "init" || lower.starts_with("page") || lower.starts_with(".text") || lower == "nonpaged";
  return section.executable() && section.writable() && !usual;
}

} // namespace

PackingAssessment assess_packing(const Image &image) {
  PackingAssessment result;
  const auto entry = image.entry_code();
  const auto *entry_section = entry ? image.section_of(*entry) : nullptr;
  std::size_t budget = image.bytes().size();
  for (const auto &section : image.sections()) {
    if (result.reasons.size() >= 16)
      break;
    judge_section(section, &section == entry_section, result.reasons, budget);
  }
  const auto imported = image.imports().symbols.size();
  const bool kernel_imports_few =
      imported <= few_imports && image.exports().symbols.empty() && image.bytes().size() >= 16 * page;
  if (entry_section && self_modifying_entry(*entry_section) && imported <= few_imports)
    result.reasons.push_back("the entry point lies in the writable section " + printable(entry_section->name) +
                             " and the image imports only " + std::to_string(imported) + " symbols");
  // A large image that imports next to nothing resolves its imports by itself; alone that is also
  // how a data-only driver looks, so it only counts beside an entry outside every section or dense
  // data.
  if (kernel_imports_few && entry && !entry_section)
    result.reasons.push_back("the entry point lies in no section and the image imports only " +
                             std::to_string(imported) + " symbols");
  if (kernel_imports_few && entry_section) {
    const auto whole = entropy(image.bytes().first(static_cast<std::size_t>(image.overlay_offset().value)));
    if (whole >= packed_entropy)
      result.reasons.push_back("the image imports only " + std::to_string(imported) + " symbols and has " +
                               bits(whole) + " bits of entropy a byte");
  }
  result.packed = !result.reasons.empty();
  return result;
}

} // namespace ringfence::image
