// SDDL text: what parses must format, and the formatted text must be a fixed point in text and in binary.
#include <ringfence/security/sddl.h>

#include <cstdint>
#include <cstdlib>

using namespace ringfence;
using namespace ringfence::security;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char *>(data), size);
  const auto strict = parse_sddl(text);
  const auto parsed = parse_sddl(text, {SddlMode::windows, {}});
  if (strict && !parsed)
    std::abort(); // Windows' reading accepts everything that strict reading does
  if (!parsed)
    return 0;
  const auto formatted = format_sddl(parsed->descriptor);
  if (!formatted)
    std::abort();
  const auto again = parse_sddl(*formatted);
  if (!again)
    std::abort();
  const auto twice = format_sddl(again->descriptor);
  if (!twice || *twice != *formatted)
    std::abort();
  const auto bytes = write_security_descriptor(parsed->descriptor);
  if (!bytes)
    return 0;
  const auto back = parse_security_descriptor(*bytes);
  if (!back || !(*back == parsed->descriptor))
    std::abort();
  return 0;
}
