// The queue has a default handler only; it asks for the request's parameters and finds the code there.
#include "scaffold_kmdf.h"

static VOID NTAPI any_request(WDFQUEUE queue, WDFREQUEST request) {
    WDF_REQUEST_PARAMETERS parameters;
    NTSTATUS status = STATUS_INVALID_DEVICE_REQUEST;
    UNREFERENCED_PARAMETER(queue);
    memset(&parameters, 0, sizeof(parameters));
    parameters.Size = sizeof(parameters);
    WdfRequestGetParameters(request, &parameters);
    if (parameters.Type == IRP_MJ_DEVICE_CONTROL) {
        switch (parameters.Parameters.DeviceIoControl.IoControlCode) {
        case IOCTL_A: status = STATUS_SUCCESS; break;
        case IOCTL_B: status = parameters.Parameters.DeviceIoControl.InputBufferLength < 12 ? STATUS_INVALID_PARAMETER : STATUS_SUCCESS; break;
        }
    }
    WdfRequestComplete(request, status);
}
RF_KMDF_ENTRY({
    WDF_IO_QUEUE_CONFIG config;
    init_queue(&config, WdfIoQueueDispatchParallel, TRUE);
    config.EvtIoDefault = (PVOID)any_request;
    status = WdfIoQueueCreate(device, &config, NULL, NULL);
})
