#include "upcase.h"

#include <algorithm>
#include <cstdint>
#include <iterator>

namespace ringfence::security {
namespace {

// Code units first..last in steps of `step` rise by `delta` (mod 2^16).
struct UpcaseRange {
  char16_t first;
  char16_t last;
  std::uint16_t step;
  std::uint16_t delta;
};
constexpr UpcaseRange ranges[] = {
#include "upcase_ranges.inc"
};
static_assert(std::ranges::is_sorted(ranges, {}, &UpcaseRange::first));

} // namespace

char16_t upcase(char16_t unit) {
  if (unit < 0x80)
    return unit >= u'a' && unit <= u'z' ? static_cast<char16_t>(unit - 0x20) : unit;
  const auto after = std::ranges::upper_bound(ranges, unit, {}, &UpcaseRange::first);
  if (after == std::begin(ranges))
    return unit;
  const UpcaseRange &range = *std::prev(after);
  if (unit > range.last || (unit - range.first) % range.step)
    return unit;
  return static_cast<char16_t>(unit + range.delta);
}

int compare(std::u16string_view a, std::u16string_view b, bool case_sensitive) {
  const std::size_t shorter = std::min(a.size(), b.size());
  for (std::size_t i = 0; i < shorter; ++i) {
    const char16_t left = case_sensitive ? a[i] : upcase(a[i]);
    const char16_t right = case_sensitive ? b[i] : upcase(b[i]);
    if (left != right)
      return left < right ? -1 : 1;
  }
  return a.size() == b.size() ? 0 : a.size() < b.size() ? -1 : 1;
}

} // namespace ringfence::security
