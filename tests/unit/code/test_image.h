// Images for the tests of this room: code in .text at RVA 0x1000, constants in .rdata.
#pragma once

#include <pe_builder.h>
#include <ringfence/base/text.h>
#include <ringfence/image/image.h>

namespace ringfence::code::test {

/// A description with `text` (hexadecimal) as .text and `rdata` as .rdata; the entry point is .text's first byte.
inline pe_builder::Description describe(std::string_view text, std::string_view rdata = "00000000") {
  pe_builder::Description description;
  pe_builder::SectionDescription code, data;
  code.name = ".text";
  code.flags = 0x60000020;
  code.bytes = bytes_from_hex(text).value_or(std::vector<std::byte>{});
  data.name = ".rdata";
  data.flags = 0x40000040;
  data.bytes = bytes_from_hex(rdata).value_or(std::vector<std::byte>{});
  data.virtual_size = 0x1000;
  description.sections = {code, data};
  return description;
}

inline image::Image load(const pe_builder::Description &description) {
  return *image::load(pe_builder::build_pe(description));
}

inline image::Image image_x64(std::string_view text, std::string_view rdata = "00000000") {
  return load(describe(text, rdata));
}

inline image::Image image_x86(std::string_view text, std::string_view rdata = "00000000") {
  pe_builder::Description description = describe(text, rdata);
  description.machine = 0x14c;
  description.pe32_plus = false;
  description.image_base = 0x10000;
  return load(description);
}

} // namespace ringfence::code::test
