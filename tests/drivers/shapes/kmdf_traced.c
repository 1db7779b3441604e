// A driver of the framework as Visual Studio's templates make it: software tracing that is set up through routines found by name and
// tested before each message, and many codes in one jump table. Bad: one code reads any register, one writes any port. Good: fixed ones.
#include "scaffold_kmdf.h"

// --- software tracing, as WPP expands it ---------------------------------------------------------------------------------
typedef struct { PVOID Next; PVOID DeviceObject; const GUID *ControlGuid; ULONG64 Logger; UCHAR FlagsLen, Level; USHORT Reserved; ULONG Flags[1]; PVOID RegHandle; } WPP_CONTROL;
static WPP_CONTROL wpp_main;
static PVOID volatile WPP_GLOBAL_Control = (PVOID)&WPP_GLOBAL_Control;
static NTSTATUS (*trace_message)(ULONG64, ULONG, const GUID *, USHORT, ...);
static NTSTATUS(NTAPI *etw_register)(const GUID *, ULONG, PVOID, PVOID, ULONG64 *);
static NTSTATUS(NTAPI *query_trace)(ULONG, PVOID, ULONG, PULONG, PVOID);
static PVOID(NTAPI *get_version)(ULONG *, ULONG *, ULONG *, PVOID);
static ULONG trace_kind;
static const GUID trace_guid = {0x6f2a1f0e, 0x1b7c, 0x4d2e, {0x9a, 0x10, 0x3c, 0x5d, 0x7e, 0x91, 0x22, 0x41}};

static VOID NTAPI on_trace(const GUID *guid, ULONG control, UCHAR level, ULONG64 any, ULONG64 all, PVOID filter, PVOID context) {
    WPP_CONTROL *own = context;
    UNREFERENCED_PARAMETER(guid); UNREFERENCED_PARAMETER(all); UNREFERENCED_PARAMETER(filter);
    own->Level = control == 1 ? level : 0;
    own->Flags[0] = control == 1 ? (ULONG)any : 0;
}
static __attribute__((noinline)) VOID load_tracing(VOID) {
    UNICODE_STRING name;
    RtlInitUnicodeString(&name, L"PsGetVersion");
    get_version = MmGetSystemRoutineAddress(&name);
    RtlInitUnicodeString(&name, L"WmiTraceMessage");
    trace_message = MmGetSystemRoutineAddress(&name);
    RtlInitUnicodeString(&name, L"WmiQueryTraceInformation");
    query_trace = MmGetSystemRoutineAddress(&name);
    trace_kind = 1;
    RtlInitUnicodeString(&name, L"EtwRegisterClassicProvider");
    etw_register = MmGetSystemRoutineAddress(&name);
    if (etw_register != NULL)
        trace_kind = 2;
}
static __attribute__((noinline)) VOID init_tracing(PVOID object) {
    load_tracing();
    WPP_GLOBAL_Control = &wpp_main;
    for (WPP_CONTROL *each = &wpp_main; each != NULL; each = each->Next) {
        each->ControlGuid = &trace_guid;
        each->DeviceObject = object;
        if (trace_kind == 2)
            etw_register(&trace_guid, 0, (PVOID)on_trace, each, &each->Logger);
    }
}
static __attribute__((noinline)) VOID trace_number(ULONG64 logger, USHORT id, ULONG number) {
    trace_message(logger, 43, &trace_guid, id, &number, (SIZE_T)4, (SIZE_T)0);
}
#define TRACE(id, number)                                                                                               \
    do {                                                                                                                \
        WPP_CONTROL *c_ = WPP_GLOBAL_Control;                                                                           \
        if ((PVOID)c_ != (PVOID)&WPP_GLOBAL_Control && (c_->Flags[0] & 1) != 0 && c_->Level >= 4)                       \
            trace_number(c_->Logger, id, number);                                                                       \
    } while (0)

// --- the codes -----------------------------------------------------------------------------------------------------------
#define IOCTL(n) RF_CODE(1 + (n), METHOD_BUFFERED, FILE_ANY_ACCESS)
static ULONG setting;

static VOID NTAPI control(WDFQUEUE queue, WDFREQUEST request, SIZE_T out_length, SIZE_T in_length, ULONG code) {
    NTSTATUS status = STATUS_SUCCESS;
    SIZE_T information = 0, size;
    ULONG *in, *out;
    UNREFERENCED_PARAMETER(queue); UNREFERENCED_PARAMETER(out_length); UNREFERENCED_PARAMETER(in_length);
    TRACE(10, code);
    switch (code) {
    case IOCTL(0):
        if (!NT_SUCCESS(status = WdfRequestRetrieveOutputBuffer(request, 4, (PVOID *)&out, NULL)))
            break;
        *out = 0x10002;
        information = 4;
        break;
    case IOCTL(1):
        if (!NT_SUCCESS(status = WdfRequestRetrieveInputBuffer(request, 4, (PVOID *)&in, NULL)))
            break;
        if (!NT_SUCCESS(status = WdfRequestRetrieveOutputBuffer(request, 8, (PVOID *)&out, &size)))
            break;
        TRACE(11, in[0]);
#ifdef RF_GOOD
        *(ULONG64 *)out = read_msr(0x10);
#else
        *(ULONG64 *)out = read_msr(in[0]);
#endif
        information = 8;
        break;
    case IOCTL(2):
        if (!NT_SUCCESS(status = WdfRequestRetrieveInputBuffer(request, 4, (PVOID *)&in, NULL)))
            break;
        setting = in[0];
        break;
    case IOCTL(3):
        if (!NT_SUCCESS(status = WdfRequestRetrieveOutputBuffer(request, 4, (PVOID *)&out, NULL)))
            break;
        *out = setting;
        information = 4;
        break;
    case IOCTL(4):
        if (!NT_SUCCESS(status = WdfRequestRetrieveInputBuffer(request, 8, (PVOID *)&in, &size)))
            break;
        TRACE(12, in[1]);
#ifdef RF_GOOD
        out_byte(0x71, (UCHAR)in[1]);
#else
        out_byte((USHORT)in[0], (UCHAR)in[1]);
#endif
        break;
    case IOCTL(5):
        setting = 0;
        break;
    case IOCTL(6):
        setting++;
        break;
    default:
        TRACE(13, code);
        status = STATUS_INVALID_DEVICE_REQUEST;
        break;
    }
    TRACE(14, (ULONG)status);
    WdfRequestCompleteWithInformation(request, status, information);
}
static const GUID interface_guid = {0x11223344, 0x5566, 0x7788, {1, 2, 3, 4, 5, 6, 7, 8}};
static const char marker[] = "traced";
RF_KMDF_ENTRY({
    WDF_IO_QUEUE_CONFIG config;
    init_tracing((PVOID)marker);
    TRACE(15, 0);
    status = WdfDeviceCreateDeviceInterface(device, &interface_guid, NULL);
    if (!NT_SUCCESS(status))
        return status;
    init_queue(&config, WdfIoQueueDispatchSequential, TRUE);
    config.EvtIoDeviceControl = control;
    status = WdfIoQueueCreate(device, &config, NULL, NULL);
})
