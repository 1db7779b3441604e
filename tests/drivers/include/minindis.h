// NDIS declarations for a miniport with a control device, from the public documentation.
#ifndef RINGFENCE_MININDIS_H
#define RINGFENCE_MININDIS_H
#include "scaffold.h"

typedef PVOID NDIS_HANDLE;
typedef struct _NDIS_OBJECT_HEADER { UCHAR Type, Revision; USHORT Size; } NDIS_OBJECT_HEADER;
typedef struct _NDIS_DEVICE_OBJECT_ATTRIBUTES {
    NDIS_OBJECT_HEADER Header; PUNICODE_STRING DeviceName, SymbolicName; PDRIVER_DISPATCH *MajorFunctions; ULONG ExtensionSize;
    PCUNICODE_STRING DefaultSDDLString; const GUID *DeviceClassGuid;
} NDIS_DEVICE_OBJECT_ATTRIBUTES;
typedef struct _NDIS_MINIPORT_DRIVER_CHARACTERISTICS {
    NDIS_OBJECT_HEADER Header; UCHAR MajorNdisVersion, MinorNdisVersion, MajorDriverVersion, MinorDriverVersion; ULONG Flags;
    PVOID SetOptionsHandler, InitializeHandlerEx, HaltHandlerEx, UnloadHandler, PauseHandler, RestartHandler, OidRequestHandler, SendNetBufferListsHandler,
        ReturnNetBufferListsHandler, CancelSendHandler, CheckForHangHandlerEx, ResetHandlerEx, DevicePnPEventNotifyHandler, ShutdownHandlerEx,
        CancelOidRequestHandler;
} NDIS_MINIPORT_DRIVER_CHARACTERISTICS;
typedef struct _NDIS_OID_REQUEST {
    NDIS_OBJECT_HEADER Header; ULONG RequestType, PortNumber, Timeout; PVOID RequestId, RequestHandle;
    struct { ULONG Oid; PVOID InformationBuffer; ULONG InformationBufferLength, BytesWritten, BytesNeeded; } DATA;
} NDIS_OID_REQUEST;
typedef struct _NDIS_MINIPORT_CHARACTERISTICS { // of NDIS 3 to 5
    UCHAR MajorNdisVersion, MinorNdisVersion; USHORT Filler; ULONG Reserved;
    PVOID CheckForHangHandler, DisableInterruptHandler, EnableInterruptHandler, HaltHandler, HandleInterruptHandler, InitializeHandler, ISRHandler,
        QueryInformationHandler, ReconfigureHandler, ResetHandler, SendHandler, SetInformationHandler, TransferDataHandler;
} NDIS_MINIPORT_CHARACTERISTICS;

// module NDIS.SYS
RF_IMPORT VOID NTAPI NdisInitializeWrapper(NDIS_HANDLE *, PVOID, PVOID, PVOID);
RF_IMPORT NTSTATUS NTAPI NdisMRegisterMiniport(NDIS_HANDLE, NDIS_MINIPORT_CHARACTERISTICS *, ULONG);
RF_IMPORT NTSTATUS NTAPI NdisMRegisterMiniportDriver(PDRIVER_OBJECT, PUNICODE_STRING, NDIS_HANDLE, NDIS_MINIPORT_DRIVER_CHARACTERISTICS *, NDIS_HANDLE *);
RF_IMPORT VOID NTAPI NdisMDeregisterMiniportDriver(NDIS_HANDLE);
RF_IMPORT NTSTATUS NTAPI NdisRegisterDeviceEx(NDIS_HANDLE, NDIS_DEVICE_OBJECT_ATTRIBUTES *, PDEVICE_OBJECT *, NDIS_HANDLE *);
RF_IMPORT VOID NTAPI NdisDeregisterDeviceEx(NDIS_HANDLE);
RF_IMPORT NTSTATUS NTAPI NdisMRegisterDevice(NDIS_HANDLE, PUNICODE_STRING, PUNICODE_STRING, PDRIVER_DISPATCH *, PDEVICE_OBJECT *, NDIS_HANDLE *);
RF_OFFSET(NDIS_MINIPORT_CHARACTERISTICS, SetInformationHandler, 0x60, 0x34);
RF_SIZE(NDIS_DEVICE_OBJECT_ATTRIBUTES, 0x38, 0x1c);
RF_OFFSET(NDIS_OID_REQUEST, DATA.InformationBuffer, 0x28, 0x1c);
#endif
