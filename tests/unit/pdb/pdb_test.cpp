#include <ringfence/pdb/pdb.h>

#include "sample.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace ringfence::pdb {
namespace {

Contents small() {
  Contents c;
  c.machine = 0x14c;
  c.files = {{"a.c", SourceHash::sha256}, {"b.h", SourceHash::md5}};
  c.functions = {{.name = "second", .rva = Rva(0x1040), .size = 0x10},
                 {.name = "first", .rva = Rva(0x1000), .size = 0x20}};
  c.publics = {{"_DriverEntry@8", Rva(0x1000), true}, {"_data", Rva(0x1020), false}, {"_stub", Rva(0x1018), true}};
  c.lines = {{Rva(0x1000), 0, 10}, {Rva(0x1008), 1, 3}, {Rva(0x1020), 0, 0}, {Rva(0x1040), 0, 20}, {Rva(0x1050), 0, 0}};
  return c;
}

TEST(Names, AFunctionHoldsItsBytesAndNotTheNext) {
  const Pdb pdb(small());
  ASSERT_TRUE(pdb.function_at(Rva(0x101f)));
  EXPECT_EQ(pdb.function_at(Rva(0x101f))->name, "first");
  EXPECT_EQ(pdb.function_at(Rva(0x1020)), nullptr);
  EXPECT_EQ(pdb.function_at(Rva(0xfff)), nullptr);
  EXPECT_EQ(pdb.function_at(Rva(0x1040))->name, "second");
}

TEST(Names, ANameFallsBackToThePublicFunctionBelow) {
  const Pdb pdb(small());
  EXPECT_EQ(pdb.name_at(Rva(0x1004))->name, "first");
  EXPECT_EQ(pdb.name_at(Rva(0x1004))->displacement, 4u);
  EXPECT_EQ(pdb.name_at(Rva(0x1030))->name, "_stub") << "a public of data does not name code";
  EXPECT_FALSE(pdb.name_at(Rva(0x1018 + Pdb::public_reach)));
}

TEST(Names, DecorationOfX86IsSeenThrough) {
  const Pdb pdb(small());
  ASSERT_TRUE(pdb.public_named("DriverEntry"));
  EXPECT_EQ(pdb.public_named("DriverEntry")->rva, Rva(0x1000));
  EXPECT_EQ(pdb.public_named("Driver"), nullptr);
  EXPECT_EQ(pdb.function_named("second")->rva, Rva(0x1040));
  EXPECT_EQ(pdb.function_named("third"), nullptr);
}

TEST(Lines, ARangeEndsWhereTheTableSaysSo) {
  const Pdb pdb(small());
  EXPECT_EQ(pdb.line_at(Rva(0x1007))->line, 10u);
  EXPECT_EQ(pdb.line_at(Rva(0x1008))->path, "b.h");
  EXPECT_FALSE(pdb.line_at(Rva(0x1020)));
  EXPECT_FALSE(pdb.line_at(Rva(0x0fff)));
  EXPECT_EQ(pdb.line_at(Rva(0x1040))->line, 20u);
  EXPECT_FALSE(pdb.line_at(Rva(0x1050)));
}

TEST(IdentityText, IsWrittenAsTheToolsDo) {
  Identity identity;
  for (std::size_t i = 0; i < 16; ++i)
    identity.guid[i] = static_cast<std::uint8_t>(i);
  identity.age = 3;
  EXPECT_EQ(to_string(identity), "{03020100-0504-0706-0809-0A0B0C0D0E0F} age 3");
}

TEST(Load, RefusesWhatIsNoProgramDatabase) {
  EXPECT_FALSE(load({}));
  const std::vector<std::byte> zeros(4096);
  EXPECT_FALSE(load(zeros));
  EXPECT_FALSE(read_identity(zeros));
}

// What follows reads a program database that this test run has built: tests/drivers/pdb.

class Sample : public testing::TestWithParam<const char *> {
protected:
  void SetUp() override {
    bytes_ = read_sample(GetParam(), "pdb-good.pdb");
    if (bytes_.empty())
      GTEST_SKIP() << "skipped 1: the test drivers are not built";
    if (!supported())
      GTEST_SKIP() << "skipped 1: built without LLVM";
  }
  std::vector<std::byte> bytes_;
};

TEST_P(Sample, IsReadWithoutAComplaint) {
  const auto pdb = load(bytes_);
  ASSERT_TRUE(pdb) << to_string(pdb.error());
  EXPECT_TRUE(pdb->diagnostics().empty()) << to_string(pdb->diagnostics().front());
  EXPECT_FALSE(pdb->stripped());
  EXPECT_EQ(pdb->identity(), *read_identity(bytes_));
}

TEST_P(Sample, KnowsFunctionsAndLines) {
  const auto pdb = load(bytes_);
  ASSERT_TRUE(pdb);
  const Function *entry = pdb->function_named("DriverEntry");
  ASSERT_TRUE(entry);
  EXPECT_TRUE(entry->global);
  EXPECT_GT(entry->size, 0u);
  const auto line = pdb->line_at(entry->rva);
  ASSERT_TRUE(line);
  EXPECT_TRUE(line->path.ends_with(".c") || line->path.ends_with(".h")) << line->path;
  EXPECT_EQ(pdb->name_at(Rva(entry->rva.value + 1))->name, "DriverEntry");
  EXPECT_TRUE(pdb->public_named("GsDriverEntry"));
}

TEST_P(Sample, KnowsHowEachObjectWasCompiled) {
  const auto pdb = load(bytes_);
  ASSERT_TRUE(pdb);
  const auto plain = std::find_if(pdb->compilands().begin(), pdb->compilands().end(),
                                  [](const Compiland &c) { return c.module.find("plain.obj") != std::string::npos; });
  ASSERT_NE(plain, pdb->compilands().end());
  EXPECT_TRUE(plain->described);
  EXPECT_EQ(plain->language, Language::c);
  EXPECT_NE(plain->compiler.find("clang"), std::string::npos);
  EXPECT_EQ(plain->frontend_version[0], 19);
  EXPECT_NE(plain->command_line.find("-stack-protector"), std::string::npos) << plain->command_line;
  ASSERT_FALSE(plain->files.empty());
  for (const std::uint32_t file : plain->files)
    EXPECT_EQ(pdb->files()[file].hash, SourceHash::sha256) << pdb->files()[file].path;
  EXPECT_TRUE(pdb->source_link());
}

TEST_P(Sample, TellsFunctionsWithAndWithoutACookie) {
  const auto pdb = load(bytes_);
  ASSERT_TRUE(pdb);
  const Function *with = pdb->function_named("checksum");
  ASSERT_TRUE(with);
  EXPECT_TRUE(with->frame_described);
  EXPECT_TRUE(with->security_checks);
  EXPECT_FALSE(with->safe_buffers);
}

TEST_P(Sample, SafeBuffersAndMissingFeaturesShow) {
  const auto bytes = read_sample(GetParam(), "pdb-safe-buffers.pdb");
  const auto pdb = load(bytes);
  ASSERT_TRUE(pdb);
  const Function *unprotected = pdb->function_named("digest");
  ASSERT_TRUE(unprotected);
  EXPECT_TRUE(unprotected->safe_buffers);
  EXPECT_FALSE(unprotected->security_checks);
  EXPECT_FALSE(pdb->source_link());
  const auto md5 = std::count_if(pdb->files().begin(), pdb->files().end(),
                                 [](const SourceFile &f) { return f.hash == SourceHash::md5; });
  EXPECT_GT(md5, 0);
}

INSTANTIATE_TEST_SUITE_P(Machines, Sample, testing::Values("x64", "x86", "arm64"),
                         [](const auto &param) { return std::string(param.param); });

} // namespace
} // namespace ringfence::pdb
