// Text: a string of the generated tables, held as offset and length so that the tables need no relocation.
#pragma once

#include <cstdint>
#include <string_view>

namespace ringfence::kernel {

struct Text {
  std::uint32_t offset;
  std::uint32_t length;

  std::string_view view() const;
  operator std::string_view() const { return view(); }
  bool empty() const { return length == 0; }
};

} // namespace ringfence::kernel
