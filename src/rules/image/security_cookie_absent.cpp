// No security cookie: see docs/rules/image/security-cookie-absent.md.

#include <ringfence/rules/rule.h>

#include <ringfence/base/text.h>

namespace ringfence::rules {

void run_security_cookie_absent(const facts::Facts &facts, Sink &sink) {
  const facts::ImageFacts &image = *facts.image;
  if (image.load_config.present() && image.load_config->security_cookie_va != 0)
    return sink.pass("a security cookie is present and named by the load configuration");
  if (image.default_cookie)
    return sink.pass("a security cookie is present at " + hex(image.default_cookie->value) +
                     "; no load configuration names it, so the driver's own entry code has to seed it");
  sink.fail("no security cookie is present: no function of this driver can check its stack frame",
            {.anchor = "__security_cookie"});
}

} // namespace ringfence::rules
