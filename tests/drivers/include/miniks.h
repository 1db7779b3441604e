// Kernel streaming, WMI library, WFP and Winsock kernel declarations, from the public documentation.
#ifndef RINGFENCE_MINIKS_H
#define RINGFENCE_MINIKS_H
#include "scaffold.h"

typedef NTSTATUS(NTAPI *PFNKSHANDLER)(PIRP, PVOID, PVOID);
typedef struct { ULONG PropertyId; PFNKSHANDLER GetPropertyHandler; ULONG MinProperty, MinData; PFNKSHANDLER SetPropertyHandler; const VOID *Values; ULONG RelationsCount; PVOID Relations; PFNKSHANDLER SupportHandler; ULONG SerializedSize; } KSPROPERTY_ITEM;
typedef struct { const GUID *Set; ULONG PropertiesCount; const KSPROPERTY_ITEM *PropertyItem; ULONG FastIoCount; const VOID *FastIoTable; } KSPROPERTY_SET;
typedef struct { ULONG PropertySetsCount, PropertyItemSize; const KSPROPERTY_SET *PropertySets; ULONG MethodSetsCount, MethodItemSize; const VOID *MethodSets; ULONG EventSetsCount, EventItemSize; const VOID *EventSets; } KSAUTOMATION_TABLE;
typedef struct { const VOID *Dispatch; const KSAUTOMATION_TABLE *AutomationTable; ULONG Version, Flags; const GUID *ReferenceGuid; ULONG PinDescriptorsCount, PinDescriptorSize; const VOID *PinDescriptors; ULONG CategoriesCount; const GUID *Categories; ULONG NodeDescriptorsCount, NodeDescriptorSize; const VOID *NodeDescriptors; ULONG ConnectionsCount; const VOID *Connections, *ComponentId; } KSFILTER_DESCRIPTOR;
typedef struct { const VOID *Dispatch; ULONG FilterDescriptorsCount; const KSFILTER_DESCRIPTOR *const *FilterDescriptors; ULONG Version, Flags; PVOID Alignment; } KSDEVICE_DESCRIPTOR;

typedef struct { const GUID *Guid; ULONG InstanceCount, Flags; } WMIGUIDREGINFO;
typedef NTSTATUS(NTAPI *PWMI_QUERY_REGINFO)(PDEVICE_OBJECT, PULONG, PUNICODE_STRING, PUNICODE_STRING *, PUNICODE_STRING, PDEVICE_OBJECT *);
typedef NTSTATUS(NTAPI *PWMI_QUERY_DATABLOCK)(PDEVICE_OBJECT, PIRP, ULONG, ULONG, ULONG, PULONG, ULONG, PUCHAR);
typedef NTSTATUS(NTAPI *PWMI_SET_DATABLOCK)(PDEVICE_OBJECT, PIRP, ULONG, ULONG, ULONG, PUCHAR);
typedef NTSTATUS(NTAPI *PWMI_EXECUTE_METHOD)(PDEVICE_OBJECT, PIRP, ULONG, ULONG, ULONG, ULONG, ULONG, PUCHAR);
typedef struct { ULONG GuidCount; const WMIGUIDREGINFO *GuidList; PWMI_QUERY_REGINFO QueryWmiRegInfo; PWMI_QUERY_DATABLOCK QueryWmiDataBlock; PWMI_SET_DATABLOCK SetWmiDataBlock; PVOID SetWmiDataItem; PWMI_EXECUTE_METHOD ExecuteWmiMethod; PVOID WmiFunctionControl; } WMILIB_CONTEXT;
#define WMIREG_ACTION_REGISTER 1

typedef struct { GUID calloutKey; ULONG flags; PVOID classifyFn, notifyFn, flowDeleteFn; } FWPS_CALLOUT1;
typedef struct { USHORT Version, Reserved; ULONG Flags; PVOID WskClientEvent; } WSK_CLIENT_DISPATCH;
typedef struct { PVOID ClientContext; const WSK_CLIENT_DISPATCH *Dispatch; } WSK_CLIENT_NPI;
typedef struct { ULONG_PTR ReservedRegistrationState[8]; } WSK_REGISTRATION;

// module ks.sys
RF_IMPORT NTSTATUS NTAPI KsInitializeDriver(PDRIVER_OBJECT, PUNICODE_STRING, const KSDEVICE_DESCRIPTOR *);

// module WMILIB.SYS
RF_IMPORT NTSTATUS NTAPI WmiSystemControl(WMILIB_CONTEXT *, PDEVICE_OBJECT, PIRP, PULONG);
RF_IMPORT NTSTATUS NTAPI WmiCompleteRequest(PDEVICE_OBJECT, PIRP, NTSTATUS, ULONG, CHAR);

// module fwpkclnt.sys
RF_IMPORT NTSTATUS NTAPI FwpsCalloutRegister1(PVOID, const FWPS_CALLOUT1 *, PULONG);
RF_IMPORT NTSTATUS NTAPI FwpsCalloutUnregisterById0(ULONG);

// module NETIO.SYS
RF_IMPORT NTSTATUS NTAPI WskRegister(WSK_CLIENT_NPI *, WSK_REGISTRATION *);
RF_IMPORT VOID NTAPI WskDeregister(WSK_REGISTRATION *);
#endif
