#include <ringfence/cli/exit_code.h>
#include <ringfence/cli/files.h>

#include <filesystem>
#include <gtest/gtest.h>

namespace ringfence::cli {
namespace {

namespace fs = std::filesystem;

class Files : public testing::Test {
protected:
  void SetUp() override {
    root_ = fs::temp_directory_path() /
            ("ringfence-cli-" + std::string(testing::UnitTest::GetInstance()->current_test_info()->name()));
    fs::remove_all(root_);
    fs::create_directories(root_ / "b");
  }
  void TearDown() override { fs::remove_all(root_); }
  std::string put(const std::string &name, std::string_view text) {
    const std::string path = (root_ / name).generic_string();
    EXPECT_TRUE(write_file(path, text));
    return path;
  }
  fs::path root_;
};

TEST_F(Files, DirectoriesAreWalkedInNameOrderForDriversOnly) {
  put("z.SYS", "");
  put("a.sys", "");
  put("b/c.sys", "");
  put("notes.txt", "");
  const auto found = find_drivers({root_.generic_string()});
  ASSERT_EQ(found.size(), 3u);
  EXPECT_EQ(fs::path(found[0].path).filename(), "a.sys");
  EXPECT_EQ(fs::path(found[1].path).filename(), "c.sys");
  EXPECT_EQ(fs::path(found[2].path).filename(), "z.SYS");
}

TEST_F(Files, AMissingPathIsReportedAndTheOthersStay) {
  const std::string driver = put("named.bin", "MZ");
  const auto found = find_drivers({"no/such/place", driver});
  ASSERT_EQ(found.size(), 2u);
  EXPECT_FALSE(found[0].error.empty());
  EXPECT_EQ(found[1].path, driver) << "an explicitly named file needs no particular name";
}

TEST_F(Files, ReadsWhatWasWritten) {
  const std::string path = put("x.sys", std::string("a\0b", 3));
  const auto bytes = read_file(path);
  ASSERT_TRUE(bytes);
  EXPECT_EQ(bytes->size(), 3u);
}

TEST_F(Files, RefusesAHugeSparseFileWithoutReadingIt) {
  const std::string path = put("huge.sys", "");
  fs::resize_file(path, std::uintmax_t{4} << 30);
  const auto bytes = read_file(path);
  ASSERT_FALSE(bytes);
  EXPECT_EQ(bytes.error().code, ErrorCode::limit);
}

TEST_F(Files, RefusesWhatIsNotAFile) {
  EXPECT_EQ(read_file((root_ / "b").generic_string()).error().code, ErrorCode::invalid);
  EXPECT_EQ(read_file((root_ / "none").generic_string()).error().code, ErrorCode::not_found);
}

TEST(ExitCode, Precedence) {
  EXPECT_EQ(combine(exit_findings, exit_not_assessed), exit_findings);
  EXPECT_EQ(combine(exit_not_assessed, exit_internal), exit_internal);
  EXPECT_EQ(combine(exit_findings, exit_internal), exit_internal);
  EXPECT_EQ(combine(exit_usage, exit_internal), exit_usage);
  EXPECT_EQ(combine(exit_passed, exit_passed), exit_passed);
}

} // namespace
} // namespace ringfence::cli
