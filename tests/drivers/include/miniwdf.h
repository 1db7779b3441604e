// The Windows Driver Frameworks as a client sees them: handles, configuration structures and calls through the function table that the loader
// binds. Only the indexes of the table (public, MIT-licensed list) and the documented structures are used; indexes never move between versions,
// but KMDF and UMDF have a list each.
//
// RF_WDF_MINOR (from the build) chooses how the table is reached: below 15 it lies in the driver (WdfFunctions[index]), from 15 on the driver
// holds a pointer to the framework's own (WdfFunctions_010xx[index]).
#ifndef RINGFENCE_MINIWDF_H
#define RINGFENCE_MINIWDF_H
#include "miniwdk.h"

typedef PVOID WDFOBJECT, WDFDRIVER, WDFDEVICE, WDFQUEUE, WDFREQUEST, WDFMEMORY, WDFFILEOBJECT, WDFWORKITEM, WDFTIMER, WDFDPC, WDFWMIPROVIDER,
    WDFWMIINSTANCE, WDFKEY, WDFSPINLOCK;
typedef struct WDFDEVICE_INIT *PWDFDEVICE_INIT;
typedef VOID (*WDFFUNC)(VOID);
typedef struct _WDF_DRIVER_GLOBALS { WDFDRIVER Driver; ULONG DriverFlags, DriverTag; CHAR DriverName[32]; BOOLEAN DisplaceDriverUnload; } WDF_DRIVER_GLOBALS, *PWDF_DRIVER_GLOBALS;
typedef struct _WDF_BIND_INFO {
    ULONG Size; PWSTR Component; struct { ULONG Major, Minor, Build; } Version; ULONG FuncCount; WDFFUNC *FuncTable; PVOID Module;
} WDF_BIND_INFO, *PWDF_BIND_INFO;

typedef struct _WDF_OBJECT_CONTEXT_TYPE_INFO { ULONG Size; PCSTR ContextName; SIZE_T ContextSize; const struct _WDF_OBJECT_CONTEXT_TYPE_INFO *UniqueType; PVOID EvtDriverGetUniqueContextType; } WDF_OBJECT_CONTEXT_TYPE_INFO;
typedef struct _WDF_OBJECT_ATTRIBUTES {
    ULONG Size; PVOID EvtCleanupCallback, EvtDestroyCallback; ULONG ExecutionLevel, SynchronizationScope; WDFOBJECT ParentObject; SIZE_T ContextSizeOverride;
    const WDF_OBJECT_CONTEXT_TYPE_INFO *ContextTypeInfo;
} WDF_OBJECT_ATTRIBUTES, *PWDF_OBJECT_ATTRIBUTES;
typedef NTSTATUS(NTAPI *PFN_WDF_DRIVER_DEVICE_ADD)(WDFDRIVER, PWDFDEVICE_INIT);
typedef VOID(NTAPI *PFN_WDF_DRIVER_UNLOAD)(WDFDRIVER);
typedef struct _WDF_DRIVER_CONFIG { ULONG Size; PFN_WDF_DRIVER_DEVICE_ADD EvtDriverDeviceAdd; PFN_WDF_DRIVER_UNLOAD EvtDriverUnload; ULONG DriverInitFlags, DriverPoolTag; } WDF_DRIVER_CONFIG;
#define WdfDriverInitNonPnpDriver 1
typedef VOID(NTAPI *PFN_WDF_IO_QUEUE_IO_DEVICE_CONTROL)(WDFQUEUE, WDFREQUEST, SIZE_T, SIZE_T, ULONG);
typedef VOID(NTAPI *PFN_WDF_IO_QUEUE_IO)(WDFQUEUE, WDFREQUEST, SIZE_T);
typedef struct _WDF_IO_QUEUE_CONFIG {
    ULONG Size, DispatchType, PowerManaged; BOOLEAN AllowZeroLengthRequests, DefaultQueue; PVOID EvtIoDefault; PFN_WDF_IO_QUEUE_IO EvtIoRead, EvtIoWrite;
    PFN_WDF_IO_QUEUE_IO_DEVICE_CONTROL EvtIoDeviceControl, EvtIoInternalDeviceControl; PVOID EvtIoStop, EvtIoResume, EvtIoCanceledOnQueue;
#if RF_WDF_MINOR >= 9 || defined(RF_UMDF)
    union { struct { ULONG NumberOfPresentedRequests; } Parallel; } Settings; WDFDRIVER Driver;
#endif
} WDF_IO_QUEUE_CONFIG;
#define WdfIoQueueDispatchSequential 1
#define WdfIoQueueDispatchParallel 2
#define WdfIoQueueDispatchManual 3
#define WdfUseDefault 2
typedef VOID(NTAPI *PFN_WDF_DEVICE_FILE_CREATE)(WDFDEVICE, WDFREQUEST, WDFFILEOBJECT);
typedef struct _WDF_FILEOBJECT_CONFIG { ULONG Size; PFN_WDF_DEVICE_FILE_CREATE EvtDeviceFileCreate; PVOID EvtFileClose, EvtFileCleanup; ULONG AutoForwardCleanupClose, FileObjectClass; } WDF_FILEOBJECT_CONFIG;
typedef struct _WDF_REQUEST_PARAMETERS {
    USHORT Size; UCHAR MinorFunction; ULONG Type;
    union { struct { SIZE_T OutputBufferLength; SIZE_T POINTER_ALIGNMENT InputBufferLength; ULONG POINTER_ALIGNMENT IoControlCode; PVOID Type3InputBuffer; } DeviceIoControl; PVOID Others[4]; } Parameters;
} WDF_REQUEST_PARAMETERS;
typedef VOID(NTAPI *PFN_WDF_WORKITEM)(WDFWORKITEM);
typedef struct _WDF_WORKITEM_CONFIG { ULONG Size; PFN_WDF_WORKITEM EvtWorkItemFunc; BOOLEAN AutomaticSerialization; } WDF_WORKITEM_CONFIG;
typedef struct _WDF_TIMER_CONFIG { ULONG Size; PFN_WDF_WORKITEM EvtTimerFunc; ULONG Period; BOOLEAN AutomaticSerialization; ULONG TolerableDelay; } WDF_TIMER_CONFIG;
typedef struct _WDF_DPC_CONFIG { ULONG Size; PFN_WDF_WORKITEM EvtDpcFunc; BOOLEAN AutomaticSerialization; } WDF_DPC_CONFIG;
typedef PVOID WDFINTERRUPT;
typedef BOOLEAN(NTAPI *PFN_WDF_INTERRUPT_ISR)(WDFINTERRUPT, ULONG);
typedef BOOLEAN(NTAPI *PFN_WDF_INTERRUPT_SYNCHRONIZE)(WDFINTERRUPT, PVOID);
typedef struct _WDF_INTERRUPT_CONFIG {
    ULONG Size; WDFSPINLOCK SpinLock; ULONG ShareVector; BOOLEAN FloatingSave, AutomaticSerialization; PFN_WDF_INTERRUPT_ISR EvtInterruptIsr;
    PVOID EvtInterruptDpc, EvtInterruptEnable, EvtInterruptDisable, EvtInterruptWorkItem, InterruptRaw, InterruptTranslated, WaitLock; BOOLEAN PassiveHandling; ULONG ReportInactiveOnPowerDown; BOOLEAN CanWakeDevice;
} WDF_INTERRUPT_CONFIG;
typedef NTSTATUS(NTAPI *PFN_WDFDEVICE_WDM_IRP_PREPROCESS)(WDFDEVICE, PIRP);
typedef VOID(NTAPI *PFN_WDF_IO_QUEUE_STATE)(WDFQUEUE, PVOID);
typedef NTSTATUS(NTAPI *PFN_WDF_CHILD_LIST_CREATE_DEVICE)(PVOID, PVOID, PWDFDEVICE_INIT);
typedef struct _WDF_CHILD_LIST_CONFIG { ULONG Size, IdentificationDescriptionSize, AddressDescriptionSize; PFN_WDF_CHILD_LIST_CREATE_DEVICE EvtChildListCreateDevice; PVOID Others[7]; } WDF_CHILD_LIST_CONFIG;
typedef VOID(NTAPI *PFN_WDF_IO_IN_CALLER_CONTEXT)(WDFDEVICE, WDFREQUEST);

#ifdef RF_UMDF
#define RF_WDF_INDEX(kmdf, umdf) (umdf)
#define RF_TABLE WdfFunctions_02031
extern WDFFUNC *WdfFunctions_02031;
#else
#define RF_WDF_INDEX(kmdf, umdf) (kmdf)
#if RF_WDF_MINOR < 15
#define RF_TABLE WdfFunctions
extern WDFFUNC WdfFunctions[];
#elif RF_WDF_MINOR < 33
#define RF_TABLE WdfFunctions_01015
extern WDFFUNC *WdfFunctions_01015;
#else
#define RF_TABLE WdfFunctions_01033
extern WDFFUNC *WdfFunctions_01033;
#endif
#endif
extern PWDF_DRIVER_GLOBALS WdfDriverGlobals;

#define RF_WDF_CALL(result, index, parameters, ...) ((result(NTAPI *) parameters)RF_TABLE[index])(WdfDriverGlobals, __VA_ARGS__)
#define G PWDF_DRIVER_GLOBALS
#define WdfControlDeviceInitAllocate(driver, sddl) RF_WDF_CALL(PWDFDEVICE_INIT, 25, (G, WDFDRIVER, const UNICODE_STRING *), driver, sddl)
#define WdfControlFinishInitializing(device) RF_WDF_CALL(VOID, 27, (G, WDFDEVICE), device)
#define WdfDeviceWdmGetDeviceObject(device) RF_WDF_CALL(PDEVICE_OBJECT, 31, (G, WDFDEVICE), device)
#define WdfDeviceInitFree(init) RF_WDF_CALL(VOID, 54, (G, PWDFDEVICE_INIT), init)
#define WdfDeviceInitSetIoType(init, type) RF_WDF_CALL(VOID, RF_WDF_INDEX(61, 22), (G, PWDFDEVICE_INIT, ULONG), init, type)
#define WdfDeviceInitSetExclusive(init, on) RF_WDF_CALL(VOID, 62, (G, PWDFDEVICE_INIT, BOOLEAN), init, on)
#define WdfDeviceInitSetDeviceType(init, type) RF_WDF_CALL(VOID, 66, (G, PWDFDEVICE_INIT, ULONG), init, type)
#define WdfDeviceInitAssignName(init, name) RF_WDF_CALL(NTSTATUS, 67, (G, PWDFDEVICE_INIT, const UNICODE_STRING *), init, name)
#define WdfDeviceInitAssignSDDLString(init, sddl) RF_WDF_CALL(NTSTATUS, 68, (G, PWDFDEVICE_INIT, const UNICODE_STRING *), init, sddl)
#define WdfDeviceInitSetCharacteristics(init, value, add) RF_WDF_CALL(VOID, 70, (G, PWDFDEVICE_INIT, ULONG, BOOLEAN), init, value, add)
#define WdfDeviceInitSetFileObjectConfig(init, config, attributes) RF_WDF_CALL(VOID, RF_WDF_INDEX(71, 23), (G, PWDFDEVICE_INIT, WDF_FILEOBJECT_CONFIG *, PWDF_OBJECT_ATTRIBUTES), init, config, attributes)
#define WdfDeviceInitSetIoInCallerContextCallback(init, callback) RF_WDF_CALL(VOID, 74, (G, PWDFDEVICE_INIT, PFN_WDF_IO_IN_CALLER_CONTEXT), init, callback)
#define WdfDeviceCreate(init, attributes, device) RF_WDF_CALL(NTSTATUS, RF_WDF_INDEX(75, 25), (G, PWDFDEVICE_INIT *, PWDF_OBJECT_ATTRIBUTES, WDFDEVICE *), init, attributes, device)
#define WdfDeviceCreateDeviceInterface(device, guid, reference) RF_WDF_CALL(NTSTATUS, RF_WDF_INDEX(77, 27), (G, WDFDEVICE, const GUID *, const UNICODE_STRING *), device, guid, reference)
#define WdfDeviceCreateSymbolicLink(device, name) RF_WDF_CALL(NTSTATUS, RF_WDF_INDEX(80, 30), (G, WDFDEVICE, const UNICODE_STRING *), device, name)
#define WdfDeviceEnqueueRequest(device, request) RF_WDF_CALL(NTSTATUS, 91, (G, WDFDEVICE, WDFREQUEST), device, request)
#define WdfDeviceConfigureRequestDispatching(device, queue, type) RF_WDF_CALL(NTSTATUS, RF_WDF_INDEX(93, 40), (G, WDFDEVICE, WDFQUEUE, ULONG), device, queue, type)
#define WdfDriverCreate(driver, path, attributes, config, handle) RF_WDF_CALL(NTSTATUS, RF_WDF_INDEX(116, 57), (G, PDRIVER_OBJECT, PUNICODE_STRING, PWDF_OBJECT_ATTRIBUTES, WDF_DRIVER_CONFIG *, WDFDRIVER *), driver, path, attributes, config, handle)
#define WdfFdoInitSetDefaultChildListConfig(init, config, attributes) RF_WDF_CALL(VOID, 130, (G, PWDFDEVICE_INIT, WDF_CHILD_LIST_CONFIG *, PWDF_OBJECT_ATTRIBUTES), init, config, attributes)
#define WdfFdoAddStaticChild(parent, child) RF_WDF_CALL(NTSTATUS, 133, (G, WDFDEVICE, WDFDEVICE), parent, child)
#define WdfPdoInitAllocate(parent) RF_WDF_CALL(PWDFDEVICE_INIT, 210, (G, WDFDEVICE), parent)
#define WdfPdoInitAssignDeviceID(init, id) RF_WDF_CALL(NTSTATUS, 212, (G, PWDFDEVICE_INIT, const UNICODE_STRING *), init, id)
#define WdfPdoInitAssignRawDevice(init, guid) RF_WDF_CALL(NTSTATUS, 218, (G, PWDFDEVICE_INIT, const GUID *), init, guid)
#define WdfIoQueueCreate(device, config, attributes, queue) RF_WDF_CALL(NTSTATUS, RF_WDF_INDEX(152, 85), (G, WDFDEVICE, WDF_IO_QUEUE_CONFIG *, PWDF_OBJECT_ATTRIBUTES, WDFQUEUE *), device, config, attributes, queue)
#define WdfIoQueueGetDevice(queue) RF_WDF_CALL(WDFDEVICE, RF_WDF_INDEX(157, 90), (G, WDFQUEUE), queue)
#define WdfIoQueueRetrieveNextRequest(queue, request) RF_WDF_CALL(NTSTATUS, RF_WDF_INDEX(158, 91), (G, WDFQUEUE, WDFREQUEST *), queue, request)
#define WdfMemoryCreate(attributes, pool, tag, size, memory, buffer) RF_WDF_CALL(NTSTATUS, RF_WDF_INDEX(192, 117), (G, PWDF_OBJECT_ATTRIBUTES, ULONG, ULONG, SIZE_T, WDFMEMORY *, PVOID *), attributes, pool, tag, size, memory, buffer)
#define WdfMemoryGetBuffer(memory, size) RF_WDF_CALL(PVOID, RF_WDF_INDEX(194, 119), (G, WDFMEMORY, SIZE_T *), memory, size)
#define WdfMemoryCopyToBuffer(memory, offset, buffer, size) RF_WDF_CALL(NTSTATUS, RF_WDF_INDEX(196, 121), (G, WDFMEMORY, SIZE_T, PVOID, SIZE_T), memory, offset, buffer, size)
#define WdfObjectGetTypedContextWorker(object, type) ((PVOID(FASTCALL *)(G, WDFOBJECT, const WDF_OBJECT_CONTEXT_TYPE_INFO *))RF_TABLE[RF_WDF_INDEX(202, 123)])(WdfDriverGlobals, object, type)
#define WdfObjectDelete(object) RF_WDF_CALL(VOID, RF_WDF_INDEX(208, 129), (G, WDFOBJECT), object)
#define WdfRequestComplete(request, status) RF_WDF_CALL(VOID, RF_WDF_INDEX(263, 162), (G, WDFREQUEST, NTSTATUS), request, status)
#define WdfRequestCompleteWithInformation(request, status, information) RF_WDF_CALL(VOID, RF_WDF_INDEX(265, 164), (G, WDFREQUEST, NTSTATUS, ULONG_PTR), request, status, information)
#define WdfRequestGetParameters(request, parameters) RF_WDF_CALL(VOID, RF_WDF_INDEX(266, 165), (G, WDFREQUEST, WDF_REQUEST_PARAMETERS *), request, parameters)
#define WdfRequestRetrieveInputMemory(request, memory) RF_WDF_CALL(NTSTATUS, RF_WDF_INDEX(267, 166), (G, WDFREQUEST, WDFMEMORY *), request, memory)
#define WdfRequestRetrieveOutputMemory(request, memory) RF_WDF_CALL(NTSTATUS, RF_WDF_INDEX(268, 167), (G, WDFREQUEST, WDFMEMORY *), request, memory)
#define WdfRequestRetrieveInputBuffer(request, minimum, buffer, length) RF_WDF_CALL(NTSTATUS, RF_WDF_INDEX(269, 168), (G, WDFREQUEST, SIZE_T, PVOID *, SIZE_T *), request, minimum, buffer, length)
#define WdfRequestRetrieveOutputBuffer(request, minimum, buffer, length) RF_WDF_CALL(NTSTATUS, RF_WDF_INDEX(270, 169), (G, WDFREQUEST, SIZE_T, PVOID *, SIZE_T *), request, minimum, buffer, length)
#define WdfRequestRetrieveUnsafeUserInputBuffer(request, minimum, buffer, length) RF_WDF_CALL(NTSTATUS, 273, (G, WDFREQUEST, SIZE_T, PVOID *, SIZE_T *), request, minimum, buffer, length)
#define WdfRequestRetrieveUnsafeUserOutputBuffer(request, minimum, buffer, length) RF_WDF_CALL(NTSTATUS, 274, (G, WDFREQUEST, SIZE_T, PVOID *, SIZE_T *), request, minimum, buffer, length)
#define WdfRequestGetFileObject(request) RF_WDF_CALL(WDFFILEOBJECT, RF_WDF_INDEX(277, 172), (G, WDFREQUEST), request)
#define WdfRequestProbeAndLockUserBufferForRead(request, buffer, length, memory) RF_WDF_CALL(NTSTATUS, 278, (G, WDFREQUEST, PVOID, SIZE_T, WDFMEMORY *), request, buffer, length, memory)
#define WdfRequestProbeAndLockUserBufferForWrite(request, buffer, length, memory) RF_WDF_CALL(NTSTATUS, 279, (G, WDFREQUEST, PVOID, SIZE_T, WDFMEMORY *), request, buffer, length, memory)
#define WdfRequestGetRequestorMode(request) RF_WDF_CALL(CHAR, RF_WDF_INDEX(280, 173), (G, WDFREQUEST), request)
#define WdfRequestForwardToIoQueue(request, queue) RF_WDF_CALL(NTSTATUS, RF_WDF_INDEX(281, 174), (G, WDFREQUEST, WDFQUEUE), request, queue)
#define WdfRequestWdmGetIrp(request) RF_WDF_CALL(PIRP, 285, (G, WDFREQUEST), request)
#define WdfDeviceInitSetRequestAttributes(init, attributes) RF_WDF_CALL(VOID, RF_WDF_INDEX(72, 24), (G, PWDFDEVICE_INIT, PWDF_OBJECT_ATTRIBUTES), init, attributes)
#define WdfDeviceInitAssignWdmIrpPreprocessCallback(init, callback, major) RF_WDF_CALL(NTSTATUS, 73, (G, PWDFDEVICE_INIT, PFN_WDFDEVICE_WDM_IRP_PREPROCESS, UCHAR, PUCHAR, ULONG), init, callback, major, NULL, 0)
#define WdfDeviceWdmDispatchPreprocessedIrp(device, irp) RF_WDF_CALL(NTSTATUS, 34, (G, WDFDEVICE, PIRP), device, irp)
#define WdfDpcCreate(config, attributes, dpc) RF_WDF_CALL(NTSTATUS, 111, (G, WDF_DPC_CONFIG *, PWDF_OBJECT_ATTRIBUTES, WDFDPC *), config, attributes, dpc)
#define WdfDpcEnqueue(dpc) RF_WDF_CALL(BOOLEAN, 112, (G, WDFDPC), dpc)
#define WdfInterruptCreate(device, config, attributes, interrupt) RF_WDF_CALL(NTSTATUS, 141, (G, WDFDEVICE, WDF_INTERRUPT_CONFIG *, PWDF_OBJECT_ATTRIBUTES, WDFINTERRUPT *), device, config, attributes, interrupt)
#define WdfInterruptSynchronize(interrupt, callback, context) RF_WDF_CALL(BOOLEAN, 143, (G, WDFINTERRUPT, PFN_WDF_INTERRUPT_SYNCHRONIZE, PVOID), interrupt, callback, context)
#define WdfIoQueueReadyNotify(queue, callback, context) RF_WDF_CALL(NTSTATUS, RF_WDF_INDEX(166, 99), (G, WDFQUEUE, PFN_WDF_IO_QUEUE_STATE, PVOID), queue, callback, context)
#define WdfRequestRetrieveOutputWdmMdl(request, mdl) RF_WDF_CALL(NTSTATUS, 272, (G, WDFREQUEST, PMDL *), request, mdl)
#define WdfTimerCreate(config, attributes, timer) RF_WDF_CALL(NTSTATUS, 318, (G, WDF_TIMER_CONFIG *, PWDF_OBJECT_ATTRIBUTES, WDFTIMER *), config, attributes, timer)
#define WdfTimerStart(timer, due) RF_WDF_CALL(BOOLEAN, 319, (G, WDFTIMER, LONGLONG), timer, due)
#define WdfWorkItemCreate(config, attributes, item) RF_WDF_CALL(NTSTATUS, RF_WDF_INDEX(379, 243), (G, WDF_WORKITEM_CONFIG *, PWDF_OBJECT_ATTRIBUTES, WDFWORKITEM *), config, attributes, item)
#define WdfWorkItemEnqueue(item) RF_WDF_CALL(VOID, RF_WDF_INDEX(380, 244), (G, WDFWORKITEM), item)
#define WdfWorkItemGetParentObject(item) RF_WDF_CALL(WDFOBJECT, RF_WDF_INDEX(381, 245), (G, WDFWORKITEM), item)

// module WDFLDR.SYS
RF_IMPORT NTSTATUS NTAPI WdfVersionBind(PDRIVER_OBJECT, PUNICODE_STRING, PWDF_BIND_INFO, PVOID *);
RF_IMPORT VOID NTAPI WdfVersionUnbind(PUNICODE_STRING, PWDF_BIND_INFO, PVOID);
RF_IMPORT NTSTATUS NTAPI WdfVersionBindClass(PWDF_BIND_INFO, PVOID *, PVOID);
RF_IMPORT VOID NTAPI WdfVersionUnbindClass(PWDF_BIND_INFO, PVOID *, PVOID);

RF_SIZE(WDF_BIND_INFO, 0x30, 0x20);
RF_OFFSET(WDF_BIND_INFO, Version, 0x10, 0x08);
RF_OFFSET(WDF_BIND_INFO, FuncCount, 0x1c, 0x14);
RF_OFFSET(WDF_BIND_INFO, FuncTable, 0x20, 0x18);
RF_OFFSET(WDF_IO_QUEUE_CONFIG, EvtIoDeviceControl, 0x28, 0x1c);
RF_SIZE(WDF_OBJECT_ATTRIBUTES, 0x38, 0x20);
RF_SIZE(WDF_DRIVER_CONFIG, 0x20, 0x14);
RF_OFFSET(WDF_CHILD_LIST_CONFIG, EvtChildListCreateDevice, 0x10, 0x0c);
#endif
