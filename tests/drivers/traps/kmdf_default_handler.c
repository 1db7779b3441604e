// EvtIoDefault with WdfRequestGetParameters; the sink hangs on the code found there.
#include "scaffold_kmdf.h"
static VOID NTAPI any_request(WDFQUEUE queue, WDFREQUEST request) {
    WDF_REQUEST_PARAMETERS parameters;
    ULONG *p;
    NTSTATUS status = STATUS_INVALID_DEVICE_REQUEST;
    memset(&parameters, 0, sizeof(parameters));
    parameters.Size = sizeof(parameters);
    WdfRequestGetParameters(request, &parameters);
    if (parameters.Type == IRP_MJ_DEVICE_CONTROL && parameters.Parameters.DeviceIoControl.IoControlCode == IOCTL_A &&
        NT_SUCCESS(status = WdfRequestRetrieveInputBuffer(request, 16, (PVOID *)&p, NULL)))
#ifdef RF_GOOD
        write_msr(0x1aa, p[2]);
#else
        write_msr(p[0], p[2]);
#endif
    WdfRequestComplete(request, status);
}
RF_KMDF_ENTRY({
    WDF_IO_QUEUE_CONFIG config;
    init_queue(&config, WdfIoQueueDispatchParallel, TRUE);
    config.EvtIoDefault = (PVOID)any_request;
    status = WdfIoQueueCreate(device, &config, NULL, NULL);
})
