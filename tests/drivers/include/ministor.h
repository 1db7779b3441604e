// Storport declarations for a virtual miniport, from the public documentation.
#ifndef RINGFENCE_MINISTOR_H
#define RINGFENCE_MINISTOR_H
#include "miniwdk.h"

typedef struct _SCSI_REQUEST_BLOCK {
    USHORT Length; UCHAR Function, SrbStatus, ScsiStatus, PathId, TargetId, Lun, QueueTag, QueueAction, CdbLength, SenseInfoBufferLength;
    ULONG SrbFlags, DataTransferLength, TimeOutValue; PVOID DataBuffer, SenseInfoBuffer; struct _SCSI_REQUEST_BLOCK *NextSrb; PVOID OriginalRequest, SrbExtension;
    ULONG InternalStatus; UCHAR Cdb[16];
} SCSI_REQUEST_BLOCK, *PSCSI_REQUEST_BLOCK;
typedef struct _SRB_IO_CONTROL { ULONG HeaderLength; UCHAR Signature[8]; ULONG Timeout, ControlCode, ReturnCode, Length; } SRB_IO_CONTROL;
typedef struct _HW_INITIALIZATION_DATA {
    ULONG HwInitializationDataSize, AdapterInterfaceType; PVOID HwInitialize, HwStartIo, HwInterrupt, HwFindAdapter, HwResetBus, HwDmaStarted, HwAdapterState;
    ULONG DeviceExtensionSize, SpecificLuExtensionSize, SrbExtensionSize, NumberOfAccessRanges; PVOID Reserved; UCHAR MapBuffers; BOOLEAN NeedPhysicalAddresses,
        TaggedQueuing, AutoRequestSense, MultipleRequestPerLu, ReceiveEvent; USHORT VendorIdLength; PVOID VendorId; USHORT PortVersionFlags, DeviceIdLength;
    PVOID DeviceId, HwAdapterControl, HwBuildIo, HwFreeAdapterResources, HwProcessServiceRequest, HwCompleteServiceIrp, HwInitializeTracing, HwCleanupTracing,
        HwTracingEnabled; ULONG FeatureSupport, SrbTypeFlags, AddressTypeFlags, Reserved1; PVOID HwUnitControl;
} HW_INITIALIZATION_DATA;
typedef struct _STORAGE_REQUEST_BLOCK {
    USHORT Length; UCHAR Function, SrbStatus, ReservedUchar1[4]; ULONG Signature, Version, SrbLength, SrbFunction, SrbFlags, ReservedUlong1, RequestTag;
    USHORT RequestPriority, RequestAttribute; ULONG TimeOutValue, SystemStatus, ZeroGuard1, AddressOffset, NumSrbExData, DataTransferLength; PVOID DataBuffer, ZeroGuard2;
} STORAGE_REQUEST_BLOCK;
#define SRB_FUNCTION_IO_CONTROL 2
#define SRB_FUNCTION_STORAGE_REQUEST_BLOCK 0x28
#define SRB_STATUS_SUCCESS 1
#define SRB_STATUS_INVALID_REQUEST 6

// module STORPORT.SYS
RF_IMPORT ULONG NTAPI StorPortInitialize(PVOID, PVOID, HW_INITIALIZATION_DATA *, PVOID);
RF_IMPORT VOID __cdecl StorPortNotification(ULONG, PVOID, ...);
RF_IMPORT ULONG __cdecl StorPortExtendedFunction(ULONG, PVOID, ...);

// A virtual miniport: RF_STORPORT_DRIVER(start_io, build_io or NULL, service or NULL, SrbTypeFlags).
#define RF_STORPORT_DRIVER(start, build, service_irp, srb_types)                                                                   \
    static BOOLEAN NTAPI initialize(PVOID extension) { UNREFERENCED_PARAMETER(extension); return TRUE; }                           \
    static ULONG NTAPI find_adapter(PVOID extension, PVOID context, PVOID bus, PCSTR arguments, PVOID configuration, PBOOLEAN again) { \
        UNREFERENCED_PARAMETER(extension); UNREFERENCED_PARAMETER(context); UNREFERENCED_PARAMETER(bus);                           \
        UNREFERENCED_PARAMETER(arguments); UNREFERENCED_PARAMETER(configuration);                                                  \
        *again = FALSE;                                                                                                            \
        return 1;                                                                                                                  \
    }                                                                                                                              \
    CODE_SEG("INIT") NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registry_path) {                            \
        HW_INITIALIZATION_DATA data;                                                                                               \
        memset(&data, 0, sizeof(data));                                                                                            \
        data.HwInitializationDataSize = sizeof(data);                                                                              \
        data.AdapterInterfaceType = PCIBus;                                                                                        \
        data.HwInitialize = (PVOID)initialize;                                                                                     \
        data.HwFindAdapter = (PVOID)find_adapter;                                                                                  \
        data.HwStartIo = (PVOID)start;                                                                                             \
        data.HwBuildIo = (PVOID)build;                                                                                             \
        data.HwProcessServiceRequest = (PVOID)service_irp;                                                                         \
        data.SrbTypeFlags = srb_types;                                                                                             \
        data.DeviceExtensionSize = 64;                                                                                             \
        data.MapBuffers = 1;                                                                                                       \
        return (NTSTATUS)StorPortInitialize(driver, registry_path, &data, NULL);                                                   \
    }
RF_OFFSET(SCSI_REQUEST_BLOCK, DataBuffer, 0x18, 0x18);
RF_OFFSET(STORAGE_REQUEST_BLOCK, SrbFunction, 0x14, 0x14);
RF_OFFSET(STORAGE_REQUEST_BLOCK, DataBuffer, 0x40, 0x40);
RF_OFFSET(HW_INITIALIZATION_DATA, SrbTypeFlags, 0xbc, 0x70);
#endif
