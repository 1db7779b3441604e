// The resource tree: type, name, language. Each level is a table of entries whose high bits say
// whether the name is text and whether the offset leads to another table; offsets are relative to
// the start of the directory.
#include "loader.h"

#include <ringfence/base/text.h>

#include <algorithm>

namespace ringfence::image {
namespace {

constexpr std::size_t max_leaves = 4096;
constexpr std::size_t max_nodes = 16384;
constexpr unsigned levels = 3;
constexpr std::uint32_t high_bit = 0x80000000u;

} // namespace

struct Loader::ResourceWalk {
  SpanReader section; ///< from the directory's start to the end of its section
  std::size_t nodes = 0;
  std::array<ResourceName, levels> path{};
  std::array<std::uint32_t, levels> ancestors{};
};

void Loader::read_resources() {
  const auto reader = directory_reader(DirectoryIndex::resources, Part::resources, "the resource directory");
  if (!reader)
    return;
  ResourceWalk walk;
  walk.section = *reader;
  walk_resources(walk, 0, 0);
}

/// One table. The depth is fixed, so that a cycle ends at the third level; it is named as what it
/// is.
void Loader::walk_resources(ResourceWalk &walk, std::uint32_t directory, unsigned level) {
  const auto &section = walk.section;
  const auto at = section.base() + directory;
  for (unsigned i = 0; i < level; ++i)
    if (walk.ancestors[i] == directory) {
      report(Part::resources, ErrorCode::malformed, at, "a resource directory that contains itself");
      return;
    }
  walk.ancestors[level] = directory;
  const auto named = section.get<std::uint16_t>(std::uint64_t{directory} + 12);
  const auto numbered = section.get<std::uint16_t>(std::uint64_t{directory} + 14);
  if (!numbered) {
    report(Part::resources, ErrorCode::truncated, at, "expected a resource directory of 16 bytes");
    return;
  }
  const auto count = static_cast<std::uint32_t>(*named) + *numbered;
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto entry = std::uint64_t{directory} + 16 + std::uint64_t{i} * 8;
    const auto name = section.get<std::uint32_t>(entry);
    const auto target = section.get<std::uint32_t>(entry + 4);
    if (!target || ++walk.nodes > max_nodes || image_.resources_.leaves.size() >= max_leaves) {
      report(Part::resources, target ? ErrorCode::limit : ErrorCode::truncated, section.base() + entry,
             target ? "more than 4096 resources or 16384 entries"
                    : "a resource directory of " + std::to_string(count) + " entries is cut off");
      return;
    }
    const auto offset = section.base() + entry;
    walk.path[level] = read_resource_name(walk, *name, offset);
    if ((*target & high_bit) == 0)
      read_resource_data(walk, *target, level, offset);
    else if (level + 1 < levels)
      walk_resources(walk, *target & ~high_bit, level + 1);
    else
      report(Part::resources, ErrorCode::malformed, offset, "resources nested deeper than three levels");
  }
}

/// `offset` is where the entry stands in the file.
ResourceName Loader::read_resource_name(const ResourceWalk &walk, std::uint32_t name, std::uint64_t offset) {
  if ((name & high_bit) == 0)
    return {name, {}, false};
  const auto at = name & ~high_bit;
  const auto length = walk.section.get<std::uint16_t>(at);
  const auto units = length ? walk.section.slice(std::uint64_t{at} + 2, std::uint64_t{*length} * 2) : std::nullopt;
  if (!units)
    report(Part::resources, ErrorCode::malformed, offset, "expected a resource name at " + hex(at));
  return {0, units ? units->bytes() : Bytes(), true};
}

void Loader::read_resource_data(const ResourceWalk &walk, std::uint32_t target, unsigned level, std::uint64_t offset) {
  const auto data = walk.section.slice(target, 16);
  if (!data) {
    report(Part::resources, ErrorCode::malformed, offset, "expected a resource data entry at " + hex(target));
    return;
  }
  ResourceLeaf leaf;
  leaf.type = walk.path[0];
  leaf.name = level >= 1 ? walk.path[1] : ResourceName{};
  leaf.language = level >= 2 ? walk.path[2].id : 0;
  leaf.rva = Rva(*data->get<std::uint32_t>(0));
  leaf.size = *data->get<std::uint32_t>(4);
  leaf.code_page = *data->get<std::uint32_t>(8);
  if (const auto bytes = image_.bytes_at(leaf.rva, leaf.size))
    leaf.data = *bytes;
  else
    report(Part::resources, ErrorCode::truncated, data->base(),
           "resource data of " + hex(leaf.size) + " bytes at RVA " + hex(leaf.rva.value) + " is not in the file");
  image_.resources_.leaves.push_back(leaf);
}

bool ResourceName::equals_ascii(std::string_view ascii) const {
  if (!is_text || text.size() != ascii.size() * 2)
    return false;
  for (std::size_t i = 0; i < ascii.size(); ++i)
    if (text[2 * i + 1] != std::byte{0} || ascii_lower(std::to_integer<char>(text[2 * i])) != ascii_lower(ascii[i]))
      return false;
  return true;
}

std::string ResourceName::to_string() const { return is_text ? utf8_from_utf16(text) : "#" + std::to_string(id); }

const ResourceLeaf *Resources::find(std::uint32_t type) const {
  const auto found = std::find_if(leaves.begin(), leaves.end(), [type](const ResourceLeaf &leaf) {
    return !leaf.type.is_text && leaf.type.id == type;
  });
  return found == leaves.end() ? nullptr : &*found;
}

const ResourceLeaf *Resources::find(std::string_view type) const {
  const auto found = std::find_if(leaves.begin(), leaves.end(),
                                  [type](const ResourceLeaf &leaf) { return leaf.type.equals_ascii(type); });
  return found == leaves.end() ? nullptr : &*found;
}

} // namespace ringfence::image
