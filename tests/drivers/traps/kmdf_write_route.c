// EvtIoWrite takes the written bytes as port and value.
#include "scaffold_kmdf.h"
static VOID NTAPI on_write(WDFQUEUE queue, WDFREQUEST request, SIZE_T length) {
    USHORT *p;
    NTSTATUS status = WdfRequestRetrieveInputBuffer(request, 4, (PVOID *)&p, NULL);
    if (NT_SUCCESS(status))
#ifdef RF_GOOD
        out_byte(0x3f8, (UCHAR)p[1]);
#else
        out_byte(p[0], (UCHAR)p[1]);
#endif
    WdfRequestCompleteWithInformation(request, status, length);
}
static VOID NTAPI control(WDFQUEUE queue, WDFREQUEST request, SIZE_T out_length, SIZE_T in_length, ULONG code) {
    WdfRequestComplete(request, code == IOCTL_A ? STATUS_SUCCESS : STATUS_INVALID_DEVICE_REQUEST);
}
RF_KMDF_ENTRY({
    WDF_IO_QUEUE_CONFIG config;
    init_queue(&config, WdfIoQueueDispatchSequential, TRUE);
    config.EvtIoWrite = on_write;
    config.EvtIoDeviceControl = control;
    status = WdfIoQueueCreate(device, &config, NULL, NULL);
})
