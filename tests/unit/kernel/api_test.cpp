// The API tables as an interpreter reads them.
#include <ringfence/kernel/api.h>
#include <ringfence/kernel/structure.h>

#include <gtest/gtest.h>

#include <array>

namespace ringfence::kernel {
namespace {

const Api &api(std::string_view name) {
  const Api *found = find_api(name);
  EXPECT_NE(found, nullptr) << name;
  return found ? *found : all_apis().front();
}

TEST(Api, TablesAreSortedAndRangesAreInBounds) {
  const auto all = all_apis();
  ASSERT_GT(all.size(), 2500u);
  for (std::size_t i = 1; i < all.size(); ++i)
    EXPECT_LT(all[i - 1].name.view(), all[i].name.view());
  for (const Api &entry : all) {
    EXPECT_FALSE(entry.modules().empty()) << entry.name.view();
    for (const Effect &effect : entry.effects())
      for (const EffectOperand &operand : effect.operands())
        if (const AccessPath *path = operand.operand().path(); path && path->root == PathRoot::argument) {
          EXPECT_LT(path->index, entry.parameter_count) << entry.name.view();
        }
  }
}

TEST(Api, MmMapIoSpaceIsASinkAndAMapping) {
  const Api &map = api("MmMapIoSpace");
  ASSERT_EQ(map.parameter_count, 3);
  EXPECT_EQ(map.parameters()[0].name.view(), "PhysicalAddress");
  EXPECT_EQ(map.parameters()[0].type.type, TypeClass::large_integer);
  EXPECT_EQ(map.parameters()[1].x86_place, 8) << "the physical address takes two slots";
  EXPECT_EQ(map.x86_stack_bytes, 16);
  EXPECT_EQ(map.danger, Danger::physical_memory);
  const Effect *sink = map.find_effect(Verb::sink);
  ASSERT_NE(sink, nullptr);
  EXPECT_EQ(word_of(sink->kind), "physical-memory-map");
  const AccessPath *at = sink->find(Key::at)->path();
  ASSERT_NE(at, nullptr);
  EXPECT_EQ(at->index, 0);
  EXPECT_EQ(at->dereferences, 0);
  EXPECT_EQ(at->width, (PerWord{8, 8}));
  EXPECT_EQ(sink->find(Key::object), nullptr);
}

TEST(Api, PathsCarryTheOffsetsOfBothWordSizes) {
  const Effect *sink = api("ZwOpenProcess").find_effect(Verb::sink);
  ASSERT_NE(sink, nullptr);
  EXPECT_EQ(sink->find(Key::at)->text.view(), "Argument*[3].UniqueProcess");
  const Effect *open = api("ZwCreateFile").find_effect(Verb::open);
  ASSERT_NE(open, nullptr);
  const AccessPath *name = open->find(Key::name)->path();
  ASSERT_NE(name, nullptr);
  EXPECT_EQ(name->dereferences, 1);
  EXPECT_EQ(name->offsets[0], (PerWord{0x10, 0x08})) << "OBJECT_ATTRIBUTES.ObjectName";
  EXPECT_EQ(name->width, (PerWord{8, 4}));
}

TEST(Api, TextLengthsArePartOfOperands) {
  const auto effects = api("RtlInitUnicodeString").effects();
  ASSERT_EQ(effects.size(), 3u);
  const Operand *maximum = effects[1].find(Key::value);
  ASSERT_NE(maximum, nullptr);
  EXPECT_EQ(maximum->kind, OperandKind::wide_text_length);
  EXPECT_EQ(maximum->scale, 2u);
  EXPECT_EQ(maximum->added.at(WordSize::bits64), 2);
  EXPECT_EQ(effects[0].when, When::always);
}

TEST(Api, FastcallArgumentsAreInRegisters) {
  const Api &complete = api("IofCompleteRequest");
  EXPECT_EQ(complete.convention, CallingConvention::fastcall_call);
  EXPECT_EQ(complete.parameters()[0].x86_place, Parameter::in_ecx);
  EXPECT_EQ(complete.parameters()[1].x86_place, Parameter::in_edx);
  EXPECT_EQ(complete.x86_callee_pops, 0);
  const Api &exchange = api("InterlockedCompareExchange");
  EXPECT_EQ(exchange.x86_stack_bytes, 4);
  EXPECT_EQ(exchange.x86_callee_pops, 4);
}

TEST(Api, StackBytesMatchTheDecoratedNames) {
  struct Decorated {
    const char *name;
    std::uint16_t bytes;
  };
  constexpr std::array<Decorated, 14> known = {{{"IoCreateDevice", 28},
                                                {"ZwCreateFile", 44},
                                                {"MmMapLockedPagesSpecifyCache", 24},
                                                {"ObReferenceObjectByHandle", 24},
                                                {"IoBuildDeviceIoControlRequest", 36},
                                                {"KeWaitForSingleObject", 20},
                                                {"ZwMapViewOfSection", 40},
                                                {"HalTranslateBusAddress", 24},
                                                {"KeDelayExecutionThread", 12},
                                                {"PsCreateSystemThread", 28},
                                                {"KeSetTimerEx", 20},
                                                {"RtlQueryRegistryValues", 20},
                                                {"IoConnectInterrupt", 44},
                                                {"READ_PORT_BUFFER_UCHAR", 12}}};
  for (const Decorated &entry : known)
    EXPECT_EQ(api(entry.name).x86_callee_pops, entry.bytes) << entry.name;
}

TEST(Api, VariadicFunctionsLeaveTheStackToTheCaller) {
  const Api &print = api("DbgPrint");
  EXPECT_TRUE(print.variadic);
  EXPECT_EQ(print.convention, CallingConvention::cdecl_call);
  EXPECT_EQ(print.x86_callee_pops, 0);
  const AccessPath *arguments = print.find_effect(Verb::format)->find(Key::arguments)->path();
  ASSERT_NE(arguments, nullptr);
  EXPECT_EQ(arguments->root, PathRoot::varargs);
  EXPECT_EQ(arguments->index, 1);
}

TEST(Api, DecoratedNamesAreFound) {
  EXPECT_EQ(find_api("_USBD_ParseConfigurationDescriptorEx@28"), find_api("USBD_ParseConfigurationDescriptorEx"));
  EXPECT_EQ(find_api("@IofCompleteRequest@8"), find_api("IofCompleteRequest"));
  EXPECT_NE(find_api("_snprintf"), nullptr) << "an underscore that belongs to the name stays";
  EXPECT_EQ(find_api("NoSuchRoutine"), nullptr);
  EXPECT_EQ(find_api(""), nullptr);
  EXPECT_EQ(find_api("@"), nullptr);
}

TEST(Api, CallbacksHaveRolesWithSignatures) {
  const Effect *thread = api("PsCreateSystemThread").find_effect(Verb::register_callback);
  ASSERT_NE(thread, nullptr);
  EXPECT_EQ(thread->role, CallbackRole::system_thread);
  const RoleSignature &role = signature_of(thread->role);
  ASSERT_EQ(role.parameter_count, 1);
  EXPECT_EQ(role.parameters()[0].name.view(), "StartContext");
  const Effect *broadcast = api("KeIpiGenericCall").find_effect(Verb::call);
  ASSERT_NE(broadcast, nullptr) << "the callback runs before the call returns";
  EXPECT_EQ(broadcast->role, CallbackRole::ipi);
  EXPECT_EQ(signature_of(CallbackRole::dispatch).parameters()[1].type.structure.view(), "IRP");
}

TEST(Api, EveryFamilyOfTheFirstListHasEffects) {
  constexpr std::array<const char *, 60> first = {"MmMapIoSpace",
                                                  "MmMapIoSpaceEx",
                                                  "MmUnmapIoSpace",
                                                  "MmCopyMemory",
                                                  "MmGetPhysicalAddress",
                                                  "ZwOpenSection",
                                                  "ZwMapViewOfSection",
                                                  "HalTranslateBusAddress",
                                                  "HalGetBusDataByOffset",
                                                  "HalSetBusData",
                                                  "IoAllocateMdl",
                                                  "IoFreeMdl",
                                                  "MmBuildMdlForNonPagedPool",
                                                  "MmProbeAndLockPages",
                                                  "MmMapLockedPages",
                                                  "MmAllocatePagesForMdlEx",
                                                  "READ_PORT_UCHAR",
                                                  "WRITE_PORT_BUFFER_ULONG",
                                                  "WRITE_REGISTER_ULONG",
                                                  "ZwOpenProcess",
                                                  "PsLookupProcessByProcessId",
                                                  "ObOpenObjectByPointer",
                                                  "ZwTerminateProcess",
                                                  "KeStackAttachProcess",
                                                  "MmCopyVirtualMemory",
                                                  "ZwProtectVirtualMemory",
                                                  "ZwDuplicateObject",
                                                  "ZwClose",
                                                  "KeInsertQueueApc",
                                                  "ZwCreateFile",
                                                  "IoCreateFile",
                                                  "ZwDeleteFile",
                                                  "ZwSetValueKey",
                                                  "RtlWriteRegistryValue",
                                                  "RtlQueryRegistryValues",
                                                  "ZwLoadDriver",
                                                  "ZwSetSystemInformation",
                                                  "MmGetSystemRoutineAddress",
                                                  "FltGetRoutineAddress",
                                                  "IoCreateDevice",
                                                  "IoCreateUnprotectedSymbolicLink",
                                                  "IoRegisterDeviceInterface",
                                                  "IoAttachDeviceToDeviceStack",
                                                  "IofCallDriver",
                                                  "IofCompleteRequest",
                                                  "IoStartPacket",
                                                  "IoValidateDeviceIoControlAccess",
                                                  "IoIs32bitProcess",
                                                  "ProbeForWrite",
                                                  "MmSecureVirtualMemory",
                                                  "ExGetPreviousMode",
                                                  "SeAccessCheck",
                                                  "RtlEqualSid",
                                                  "memcpy",
                                                  "RtlCopyUnicodeString",
                                                  "ExAllocatePool2",
                                                  "KeIpiGenericCall",
                                                  "NdisRegisterDeviceEx",
                                                  "FltCreateCommunicationPort",
                                                  "WmiSystemControl"};
  for (const char *name : first)
    EXPECT_EQ(api(name).knowledge, Knowledge::effects) << name;
}

TEST(Api, PoolAndProtectionArgumentsAreNamedForMemoryIntegrity) {
  const auto judged = [](std::string_view name, Kind kind) {
    for (const Effect &effect : api(name).effects())
      if (effect.verb == Verb::integrity && effect.kind == kind)
        return static_cast<int>(effect.find(Key::at)->path()->index);
    return -1;
  };
  EXPECT_EQ(judged("ExAllocatePoolWithTag", Kind::pool_type), 0);
  EXPECT_EQ(judged("ExAllocatePool2", Kind::pool_flags), 0);
  EXPECT_EQ(judged("ZwMapViewOfSection", Kind::page_protection), 9);
  EXPECT_EQ(judged("MmMapLockedPagesSpecifyCache", Kind::mdl_priority), 5);
  EXPECT_EQ(judged("WdfMemoryCreate", Kind::pool_type), 2);
}

TEST(Api, BannedAndDeprecatedNameTheirReplacement) {
  EXPECT_EQ(api("ExAllocatePoolWithTag").lifecycle, Lifecycle::deprecated);
  EXPECT_EQ(api("ExAllocatePoolWithTag").replacement.view(), "ExAllocatePool2");
  EXPECT_EQ(api("sprintf").lifecycle, Lifecycle::banned);
  for (const Api &entry : all_apis()) {
    if (entry.lifecycle == Lifecycle::banned) {
      EXPECT_FALSE(entry.replacement.empty()) << entry.name.view();
    }
  }
}

TEST(Api, DataExportsAreNotRoutines) {
  const DataExport *type = find_data_export("PsProcessType");
  ASSERT_NE(type, nullptr);
  EXPECT_EQ(type->type.structure.view(), "OBJECT_TYPE");
  EXPECT_FALSE(type->has_value);
  const DataExport *limit = find_data_export("MmHighestUserAddress");
  ASSERT_NE(limit, nullptr);
  EXPECT_TRUE(limit->has_value);
  EXPECT_EQ(limit->value_x86, 0x7ffeffffu);
  EXPECT_EQ(find_api("PsProcessType"), nullptr);
  EXPECT_EQ(find_data_export("ZwClose"), nullptr);
}

TEST(Api, ForgedHandlesAndObjectsAreSinks) {
  const auto sink_of = [](std::string_view name) {
    const Effect *sink = api(name).find_effect(Verb::sink);
    return sink ? word_of(sink->kind) : std::string_view{};
  };
  for (const char *name : {"ZwClose", "ObfDereferenceObject", "ExFreePoolWithTag", "IoFreeMdl", "WdfObjectDelete"})
    EXPECT_EQ(sink_of(name), "handle-misuse") << name;
  EXPECT_EQ(sink_of("IofCallDriver"), "arbitrary-call");
  EXPECT_EQ(sink_of("KeIpiGenericCall"), "arbitrary-call");
}

TEST(Api, AllocationsSayTheirSize) {
  for (const char *name : {"ExAllocatePoolWithTag", "MmAllocateContiguousMemory", "FltAllocateContext"}) {
    const Effect *effect = api(name).find_effect(Verb::allocate);
    ASSERT_NE(effect, nullptr) << name;
    EXPECT_NE(effect->find(Key::size), nullptr) << name;
    EXPECT_NE(effect->find(Key::result), nullptr) << name;
  }
}

} // namespace
} // namespace ringfence::kernel
