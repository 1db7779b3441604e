// Stack cookie is not seeded at entry: see docs/rules/pdb/cookie-not-initialized.md.

#include <ringfence/rules/rule.h>

namespace ringfence::rules {

void run_cookie_not_initialized(const facts::Facts &facts, Sink &sink) {
  const facts::PdbCookieFacts &cookie = facts.pdb->cookie;
  if (!cookie.checked)
    return sink.not_applicable("no cookie check (__security_check_cookie) is linked in");
  const std::string entry = cookie.entry.empty() ? "the entry point" : "the entry point " + cookie.entry;
  const Sink::Place place{.anchor = "__security_cookie",
                          .location = {.rva = facts.image->entry_point, .symbol = cookie.entry}};
  if (cookie.initializer.empty())
    return sink.fail("functions check the stack cookie, but nothing that seeds it is linked in; " + entry +
                         " starts with the value from the file",
                     place);
  if (!cookie.reached)
    return sink.inconclusive("calls of " + entry + " are not followed on this machine");
  if (!*cookie.reached)
    return sink.fail(cookie.initializer + " is linked in, but no direct calls lead to it from " + entry, place);
  sink.pass(entry + " seeds the stack cookie through " + cookie.initializer);
}

} // namespace ringfence::rules
