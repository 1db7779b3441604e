#include <ringfence/cli/access_command.h>
#include <ringfence/cli/exit_code.h>
#include <ringfence/cli/files.h>
#include <ringfence/cli/ioctl_command.h>
#include <ringfence/cli/sddl_command.h>
#include <ringfence/document/document.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ringfence::cli {
namespace {

using testing::HasSubstr;

struct Said {
  int code = 0;
  std::string out;
  std::string err;
};

std::string content(std::FILE *file) {
  std::string text;
  std::rewind(file);
  for (int c = std::fgetc(file); c != EOF; c = std::fgetc(file))
    text += static_cast<char>(c);
  std::fclose(file);
  return text;
}

template <class Run> Said say(Run run) {
  Console console;
  console.out = std::tmpfile();
  console.err = std::tmpfile();
  Said said;
  said.code = run(console);
  said.out = content(console.out);
  said.err = content(console.err);
  return said;
}
Said access(const AccessOptions &options) {
  return say([&](const Console &c) { return run_access(options, c); });
}
Said sddl(std::string action, std::string text, std::string mode = "strict") {
  SddlCommandOptions options;
  options.action = std::move(action);
  options.text = std::move(text);
  options.mode = std::move(mode);
  return say([&](const Console &c) { return run_sddl(options, c); });
}

TEST(AccessCommand, ShowsTheTrailingNameBypass) {
  AccessOptions options;
  options.sddl = "SDDL_DEVOBJ_SYS_ALL_ADM_ALL";
  options.tokens = {"user"};
  options.codes = {"0x80002000"};
  const Said said = access(options);
  EXPECT_EQ(said.code, exit_passed);
  EXPECT_THAT(said.out, HasSubstr("user              direct    0x80002000  no"));
  EXPECT_THAT(said.out, HasSubstr("user              trailing  0x80002000  driver-decides"));
  options.characteristics = "FILE_DEVICE_SECURE_OPEN";
  EXPECT_THAT(access(options).out, HasSubstr("user              trailing  0x80002000  no"));
}

TEST(AccessCommand, JsonHasReachAndRows) {
  AccessOptions options;
  options.format = "json";
  const auto value = document::parse_json(access(options).out);
  ASSERT_TRUE(value);
  EXPECT_EQ(*value->find("reach")->if_array()->front().find("reach")->if_string(), "any-user");
  EXPECT_EQ(value->find("rows")->if_array()->size(), 20u);
}

TEST(AccessCommand, WrongWordsAreUsageErrors) {
  AccessOptions options;
  options.sddl = "D:P(A;;ZZ;;;SY)";
  EXPECT_EQ(access(options).code, exit_usage);
  EXPECT_THAT(access(options).err, HasSubstr("column 8"));
  options.sddl = "D:P";
  options.tokens = {"nobody"};
  EXPECT_THAT(access(options).err, HasSubstr("neither a token preset"));
  options.tokens = {};
  options.codes = {"many"};
  EXPECT_THAT(access(options).err, HasSubstr("--ioctl"));
}

TEST(AccessCommand, Vectors) {
  const std::string path = testing::TempDir() + "ringfence_vectors.json";
  ASSERT_TRUE(write_file(path, R"json([
    {"name": "read", "sddl": "O:BAG:SYD:(A;;GR;;;BU)", "token": "user", "desired": "FILE_READ_DATA", "system_call": true,
     "expect": {"status": "STATUS_SUCCESS", "granted": 1}},
    {"name": "generic", "sddl": "O:BAG:SYD:(A;;GR;;;BU)", "desired": "GENERIC_READ", "system_call": true,
     "expect": {"status": "STATUS_GENERIC_NOT_MAPPED"}},
    {"sddl": "D:(a;;ga;;;wd)", "expect": {"sddl": "D:(A;;GA;;;WD)"}},
    {"sddl": "D:(A;;zz;;;WD)", "expect": {"error": true}},
    {"condition": "(@User.x == 1)", "token": {"user_claims": [{"name": "x", "type": "int64", "values": [1]}]},
     "expect": {"truth": "true"}},
    {"name": "wrong on purpose", "sddl": "D:P", "expect": {"sddl": "D:"}}])json"));
  AccessOptions options;
  options.vectors = path;
  const Said said = access(options);
  EXPECT_EQ(said.code, exit_findings);
  const auto value = document::parse_json(said.out);
  ASSERT_TRUE(value) << said.out << said.err;
  EXPECT_EQ(*value->find("failed")->if_int(), 1) << said.out;
  std::remove(path.c_str());
}

TEST(SddlCommand, Conversions) {
  EXPECT_EQ(sddl("format", "S:D:P").out, "D:PS:\n");
  const std::string hex = sddl("to-binary", "D:P(A;;GA;;;SY)").out;
  EXPECT_EQ(sddl("from-binary", hex.substr(0, hex.size() - 1)).out, "D:P(A;;GA;;;SY)\n");
  EXPECT_EQ(sddl("format", "D:(a;;ga;;;wd)").code, exit_usage);
  const Said lenient = sddl("format", "D:(a;;ga;;;wd)", "windows");
  EXPECT_EQ(lenient.out, "D:(A;;GA;;;WD)\n");
  EXPECT_THAT(lenient.err, HasSubstr("lower case"));
  EXPECT_EQ(sddl("from-binary", "0100").code, exit_usage);
}

TEST(SddlCommand, LintMinimizeExplain) {
  EXPECT_EQ(sddl("lint", "D:P(A;;GA;;;SY)(A;;GA;;;BA)").code, exit_passed);
  const Said bad = sddl("lint", "D:P(A;;GA;;;SY)(A;;GA;;;WD)");
  EXPECT_EQ(bad.code, exit_findings);
  EXPECT_THAT(bad.out, HasSubstr("column 16: error world-all"));
  EXPECT_THAT(sddl("explain", "D:P(A;;GA;;;SY)").out, HasSubstr("allows NT AUTHORITY\\SYSTEM: FILE_ALL_ACCESS"));
  SddlCommandOptions options;
  options.action = "minimize";
  options.callers = {"BU=0x80006000"};
  EXPECT_THAT(say([&](const Console &c) { return run_sddl(options, c); }).out,
              HasSubstr("D:P(A;;GA;;;SY)(A;;GA;;;BA)(A;;0x100081;;;BU)\n"));
}

TEST(IoctlCommand, Decodes) {
  const Said said =
      say([](const Console &c) { return run_ioctl({{"0x80002003", "IOCTL_STORAGE_QUERY_PROPERTY"}, "text"}, c); });
  EXPECT_THAT(said.out, HasSubstr("METHOD_NEITHER, FILE_ANY_ACCESS"));
  EXPECT_THAT(said.out, HasSubstr("0x002d1400  IOCTL_STORAGE_QUERY_PROPERTY"));
  EXPECT_EQ(say([](const Console &c) { return run_ioctl({{"banana"}, "text"}, c); }).code, exit_usage);
}

} // namespace
} // namespace ringfence::cli
