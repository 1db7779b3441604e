// What pe_builder writes, Image reads back: both sides of every table.
#include <ringfence/base/text.h>
#include <ringfence/image/hashes.h>
#include <ringfence/image/image.h>

#include "pe_builder.h"

#include <gtest/gtest.h>

namespace ringfence::image {
namespace {

using pe_builder::Address;
using pe_builder::build_pe;
using pe_builder::Description;

Description driver() {
  Description d;
  d.sections = {{".text", 0x68000020, std::vector<std::byte>(64, std::byte{0xc3}), {}, {}, {}, {}},
                {"INIT", 0x62000020, std::vector<std::byte>(16, std::byte{0xc3}), {}, {}, {}, {}}};
  d.entry = Address{"INIT", 4};
  d.imports = {{"ntoskrnl.exe", {"IoCreateDevice", "#7", "IofCompleteRequest"}},
               {"HAL.dll", {"HalGetBusData"}},
               {"FLTMGR.SYS", {"FltRegisterFilter"}, true}};
  return d;
}

Image load_ok(const Description &d) {
  auto image = load(build_pe(d));
  EXPECT_TRUE(image.ok()) << image.error().what;
  return std::move(*image);
}

std::string complaints(const Image &image) {
  std::string text;
  for (const auto &d : image.diagnostics())
    text += std::string(name_of(d.part)) + ": " + d.what + "\n";
  return text;
}

class BothWidths : public testing::TestWithParam<bool> {
protected:
  Description description() const {
    auto d = driver();
    d.pe32_plus = GetParam();
    if (!d.pe32_plus) {
      d.machine = 0x14c;
      d.image_base = 0x10000;
    }
    return d;
  }
};
INSTANTIATE_TEST_SUITE_P(, BothWidths, testing::Bool(),
                         [](const auto &param) { return param.param ? "Pe32Plus" : "Pe32"; });

TEST_P(BothWidths, HeadersSectionsAndEntry) {
  const auto image = load_ok(description());
  EXPECT_EQ(complaints(image), "");
  EXPECT_EQ(image.machine(), GetParam() ? Machine::amd64 : Machine::i386);
  EXPECT_EQ(image.headers().pe32_plus, GetParam());
  EXPECT_EQ(image.headers().subsystem, SUBSYSTEM_NATIVE);
  ASSERT_GE(image.sections().size(), 2u);
  EXPECT_EQ(image.sections()[0].name, ".text");
  EXPECT_EQ(image.sections()[0].rva, Rva(0x1000));
  EXPECT_EQ(image.entry_code(), Rva(0x2004));
  EXPECT_EQ(image.section_of(Rva(0x2004))->name, "INIT");
  EXPECT_EQ(image.section_of(Rva(0x10)), nullptr);
  EXPECT_EQ(image.va_of(Rva(0x2004)).value, image.headers().image_base + 0x2004);
  Hasher hasher;
  EXPECT_EQ(hasher.hash(image).checksum, image.headers().checksum);
}

TEST_P(BothWidths, AddressesMapAsTheLoaderDoes) {
  const auto image = load_ok(description());
  const auto &text = image.sections()[0];
  EXPECT_EQ(image.offset_of(Rva(0x1000)), FileOffset(text.pointer_to_raw_data));
  EXPECT_EQ(image.rva_of(FileOffset(text.pointer_to_raw_data + 5u)), Rva(0x1005));
  EXPECT_EQ(image.read<std::uint8_t>(Rva(0x103f)), 0xc3);
  // The page's tail behind the file data is zero; behind the page nothing is mapped.
  EXPECT_FALSE(image.offset_of(Rva(0x1800)));
  EXPECT_EQ(image.read<std::uint32_t>(Rva(0x1ffc)), 0u);
  EXPECT_FALSE(image.read<std::uint32_t>(Rva(0x1ffd)));
  EXPECT_FALSE(image.read<std::uint8_t>(Rva(0xfffff000)));
}

TEST_P(BothWidths, Imports) {
  const auto image = load_ok(description());
  const auto &imports = image.imports();
  ASSERT_EQ(imports.modules.size(), 3u);
  EXPECT_EQ(imports.modules[0].name, "ntoskrnl.exe");
  EXPECT_TRUE(imports.modules[2].delayed);
  const auto nt = imports.symbols_of(imports.modules[0]);
  ASSERT_EQ(nt.size(), 3u);
  EXPECT_EQ(nt[0].name, "IoCreateDevice");
  EXPECT_TRUE(nt[1].by_ordinal);
  EXPECT_EQ(nt[1].ordinal, 7);
  EXPECT_EQ(nt[2].slot.value - nt[0].slot.value, 2 * image.headers().pointer_size());
  EXPECT_EQ(image.headers().directory(DirectoryIndex::import_address_table).rva, nt[0].slot);
  EXPECT_NE(imports.find("hal.DLL", "HalGetBusData"), nullptr);
  EXPECT_EQ(imports.find("iocreatedevice"), nullptr);
  EXPECT_EQ(imphash_text(image), "ntoskrnl.exe.iocreatedevice,ntoskrnl.exe.ord7,ntoskrnl.exe."
                                 "iofcompleterequest,hal.halgetbusdata");
}

TEST_P(BothWidths, ExportsAndForwarders) {
  auto d = description();
  d.exports = {
      {"DllInitialize", {".text", 8}, {}, {}}, {"Other", {}, "HAL.HalGetBusData", {}}, {"", {".text", 16}, {}, 5}};
  const auto image = load_ok(d);
  EXPECT_EQ(complaints(image), "");
  ASSERT_EQ(image.exports().symbols.size(), 3u);
  EXPECT_EQ(image.exports().find("DllInitialize")->rva, Rva(0x1008));
  EXPECT_EQ(image.exports().find("Other")->forwarder, "HAL.HalGetBusData");
  EXPECT_EQ(image.exports().symbols[2].ordinal, 5u);
}

TEST_P(BothWidths, RelocationsOfAllPages) {
  auto d = description();
  d.relocations = {{{"", 0x1ff8}, 10}, {{".text", 4}, 3}, {{"", 0x2001}, 1}};
  const auto image = load_ok(d);
  EXPECT_EQ(complaints(image), "");
  ASSERT_EQ(image.relocations().entries.size(), 3u);
  EXPECT_EQ(image.relocations().blocks, 2u);
  EXPECT_EQ(image.relocations().entries[0].rva, Rva(0x1004));
  EXPECT_EQ(image.relocations().entries[0].type, RelocationType::highlow);
  EXPECT_EQ(image.relocations().entries[1].rva, Rva(0x1ff8));
  EXPECT_EQ(image.relocations().entries[2].type, RelocationType::high);
}

TEST_P(BothWidths, LoadConfigurationGoesByItsOwnSize) {
  auto d = description();
  d.load_config.emplace();
  d.load_config->cookie = 0xbb40;
  d.load_config->guard_functions = {{".text", 0}, {".text", 16}};
  d.load_config->guard_metadata = 1;
  d.load_config->fields = {{"GuardFlags", Value(std::uint64_t{0x10000500})}};
  d.load_config->safe_seh = {{".text", 32}};
  const auto image = load_ok(d);
  EXPECT_EQ(complaints(image), "");
  ASSERT_TRUE(image.load_config());
  const auto &config = *image.load_config();
  EXPECT_EQ(config.get(LoadConfigField::Size), GetParam() ? 0x94u : 0x5cu);
  EXPECT_EQ(config.security_cookie_value, 0xbb40u);
  EXPECT_EQ(config.guard_function_stride, 5u);
  ASSERT_EQ(config.guarded_functions.size(), 2u);
  EXPECT_EQ(config.guarded_functions[1].rva, Rva(0x1010));
  EXPECT_EQ(config.safe_seh_handlers.size(), GetParam() ? 0u : 1u);
  EXPECT_FALSE(config.get(LoadConfigField::CodeIntegrityFlags));
}

TEST_P(BothWidths, DebugDirectory) {
  auto d = description();
  d.debug.emplace();
  d.debug->pdb = "C:\\build\\driver.pdb";
  d.debug->vc_feature = {0, 3, 3, 1, 2};
  d.debug->repro = std::vector<std::byte>(32, std::byte{0xab});
  d.debug->ex_dll_characteristics = DLLCHARACTERISTICS_EX_CET_COMPAT;
  d.debug->pogo = {{{".text", 0}, 0x40, ".text$mn"}};
  const auto image = load_ok(d);
  EXPECT_EQ(complaints(image), "");
  const auto &debug = image.debug();
  EXPECT_EQ(debug.entries.size(), 5u);
  ASSERT_TRUE(debug.codeview);
  EXPECT_EQ(debug.codeview->path, "C:\\build\\driver.pdb");
  EXPECT_TRUE(debug.codeview->rsds);
  ASSERT_TRUE(debug.vc_feature);
  EXPECT_EQ(debug.vc_feature->sdl, 1u);
  EXPECT_TRUE(debug.reproducible);
  EXPECT_EQ(debug.repro_hash.size(), 32u);
  EXPECT_EQ(debug.ex_dll_characteristics, 1u);
  ASSERT_EQ(debug.pogo.size(), 1u);
  EXPECT_EQ(debug.pogo[0].name, ".text$mn");
}

TEST_P(BothWidths, VersionAndOtherResources) {
  auto d = description();
  d.version.emplace();
  d.version->file = "6.1.7600.16385";
  d.version->strings = {{"CompanyName", "Näme Ltd."}, {"OriginalFilename", "driver.sys"}};
  d.resources = {{"MICROSOFTELAMCERTIFICATEINFO", "MSElamCertInfoID", 0, 0, 0x409, {std::byte{1}, std::byte{2}}}};
  const auto image = load_ok(d);
  EXPECT_EQ(complaints(image), "");
  ASSERT_TRUE(image.version());
  ASSERT_TRUE(image.version()->fixed);
  EXPECT_EQ(image.version()->fixed->file_version, (std::array<std::uint16_t, 4>{6, 1, 7600, 16385}));
  EXPECT_EQ(image.version()->fixed->file_type, 3u);
  ASSERT_NE(image.version()->find("companyname"), nullptr);
  EXPECT_EQ(*image.version()->find("companyname"), "Näme Ltd.");
  EXPECT_EQ(image.version()->translations, (std::vector<std::uint32_t>{0x04b00409}));
  const auto *elam = image.resources().find("MicrosoftElamCertificateInfo");
  ASSERT_NE(elam, nullptr);
  EXPECT_EQ(elam->name.to_string(), "MSElamCertInfoID");
  EXPECT_EQ(hex_bytes(elam->data), "0102");
}

TEST(Unwind, FunctionsHandlersAndScopes) {
  auto d = driver();
  d.unwind = {
      {{".text", 0}, {".text", 32}, Address{".text", 48}, {{{".text", 4}, {".text", 8}, {"", 1}, {".text", 12}}}},
      {{".text", 32}, {".text", 64}, {}, {}}};
  const auto image = load_ok(d);
  EXPECT_EQ(complaints(image), "");
  ASSERT_EQ(image.unwind().functions.size(), 2u);
  EXPECT_EQ(image.unwind().functions[1].begin, Rva(0x1020));
  const auto record = unwind_record(image, image.unwind().functions[0]);
  ASSERT_TRUE(record) << record.error().what;
  EXPECT_EQ(record->handler, Rva(0x1030));
  const auto scopes = scope_table(image, *record);
  ASSERT_TRUE(scopes) << scopes.error().what;
  ASSERT_EQ(scopes->size(), 1u);
  EXPECT_EQ((*scopes)[0].target, Rva(0x100c));
  EXPECT_FALSE(unwind_record(image, image.unwind().functions[1])->handler);
}

TEST(Rich, ChecksumTellsAChangedStub) {
  auto d = driver();
  d.rich = {{0x105, 30034, 7}, {0x104, 30034, 33}};
  auto image = load_ok(d);
  ASSERT_TRUE(image.rich());
  EXPECT_TRUE(image.rich()->checksum_matches());
  ASSERT_EQ(image.rich()->entries.size(), 2u);
  EXPECT_EQ(image.rich()->entries[1].count, 33u);
  EXPECT_EQ(image.rich()->entries[1].build, 30034);
  EXPECT_EQ(image.rich()->entries[1].product, 0x104);
  d.patches = {{0x50, {}, {std::byte{1}}}};
  image = load_ok(d);
  ASSERT_TRUE(image.rich());
  EXPECT_FALSE(image.rich()->checksum_matches());
}

TEST(Certificates, EntriesAndOverlay) {
  auto d = driver();
  d.certificates = {{std::byte{0x30}, std::byte{0x80}}, std::vector<std::byte>(9, std::byte{0x31})};
  const auto image = load_ok(d);
  EXPECT_EQ(complaints(image), "");
  const auto &table = image.certificates();
  ASSERT_EQ(table.entries.size(), 2u);
  EXPECT_TRUE(table.in_file);
  EXPECT_EQ(table.bytes_after, 0u);
  EXPECT_EQ(hex_bytes(table.entries[0].data), "3080");
  EXPECT_EQ(table.entries[1].length, 17u);
  EXPECT_EQ(image.overlay().size(), table.size);
}

TEST(LowAlignment, AnRvaIsAFileOffset) {
  auto d = driver();
  d.machine = 0x14c;
  d.pe32_plus = false;
  d.section_alignment = d.file_alignment = 0x20;
  const auto image = load_ok(d);
  EXPECT_EQ(complaints(image), "");
  EXPECT_TRUE(image.low_alignment());
  const auto &text = image.sections()[0];
  EXPECT_EQ(text.rva.value, text.pointer_to_raw_data);
  EXPECT_EQ(image.offset_of(Rva(text.rva.value + 3)), FileOffset(text.rva.value + 3u));
  EXPECT_EQ(image.section_of(Rva(text.rva.value + 3)), &text);
  EXPECT_EQ(image.imports().modules.size(), 3u);
}

} // namespace
} // namespace ringfence::image
