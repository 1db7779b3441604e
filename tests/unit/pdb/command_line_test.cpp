#include <ringfence/pdb/command_line.h>

#include <gtest/gtest.h>

namespace ringfence::pdb {
namespace {

TEST(CommandLine, SaysNothingWhenItIsNotRecorded) {
  const Switches s = read_switches("  ");
  EXPECT_FALSE(s.security_checks || s.sdl || s.spectre_mitigation || s.warning_level || s.kernel);
}

TEST(CommandLine, AbsentSwitchesHaveTheDefaultsOfTheCompiler) {
  const Switches s = read_switches("-c -Zi -nologo");
  EXPECT_EQ(s.security_checks, true);
  EXPECT_EQ(s.sdl, false);
  EXPECT_EQ(s.spectre_mitigation, false);
  EXPECT_EQ(s.warning_level, 1u);
  EXPECT_EQ(s.kernel, false);
}

TEST(CommandLine, TheLastSwitchWins) {
  const Switches s = read_switches("-W4 /W0 -GS- -GS -Qspectre -Qspectre- -sdl -sdl- -kernel");
  EXPECT_EQ(s.warning_level, 0u);
  EXPECT_EQ(s.security_checks, true);
  EXPECT_EQ(s.spectre_mitigation, false);
  EXPECT_EQ(s.sdl, false);
  EXPECT_EQ(s.kernel, true);
}

TEST(CommandLine, QuotedPathsDoNotHideOrMakeSwitches) {
  const Switches s = read_switches(R"(-I"C:\a dir -W0 \inc" -W4 "-DX=/GS-" -WX -W3x)");
  EXPECT_EQ(s.warning_level, 4u);
  EXPECT_EQ(s.security_checks, true);
}

TEST(CommandLine, ReadsTheInternalFormOfClang) {
  const Switches s = read_switches(
      R"("-cc1" "-triple" "x" "-stack-protector" "2" "-fms-kernel" "-WCL4" "-mspeculative-load-hardening")");
  EXPECT_EQ(s.security_checks, true);
  EXPECT_EQ(s.warning_level, 4u);
  EXPECT_EQ(s.spectre_mitigation, true);
  EXPECT_EQ(s.kernel, true);
  EXPECT_FALSE(s.sdl) << "clang has no /sdl";
  const Switches bare = read_switches(R"("-cc1" "-Wall" "-w")");
  EXPECT_EQ(bare.security_checks, false);
  EXPECT_EQ(bare.warning_level, 0u);
}

} // namespace
} // namespace ringfence::pdb
