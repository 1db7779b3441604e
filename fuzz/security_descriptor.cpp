// Binary descriptors: what parses must write back to an equal value, format or refuse, and survive an access check.
#include <ringfence/security/access_check.h>
#include <ringfence/security/sddl.h>

#include <cstdint>
#include <cstdlib>

using namespace ringfence;
using namespace ringfence::security;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  const auto parsed = parse_security_descriptor(std::as_bytes(std::span(data, size)));
  if (!parsed)
    return 0;
  (void)validate(*parsed);
  const auto bytes = write_security_descriptor(*parsed);
  if (bytes) {
    const auto back = parse_security_descriptor(*bytes);
    if (!back || !(*back == *parsed))
      std::abort();
    const auto twice = write_security_descriptor(*back);
    if (!twice || *twice != *bytes)
      std::abort();
  }
  if (const auto text = format_sddl(*parsed))
    (void)parse_sddl(*text, {SddlMode::windows, {}});
  static const Token tokens[] = {*token_from_preset("user"), *token_from_preset("appcontainer"),
                                 *token_from_preset("restricted")};
  for (const Token &token : tokens) {
    AccessRequest request;
    request.desired = access::maximum_allowed;
    AccessExplanation explanation;
    const AccessResult most = check_access(*parsed, token, request, &explanation);
    // Whatever MAXIMUM_ALLOWED returns can be asked for by name.
    if (most.ok() && !(most.granted & access::system_security)) {
      request.desired = most.granted;
      const AccessResult named = check_access(*parsed, token, request);
      if (!named.ok() || named.granted != most.granted)
        std::abort();
    }
    for (const AccessReason &reason : explanation.reasons)
      (void)describe(reason, *parsed, device_type_rights());
  }
  return 0;
}
