// EvtIoRead takes the offset of the read as a port.
#include "scaffold_kmdf.h"
static VOID NTAPI on_read(WDFQUEUE queue, WDFREQUEST request, SIZE_T length) {
    WDF_REQUEST_PARAMETERS parameters;
    UCHAR *p;
    NTSTATUS status = WdfRequestRetrieveOutputBuffer(request, 1, (PVOID *)&p, NULL);
    memset(&parameters, 0, sizeof(parameters));
    parameters.Size = sizeof(parameters);
    WdfRequestGetParameters(request, &parameters);
    if (NT_SUCCESS(status))
#ifdef RF_GOOD
        *p = in_byte(0x2f8);
#else
        *p = in_byte((USHORT)(ULONG_PTR)parameters.Parameters.Others[2]); // DeviceOffset
#endif
    WdfRequestCompleteWithInformation(request, status, NT_SUCCESS(status) ? 1 : 0);
}
static VOID NTAPI control(WDFQUEUE queue, WDFREQUEST request, SIZE_T out_length, SIZE_T in_length, ULONG code) {
    WdfRequestComplete(request, code == IOCTL_A ? STATUS_SUCCESS : STATUS_INVALID_DEVICE_REQUEST);
}
RF_KMDF_ENTRY({
    WDF_IO_QUEUE_CONFIG config;
    init_queue(&config, WdfIoQueueDispatchSequential, TRUE);
    config.EvtIoRead = on_read;
    config.EvtIoDeviceControl = control;
    status = WdfIoQueueCreate(device, &config, NULL, NULL);
})
