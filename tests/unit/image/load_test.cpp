#include <ringfence/base/text.h>
#include <ringfence/image/image.h>

#include <gtest/gtest.h>
#include <string>

namespace ringfence::image {
namespace {

Result<Image> load_text(std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text));
  return load(std::vector<std::byte>(bytes.begin(), bytes.end()));
}

TEST(Load, SaysWhatIsNoImage) {
  EXPECT_EQ(load({}).error().what, "expected 'MZ' at offset 0x0, but the file is empty");
  EXPECT_EQ(load_text("\x7f"
                      "ELF\x02")
                .error()
                .what,
            "expected 'MZ' at offset 0x0, found '\\x7fELF' - this is an ELF file");
  EXPECT_EQ(load_text("hello, world\n").error().what,
            "expected 'MZ' at offset 0x0, found 'hell' - this is a text file");
  EXPECT_EQ(load_text("MZ").error().code, ErrorCode::truncated);
  std::string dos(64, '\0');
  dos[0] = 'M', dos[1] = 'Z', dos[0x3c] = 0x40;
  EXPECT_EQ(load_text(dos).error().what, "expected 'PE\\0\\0' at offset 0x40 (e_lfanew), but the file has 64 bytes");
  EXPECT_EQ(load_text(dos + "LE\0\0").error().offset, 0x3cu);
  EXPECT_NE(load_text(dos + std::string("LE\0\0", 4)).error().what.find("VxD"), std::string::npos);
}

} // namespace
} // namespace ringfence::image
