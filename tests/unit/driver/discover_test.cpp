// Discovery on drivers of ours, built by tests/drivers. Skipped where they were not built.

#include <ringfence/driver/driver.h>

#include <algorithm>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <set>
#include <tuple>

namespace ringfence::driver {
namespace {

std::optional<Driver> discover_file(const std::string &architecture, const std::string &name) {
  std::ifstream file(std::string(RINGFENCE_BINARY_DIR "/tests/drivers/") + architecture + "/" + name, std::ios::binary);
  if (!file)
    return std::nullopt;
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  std::vector<std::byte> bytes(text.size());
  std::transform(text.begin(), text.end(), bytes.begin(), [](char c) { return static_cast<std::byte>(c); });
  const auto image = image::load(std::move(bytes));
  if (!image)
    return std::nullopt;
  return discover(*image, {});
}

class DemoDriver : public testing::TestWithParam<const char *> {};

TEST_P(DemoDriver, HasADeviceALinkAndItsCodes) {
  const auto driver = discover_file(GetParam(), "demo-msr-any.sys");
  if (!driver)
    GTEST_SKIP() << "skipped 1: the test drivers are not built";
  EXPECT_TRUE(driver->entry_succeeded);
  ASSERT_EQ(driver->devices.size(), 1u);
  EXPECT_FALSE(driver->devices[0].name.empty());
  EXPECT_EQ(driver->devices[0].links.size(), 1u);
  EXPECT_EQ(driver->ioctls.size(), 2u) << "one code reads, one writes";
  for (const Ioctl &ioctl : driver->ioctls)
    EXPECT_EQ(ioctl.status, CodeStatus::handled);
}

TEST_P(DemoDriver, LetsACallerNameTheMsr) {
  const auto driver = discover_file(GetParam(), "demo-msr-any.sys");
  if (!driver)
    GTEST_SKIP() << "skipped 1: the test drivers are not built";
  std::set<std::string> kinds;
  for (const Ioctl &ioctl : driver->ioctls)
    for (const Primitive &primitive : ioctl.primitives) {
      EXPECT_FALSE(primitive.constrained);
      EXPECT_EQ(primitive.admitted, "any");
      kinds.insert(primitive.kind);
    }
  EXPECT_EQ(kinds, (std::set<std::string>{"msr-read", "msr-write"}));
}

TEST_P(DemoDriver, TheGoodTwinIsConfinedToItsRange) {
  const auto driver = discover_file(GetParam(), "demo-msr-any-good.sys");
  if (!driver)
    GTEST_SKIP() << "skipped 1: the test drivers are not built";
  std::size_t seen = 0;
  for (const Ioctl &ioctl : driver->ioctls)
    for (const Primitive &primitive : ioctl.primitives) {
      ++seen;
      EXPECT_TRUE(primitive.constrained) << primitive.kind << " " << primitive.admitted;
      EXPECT_EQ(primitive.admitted, "[0x606,0x641]");
    }
  EXPECT_GT(seen, 0u);
}

TEST(Create, TellsWhetherANameBehindTheDevicesIsRefused) {
  const auto refusing = discover_file("x64", "wdm-no-secure-open-name-check.sys");
  const auto ignoring = discover_file("x64", "wdm-no-secure-open.sys");
  if (!refusing || !ignoring)
    GTEST_SKIP() << "skipped 1: the test drivers are not built";
  EXPECT_TRUE(refusing->devices.at(0).rejects_names);
  EXPECT_FALSE(ignoring->devices.at(0).rejects_names);
}

TEST_P(DemoDriver, ADpcPreparedAtBootRunsWhenARequestQueuesIt) {
  const auto driver = discover_file(GetParam(), "dispatch-dpc.sys");
  if (!driver)
    GTEST_SKIP() << "skipped 1: the test drivers are not built";
  bool found = false;
  for (const Ioctl &ioctl : driver->ioctls)
    for (const Primitive &primitive : ioctl.primitives)
      found = found || (primitive.kind == "port-write" && !primitive.constrained);
  EXPECT_TRUE(found);
}

/// Whether anything of a driver of ours was left for want of fuel, or with a routine that was given up.
bool is_cut_off(const Driver &driver) {
  return std::any_of(driver.gaps.begin(), driver.gaps.end(), [](const Gap &gap) {
    return gap.what == "fuel spent" || gap.what == "call given up: too much to follow";
  });
}

TEST_P(DemoDriver, NamesOfStatusesInALogDoNotMultiplyThePaths) {
  const auto driver = discover_file(GetParam(), "shape-status-names.sys");
  if (!driver)
    GTEST_SKIP() << "skipped 1: the test drivers are not built";
  EXPECT_FALSE(is_cut_off(*driver));
}

TEST_P(DemoDriver, AWaitForAnotherThreadThatNeverComesEnds) {
  const auto driver = discover_file(GetParam(), "shape-retry-wait.sys");
  if (!driver)
    GTEST_SKIP() << "skipped 1: the test drivers are not built";
  EXPECT_FALSE(is_cut_off(*driver));
}

TEST_P(DemoDriver, AFindingNamesTheCheckThatIsNone) {
  const std::tuple<const char *, const char *, const char *> traps[] = {
      {"msr-deny-list.sys", "msr-write", "deny-list"},
      {"port-dword-compared.sys", "port-write", "other-width"},
      {"phys-wrapping-check.sys", "physical-memory-write", "wrapping-sum"},
      {"phys-end-not-checked.sys", "physical-memory-read", "end-not-checked"},
      {"kernel-requestor-mode.sys", "kernel-memory-write", "requestor-mode"},
      {"kernel-address-valid.sys", "kernel-memory-read", "address-valid"},
      {"process-protected-by-pid.sys", "process-terminate", "checked-by-number"},
  };
  for (const auto &[name, kind, trap] : traps) {
    const auto driver = discover_file(GetParam(), name);
    if (!driver)
      GTEST_SKIP() << "skipped 1: the test drivers are not built";
    std::set<std::string> found;
    for (const Ioctl &ioctl : driver->ioctls)
      for (const Primitive &primitive : ioctl.primitives)
        if (primitive.kind == kind && !primitive.constrained)
          found.insert(primitive.trap);
    EXPECT_TRUE(found.contains(trap)) << name << ": " << (found.empty() ? "no such primitive" : *found.begin());
  }
}

INSTANTIATE_TEST_SUITE_P(Architectures, DemoDriver, testing::Values("x64", "x86"));

} // namespace
} // namespace ringfence::driver
