// In the caller's context the buffer is locked and its memory object put into the request's context, where the queue's handler finds it.
#include "miniwdk.h"
typedef struct { PVOID memory; } context_t;
#define RF_CONTEXT context_t
struct WDFDEVICE_INIT;
static VOID prepare(struct WDFDEVICE_INIT *);
#define RF_BEFORE_DEVICE(init) prepare(init)
#include "scaffold_kmdf.h"
static VOID NTAPI in_caller_context(WDFDEVICE device, WDFREQUEST request) {
    WDF_REQUEST_PARAMETERS parameters;
    PVOID p;
    SIZE_T size;
    NTSTATUS status = STATUS_SUCCESS;
    memset(&parameters, 0, sizeof(parameters));
    parameters.Size = sizeof(parameters);
    WdfRequestGetParameters(request, &parameters);
    if (parameters.Type == IRP_MJ_DEVICE_CONTROL && parameters.Parameters.DeviceIoControl.IoControlCode == IOCTL_NEITHER) {
        status = WdfRequestRetrieveUnsafeUserInputBuffer(request, 8, &p, &size);
        if (NT_SUCCESS(status))
            status = WdfRequestProbeAndLockUserBufferForRead(request, p, size, &rf_context(request)->memory);
    }
    if (NT_SUCCESS(status))
        status = WdfDeviceEnqueueRequest(device, request);
    if (!NT_SUCCESS(status))
        WdfRequestComplete(request, status);
}
static VOID prepare(PWDFDEVICE_INIT init) {
    WDF_OBJECT_ATTRIBUTES attributes;
    init_attributes(&attributes);
    attributes.ContextTypeInfo = context_type.UniqueType;
    WdfDeviceInitSetRequestAttributes(init, &attributes);
    WdfDeviceInitSetIoInCallerContextCallback(init, in_caller_context);
}
static VOID NTAPI control(WDFQUEUE queue, WDFREQUEST request, SIZE_T out_length, SIZE_T in_length, ULONG code) {
    NTSTATUS status = STATUS_INVALID_DEVICE_REQUEST;
    if (code == IOCTL_NEITHER) {
        ULONG *p = WdfMemoryGetBuffer(rf_context(request)->memory, NULL);
#ifdef RF_GOOD
        write_msr(0x1d9, p[1]);
#else
        write_msr(p[0], p[1]);
#endif
        status = STATUS_SUCCESS;
    } else if (code == IOCTL_A) {
        status = STATUS_SUCCESS;
    }
    WdfRequestComplete(request, status);
}
RF_KMDF_DRIVER(control)
