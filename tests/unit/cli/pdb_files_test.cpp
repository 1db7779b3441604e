#include <ringfence/cli/files.h>
#include <ringfence/cli/pdb_files.h>

#include <filesystem>
#include <gtest/gtest.h>

namespace ringfence::cli {
namespace {

namespace fs = std::filesystem;

class PdbPlaces : public testing::Test {
protected:
  void SetUp() override {
    root_ = fs::temp_directory_path() /
            ("ringfence-pdb-" + std::string(testing::UnitTest::GetInstance()->current_test_info()->name()));
    fs::remove_all(root_);
    fs::create_directories(root_ / "bin");
    fs::create_directories(root_ / "store/tick.pdb/ABC1");
    for (const char *name :
         {"bin/tick.sys", "bin/tick.pdb", "bin/other.pdb", "store/tick.pdb/ABC1/tick.pdb", "secret.pdb"})
      EXPECT_TRUE(write_file((root_ / name).generic_string(), "x"));
  }
  void TearDown() override { fs::remove_all(root_); }
  std::string at(const std::string &name) const { return (root_ / name).generic_string(); }
  fs::path root_;
};

TEST_F(PdbPlaces, TheDriversOwnDirectoryIsLookedIntoForBothNames) {
  const auto places = PdbFiles({}, true).places(at("bin/tick.sys"), "other.pdb", "");
  ASSERT_EQ(places.size(), 2u);
  EXPECT_EQ(places[0].path, at("bin/other.pdb"));
  EXPECT_EQ(places[1].path, at("bin/tick.pdb"));
  EXPECT_FALSE(places[0].asked_for);
}

TEST_F(PdbPlaces, AFileGivenComesFirstAndIsForTheOneDriverWhateverItsName) {
  const auto places = PdbFiles({at("secret.pdb")}, true).places(at("bin/tick.sys"), "tick.pdb", "");
  ASSERT_EQ(places.size(), 2u);
  EXPECT_EQ(places[0].path, at("secret.pdb"));
  EXPECT_TRUE(places[0].asked_for);
  EXPECT_EQ(PdbFiles({at("secret.pdb")}, false).places(at("bin/tick.sys"), "tick.pdb", "").size(), 1u)
      << "among many drivers a file is for the driver of its name";
}

TEST_F(PdbPlaces, ADirectoryCanBeASymbolStore) {
  const auto places = PdbFiles({at("store")}, false).places(at("bin/tick.sys"), "tick.pdb", "ABC1");
  ASSERT_FALSE(places.empty());
  EXPECT_EQ(places[0].path, at("store/tick.pdb/ABC1/tick.pdb"));
}

TEST_F(PdbPlaces, ANameOutOfADriverDoesNotLeaveTheDirectory) {
  for (const char *name : {"../secret.pdb", "..", "C:secret.pdb", "a\\..\\..\\secret.pdb"})
    for (const auto &place : PdbFiles({at("bin")}, true).places(at("bin/tick.sys"), name, ""))
      EXPECT_EQ(fs::path(place.path).filename(), "tick.pdb") << name;
}

} // namespace
} // namespace ringfence::cli
