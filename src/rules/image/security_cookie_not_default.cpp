// Security cookie does not start with the default value: see docs/rules/image/security-cookie-not-default.md.

#include <ringfence/rules/rule.h>

#include <ringfence/base/text.h>

namespace ringfence::rules {
namespace {

/// The values of __security_cookie that the linker's library writes and the loader replaces.
bool is_default(std::uint64_t cookie, bool wide) {
  if (wide)
    return cookie == 0x00002B992DDFA232;
  return cookie == 0xBB40E64E || cookie == 0xBB40;
}

} // namespace

void run_security_cookie_not_default(const facts::Facts &facts, Sink &sink) {
  const facts::ImageFacts &image = *facts.image;
  if (!image.load_config.present() || image.load_config->security_cookie_va == 0)
    return sink.not_applicable("the load configuration names no security cookie");
  const facts::LoadConfigFacts &config = *image.load_config;
  if (!config.security_cookie)
    return sink.fail("the security cookie at " + hex(config.security_cookie_va) + " lies outside the image",
                     {.anchor = "__security_cookie"});
  if (!is_default(*config.security_cookie, image.pe32_plus))
    return sink.fail("the security cookie starts as " + hex(*config.security_cookie) +
                         ", not as the default that the loader replaces by a random value",
                     {.anchor = "__security_cookie"});
  sink.pass("the security cookie has its default value " + hex(*config.security_cookie));
}

} // namespace ringfence::rules
