// pefile's import hash: "module.function" in lower case, joined by commas, module extensions sys,
// dll and ocx dropped, normal imports only. Ordinals of ws2_32, wsock32 and oleaut32 are named
// there; all others become "ordN".
#include <ringfence/base/text.h>
#include <ringfence/image/hashes.h>
#include <ringfence/image/image.h>

namespace ringfence::image {
namespace {

std::string_view without_extension(std::string_view module) {
  const auto dot = module.rfind('.');
  if (dot == std::string_view::npos)
    return module;
  const auto extension = module.substr(dot + 1);
  const bool dropped = extension == "sys" || extension == "dll" || extension == "ocx";
  return dropped ? module.substr(0, dot) : module;
}

} // namespace

std::string imphash_text(const Image &image) {
  std::string text;
  const auto &imports = image.imports();
  text.reserve(imports.symbols.size() * 40);
  for (const auto &module : imports.modules) {
    if (module.delayed)
      continue;
    const auto name = ascii_lower(module.name);
    const auto stem = without_extension(name);
    for (const auto &symbol : imports.symbols_of(module)) {
      if (!symbol.by_ordinal && symbol.name.empty())
        continue;
      if (!text.empty())
        text += ',';
      text += stem;
      text += '.';
      if (symbol.by_ordinal)
        text += "ord" + std::to_string(symbol.ordinal);
      else
        for (const char c : symbol.name)
          text += ascii_lower(c);
    }
  }
  return text;
}

} // namespace ringfence::image
