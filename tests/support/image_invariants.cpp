#include "image_invariants.h"

#include <ringfence/image/describe.h>
#include <ringfence/image/framework.h>
#include <ringfence/image/hashes.h>
#include <ringfence/image/image.h>

#include <algorithm>
#include <functional>

namespace ringfence::test {
namespace {

using namespace image;

bool inside(const Image &image, const void *data, std::size_t size) {
  const auto file = image.bytes();
  const auto *begin = static_cast<const std::byte *>(data);
  const std::less_equal<> ordered;
  return size == 0 || (ordered(file.data(), begin) && ordered(begin + size, file.data() + file.size()));
}
bool inside(const Image &image, Bytes bytes) { return inside(image, bytes.data(), bytes.size()); }
bool inside(const Image &image, std::string_view text) { return inside(image, text.data(), text.size()); }

std::string broken_views(const Image &image) {
  for (const auto &section : image.sections())
    if (!inside(image, section.name) || !inside(image, section.data))
      return "a section's view is outside the file";
  std::size_t symbols = 0;
  for (const auto &module : image.imports().modules) {
    if (!inside(image, module.name) || module.first_symbol != symbols)
      return "an imported module is outside the file or does not follow the one before";
    symbols += image.imports().symbols_of(module).size();
  }
  if (symbols != image.imports().symbols.size())
    return "imported symbols that belong to no module";
  for (const auto &symbol : image.imports().symbols)
    if (!inside(image, symbol.name))
      return "an imported name is outside the file";
  for (const auto &bound : image.imports().bound)
    if (!inside(image, bound.name))
      return "a bound module's name is outside the file";
  for (const auto &symbol : image.exports().symbols)
    if (!inside(image, symbol.name) || !inside(image, symbol.forwarder))
      return "an exported name is outside the file";
  for (const auto &entry : image.debug().entries)
    if (!inside(image, entry.data))
      return "debug data outside the file";
  if (image.debug().codeview && !inside(image, image.debug().codeview->path))
    return "a program database path outside the file";
  for (const auto &leaf : image.resources().leaves)
    if (!inside(image, leaf.data) || !inside(image, leaf.type.text) || !inside(image, leaf.name.text))
      return "a resource outside the file";
  for (const auto &entry : image.certificates().entries)
    if (!inside(image, entry.data))
      return "a certificate outside the file";
  return {};
}

std::string broken_map(const Image &image) {
  const auto size = image.bytes().size();
  const auto check = [&](Rva rva) {
    const auto offset = image.offset_of(rva);
    const auto bytes = image.bytes_from(rva);
    if (offset.has_value() != !bytes.empty())
      return false;
    if (!offset)
      return true;
    if (offset->value >= size || !inside(image, bytes) || bytes.data() != image.bytes().data() + offset->value)
      return false;
    const auto back = image.rva_of(*offset);
    return back && image.offset_of(*back) == offset &&
           image.read<std::uint8_t>(rva) == std::to_integer<std::uint8_t>(bytes[0]);
  };
  const auto probe = [&](std::uint32_t rva) { return check(Rva(rva)) && check(Rva(rva - 1)) && check(Rva(rva + 1)); };
  if (!probe(0) || !probe(image.headers().entry_point.value) || !probe(image.headers().size_of_image))
    return "the address map contradicts itself at the headers";
  std::size_t probed = 0;
  for (const auto &section : image.sections())
    if (++probed <= 64 && (!probe(section.rva.value) || !probe(section.rva.value + section.extent())))
      return "the address map contradicts itself at a section";
  return {};
}

std::string broken_limits(const Image &image) {
  std::array<std::size_t, part_count> counts{};
  for (const auto &diagnostic : image.diagnostics()) {
    if (++counts[static_cast<std::size_t>(diagnostic.part)] > diagnostics_per_part)
      return "more diagnostics of one part than the cap";
    if (diagnostic.what.empty())
      return "a diagnostic without text";
    if (image.intact(diagnostic.part))
      return "a part with a diagnostic counts as intact";
  }
  if (image.load_config() && image.load_config()->security_cookie_value && !image.load_config()->security_cookie)
    return "a cookie value without its address";
  return {};
}

std::string broken_digests(const Image &image, Hasher &hasher) {
  if (describe(image).find("headers") == nullptr)
    return "a description without headers";
  const auto hashes = hasher.hash(image);
  const auto pages = hasher.page_hashes(image);
  if (pages.size() < 2 || pages.front().sha256 != hashes.page_zero.sha256)
    return "page zero has two hashes";
  if (imphash_text(image).empty() == hashes.imphash.has_value())
    return "an import hash without imports";
  std::size_t measured = 0;
  for (const auto &section : image.sections())
    if (const auto bits = ++measured > 64 ? 0 : entropy(section.data); !(bits >= 0 && bits <= 8.0000001))
      return "an entropy outside 0 to 8";
  return {};
}

} // namespace

std::string broken_invariant(const Image &image, Hasher &hasher, Depth depth) {
  if (auto broken = broken_views(image); !broken.empty())
    return broken;
  if (auto broken = broken_map(image); !broken.empty())
    return broken;
  if (auto broken = broken_limits(image); !broken.empty())
    return broken;
  std::size_t followed = 0;
  for (const auto &function : image.unwind().functions) {
    if (++followed > 4096)
      break;
    (void)primary_function(image, function);
    if (const auto record = unwind_record(image, function))
      if (const auto scopes = scope_table(image, *record); scopes && scopes->size() > 4096)
        return "a scope table longer than the cap";
  }
  const auto framework = identify_framework(image);
  const auto packing = assess_packing(image);
  if (name_of(framework.primary).empty() || packing.packed == packing.reasons.empty())
    return "a packing verdict without its reasons";
  return depth == Depth::everything ? broken_digests(image, hasher) : std::string();
}

} // namespace ringfence::test
