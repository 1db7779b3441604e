// Drivers of the framework: which routine gets a request, and what its queues, contexts and versions do to it. Built by
// tests/drivers; skipped where they were not built.

#include <ringfence/driver/driver.h>

#include <algorithm>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <set>
#include <string>

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
  return image ? std::optional(discover(*image, {})) : std::nullopt;
}

const Ioctl *find(const Driver &driver, std::uint32_t code) {
  for (const Ioctl &ioctl : driver.ioctls)
    if (ioctl.route.empty() && ioctl.code == code)
      return &ioctl;
  return nullptr;
}

bool has_entry(const Driver &driver, std::string_view role) {
  return std::any_of(driver.entry_points.begin(), driver.entry_points.end(),
                     [&](const EntryPoint &e) { return e.major == role; });
}

constexpr std::uint32_t code_a = 0x9c402004, code_b = 0x9c402008, code_c = 0x9c40200c, code_neither = 0x9c402027;

class Wdf : public testing::TestWithParam<const char *> {
protected:
  Driver of(const std::string &name) {
    auto driver = discover_file(GetParam(), name);
    skipped_ = !driver;
    return driver ? std::move(*driver) : Driver();
  }
  bool skipped_ = false;
};

#define SKIP_WITHOUT_DRIVERS                                                                                           \
  if (skipped_)                                                                                                        \
  GTEST_SKIP() << "skipped 1: the test drivers are not built"

TEST_P(Wdf, TheTableIsFoundInEveryLayout) {
  for (const char *name : {"kmdf-queue-19.sys", "kmdf-queue-115.sys", "kmdf-queue-133.sys", "umdf-queue.dll"}) {
    const Driver driver = of(name);
    SKIP_WITHOUT_DRIVERS;
    EXPECT_EQ(driver.framework, std::string(name).starts_with("umdf") ? "UMDF" : "KMDF") << name;
    EXPECT_TRUE(has_entry(driver, "EvtDriverDeviceAdd")) << name;
    EXPECT_TRUE(has_entry(driver, "EvtIoDeviceControl")) << name;
    EXPECT_EQ(driver.ioctls.size(), 2u) << name;
  }
}

TEST_P(Wdf, ABufferThatIsTooShortIsRefused) {
  const Driver driver = of("kmdf-queue-115.sys");
  SKIP_WITHOUT_DRIVERS;
  ASSERT_TRUE(find(driver, code_a) && find(driver, code_b));
  EXPECT_EQ(find(driver, code_a)->output_min, 4u);
  EXPECT_EQ(find(driver, code_b)->input_min, 8u);
}

TEST_P(Wdf, ARequestGoesOnInTheQueueItIsForwardedTo) {
  const Driver driver = of("kmdf-two-queues.sys");
  SKIP_WITHOUT_DRIVERS;
  EXPECT_EQ(driver.ioctls.size(), 3u);
  ASSERT_TRUE(find(driver, code_b));
  EXPECT_EQ(find(driver, code_b)->input_min, 16u);
  EXPECT_EQ(find(driver, code_b)->status, CodeStatus::handled)
      << "forwarded to a queue of its own is not forwarded to another driver";
  EXPECT_TRUE(find(driver, code_c));
}

TEST_P(Wdf, PreprocessingComesBeforeTheQueue) {
  const Driver driver = of("wdf-preprocess.sys");
  SKIP_WITHOUT_DRIVERS;
  ASSERT_TRUE(find(driver, code_a) && find(driver, code_b));
  ASSERT_EQ(find(driver, code_a)->primitives.size(), 1u);
  EXPECT_EQ(find(driver, code_a)->primitives[0].kind, "port-write");
  EXPECT_EQ(find(driver, code_b)->input_min, 24u) << "handed on to the framework";
}

TEST_P(Wdf, AManualQueueIsServedByTheRoutineThatIsTold) {
  const Driver driver = of("wdf-manual-ready.sys");
  SKIP_WITHOUT_DRIVERS;
  ASSERT_TRUE(find(driver, code_a));
  EXPECT_EQ(find(driver, code_a)->primitives.size(), 1u);
}

TEST_P(Wdf, WhatTheCallersContextStoresTheQueueFinds) {
  const Driver driver = of("wdf-request-context.sys");
  SKIP_WITHOUT_DRIVERS;
  ASSERT_TRUE(find(driver, code_neither));
  ASSERT_EQ(find(driver, code_neither)->primitives.size(), 1u);
  EXPECT_EQ(find(driver, code_neither)->primitives[0].kind, "msr-write")
      << "the locked buffer is the kernel's own address";
}

TEST_P(Wdf, TheControlDeviceHasItsDescriptor) {
  const Driver driver = of("wdf-control-device-good.sys");
  SKIP_WITHOUT_DRIVERS;
  ASSERT_EQ(driver.devices.size(), 1u);
  EXPECT_EQ(driver.devices[0].sddl, "D:P(A;;GA;;;SY)(A;;GA;;;BA)");
  EXPECT_EQ(driver.devices[0].sddl_source, "WdfControlDeviceInitAllocate");
  EXPECT_TRUE(driver.devices[0].secure_open());
  EXPECT_EQ(driver.devices[0].links.size(), 1u);
}

TEST_P(Wdf, TheStubAloneMakesNoFrameworkDriver) {
  const Driver driver = of("kmdf-plain-wdm.sys");
  SKIP_WITHOUT_DRIVERS;
  EXPECT_EQ(driver.framework, "");
  EXPECT_TRUE(has_entry(driver, "IRP_MJ_DEVICE_CONTROL"));
}

INSTANTIATE_TEST_SUITE_P(Architectures, Wdf, testing::Values("x64", "x86"));

} // namespace
} // namespace ringfence::driver
