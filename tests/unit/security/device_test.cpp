#include <ringfence/security/device_lint.h>
#include <ringfence/security/minimize.h>
#include <ringfence/security/open_flow.h>
#include <ringfence/security/reach.h>
#include <ringfence/security/sddl.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace ringfence::security {
namespace {

using namespace access;

constexpr ControlCode any_code = control_code(0x8000, 0x800, TransferMethod::buffered, 0);
constexpr ControlCode write_code = control_code(0x8000, 0x801, TransferMethod::neither, 2);
constexpr ControlCode both_code = control_code(0x8000, 0x802, TransferMethod::out_direct, 3);

DeviceObject device(std::string_view sddl, std::uint32_t characteristics = 0) {
  DeviceObject object;
  object.name = "\\Device\\Test";
  object.characteristics = characteristics;
  object.descriptor = parse_sddl(sddl)->descriptor;
  object.descriptor->owner = sids::administrators;
  object.descriptor->group = sids::system;
  return object;
}

ReachabilityResult send(const DeviceObject &object, std::string_view preset, OpenRoute route,
                        std::optional<ControlCode> code) {
  return can_send(object, *token_from_preset(preset), route, code);
}

TEST(ControlCodes, Arithmetic) {
  EXPECT_EQ(any_code.value, 0x80002000u);
  EXPECT_EQ(both_code.value, 0x8000e00au);
  EXPECT_EQ(both_code.required_access(), 3u);
  EXPECT_EQ(both_code.function(), 0x802);
  EXPECT_EQ(both_code.method(), TransferMethod::out_direct);
  EXPECT_EQ(*control_code_from_text("CTL_CODE(0x8000, 0x802, METHOD_OUT_DIRECT, FILE_READ_DATA | FILE_WRITE_DATA)"),
            both_code);
  EXPECT_EQ(control_code_from_text("IOCTL_STORAGE_QUERY_PROPERTY")->value, 0x2d1400u);
  EXPECT_EQ(control_code_name({0x900a8}), "FSCTL_GET_REPARSE_POINT");
  EXPECT_FALSE(control_code_from_text("0x123456789"));
  EXPECT_EQ(device_type_name(0x22), "FILE_DEVICE_UNKNOWN");
  EXPECT_EQ(*device_type_from_text("disk"), 7u);
}

TEST(Devices, TrailingNameBypass) {
  const DeviceObject open = device("D:P(A;;GA;;;SY)(A;;GA;;;BA)");
  EXPECT_EQ(send(open, "user", OpenRoute::direct, any_code).answer, Answer::no);
  const auto bypass = send(open, "user", OpenRoute::trailing_name, both_code);
  EXPECT_EQ(bypass.answer, Answer::driver_decides);
  EXPECT_EQ(bypass.granted, file_all_access);
  EXPECT_EQ(send(open, "user", OpenRoute::relative, both_code).answer, Answer::driver_decides);
  DeviceObject accepting = open;
  accepting.names = NamePolicy::accepts;
  EXPECT_EQ(send(accepting, "user", OpenRoute::trailing_name, both_code).answer, Answer::yes);
  DeviceObject rejecting = open;
  rejecting.names = NamePolicy::rejects;
  EXPECT_EQ(send(rejecting, "user", OpenRoute::trailing_name, both_code).answer, Answer::no);
  const DeviceObject secure = device("D:P(A;;GA;;;SY)(A;;GA;;;BA)", characteristic::device_secure_open);
  EXPECT_EQ(send(secure, "user", OpenRoute::trailing_name, any_code).answer, Answer::no);
  EXPECT_EQ(send(secure, "admin", OpenRoute::trailing_name, both_code).answer, Answer::driver_decides);
}

TEST(Devices, TraverseOfDisksAndAppContainers) {
  DeviceObject disk = device("D:P(A;;GA;;;SY)(A;;GA;;;BA)");
  disk.device_type = 0x07;
  EXPECT_EQ(send(disk, "user", OpenRoute::trailing_name, any_code).answer, Answer::no);
  DeviceObject plain = device("D:P(A;;GA;;;SY)(A;;GA;;;WD)");
  EXPECT_EQ(send(plain, "appcontainer", OpenRoute::trailing_name, any_code).answer, Answer::no);
  plain.characteristics = characteristic::allow_appcontainer_traversal;
  EXPECT_EQ(send(plain, "appcontainer", OpenRoute::trailing_name, any_code).answer, Answer::driver_decides);
  EXPECT_EQ(send(plain, "appcontainer", OpenRoute::direct, any_code).answer, Answer::no);
}

TEST(Devices, RequiredAccessIsReadFromTheHandle) {
  const DeviceObject reading = device("D:P(A;;GA;;;SY)(A;;GR;;;WD)", characteristic::device_secure_open);
  EXPECT_EQ(send(reading, "user", OpenRoute::direct, any_code).answer, Answer::yes);
  EXPECT_EQ(send(reading, "user", OpenRoute::direct, write_code).answer, Answer::no);
  // Append is not write.
  const DeviceObject appending = device("D:P(A;;GA;;;SY)(A;;0x4;;;WD)", characteristic::device_secure_open);
  EXPECT_EQ(send(appending, "user", OpenRoute::direct, write_code).answer, Answer::no);
  const auto any = send(appending, "user", OpenRoute::direct, any_code);
  EXPECT_EQ(any.answer, Answer::yes);
  EXPECT_FALSE(any.through_create_file);
  const auto writer =
      send(device("D:P(A;;GW;;;WD)", characteristic::device_secure_open), "user", OpenRoute::direct, write_code);
  EXPECT_EQ(writer.answer, Answer::yes);
  EXPECT_FALSE(writer.through_create_file);
  EXPECT_EQ(send_control(0, any_code, RequestKind::internal_device_control, RequestorMode::user), Answer::no);
  EXPECT_EQ(send_control(0, any_code, RequestKind::internal_device_control, RequestorMode::kernel), Answer::yes);
  // FSCTL_SET_COMPRESSION names its rights like a device's code.
  const ControlCode set_compression{0x9c040};
  EXPECT_EQ(send_control(file_read_data, set_compression, RequestKind::file_system_control, RequestorMode::user),
            Answer::no);
  EXPECT_EQ(send_control(file_read_data | file_write_data, set_compression, RequestKind::file_system_control,
                         RequestorMode::user),
            Answer::yes);
  EXPECT_EQ(send_control(0, write_code, RequestKind::device_control, RequestorMode::kernel), Answer::yes);
  EXPECT_FALSE(validate_control_access(1, 2, false));
}

TEST(Devices, KernelRequestorsAreNotChecked) {
  const DeviceObject closed = device("D:P", characteristic::device_secure_open);
  OpenRequest request;
  request.mode = RequestorMode::kernel;
  EXPECT_EQ(open_device(closed, *token_from_preset("network-user"), request).answer, Answer::yes);
  request.force_access_check = true;
  EXPECT_EQ(open_device(closed, *token_from_preset("network-user"), request).answer, Answer::no);
}

TEST(Devices, DefaultsAndPrecedence) {
  for (const std::uint32_t type : {0x02u, 0x03u, 0x07u, 0x12u, 0x22u, 0x8000u})
    EXPECT_TRUE(parse_sddl(default_descriptor(type, 0).sddl)) << type;
  DescriptorSources sources;
  EXPECT_EQ(effective_descriptor(sources)->source, DescriptorSource::default_);
  sources.created_by = CreationRoutine::wdf;
  const auto wdf = *effective_descriptor(sources);
  EXPECT_EQ(wdf.sddl, "D:P(A;;GA;;;SY)(A;;GA;;;BA)");
  EXPECT_TRUE(wdf.characteristics & characteristic::device_secure_open);
  sources.code = "SDDL_DEVOBJ_SYS_ALL";
  EXPECT_EQ(effective_descriptor(sources)->sddl, "D:P(A;;GA;;;SY)");
  sources.class_registry = "D:P(A;;GA;;;BA)";
  EXPECT_EQ(effective_descriptor(sources)->source, DescriptorSource::class_registry);
  sources.device_registry = "D:P(A;;GR;;;BU)";
  EXPECT_EQ(effective_descriptor(sources)->source, DescriptorSource::device_registry);
  sources.device_registry = "rubbish";
  EXPECT_FALSE(effective_descriptor(sources));
  EXPECT_EQ(*characteristics_from_text("secure-open|FILE_REMOVABLE_MEDIA,0x2"), 0x103u);
  EXPECT_FALSE(characteristics_from_text("strong"));
}

TEST(Reach, OfTheUsualDescriptors) {
  const auto reach = [](std::string_view sddl, std::optional<ControlCode> code, std::uint32_t characteristics = 0x100) {
    return reach_of(device(sddl, characteristics), code);
  };
  const Reach fallback = reach(default_descriptor(0x22, 0).sddl, write_code);
  EXPECT_EQ(fallback.reach, ReachClass::any_user);
  EXPECT_TRUE(fallback.low_integrity);
  EXPECT_EQ(reach("D:P", any_code).reach, ReachClass::none);
  EXPECT_EQ(reach("D:P(A;;GA;;;SY)", any_code).reach, ReachClass::system);
  EXPECT_EQ(reach("D:P(A;;GA;;;SY)(A;;GA;;;BA)", both_code).reach, ReachClass::admin);
  EXPECT_EQ(reach("D:P(A;;GA;;;SY)(A;;GA;;;BA)", both_code, 0).reach, ReachClass::any_user);
  EXPECT_EQ(reach("D:P(A;;GA;;;SY)(A;;GRGW;;;LS)", write_code).reach, ReachClass::service);
  EXPECT_EQ(reach("D:P(A;;GA;;;SY)(A;;GRGW;;;S-1-5-80-9-9-9-9-9)", write_code).reach, ReachClass::service);
  const Reach users = reach("D:P(A;;GA;;;SY)(A;;GR;;;BU)", any_code);
  EXPECT_EQ(users.reach, ReachClass::any_user);
  EXPECT_EQ(reach("D:P(A;;GA;;;SY)(A;;GR;;;BU)", write_code).reach, ReachClass::system);
  const Reach apps = reach("D:P(A;;GA;;;SY)(A;;GRGW;;;BU)(A;;GRGW;;;AC)", write_code);
  EXPECT_EQ(apps.reach, ReachClass::appcontainer);
  EXPECT_TRUE(apps.low_integrity);
  EXPECT_EQ(reach("D:P(A;;GA;;;SY)(A;;GRGW;;;S-1-5-21-7-7-7-1234)", write_code).reach, ReachClass::any_user);
  DeviceObject unnamed = device("D:P(A;;GA;;;WD)");
  unnamed.named = false;
  EXPECT_EQ(reach_of(unnamed, any_code).reach, ReachClass::none);
}

TEST(Reach, OrderAndGates) {
  EXPECT_LT(ReachClass::none, ReachClass::system);
  EXPECT_LT(ReachClass::admin, ReachClass::service);
  EXPECT_LT(ReachClass::any_user, ReachClass::appcontainer);
  for (const auto word : {"none", "system", "admin", "service", "any-user", "appcontainer", "unknown"})
    EXPECT_EQ(name_of(*reach_class_from_name(word)), word);
  const Reach gated = narrowed({ReachClass::any_user, "Everyone", true}, ReachClass::admin, "SeSinglePrivilegeCheck");
  EXPECT_EQ(gated.reach, ReachClass::admin);
  EXPECT_FALSE(gated.low_integrity);
  EXPECT_FALSE(Reach::unknown("the INF was not given").is_known());
}

std::vector<std::string> ids(std::string_view sddl, LintRequest request = {}) {
  std::vector<std::string> out;
  const auto findings = lint_device_sddl(sddl, request);
  EXPECT_TRUE(findings) << sddl;
  for (const LintFinding &finding : *findings)
    out.emplace_back(finding.id);
  return out;
}
bool has(const std::vector<std::string> &list, std::string_view id) {
  return std::ranges::find(list, id) != list.end();
}

TEST(DeviceLint, WdmsecStringsAreCleanUnlessTheyAdmitTheWorld) {
  for (const DevobjString &entry : devobj_strings()) {
    const auto found = ids(entry.sddl);
    EXPECT_FALSE(has(found, "outside-subset")) << entry.name;
    EXPECT_FALSE(has(found, "not-protected")) << entry.name;
    EXPECT_EQ(has(found, "world-write") || has(found, "world-all"),
              entry.sddl.find(";;GRGW") != std::string_view::npos &&
                      entry.sddl.find("GRGW;;;WD") != std::string_view::npos
                  ? true
                  : entry.sddl.find("GX;;;WD") != std::string_view::npos ||
                        entry.sddl.find("GA;;;WD") != std::string_view::npos ||
                        entry.sddl.find("0x0004;;;WD") != std::string_view::npos)
        << entry.name;
  }
}

TEST(DeviceLint, EachRule) {
  EXPECT_TRUE(has(ids("D:NO_ACCESS_CONTROL"), "null-dacl"));
  EXPECT_TRUE(has(ids("O:BA"), "null-dacl"));
  EXPECT_TRUE(has(ids("D:(A;;GA;;;SY)"), "not-protected"));
  EXPECT_TRUE(has(ids("D:P(A;;GA;;;BA)"), "no-system"));
  EXPECT_TRUE(has(ids("D:P(A;;GA;;;SY)(A;;GA;;;BU)"), "world-all"));
  EXPECT_TRUE(has(ids("D:P(A;;GA;;;SY)(A;;GRGW;;;AU)"), "world-write"));
  EXPECT_TRUE(has(ids("D:P(A;;GA;;;SY)(A;;GRGW;;;AC)"), "world-write"));
  EXPECT_TRUE(has(ids("D:P(A;;GA;;;SY)(A;;GRGW;;;AC)"), "outside-subset"));
  EXPECT_TRUE(has(ids("D:P(A;;GA;;;SY)(A;;FR;;;BA)"), "outside-subset"));
  EXPECT_FALSE(has(ids("D:P(A;;GA;;;SY)(A;;0x120089;;;BA)"), "outside-subset"));
  EXPECT_TRUE(has(ids("D:P(D;;GA;;;NU)(A;;GA;;;SY)"), "outside-subset"));
  EXPECT_TRUE(has(ids("D:P(A;;GA;;;SY)(A;;GRWD;;;LS)"), "write-dac"));
  EXPECT_FALSE(has(ids("D:P(A;;GA;;;SY)(A;;GRWD;;;BA)"), "write-dac"));
  EXPECT_TRUE(has(ids("D:P(A;;GA;;;SY)(A;;GW;;;LS)"), "write-only"));
  EXPECT_TRUE(has(ids("D:P(a;;ga;;;sy)"), "lenient-syntax"));
  LintRequest inf;
  inf.secure_create_subset = false;
  EXPECT_FALSE(has(ids("D:P(A;;GA;;;SY)(A;;FR;;;S-1-5-80-1)", inf), "outside-subset"));
  LintRequest reused;
  reused.class_guid = "{4D36E97D-E325-11CE-BFC1-08002BE10318}";
  EXPECT_TRUE(has(ids("D:P(A;;GA;;;SY)", reused), "class-guid-reused"));
  reused.class_guid = "{a1f0c5f4-0d7c-4b6f-9d3a-0f5f6f2f9c11}";
  EXPECT_FALSE(has(ids("D:P(A;;GA;;;SY)", reused), "class-guid-reused"));
  EXPECT_FALSE(lint_device_sddl("D:P(A;;ZZ;;;SY)"));
}

TEST(DeviceLint, FindingsPointAtTheEntry) {
  const auto findings = lint_device_sddl("D:P(A;;GA;;;SY)(A;;GA;;;WD)");
  ASSERT_EQ(findings->size(), 1u);
  EXPECT_EQ(findings->front().ace, 1);
  EXPECT_EQ(findings->front().column, 16u);
}

TEST(Minimize, ServesExactlyTheCallers) {
  MinimizeRequest request;
  request.callers = {{sids::users, {any_code}, {}}, {sids::local_service, {write_code, any_code}, {}}};
  const auto result = minimize(request);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->sddl, "D:P(A;;GA;;;SY)(A;;GA;;;BA)(A;;0x100080;;;BU)(A;;0x100082;;;LS)");
  const DeviceObject object = device(result->sddl, characteristic::device_secure_open);
  EXPECT_TRUE(send(object, "user", OpenRoute::direct, any_code).through_create_file);
  EXPECT_EQ(send(object, "user", OpenRoute::direct, write_code).answer, Answer::no);
  EXPECT_TRUE(send(object, "local-service", OpenRoute::direct, write_code).through_create_file);
  EXPECT_EQ(send(object, "network-service", OpenRoute::direct, write_code).answer, Answer::no);
  EXPECT_FALSE(has(ids(result->sddl), "outside-subset"));
}

TEST(Minimize, SaysWhatACallerGainsOverThePresentDescriptor) {
  MinimizeRequest request;
  request.callers = {{sids::users, {write_code}, {}}};
  const auto remarks_over = [&](std::string_view sddl) {
    request.present = parse_sddl(sddl, {SddlMode::windows, {}})->descriptor;
    const auto result = minimize(request);
    std::string all;
    for (const std::string &remark : result->remarks)
      all += remark + "\n";
    return all;
  };
  EXPECT_THAT(remarks_over("D:P(A;;GA;;;SY)"), testing::HasSubstr("does not have FILE_WRITE_DATA"));
  EXPECT_THAT(remarks_over("D:P(A;;GRGW;;;WD)"), testing::Not(testing::HasSubstr("does not have")));
  EXPECT_EQ(minimize(request)->sddl, "D:P(A;;GA;;;SY)(A;;GA;;;BA)(A;;0x100082;;;BU)");
}

} // namespace
} // namespace ringfence::security
