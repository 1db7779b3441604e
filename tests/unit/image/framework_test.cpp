#include <ringfence/image/framework.h>
#include <ringfence/image/image.h>

#include "pe_builder.h"

#include <gtest/gtest.h>

namespace ringfence::image {
namespace {

using pe_builder::Address;
using pe_builder::Description;
using pe_builder::ImportDescription;

Description with_imports(std::vector<ImportDescription> imports) {
  Description d;
  d.imports = {{"ntoskrnl.exe", {"IoCreateDevice", "IofCompleteRequest", "IoDeleteDevice", "RtlInitUnicodeString"}}};
  d.imports.insert(d.imports.end(), imports.begin(), imports.end());
  return d;
}

FrameworkIdentity identify(const Description &d) {
  const auto image = load(pe_builder::build_pe(d));
  EXPECT_TRUE(image.ok()) << image.error().what;
  return identify_framework(*image);
}

std::string primary(std::vector<ImportDescription> imports) {
  return std::string(name_of(identify(with_imports(std::move(imports))).primary));
}

TEST(Framework, RegistrationRoutinesDecide) {
  EXPECT_EQ(primary({}), "WDM");
  EXPECT_EQ(primary({{"FLTMGR.SYS", {"FltRegisterFilter"}}}), "minifilter");
  EXPECT_EQ(primary({{"FLTMGR.SYS", {"FltGetRequestorProcess"}}}), "WDM");
  EXPECT_EQ(primary({{"NDIS.SYS", {"NdisMRegisterMiniportDriver"}}}), "NDIS");
  EXPECT_EQ(primary({{"storport.sys", {"StorPortInitialize"}}}), "Storport");
  EXPECT_EQ(primary({{"SCSIPORT.SYS", {"ScsiPortInitialize"}}}), "ScsiPort");
  EXPECT_EQ(primary({{"portcls.sys", {"PcInitializeAdapterDriver"}}, {"ks.sys", {"KsAllocateDeviceHeader"}}}),
            "PortCls");
  EXPECT_EQ(primary({{"ks.sys", {"KsInitializeDriver"}}}), "KS");
  EXPECT_EQ(primary({{"ks.sys", {"KsGetObjectTypeFromIrp"}}}), "WDM");
  EXPECT_EQ(primary({{"VIDEOPRT.SYS", {"VideoPortInitialize"}}}), "display");
  EXPECT_EQ(primary({{"HIDCLASS.SYS", {"HidRegisterMinidriver"}}}), "HID");
}

TEST(Framework, TraitsLeaveAWdmDriver) {
  const auto callout =
      identify(with_imports({{"fwpkclnt.sys", {"FwpsCalloutRegister2"}}, {"USBD.SYS", {"USBD_CreateHandle"}}}));
  EXPECT_EQ(callout.primary, Framework::wdm);
  EXPECT_TRUE(callout.is(Framework::wfp_callout));
  EXPECT_TRUE(callout.is(Framework::usb));
  ASSERT_FALSE(callout.evidence.empty());
  EXPECT_EQ(callout.evidence.front().framework, Framework::wdm);
}

TEST(Framework, ElamResource) {
  auto d = with_imports({});
  d.resources = {{"MICROSOFTELAMCERTIFICATEINFO", "MSElamCertInfoID", 0, 0, 0x409, {std::byte{0}}}};
  EXPECT_TRUE(identify(d).is(Framework::elam));
  EXPECT_EQ(identify(d).primary, Framework::wdm);
}

TEST(Framework, BindRecordOfBothWordSizes) {
  for (const bool wide : {true, false}) {
    auto d = with_imports({{"WDFLDR.SYS", {"WdfVersionBind", "WdfVersionUnbind"}}});
    d.pe32_plus = wide;
    d.machine = wide ? 0x8664 : 0x14c;
    d.image_base = wide ? 0x140000000 : 0x10000;
    d.wdf.emplace();
    d.wdf->version = "1.31.0";
    d.wdf->functions = 451;
    const auto identity = identify(d);
    EXPECT_EQ(identity.primary, Framework::kmdf);
    EXPECT_FALSE(identity.linked_with_wdf_only);
    ASSERT_TRUE(identity.wdf);
    EXPECT_EQ(identity.wdf->library, "KmdfLibrary");
    EXPECT_EQ(identity.wdf->minor_version, 31u);
    EXPECT_EQ(identity.wdf->function_count, 451u);
    ASSERT_TRUE(identity.wdf->function_table);
    EXPECT_EQ(identity.wdf->function_table, identity.wdf->record);
  }
}

TEST(Framework, BindWithoutARecordSaysSo) {
  const auto identity = identify(with_imports({{"WDFLDR.SYS", {"WdfVersionBind"}}}));
  EXPECT_EQ(identity.primary, Framework::kmdf);
  EXPECT_TRUE(identity.linked_with_wdf_only);
  EXPECT_FALSE(identity.wdf);
}

TEST(Framework, NdisMiniportsAndProtocolsWithKmdf) {
  auto d = with_imports({{"WDFLDR.SYS", {"WdfVersionBind"}}, {"NDIS.SYS", {"NdisRegisterProtocolDriver"}}});
  d.wdf.emplace();
  EXPECT_EQ(identify(d).primary, Framework::kmdf);
  d.imports.push_back({"NDIS.SYS", {"NdisMRegisterMiniportDriver"}});
  EXPECT_EQ(identify(d).primary, Framework::ndis);
}

TEST(Framework, UserModeDrivers) {
  Description d;
  d.subsystem = 2;
  d.characteristics = 0x2022;
  d.imports = {{"KERNEL32.dll", {"GetLastError"}}};
  EXPECT_EQ(identify(d).primary, Framework::none);
  d.exports = {{"FxDriverEntryUm", {".text", 0}, {}, {}}};
  d.wdf.emplace();
  d.wdf->library = "UmdfLibrary";
  d.wdf->version = "2.33.0";
  auto identity = identify(d);
  EXPECT_EQ(identity.primary, Framework::umdf);
  EXPECT_FALSE(identity.kernel_mode);
  ASSERT_TRUE(identity.wdf);
  EXPECT_EQ(identity.wdf->major_version, 2u);

  // UMDF 1 exports its version instead: {1, 11, 0}.
  d.wdf.reset();
  d.strings = {{"\x01", ".rdata", "version", true}};
  d.exports = {{"Microsoft_WDF_UMDF_Version", {"@version", 0}, {}, {}}, {"DllGetClassObject", {".text", 0}, {}, {}}};
  d.patches = {{{}, {"@version", 4}, {std::byte{11}, {}, {}, {}}}};
  identity = identify(d);
  EXPECT_EQ(identity.primary, Framework::umdf);
  ASSERT_TRUE(identity.wdf);
  EXPECT_EQ(identity.wdf->major_version, 1u);
  EXPECT_EQ(identity.wdf->minor_version, 11u);
}

/// Bytes of `values` different values, evenly spread: log2(values) bits of entropy.
std::vector<std::byte> spread(std::size_t size, unsigned values) {
  std::vector<std::byte> bytes(size);
  for (std::size_t i = 0; i < size; ++i)
    bytes[i] = static_cast<std::byte>(i % values);
  return bytes;
}

PackingAssessment assess(const Description &d) {
  const auto image = load(pe_builder::build_pe(d));
  EXPECT_TRUE(image.ok()) << image.error().what;
  return assess_packing(*image);
}

TEST(Packing, OrdinaryCodeIsNotPacked) {
  auto d = with_imports({});
  d.sections = {{".text", 0x68000020, spread(0x8000, 100), {}, {}, {}, {}},
                {"INIT", 0xe2000020, spread(0x800, 100), {}, {}, {}, {}}};
  d.entry = Address{"INIT", 0};
  EXPECT_FALSE(assess(d).packed);
}

TEST(Packing, DenseExecutableSection) {
  auto d = with_imports({});
  d.sections = {{".text", 0x68000020, spread(0x8000, 200), {}, {}, {}, {}}};
  const auto result = assess(d);
  ASSERT_TRUE(result.packed);
  EXPECT_EQ(result.reasons,
            (std::vector<std::string>{"section .text is executable and has 7.64 bits of entropy a byte"}));
}

TEST(Packing, DenseDataIsNoReason) {
  auto d = with_imports({});
  d.sections = {{".text", 0x68000020, spread(0x2000, 60), {}, {}, {}, {}},
                {".rdata", 0x48000040, spread(0x8000, 256), {}, {}, {}, {}}};
  EXPECT_FALSE(assess(d).packed);
}

TEST(Packing, CodeThatAppearsAtRunTime) {
  auto d = with_imports({});
  d.sections = {{".text", 0x68000020, spread(0x2000, 60), {}, {}, {}, {}}, {".x", 0xe8000020, {}, 0x9000, {}, {}, {}}};
  const auto result = assess(d);
  ASSERT_TRUE(result.packed);
  EXPECT_NE(result.reasons[0].find("no bytes in the file"), std::string::npos);
}

TEST(Packing, ProtectorNamesAndWritableEntry) {
  auto d = with_imports({});
  d.sections = {{".text", 0x68000020, spread(0x2000, 60), {}, {}, {}, {}},
                {".vmp0", 0x68000020, spread(0x2000, 60), {}, {}, {}, {}}};
  EXPECT_TRUE(assess(d).packed);
  d.imports = {{"ntoskrnl.exe", {"ExAllocatePool"}}};
  d.sections = {{"code", 0xe8000020, spread(0x2000, 60), {}, {}, {}, {}}};
  EXPECT_TRUE(assess(d).packed);
  d.sections[0].name = "INIT";
  EXPECT_FALSE(assess(d).packed);
}

} // namespace
} // namespace ringfence::image
