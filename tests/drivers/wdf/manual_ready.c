// The default queue waits to be asked; the callback that says "not empty" takes the requests off it.
#include "scaffold_kmdf.h"
static VOID NTAPI ready(WDFQUEUE queue, PVOID context) {
    WDFREQUEST request;
    UNREFERENCED_PARAMETER(context);
    while (NT_SUCCESS(WdfIoQueueRetrieveNextRequest(queue, &request))) {
        WDF_REQUEST_PARAMETERS parameters;
        ULONG *p;
        NTSTATUS status = STATUS_INVALID_DEVICE_REQUEST;
        memset(&parameters, 0, sizeof(parameters));
        parameters.Size = sizeof(parameters);
        WdfRequestGetParameters(request, &parameters);
        if (parameters.Type == IRP_MJ_DEVICE_CONTROL && parameters.Parameters.DeviceIoControl.IoControlCode == IOCTL_A &&
            NT_SUCCESS(status = WdfRequestRetrieveInputBuffer(request, 12, (PVOID *)&p, NULL)))
#ifdef RF_GOOD
            write_msr(0x1b0, p[2]);
#else
            write_msr(p[0], p[2]);
#endif
        WdfRequestComplete(request, status);
    }
}
RF_KMDF_ENTRY({
    WDF_IO_QUEUE_CONFIG config;
    WDFQUEUE queue;
    init_queue(&config, WdfIoQueueDispatchManual, TRUE);
    status = WdfIoQueueCreate(device, &config, NULL, &queue);
    if (!NT_SUCCESS(status))
        return status;
    status = WdfIoQueueReadyNotify(queue, ready, NULL);
})
