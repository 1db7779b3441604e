// METHOD_NEITHER in the caller's context: the raw pointer is written. Good: probed and locked, written through the memory object.
#include "miniwdk.h"
struct WDFDEVICE_INIT;
static VOID run_in_caller_context(struct WDFDEVICE_INIT *);
#define RF_BEFORE_DEVICE(init) run_in_caller_context(init)
#include "scaffold_kmdf.h"
static VOID NTAPI in_caller_context(WDFDEVICE device, WDFREQUEST request) {
    WDF_REQUEST_PARAMETERS parameters;
    WDFMEMORY memory;
    volatile ULONG *p;
    SIZE_T size;
    NTSTATUS status;
    memset(&parameters, 0, sizeof(parameters));
    parameters.Size = sizeof(parameters);
    WdfRequestGetParameters(request, &parameters);
    if (parameters.Type != IRP_MJ_DEVICE_CONTROL || parameters.Parameters.DeviceIoControl.IoControlCode != IOCTL_NEITHER) {
        status = WdfDeviceEnqueueRequest(device, request);
        if (!NT_SUCCESS(status))
            WdfRequestComplete(request, status);
        return;
    }
    status = WdfRequestRetrieveUnsafeUserOutputBuffer(request, 4, (PVOID *)&p, &size);
#ifdef RF_GOOD
    if (NT_SUCCESS(status))
        status = WdfRequestProbeAndLockUserBufferForWrite(request, (PVOID)p, size, &memory);
    if (NT_SUCCESS(status))
        p = WdfMemoryGetBuffer(memory, NULL);
#endif
    if (NT_SUCCESS(status))
        *p = 42;
    WdfRequestCompleteWithInformation(request, status, NT_SUCCESS(status) ? 4 : 0);
}
static VOID NTAPI control(WDFQUEUE queue, WDFREQUEST request, SIZE_T out_length, SIZE_T in_length, ULONG code) {
    WdfRequestComplete(request, code == IOCTL_A ? STATUS_SUCCESS : STATUS_INVALID_DEVICE_REQUEST);
}
static VOID run_in_caller_context(PWDFDEVICE_INIT init) { WdfDeviceInitSetIoInCallerContextCallback(init, in_caller_context); }
RF_KMDF_DRIVER(control)
