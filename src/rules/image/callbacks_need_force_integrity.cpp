// Process or object callbacks without FORCE_INTEGRITY: see docs/rules/image/callbacks-need-force-integrity.md.

#include <ringfence/rules/rule.h>

#include <algorithm>
#include <iterator>

namespace ringfence::rules {
namespace {

/// Registration routines that answer STATUS_ACCESS_DENIED when the callback's image lacks FORCE_INTEGRITY.
bool needs_force_integrity(std::string_view name) {
  constexpr std::string_view routines[] = {"ObRegisterCallbacks", "PsSetCreateProcessNotifyRoutineEx",
                                           "PsSetCreateProcessNotifyRoutineEx2"};
  return std::find(std::begin(routines), std::end(routines), name) != std::end(routines);
}

} // namespace

void run_callbacks_need_force_integrity(const facts::Facts &facts, Sink &sink) {
  const facts::ImageFacts &image = *facts.image;
  const bool forced = image.dll_characteristics & facts::IMAGE_DLLCHARACTERISTICS_FORCE_INTEGRITY;
  bool found = false;
  if (image.imports.present())
    for (const facts::ImportFacts &import : *image.imports) {
      if (!needs_force_integrity(import.name))
        continue;
      found = true;
      if (!forced)
        sink.fail(import.name + " is imported, but the image lacks FORCE_INTEGRITY: it returns STATUS_ACCESS_DENIED",
                  {.anchor = import.name, .location = {.rva = import.iat, .symbol = import.name}});
    }
  if (!found)
    sink.not_applicable("no routine that demands FORCE_INTEGRITY is imported");
  else if (forced)
    sink.pass("the header has FORCE_INTEGRITY, as the imported registration routines demand");
}

} // namespace ringfence::rules
