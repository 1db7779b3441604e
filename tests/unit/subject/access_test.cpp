// Who gets to a driver: one driver in plain values, one deviation a test.

#include <ringfence/subject/access.h>
#include <ringfence/subject/gate.h>

#include <gmock/gmock.h>

namespace ringfence::subject {
namespace {

using security::Reach;
using security::ReachClass;
using testing::HasSubstr;

constexpr const char *system_and_administrators = "D:P(A;;GA;;;SY)(A;;GA;;;BA)";
constexpr std::uint32_t secure_open = 0x100;
constexpr std::uint32_t any_access = 0x80002000, read_access = 0x80006000, write_access = 0x8000a000;

driver::Driver one_device(driver::Device device) {
  driver::Driver driver;
  driver.devices.push_back(std::move(device));
  for (const char *major : {"IRP_MJ_CREATE", "IRP_MJ_CLOSE", "IRP_MJ_DEVICE_CONTROL"})
    driver.entry_points.push_back({major, Rva(0x1000)});
  driver.entry_succeeded = true;
  return driver;
}

driver::Device named_device() { return {.name = "\\Device\\Sample", .type = 0x22, .origin = "DriverEntry"}; }

driver::Device closed_device(std::uint32_t characteristics) {
  driver::Device device = named_device();
  device.characteristics = characteristics;
  device.sddl = system_and_administrators;
  device.sddl_source = "IoCreateDeviceSecure";
  return device;
}

TEST(Access, DefaultDescriptorLetsEveryUserIn) {
  const Access access = judge_access(one_device(named_device()));
  EXPECT_EQ(access.reach.reach, ReachClass::any_user);
  EXPECT_TRUE(access.reach.low_integrity) << "the default descriptor carries a Low label";
  ASSERT_EQ(access.devices.size(), 1u);
  EXPECT_EQ(access.devices[0].sddl_source, "default");
  EXPECT_EQ(access.devices[0].sddl, "") << "the driver gives none";
  EXPECT_THAT(access.devices[0].effective_sddl, HasSubstr("0x1201bf;;;WD"));
}

TEST(Access, DiskDeviceDefaultIsNarrowerWithSecureOpen) {
  driver::Device device = named_device();
  device.type = 0x07;
  device.characteristics = secure_open;
  driver::Driver driver = one_device(device);
  driver.ioctls = {{.code = any_access}, {.code = read_access}};
  const Access access = judge_access(driver);
  EXPECT_EQ(access.ioctls[0].reach, ReachClass::any_user) << "a handle with traverse carries codes that need no right";
  EXPECT_EQ(access.ioctls[1].reach, ReachClass::admin);
}

TEST(Access, AdministratorsOnlyWithSecureOpenIsAdmin) {
  const Access access = judge_access(one_device(closed_device(secure_open)));
  EXPECT_EQ(access.reach.reach, ReachClass::admin);
  EXPECT_FALSE(access.reach.low_integrity);
  EXPECT_EQ(access.devices[0].sddl, system_and_administrators);
  EXPECT_EQ(access.devices[0].sddl_source, "IoCreateDeviceSecure");
}

TEST(Access, AdministratorsOnlyWithoutSecureOpenIsBypassedByATrailingName) {
  const Access access = judge_access(one_device(closed_device(0)));
  EXPECT_EQ(access.reach.reach, ReachClass::any_user);
  EXPECT_THAT(access.reach.why, HasSubstr("name behind the device's name"));
}

TEST(Access, RefusingNamesInCreateClosesTheBypass) {
  driver::Driver driver = one_device(closed_device(0));
  driver.devices.front().rejects_names = true;
  EXPECT_EQ(judge_access(driver).reach.reach, ReachClass::admin);
}

TEST(Access, PrivilegeCheckInCreateIsAdminWhateverTheDescriptor) {
  driver::Driver driver = one_device(closed_device(0));
  driver.devices.front().create_gates = {"SePrivilegeCheck"};
  driver.ioctls = {{.code = any_access}};
  const Access access = judge_access(driver);
  EXPECT_EQ(access.reach.reach, ReachClass::admin);
  EXPECT_THAT(access.reach.why, HasSubstr("IRP_MJ_CREATE: SePrivilegeCheck"));
  EXPECT_EQ(access.ioctls[0].reach, ReachClass::admin);
  EXPECT_FALSE(access.ioctls[0].low_integrity);
}

TEST(Access, AnUnresolvedCallerCheckLowersNothing) {
  driver::Driver driver = one_device(named_device());
  driver.devices.front().create_gates = {"IoGetRequestorProcessId"};
  const Access access = judge_access(driver);
  EXPECT_EQ(access.reach.reach, ReachClass::any_user);
  EXPECT_THAT(access.reach.why, HasSubstr("not resolved to a class"));
}

TEST(Access, APrivilegeThatEverybodyHoldsIsNoGate) {
  driver::Driver driver = one_device(named_device());
  driver.devices.front().create_gates = {"SeSinglePrivilegeCheck(SeChangeNotifyPrivilege)"};
  EXPECT_EQ(judge_access(driver).reach.reach, ReachClass::any_user);
  driver.devices.front().create_gates = {"SeSinglePrivilegeCheck(SeTcbPrivilege)"};
  EXPECT_EQ(judge_access(driver).reach.reach, ReachClass::system);
}

TEST(Access, RequiredAccessNarrowsACodeOnlyWhenTheDescriptorIsChecked) {
  driver::Device device = named_device();
  device.sddl = "D:P(A;;GA;;;SY)(A;;GA;;;BA)(A;;GR;;;BU)";
  device.sddl_source = "IoCreateDeviceSecure";
  device.characteristics = secure_open;
  driver::Driver driver = one_device(device);
  driver.ioctls = {{.code = any_access}, {.code = read_access}, {.code = write_access}};
  const Access checked = judge_access(driver);
  EXPECT_EQ(checked.ioctls[0].reach, ReachClass::any_user);
  EXPECT_EQ(checked.ioctls[1].reach, ReachClass::any_user);
  EXPECT_EQ(checked.ioctls[2].reach, ReachClass::admin);
  driver.devices[0].characteristics = 0;
  EXPECT_EQ(judge_access(driver).ioctls[2].reach, ReachClass::any_user);
}

TEST(Access, AppContainersCountAsTheWidest) {
  driver::Device device = named_device();
  device.characteristics = secure_open;
  device.sddl = "D:P(A;;GA;;;SY)(A;;GA;;;AC)(A;;GA;;;BU)";
  device.sddl_source = "WdfDeviceInitAssignSDDLString";
  EXPECT_EQ(judge_access(one_device(device)).reach.reach, ReachClass::appcontainer);
}

TEST(Access, ExclusiveLowersNothing) {
  driver::Device device = named_device();
  device.exclusive = true;
  EXPECT_EQ(judge_access(one_device(device)).reach.reach, ReachClass::any_user);
}

TEST(Access, AFrameworkDeviceIsForAdministratorsByDefault) {
  driver::Device device = named_device();
  device.origin = "EvtDriverDeviceAdd";
  const Access access = judge_access(one_device(device));
  EXPECT_EQ(access.reach.reach, ReachClass::admin);
  EXPECT_EQ(access.devices[0].sddl, system_and_administrators);
  EXPECT_EQ(access.devices[0].sddl_source, "framework default");
  EXPECT_TRUE(access.devices[0].secure_open) << "WDF always sets FILE_DEVICE_SECURE_OPEN";
}

TEST(Access, AnInterfaceNeedsTheInf) {
  driver::Device device{.interfaces = {"{a5dcbf10-6530-11d2-901f-00c04fb951ed}"}, .type = 0x22, .origin = "AddDevice"};
  driver::Driver driver = one_device(device);
  const Access blind = judge_access(driver);
  EXPECT_EQ(blind.reach.reach, ReachClass::unknown);
  EXPECT_THAT(blind.reach.why, HasSubstr("INF"));
  EXPECT_EQ(blind.devices[0].sddl_source, "INF");
  driver.devices[0].characteristics = secure_open;
  const Access told = judge_access(driver, {.device = system_and_administrators});
  EXPECT_EQ(told.reach.reach, ReachClass::admin);
  EXPECT_EQ(told.devices[0].sddl_source, "INF");
}

TEST(Access, TheInfReplacesTheDescriptorOfTheCode) {
  driver::Device device = closed_device(secure_open);
  const Access access = judge_access(one_device(device), {.device = "D:P(A;;GA;;;WD)"});
  EXPECT_EQ(access.reach.reach, ReachClass::any_user);
}

TEST(Access, TheWidestDeviceDecidesAndUnknownHidesANarrowRest) {
  driver::Driver driver = one_device(closed_device(secure_open));
  driver.devices.push_back(named_device());
  EXPECT_EQ(judge_access(driver).reach.reach, ReachClass::any_user);
  driver.devices[1] = driver::Device{.type = 0x22, .origin = "AddDevice"};
  EXPECT_EQ(judge_access(driver).reach.reach, ReachClass::unknown);
  driver.devices[1].origin = "DriverEntry";
  EXPECT_EQ(judge_access(driver).reach.reach, ReachClass::admin)
      << "nobody opens an unnamed object that is in no stack";
}

TEST(Access, ANameThatWasNotRecoveredIsUnknown) {
  driver::Device device = named_device();
  device.name.clear();
  driver::Driver driver = one_device(device);
  driver.gaps = {{"an unresolved call", Rva(0x1100)}};
  EXPECT_EQ(judge_access(driver).reach.reach, ReachClass::unknown);
  driver.gaps.clear();
  EXPECT_EQ(judge_access(driver).reach.reach, ReachClass::none);
  driver.devices[0].links = {"\\DosDevices\\Sample"};
  EXPECT_EQ(judge_access(driver).reach.reach, ReachClass::unknown);
}

TEST(Access, WithoutACreateRoutineNothingIsOpened) {
  driver::Driver driver = one_device(named_device());
  driver.entry_points = {{"IRP_MJ_DEVICE_CONTROL", Rva(0x1000)}};
  EXPECT_EQ(judge_access(driver).reach.reach, ReachClass::none);
}

TEST(Access, ADescriptorThatCannotBeReadIsUnknown) {
  driver::Device device = named_device();
  device.sddl = "D:P(A;;GA;;;";
  device.sddl_source = "IoCreateDeviceSecure";
  const Access access = judge_access(one_device(device));
  EXPECT_EQ(access.reach.reach, ReachClass::unknown);
  EXPECT_EQ(access.devices[0].sddl, device.sddl);
}

TEST(Access, NoDeviceIsUnknownWhereSomethingDispatches) {
  driver::Driver driver;
  EXPECT_EQ(judge_access(driver).reach.reach, ReachClass::unknown) << "no path of DriverEntry was followed to its end";
  driver.entry_succeeded = true;
  EXPECT_EQ(judge_access(driver).reach.reach, ReachClass::none);
  driver.entry_points = {{"IRP_MJ_CREATE", Rva(0x1000)}};
  EXPECT_EQ(judge_access(driver).reach.reach, ReachClass::unknown);
}

TEST(Gate, ResolvesKindsOfTheModels) {
  EXPECT_EQ(resolve_gate("SeTokenIsAdmin").at_most, ReachClass::admin);
  EXPECT_EQ(resolve_gate("SeSinglePrivilegeCheck(SeImpersonatePrivilege)").at_most, ReachClass::service);
  EXPECT_EQ(resolve_gate("IoIs32bitProcess").at_most, std::nullopt);
  EXPECT_EQ(resolve_gate("NoSuchRoutine").at_most, std::nullopt);
}

} // namespace
} // namespace ringfence::subject
