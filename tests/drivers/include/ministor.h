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
    PVOID DeviceId, HwAdapterControl, HwBuildIo, HwFreeAdapterResources, HwProcessServiceRequest, HwCompleteServiceIrp, HwInitializeTracing, HwCleanupTracing;
} HW_INITIALIZATION_DATA;
#define SRB_FUNCTION_IO_CONTROL 2
#define SRB_STATUS_SUCCESS 1
#define SRB_STATUS_INVALID_REQUEST 6

// module STORPORT.SYS
RF_IMPORT ULONG NTAPI StorPortInitialize(PVOID, PVOID, HW_INITIALIZATION_DATA *, PVOID);
RF_IMPORT VOID __cdecl StorPortNotification(ULONG, PVOID, ...);
RF_OFFSET(SCSI_REQUEST_BLOCK, DataBuffer, 0x18, 0x18);
#endif
