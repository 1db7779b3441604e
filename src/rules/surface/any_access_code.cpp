// Control codes that need no access right: see docs/rules/surface/any-access-code.md.

#include "words.h"

#include <ringfence/rules/rule.h>

namespace ringfence::rules {

void run_any_access_code(const facts::Facts &facts, Sink &sink) {
  std::vector<std::string> found;
  facts::Reach widest = facts::Reach::none;
  bool steers = false, any = false;
  Rva handler;
  for (const facts::CodeFacts &code : facts.surface->codes) {
    if (!code.value || code.status == facts::CodeStatus::rejected)
      continue;
    any = true;
    if (code.access() != 0 || code.status != facts::CodeStatus::handled)
      continue;
    if (found.empty())
      handler = code.handler;
    found.push_back(code.text);
    steers = steers || has_open_primitive(code);
    widest = widest == facts::Reach::unknown ? widest : std::max(widest, code.reach);
  }
  if (!any)
    return sink.not_applicable("the driver distinguishes no control codes");
  if (found.empty())
    return sink.pass("every control code that does something demands a right");
  sink.fail(std::to_string(found.size()) + (found.size() == 1 ? " control code does" : " control codes do") + " something for every handle, whatever right it was opened with (FILE_ANY_ACCESS): " + enumeration(found),
            {.anchor = "FILE_ANY_ACCESS", .location = {.rva = handler},
             .at_most = steers ? finding::Severity::medium : finding::Severity::low,
             .reach = std::string(facts::name_of(widest))});
}

} // namespace ringfence::rules
