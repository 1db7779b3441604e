// One broken part each: it becomes a diagnostic with its place, and the parts beside it are still
// read.
#include <ringfence/base/text.h>
#include <ringfence/image/hashes.h>
#include <ringfence/image/image.h>

#include "pe_builder.h"

#include <gtest/gtest.h>

namespace ringfence::image {
namespace {

using pe_builder::Address;
using pe_builder::Description;

std::vector<std::byte> little_endian(std::uint32_t value) {
  std::vector<std::byte> bytes;
  for (unsigned i = 0; i < 4; ++i)
    bytes.push_back(static_cast<std::byte>(value >> (8 * i)));
  return bytes;
}

Image patched(Description d, const std::string &label, std::uint32_t offset, std::uint32_t value) {
  d.patches.push_back({{}, {label, offset}, little_endian(value)});
  auto image = load(pe_builder::build_pe(d));
  EXPECT_TRUE(image.ok());
  return std::move(*image);
}

Description driver() {
  Description d;
  d.imports = {{"ntoskrnl.exe", {"IoCreateDevice"}}, {"HAL.dll", {"HalGetBusData"}}};
  d.resources = {{"", "", 10, 1, 0x409, {std::byte{1}}}};
  d.relocations = {{{".text", 0}, 10}};
  return d;
}

TEST(Malformed, AnImportNameOutsideTheImage) {
  const auto image = patched(driver(), "@imports", 12, 0x7fffff00);
  ASSERT_EQ(image.diagnostics().size(), 1u);
  const auto &diagnostic = image.diagnostics()[0];
  EXPECT_EQ(diagnostic.part, Part::imports);
  EXPECT_EQ(diagnostic.what, "expected a module name at RVA 0x7fffff00");
  EXPECT_EQ(diagnostic.offset, image.offset_of(image.headers().directory(DirectoryIndex::imports).rva)->value + 12);
  EXPECT_FALSE(image.intact(Part::imports));
  EXPECT_TRUE(image.intact(Part::resources));
  ASSERT_EQ(image.imports().modules.size(), 2u);
  EXPECT_EQ(image.imports().modules[1].name, "HAL.dll");
}

TEST(Malformed, AResourceDirectoryThatContainsItself) {
  const auto image = patched(driver(), "@resources", 20, 0x80000000);
  ASSERT_EQ(image.diagnostics().size(), 1u);
  EXPECT_EQ(image.diagnostics()[0].what, "a resource directory that contains itself");
  EXPECT_TRUE(image.resources().leaves.empty());
}

TEST(Malformed, ARelocationBlockOfNoSize) {
  const auto image = patched(driver(), "@relocations", 4, 3);
  ASSERT_EQ(image.diagnostics().size(), 1u);
  EXPECT_EQ(image.diagnostics()[0].part, Part::relocations);
  EXPECT_EQ(image.imports().modules.size(), 2u);
}

TEST(Malformed, ExportCountsDoNotBuyTime) {
  auto d = driver();
  d.exports = {{"A", {".text", 0}, {}, {}}};
  const auto image = patched(d, "@exports", 24, 0xffffffff);
  EXPECT_FALSE(image.intact(Part::exports));
  EXPECT_LE(image.exports().symbols.size(), 0x400u);
}

TEST(Malformed, OverlappingSectionsKeepTheFirst) {
  auto d = driver();
  d.sections = {{".text", 0x68000020, std::vector<std::byte>(0x1800, std::byte{0x11}), {}, {}, {}, {}},
                {".over", 0x68000020, std::vector<std::byte>(0x1800, std::byte{0x22}), {}, 0x2000, {}, {}}};
  const auto image = load(pe_builder::build_pe(d));
  ASSERT_TRUE(image.ok());
  EXPECT_FALSE(image->intact(Part::sections));
  EXPECT_EQ(image->read<std::uint8_t>(Rva(0x2000)), 0x11);
  EXPECT_EQ(image->read<std::uint8_t>(Rva(0x3000)), 0x22);
}

TEST(Hashes, AuthentihashLeavesOutChecksumDirectoryAndCertificates) {
  auto d = driver();
  d.overlay.resize(8);
  Hasher hasher;
  const auto unsigned_bytes = pe_builder::build_pe(d);
  auto bare = load_view(unsigned_bytes);
  d.certificates = {std::vector<std::byte>(16, std::byte{0x30})};
  d.checksum = 0x12345678;
  const auto signed_bytes = pe_builder::build_pe(d);
  auto with_certificate = load_view(signed_bytes);
  const auto a = hasher.hash(*bare), b = hasher.hash(*with_certificate);
  EXPECT_NE(a.file.sha256, b.file.sha256);
  EXPECT_EQ(a.authentihash.sha256, b.authentihash.sha256);
  EXPECT_EQ(a.page_zero.sha256, b.page_zero.sha256);
  EXPECT_EQ(hasher.page_hashes(*bare).back().sha256, Sha256{});
  EXPECT_EQ(hex_bytes(hasher.digest({}).sha256), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(Entropy, OfKnownDistributions) {
  std::vector<std::byte> bytes(4096);
  EXPECT_EQ(entropy(bytes), 0);
  for (std::size_t i = 0; i < bytes.size(); ++i)
    bytes[i] = static_cast<std::byte>(i);
  EXPECT_DOUBLE_EQ(entropy(bytes), 8);
  EXPECT_EQ(entropy({}), 0);
}

} // namespace
} // namespace ringfence::image
