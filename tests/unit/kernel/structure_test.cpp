// Layouts against offsets that are documented or visible in any debugger, for both word sizes.
#include <ringfence/kernel/layouts.h>
#include <ringfence/kernel/structure.h>

#include <gtest/gtest.h>

namespace ringfence::kernel {
namespace {

struct Known {
  const char *structure;
  const char *field;
  std::uint32_t x64;
  std::uint32_t x86;
};

class KnownOffset : public testing::TestWithParam<Known> {};

TEST_P(KnownOffset, IsTheOneDriversUse) {
  const Known &known = GetParam();
  EXPECT_EQ(field_offset(known.structure, known.field, WordSize::bits64), known.x64) << known.field;
  EXPECT_EQ(field_offset(known.structure, known.field, WordSize::bits32), known.x86) << known.field;
}

INSTANTIATE_TEST_SUITE_P(
    Io, KnownOffset,
    testing::Values(
        Known{"IRP", "MdlAddress", 0x08, 0x04}, Known{"IRP", "AssociatedIrp.SystemBuffer", 0x18, 0x0c},
        Known{"IRP", "IoStatus.Status", 0x30, 0x18}, Known{"IRP", "IoStatus.Information", 0x38, 0x1c},
        Known{"IRP", "RequestorMode", 0x40, 0x20}, Known{"IRP", "StackCount", 0x42, 0x22},
        Known{"IRP", "CurrentLocation", 0x43, 0x23}, Known{"IRP", "CancelRoutine", 0x68, 0x38},
        Known{"IRP", "UserBuffer", 0x70, 0x3c}, Known{"IRP", "Tail.Overlay.Thread", 0x98, 0x50},
        Known{"IRP", "Tail.Overlay.CurrentStackLocation", 0xb8, 0x60},
        Known{"IO_STACK_LOCATION", "MinorFunction", 0x01, 0x01}, Known{"IO_STACK_LOCATION", "Control", 0x03, 0x03},
        Known{"IO_STACK_LOCATION", "Parameters.DeviceIoControl.OutputBufferLength", 0x08, 0x04},
        Known{"IO_STACK_LOCATION", "Parameters.DeviceIoControl.InputBufferLength", 0x10, 0x08},
        Known{"IO_STACK_LOCATION", "Parameters.DeviceIoControl.IoControlCode", 0x18, 0x0c},
        Known{"IO_STACK_LOCATION", "Parameters.DeviceIoControl.Type3InputBuffer", 0x20, 0x10},
        Known{"IO_STACK_LOCATION", "Parameters.Write.ByteOffset", 0x18, 0x0c},
        Known{"IO_STACK_LOCATION", "Parameters.Create.EaLength", 0x20, 0x10},
        Known{"IO_STACK_LOCATION", "DeviceObject", 0x28, 0x14}, Known{"IO_STACK_LOCATION", "FileObject", 0x30, 0x18},
        Known{"IO_STACK_LOCATION", "CompletionRoutine", 0x38, 0x1c},
        Known{"DRIVER_OBJECT", "DriverExtension", 0x30, 0x18}, Known{"DRIVER_OBJECT", "FastIoDispatch", 0x50, 0x28},
        Known{"DRIVER_OBJECT", "DriverUnload", 0x68, 0x34}, Known{"DRIVER_OBJECT", "MajorFunction", 0x70, 0x38},
        Known{"DRIVER_EXTENSION", "AddDevice", 0x08, 0x04}, Known{"DEVICE_OBJECT", "Flags", 0x30, 0x1c},
        Known{"DEVICE_OBJECT", "DeviceExtension", 0x40, 0x28}, Known{"DEVICE_OBJECT", "StackSize", 0x4c, 0x30},
        Known{"FILE_OBJECT", "FsContext", 0x18, 0x0c}, Known{"FILE_OBJECT", "FsContext2", 0x20, 0x10},
        Known{"FILE_OBJECT", "FileName", 0x58, 0x30}, Known{"MDL", "MdlFlags", 0x0a, 0x06},
        Known{"MDL", "MappedSystemVa", 0x18, 0x0c}, Known{"MDL", "StartVa", 0x20, 0x10},
        Known{"MDL", "ByteCount", 0x28, 0x14}, Known{"MDL", "ByteOffset", 0x2c, 0x18},
        Known{"UNICODE_STRING", "Buffer", 0x08, 0x04}, Known{"OBJECT_ATTRIBUTES", "ObjectName", 0x10, 0x08},
        Known{"CLIENT_ID", "UniqueThread", 0x08, 0x04}, Known{"KDPC", "DeferredRoutine", 0x18, 0x0c},
        Known{"RTL_QUERY_REGISTRY_TABLE", "EntryContext", 0x18, 0x0c},
        Known{"KEY_VALUE_PARTIAL_INFORMATION", "Data", 0x0c, 0x0c}, Known{"SECURITY_DESCRIPTOR", "Dacl", 0x20, 0x10},
        Known{"ACCESS_ALLOWED_ACE", "SidStart", 0x08, 0x08},
        Known{"FAST_IO_DISPATCH", "FastIoDeviceControl", 0x50, 0x28},
        Known{"WORK_QUEUE_ITEM", "WorkerRoutine", 0x10, 0x08}));

INSTANTIATE_TEST_SUITE_P(Frameworks, KnownOffset,
                         testing::Values(Known{"WDF_BIND_INFO", "Version", 0x10, 0x08},
                                         Known{"WDF_BIND_INFO", "FuncCount", 0x1c, 0x14},
                                         Known{"WDF_BIND_INFO", "FuncTable", 0x20, 0x18},
                                         Known{"WDF_IO_QUEUE_CONFIG", "EvtIoDeviceControl", 0x28, 0x1c},
                                         Known{"WDF_DRIVER_CONFIG", "EvtDriverDeviceAdd", 0x08, 0x04},
                                         Known{"WDF_OBJECT_ATTRIBUTES", "ContextTypeInfo", 0x30, 0x1c},
                                         Known{"FLT_REGISTRATION", "OperationRegistration", 0x10, 0x0c},
                                         Known{"FLT_OPERATION_REGISTRATION", "PreOperation", 0x08, 0x08},
                                         Known{"FLT_CALLBACK_DATA", "Iopb", 0x10, 0x08},
                                         Known{"NDIS_DEVICE_OBJECT_ATTRIBUTES", "MajorFunctions", 0x18, 0x0c},
                                         Known{"HW_INITIALIZATION_DATA", "HwFindAdapter", 0x20, 0x14}));

TEST(Structure, SizesThatDriversAllocate) {
  const auto expect = [](const char *name, std::uint32_t x64, std::uint32_t x86) {
    const Structure *layout = find_structure(name);
    ASSERT_NE(layout, nullptr) << name;
    EXPECT_EQ(layout->bytes.x64, x64) << name;
    EXPECT_EQ(layout->bytes.x86, x86) << name;
  };
  expect("IRP", 0xd0, 0x70);
  expect("IO_STACK_LOCATION", 0x48, 0x24);
  expect("DRIVER_OBJECT", 0x150, 0xa8);
  expect("DEVICE_OBJECT", 0x150, 0xb8);
  expect("KEVENT", 0x18, 0x10);
  expect("KDPC", 0x40, 0x20);
  expect("KTIMER", 0x40, 0x28);
  expect("LIST_ENTRY", 0x10, 0x08);
  expect("MDL", 0x30, 0x1c);
  expect("IMAGE_SECTION_HEADER", 0x28, 0x28);
  expect("FLT_OPERATION_REGISTRATION", 0x20, 0x14);
  expect("WDF_DRIVER_CONFIG", 0x20, 0x14);
  expect("WDF_OBJECT_ATTRIBUTES", 0x38, 0x20);
  expect("WDF_IO_QUEUE_CONFIG", 0x60, 0x38);
}

TEST(Structure, EveryFieldLiesInsideItsStructure) {
  for (const Structure &layout : all_structures())
    for (const Field &field : layout.fields())
      for (const WordSize word : {WordSize::bits32, WordSize::bits64})
        EXPECT_LE(field.offset.at(word) + field.bytes.at(word) * field.count, layout.bytes.at(word))
            << layout.name.view() << '.' << field.path.view();
}

TEST(Structure, ConstantsAreUsableAtCompileTime) {
  static_assert(layout::IRP::UserBuffer.at(WordSize::bits64) == 0x70);
  static_assert(layout::IO_STACK_LOCATION::Parameters_DeviceIoControl_IoControlCode.at(WordSize::bits32) == 0x0c);
  static_assert(layout::DRIVER_OBJECT::structure_size.x86 == 0xa8);
  EXPECT_EQ(layout::IRP::UserBuffer.x64, *field_offset("IRP", "UserBuffer", WordSize::bits64));
}

TEST(Structure, FieldAtFindsTheInnermost) {
  const Structure *irp = find_structure("IRP");
  ASSERT_NE(irp, nullptr);
  const Field *field = irp->field_at(0x38, WordSize::bits64);
  ASSERT_NE(field, nullptr);
  EXPECT_EQ(field->path.view(), "IoStatus.Information");
  EXPECT_EQ(irp->field_at(0x1000, WordSize::bits64), nullptr);
}

TEST(Structure, OpaqueObjectsHaveNoLayout) {
  EXPECT_TRUE(is_opaque("EPROCESS"));
  EXPECT_EQ(find_structure("EPROCESS"), nullptr);
  EXPECT_FALSE(is_opaque("IRP"));
  EXPECT_EQ(field_offset("IRP", "NoSuchField", WordSize::bits64), std::nullopt);
}

} // namespace
} // namespace ringfence::kernel
