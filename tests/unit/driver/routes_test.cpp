// Ways into a driver besides its dispatch table, on drivers of ours built by tests/drivers. Skipped where they were not
// built.

#include <ringfence/driver/driver.h>

#include <algorithm>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>

namespace ringfence::driver {
namespace {

std::optional<Driver> discover_file(const std::string &architecture, const std::string &name) {
  std::ifstream file(std::string(RINGFENCE_BINARY_DIR "/tests/drivers/") + architecture + "/" + name + ".sys",
                     std::ios::binary);
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

const Ioctl *find(const Driver &driver, std::string_view route) {
  const auto at = std::ranges::find(driver.ioctls, route, &Ioctl::route);
  return at == driver.ioctls.end() ? nullptr : &*at;
}

const Ioctl *find(const Driver &driver, std::uint32_t code) {
  const auto at =
      std::ranges::find_if(driver.ioctls, [&](const Ioctl &i) { return i.route.empty() && i.code == code; });
  return at == driver.ioctls.end() ? nullptr : &*at;
}

bool has_entry(const Driver &driver, std::string_view name) {
  return std::ranges::find(driver.entry_points, name, &EntryPoint::major) != driver.entry_points.end();
}

class RoutesTest : public testing::TestWithParam<const char *> {
protected:
  std::optional<Driver> driver_;
  void discover_or_skip(const std::string &name) {
    driver_ = discover_file(GetParam(), name);
    if (!driver_)
      GTEST_SKIP() << "skipped 1: the test drivers are not built";
  }
};

#define RF_DISCOVER(name)                                                                                              \
  discover_or_skip(name);                                                                                              \
  if (!driver_)                                                                                                        \
    return;

TEST_P(RoutesTest, AFilterPortHasADescriptorAndAMessageRoute) {
  RF_DISCOVER("flt-port");
  ASSERT_EQ(driver_->ports.size(), 1u);
  EXPECT_EQ(driver_->ports[0].name, "\\Rf_flt-port");
  EXPECT_EQ(driver_->ports[0].sddl, "D:(A;;0x1f0001;;;SY)(A;;0x1f0001;;;BA)");
  EXPECT_EQ(driver_->ports[0].sddl_source, "FltBuildDefaultSecurityDescriptor");
  EXPECT_EQ(driver_->ports[0].max_connections, 1u);
  const Ioctl *message = find(*driver_, "port:message");
  ASSERT_TRUE(message);
  EXPECT_EQ(message->port, 0u);
  EXPECT_EQ(message->input_min, 8u);
  EXPECT_TRUE(has_entry(*driver_, "ConnectNotify"));
  EXPECT_TRUE(
      std::ranges::any_of(driver_->callbacks, [](const auto &c) { return c.name == "IRP_MJ_CREATE PreOperation"; }));
}

TEST_P(RoutesTest, ANullDaclSetOnTheDefaultDescriptorIsSeen) {
  RF_DISCOVER("flt-port-open");
  ASSERT_EQ(driver_->ports.size(), 1u);
  EXPECT_EQ(driver_->ports[0].sddl, "D:NO_ACCESS_CONTROL");
}

TEST_P(RoutesTest, AnNdisDeviceHasADispatchTableOfItsOwn) {
  RF_DISCOVER("ndis-device");
  ASSERT_EQ(driver_->devices.size(), 1u);
  EXPECT_EQ(driver_->devices[0].sddl_source, "NdisRegisterDeviceEx");
  EXPECT_TRUE(driver_->devices[0].secure_open());
  EXPECT_TRUE(find(*driver_, 0x9c402004));
  EXPECT_TRUE(find(*driver_, 0x9c402008));
}

TEST_P(RoutesTest, ControlCodesInSrbsAreToldApart) {
  RF_DISCOVER("storport-ioctl");
  EXPECT_TRUE(has_entry(*driver_, "HwStartIo"));
  for (const char *route : {"srb:0x00070001", "srb:0x00070002"}) {
    const Ioctl *code = find(*driver_, route);
    ASSERT_TRUE(code) << route;
    EXPECT_EQ(code->input_min, 4u) << route;
  }
}

TEST_P(RoutesTest, TheFastPathAddsItsCodesToThoseOfTheDispatchRoutine) {
  RF_DISCOVER("wdm-fast-io");
  EXPECT_TRUE(find(*driver_, 0x9c402004));
  const Ioctl *fast = find(*driver_, 0x9c402008);
  ASSERT_TRUE(fast);
  EXPECT_EQ(fast->status, CodeStatus::handled);
}

TEST_P(RoutesTest, AThreadThatWaitsForASignalTakesTheRequestOut) {
  RF_DISCOVER("wdm-worker-thread");
  const Ioctl *code = find(*driver_, 0x9c402004);
  ASSERT_TRUE(code);
  EXPECT_EQ(code->input_min, 4u);
  EXPECT_FALSE(code->deferred);
}

TEST_P(RoutesTest, WmiMethodsAreToldApartByTheirNumber) {
  RF_DISCOVER("wdm-wmi");
  EXPECT_TRUE(find(*driver_, "wmi:method:0x00000003"));
  EXPECT_TRUE(find(*driver_, "wmi:query"));
  EXPECT_TRUE(find(*driver_, "wmi:set-block"));
}

TEST_P(RoutesTest, PropertyHandlersOfKernelStreamingAreEntryPoints) {
  RF_DISCOVER("ks-property");
  EXPECT_TRUE(has_entry(*driver_, "KsGetProperty"));
  EXPECT_TRUE(find(*driver_, "ks:1c5f3b02:7:set"));
}

TEST_P(RoutesTest, CommandsBehindOneCodeAreListed) {
  RF_DISCOVER("wdm-second-level");
  const Ioctl *code = find(*driver_, 0x9c402004);
  ASSERT_TRUE(code && code->commands);
  EXPECT_EQ(code->commands->offset, 0u);
  EXPECT_GE(code->commands->values.size(), 5u);
}

INSTANTIATE_TEST_SUITE_P(Architectures, RoutesTest, testing::Values("x64", "x86"));

} // namespace
} // namespace ringfence::driver
