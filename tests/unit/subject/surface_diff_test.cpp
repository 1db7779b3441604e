// Two surfaces in plain values, one deviation a test.

#include <ringfence/subject/surface_diff.h>

#include <algorithm>
#include <gmock/gmock.h>

namespace ringfence::subject {
namespace {

Value device(const char *sddl, bool secure_open, const char *reach) {
  return Value::object(
      {{"name", "\\Device\\Sample"}, {"effective_sddl", sddl}, {"secure_open", secure_open}, {"reach", reach}});
}

Value ioctl(const char *code, std::uint64_t input_min, const char *status = "handled") {
  return Value::object(
      {{"code", code}, {"status", status}, {"reach", "admin"}, {"lengths", Value::object({{"input_min", input_min}})}});
}

Value surface(Value one_device, Value::Array ioctls, const char *import = "MmMapIoSpace") {
  return Value::object({{"reach", "admin"},
                        {"devices", Value(Value::Array{std::move(one_device)})},
                        {"ioctls", Value(std::move(ioctls))},
                        {"imports", Value(Value::Array{Value::object({{"group", "physical-memory"},
                                                                      {"functions", Value(Value::Array{import})}})})}});
}

constexpr const char *closed = "D:P(A;;GA;;;SY)(A;;GA;;;BA)";
constexpr const char *open = "D:P(A;;GA;;;SY)(A;;GA;;;BA)(A;;GR;;;WD)";

const SurfaceChange *find(const std::vector<SurfaceChange> &changes, std::string_view kind) {
  const auto found =
      std::find_if(changes.begin(), changes.end(), [&](const SurfaceChange &c) { return c.kind == kind; });
  return found == changes.end() ? nullptr : &*found;
}

TEST(SurfaceDiff, TheSameSurfaceHasNoChange) {
  const Value one = surface(device(closed, true, "admin"), {ioctl("0x80002000", 8)});
  EXPECT_TRUE(diff_surfaces(one, one).empty());
  EXPECT_TRUE(diff_surfaces(Value(), Value()).empty());
}

TEST(SurfaceDiff, CodesComeAndGo) {
  const Value before = surface(device(closed, true, "admin"), {ioctl("0x80002000", 8)});
  const Value after =
      surface(device(closed, true, "admin"), {ioctl("0x80002004", 8), ioctl("0x80002008", 0, "rejected")});
  const auto changes = diff_surfaces(before, after);
  ASSERT_EQ(changes.size(), 3u);
  EXPECT_EQ(changes[0].kind, "code-added");
  EXPECT_EQ(changes[0].subject, "0x80002004");
  EXPECT_TRUE(changes[0].worse);
  EXPECT_FALSE(changes[1].worse) << "a code that always fails is nothing new to reach";
  EXPECT_FALSE(find(changes, "code-removed")->worse);
}

TEST(SurfaceDiff, WeakerDescriptorsAndDroppedSecureOpen) {
  const auto changes =
      diff_surfaces(surface(device(closed, true, "admin"), {}), surface(device(open, false, "any-user"), {}));
  ASSERT_TRUE(find(changes, "descriptor-weaker"));
  EXPECT_TRUE(find(changes, "descriptor-weaker")->worse);
  ASSERT_TRUE(find(changes, "secure-open-dropped"));
  ASSERT_TRUE(find(changes, "reach-wider"));
  const auto back =
      diff_surfaces(surface(device(open, false, "any-user"), {}), surface(device(closed, true, "admin"), {}));
  EXPECT_TRUE(std::none_of(back.begin(), back.end(), [](const SurfaceChange &c) { return c.worse; }));
  EXPECT_TRUE(find(back, "descriptor-changed"));
}

TEST(SurfaceDiff, LowerLengthsAndDroppedChecks) {
  Value before = surface(device(closed, true, "admin"), {ioctl("0x80002000", 16)});
  before.set("create_gates", Value(Value::Array{"SePrivilegeCheck"}));
  const auto changes = diff_surfaces(before, surface(device(closed, true, "admin"), {ioctl("0x80002000", 8)}));
  ASSERT_TRUE(find(changes, "length-lower"));
  EXPECT_TRUE(find(changes, "length-lower")->worse);
  ASSERT_TRUE(find(changes, "check-dropped"));
  EXPECT_TRUE(find(changes, "check-dropped")->worse);
}

TEST(SurfaceDiff, NewDangerousImports) {
  const Value before = surface(device(closed, true, "admin"), {});
  const auto changes = diff_surfaces(before, surface(device(closed, true, "admin"), {}, "MmCopyMemory"));
  ASSERT_TRUE(find(changes, "import-added"));
  EXPECT_TRUE(find(changes, "import-added")->worse);
  EXPECT_EQ(find(changes, "import-added")->subject, "MmCopyMemory");
}

TEST(SurfaceDiff, GrantsMoreComparesRightsNotTexts) {
  EXPECT_FALSE(grants_more(closed, "D:P(A;;FA;;;BA)(A;;FA;;;SY)")) << "the same rights in other words";
  EXPECT_TRUE(grants_more(closed, open));
  EXPECT_FALSE(grants_more(open, closed));
  EXPECT_FALSE(grants_more(closed, "not a descriptor"));
}

} // namespace
} // namespace ringfence::subject
