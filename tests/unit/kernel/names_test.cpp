// Control codes, named values, registry roots and the framework function lists.
#include <ringfence/kernel/ioctl.h>
#include <ringfence/kernel/names.h>
#include <ringfence/kernel/wdf.h>

#include <gtest/gtest.h>

namespace ringfence::kernel {
namespace {

TEST(Ioctl, PublishedCodesHaveNames) {
  EXPECT_EQ(name_of_ioctl(0x00070000), "IOCTL_DISK_GET_DRIVE_GEOMETRY");
  EXPECT_EQ(name_of_ioctl(0x002d1400), "IOCTL_STORAGE_QUERY_PROPERTY");
  EXPECT_EQ(name_of_ioctl(0x0004d014), "IOCTL_SCSI_PASS_THROUGH_DIRECT");
  EXPECT_EQ(name_of_ioctl(0x000b0193), "IOCTL_HID_GET_COLLECTION_DESCRIPTOR");
  EXPECT_EQ(name_of_ioctl(0x00294044), "IOCTL_BATTERY_QUERY_INFORMATION");
  EXPECT_EQ(name_of_ioctl(0x00012017), "IOCTL_AFD_RECEIVE");
  EXPECT_EQ(name_of_ioctl(0x00090018), "FSCTL_LOCK_VOLUME");
  EXPECT_EQ(name_of_ioctl(0x002f0003), "IOCTL_KS_PROPERTY");
  EXPECT_EQ(name_of_ioctl(0x12345678), "");
}

TEST(Ioctl, WordsOfTheParts) {
  EXPECT_EQ(name_of_device_type(0x20), "FILE_DEVICE_TAPE_FILE_SYSTEM");
  EXPECT_EQ(name_of_device_type(0x40), "FILE_DEVICE_WPD");
  EXPECT_EQ(name_of_device_type(0x41), "FILE_DEVICE_BLUETOOTH");
  EXPECT_EQ(name_of_ioctl(0x1b0004), "IOCTL_SERIAL_SET_BAUD_RATE")
      << "its internal namesake does not come from callers";
  EXPECT_EQ(name_of_device_type(0x22), "FILE_DEVICE_UNKNOWN");
  EXPECT_EQ(name_of_major_function(14), "IRP_MJ_DEVICE_CONTROL");
  EXPECT_EQ(name_of_major_function(0x1b), "IRP_MJ_PNP");
  EXPECT_EQ(name_of_minor_function(0x1b, 0), "IRP_MN_START_DEVICE");
  EXPECT_EQ(name_of_minor_function(0x1b, 0x10), "IRP_MN_WRITE_CONFIG");
  EXPECT_EQ(name_of_minor_function(0x16, 2), "IRP_MN_SET_POWER");
  EXPECT_EQ(name_of_minor_function(0x0e, 0), "");
}

TEST(Names, ValuesAndNamesAreInverse) {
  EXPECT_EQ(name_of(NameSet::ntstatus, 0xc0000022), "STATUS_ACCESS_DENIED");
  EXPECT_EQ(value_of(NameSet::ntstatus, "STATUS_INVALID_PARAMETER"), 0xc000000du);
  EXPECT_EQ(name_of(NameSet::msr, 0xc0000082), "IA32_LSTAR");
  EXPECT_EQ(name_of(NameSet::io_port, 0xcf8), "PCI_CONFIG_ADDRESS");
  EXPECT_EQ(name_of(NameSet::pool_type, 512), "NonPagedPoolNx");
  EXPECT_EQ(value_of(NameSet::page_priority, "MdlMappingNoExecute"), 0x40000000u);
  EXPECT_EQ(value_of(NameSet::device_characteristics, "FILE_DEVICE_SECURE_OPEN"), 0x100u);
  EXPECT_EQ(value_of(NameSet::pool_type, "NoSuchPool"), std::nullopt);
}

TEST(Names, EveryNameOfASetIsFoundByItsName) {
  for (const NameSet set :
       {NameSet::ioctl, NameSet::ntstatus, NameSet::msr, NameSet::process_access, NameSet::mdl_flags}) {
    std::uint64_t previous = 0;
    for (const NamedValue &row : values_of(set)) {
      EXPECT_EQ(value_of(set, row.name.view()), row.value) << row.name.view();
      EXPECT_LE(previous, row.value);
      previous = row.value;
    }
  }
}

TEST(Names, FlagsAreSpelledOut) {
  EXPECT_EQ(flags_text(NameSet::process_access, 0x1), "PROCESS_TERMINATE");
  EXPECT_EQ(flags_text(NameSet::process_access, 0x30), "PROCESS_VM_READ | PROCESS_VM_WRITE");
  EXPECT_EQ(flags_text(NameSet::process_access, 0x1fffff), "PROCESS_ALL_ACCESS");
  EXPECT_EQ(flags_text(NameSet::process_access, 0x80000001), "PROCESS_TERMINATE | 0x80000000");
  EXPECT_EQ(flags_text(NameSet::process_access, 0), "0x0");
}

TEST(Names, TheLongestRegistryRootWins) {
  const RegistryRoot *root =
      find_registry_root("\\registry\\MACHINE\\System\\CurrentControlSet\\Services\\Some\\Parameters");
  ASSERT_NE(root, nullptr);
  EXPECT_EQ(root->path.view(), "\\Registry\\Machine\\System\\CurrentControlSet\\Services");
  EXPECT_EQ(find_registry_root("\\Registry\\MachineX"), nullptr);
  EXPECT_EQ(find_registry_root(""), nullptr);
}

TEST(Wdf, IndexesNeverMove) {
  EXPECT_EQ(wdf_function_name(WdfKind::kmdf, 67), "WdfDeviceInitAssignName");
  EXPECT_EQ(wdf_function_name(WdfKind::kmdf, 68), "WdfDeviceInitAssignSDDLString");
  EXPECT_EQ(wdf_function_name(WdfKind::kmdf, 75), "WdfDeviceCreate");
  EXPECT_EQ(wdf_function_name(WdfKind::kmdf, 116), "WdfDriverCreate");
  EXPECT_EQ(wdf_function_name(WdfKind::kmdf, 152), "WdfIoQueueCreate");
  EXPECT_EQ(wdf_function_name(WdfKind::kmdf, 194), "WdfMemoryGetBuffer");
  EXPECT_EQ(wdf_function_name(WdfKind::kmdf, 269), "WdfRequestRetrieveInputBuffer");
  EXPECT_EQ(wdf_function_name(WdfKind::kmdf, 270), "WdfRequestRetrieveOutputBuffer");
  EXPECT_EQ(wdf_function_name(WdfKind::kmdf, 273), "WdfRequestRetrieveUnsafeUserInputBuffer");
  EXPECT_EQ(wdf_function_name(WdfKind::kmdf, 278), "WdfRequestProbeAndLockUserBufferForRead");
  EXPECT_EQ(wdf_function_name(WdfKind::umdf, 25), "WdfDeviceCreate");
  EXPECT_EQ(wdf_function_count(WdfKind::kmdf), 458u);
  EXPECT_EQ(wdf_function_count(WdfKind::umdf), 273u);
  EXPECT_EQ(wdf_function_name(WdfKind::kmdf, 458), "");
}

TEST(Wdf, EveryFunctionHasAModelWithTheGlobalsFirst) {
  for (const WdfKind kind : {WdfKind::kmdf, WdfKind::umdf})
    for (std::uint32_t i = 0; i < wdf_function_count(kind); ++i) {
      const Api *model = find_wdf_api(kind, i);
      ASSERT_NE(model, nullptr) << wdf_function_name(kind, i);
      ASSERT_GE(model->parameter_count, 1);
      EXPECT_EQ(model->parameters()[0].name.view(), "DriverGlobals") << model->name.view();
      EXPECT_EQ(wdf_function_index(kind, model->name.view()), i);
      EXPECT_EQ(kind == WdfKind::kmdf ? model->kmdf_index : model->umdf_index, i);
    }
  EXPECT_EQ(find_wdf_api(WdfKind::kmdf, 100000), nullptr);
}

TEST(Wdf, QueueCreationCarriesTheCallbackTable) {
  const Api *create = find_wdf_api(WdfKind::kmdf, 152);
  ASSERT_NE(create, nullptr);
  EXPECT_EQ(create->handle.view(), "WDFQUEUE");
  EXPECT_EQ(create->parameters()[2].type.structure.view(), "WDF_IO_QUEUE_CONFIG");
  EXPECT_EQ(create->x86_callee_pops, 20);
  const Effect *callback = create->find_effect(Verb::register_callback);
  ASSERT_NE(callback, nullptr);
  EXPECT_EQ(callback->role, CallbackRole::wdf_queue);
}

} // namespace
} // namespace ringfence::kernel
