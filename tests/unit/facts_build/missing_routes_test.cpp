#include <ringfence/facts_build/surface_facts.h>

#include <gmock/gmock.h>

namespace ringfence::facts_build {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

facts::ImageFacts importing(const char *name, const char *module = "ntoskrnl.exe") {
  facts::ImageFacts image;
  image.imports = facts::Part<std::vector<facts::ImportFacts>>(
      {{.module = module, .name = name, .ordinal = 0, .iat = Rva(0x3010), .delayed = false}});
  return image;
}

driver::Driver started() {
  driver::Driver driver;
  driver.entry_succeeded = true;
  driver.instructions = 100;
  return driver;
}

std::vector<std::string> missing(const facts::ImageFacts &image, const driver::Driver &driver) {
  std::vector<std::string> out;
  for (const facts::MissingRoute &route : build_surface_facts(image, driver, subject::judge_access(driver)).missing)
    out.push_back(route.what);
  return out;
}

TEST(MissingRoutes, NothingIsMissingFromADriverThatRegistersNothing) {
  EXPECT_THAT(missing(importing("IoCreateDevice"), started()), IsEmpty());
  EXPECT_THAT(missing({}, started()), IsEmpty());
}

TEST(MissingRoutes, ARegistrationWhoseRoutinesWereNotFoundIsNamedWithItsImport) {
  const auto facts =
      build_surface_facts(importing("FltRegisterFilter", "FLTMGR.SYS"), started(), subject::judge_access(started()));
  ASSERT_EQ(facts.missing.size(), 1u);
  EXPECT_EQ(facts.missing[0].what, "minifilter operations");
  EXPECT_THAT(facts.missing[0].why, HasSubstr("FltRegisterFilter"));
  EXPECT_EQ(facts.missing[0].rva, Rva(0x3010));
  EXPECT_THAT(missing(importing("WdfVersionBind", "WDFLDR.SYS"), started()),
              ElementsAre("framework queues and callbacks"));
  EXPECT_THAT(missing(importing("NdisMRegisterMiniportDriver", "NDIS.SYS"), started()),
              ElementsAre("NDIS requests (OIDs)"));
  EXPECT_THAT(missing(importing("StorPortInitialize", "storport.sys"), started()),
              ElementsAre("requests of a Storport miniport"));
  EXPECT_THAT(missing(importing("KsInitializeDriver", "ks.sys"), started()),
              ElementsAre("kernel streaming properties, methods and events"));
  EXPECT_THAT(missing(importing("WmiSystemControl", "WMILIB.SYS"), started()), ElementsAre("WMI blocks and methods"));
}

TEST(MissingRoutes, ADriverThatCompletesRequestsGetsThemFromSomewhere) {
  auto driver = started();
  driver.entry_points = {{"DriverUnload", Rva(0x1000)}};
  EXPECT_THAT(missing(importing("IofCompleteRequest"), driver), ElementsAre("dispatch routines"));
  driver.callbacks = {{"object-callback", Rva(0x1100), "ObRegisterCallbacks"}};
  EXPECT_THAT(missing(importing("IofCompleteRequest"), driver), IsEmpty());
}

TEST(MissingRoutes, GoAwayWithTheEntryPointsThatDiscoveryFollows) {
  auto driver = started();
  driver.entry_points = {{"EvtIoDeviceControl", Rva(0x1000)}};
  EXPECT_THAT(missing(importing("WdfVersionBind"), driver), IsEmpty());
  driver.entry_points = {{"HwStartIo", Rva(0x1000)}};
  EXPECT_THAT(missing(importing("StorPortInitialize"), driver), IsEmpty());
  driver.entry_points.clear();
  driver.callbacks = {{"filter-operation", Rva(0x1000), "FltRegisterFilter"}};
  EXPECT_THAT(missing(importing("FltRegisterFilter"), driver), IsEmpty());
}

TEST(MissingRoutes, ACallbackIsNotEnoughWhereUsersSendRequests) {
  auto driver = started();
  driver.callbacks = {{"filter-message", Rva(0x1000), "FltCreateCommunicationPort"}};
  EXPECT_THAT(missing(importing("FltCreateCommunicationPort"), driver), ElementsAre("messages to a filter port"));
}

TEST(MissingRoutes, ADriverLinkedWithKmdfThatDispatchesItselfIsWdm) {
  auto driver = started();
  driver.entry_points = {{"IRP_MJ_CREATE", Rva(0x1000)}};
  EXPECT_THAT(missing(importing("WdfVersionBind"), driver), IsEmpty());
}

TEST(MissingRoutes, ANamedDeviceNeedsARoutine) {
  auto driver = started();
  driver.devices.resize(1);
  EXPECT_THAT(missing({}, driver), IsEmpty()) << "an unnamed device is opened through another driver's";
  driver.devices[0].name = "\\Device\\Thing";
  EXPECT_THAT(missing({}, driver), ElementsAre("dispatch routines"));
  driver.entry_points = {{"IRP_MJ_CREATE", Rva(0x1000)}};
  EXPECT_THAT(missing({}, driver), IsEmpty());
}

TEST(MissingRoutes, NoCodesAfterTheFuelWasSpentIsNotNoCodes) {
  auto driver = started();
  driver.entry_points = {{"IRP_MJ_DEVICE_CONTROL", Rva(0x1000)}};
  EXPECT_THAT(missing({}, driver), IsEmpty());
  driver.gaps = {{"fuel spent", Rva(0x1010)}};
  EXPECT_THAT(missing({}, driver), ElementsAre("control codes"));
  driver.ioctls.resize(1);
  EXPECT_THAT(missing({}, driver), IsEmpty());
}

TEST(MissingRoutes, ADriverEntryThatNeverSucceededShowsNothing) {
  EXPECT_THAT(missing({}, driver::Driver{}), ElementsAre("DriverEntry"));
}

} // namespace
} // namespace ringfence::facts_build
