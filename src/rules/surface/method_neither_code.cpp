// Control codes that hand over raw user pointers: see docs/rules/surface/method-neither-code.md.

#include "words.h"

#include <ringfence/rules/rule.h>

namespace ringfence::rules {

void run_method_neither_code(const facts::Facts &facts, Sink &sink) {
  std::vector<std::string> found;
  facts::Reach widest = facts::Reach::none;
  bool steers = false, any = false;
  Rva handler;
  for (const facts::CodeFacts &code : facts.surface->codes) {
    if (!code.value || code.status == facts::CodeStatus::rejected)
      continue;
    any = true;
    if (code.method() != 3)
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
    return sink.pass("no control code uses METHOD_NEITHER");
  sink.fail(std::to_string(found.size()) + (found.size() == 1 ? " control code hands" : " control codes hand") + " the caller's pointers to the driver unchecked (METHOD_NEITHER): " + enumeration(found),
            {.anchor = "METHOD_NEITHER", .location = {.rva = handler},
             .at_most = steers ? finding::Severity::medium : finding::Severity::low,
             .reach = std::string(facts::name_of(widest))});
}

} // namespace ringfence::rules
