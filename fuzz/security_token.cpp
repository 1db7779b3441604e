// Token files, as JSON (first byte even) or TOML: what is accepted writes itself back to an equal token.
#include <ringfence/document/document.h>
#include <ringfence/security/token.h>

#include <cstdint>
#include <cstdlib>

using namespace ringfence;
using namespace ringfence::security;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  if (!size)
    return 0;
  const std::string_view text(reinterpret_cast<const char *>(data + 1), size - 1);
  const auto value = data[0] & 1 ? document::parse_toml(text) : document::parse_json(text);
  if (!value)
    return 0;
  const auto token = token_from_value(*value, {});
  if (!token)
    return 0;
  const auto back = token_from_value(value_from_token(*token), {});
  if (!back || !(*back == *token))
    std::abort();
  return 0;
}
