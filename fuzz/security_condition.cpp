// Conditional expressions, as text (first byte even) or as artx bytes: text is a fixed point, binary round-trips.
#include <ringfence/security/condition.h>

#include <cstdint>
#include <cstdlib>

using namespace ringfence;
using namespace ringfence::security;

static void judge(const Condition &condition) {
  const std::vector<std::byte> bytes = write_condition_binary(condition);
  const auto back = parse_condition_binary(bytes);
  if (!back || !(*back == condition))
    std::abort();
  static const Claim claims[] = {{u"a", ClaimType::string, 0, {{0, u"x", {}}, {0, u"y", {}}}},
                                 {u"b", ClaimType::int64, 0, {{1, {}, {}}}},
                                 {u"c", ClaimType::boolean, 0, {}}};
  static const Sid groups[] = {sids::everyone, sids::users};
  const Truth truth = evaluate(condition, {claims, claims, claims, claims, groups, groups});
  if (evaluate(*back, {claims, claims, claims, claims, groups, groups}) != truth)
    std::abort();
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  if (!size)
    return 0;
  if (data[0] & 1) {
    const auto condition = parse_condition_binary(std::as_bytes(std::span(data + 1, size - 1)));
    if (!condition)
      return 0;
    judge(*condition);
    (void)format_condition(*condition, {});
    return 0;
  }
  const std::string_view text(reinterpret_cast<const char *>(data + 1), size - 1);
  std::size_t position = 0;
  std::vector<ConditionLeniency> leniencies;
  const auto condition = parse_condition_text(text, position, {}, &leniencies);
  if (!condition)
    return 0;
  if (position > text.size())
    std::abort();
  judge(*condition);
  const std::string formatted = format_condition(*condition, {});
  std::size_t end = 0;
  const auto again = parse_condition_text(formatted, end, {}, nullptr);
  if (!again || end != formatted.size() || !(*again == *condition))
    std::abort();
  return 0;
}
