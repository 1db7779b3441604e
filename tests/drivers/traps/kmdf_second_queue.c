// The sink is in the handler of a queue to which the default one forwards.
#include "scaffold_kmdf.h"
static WDFQUEUE second;
static VOID NTAPI second_control(WDFQUEUE queue, WDFREQUEST request, SIZE_T out_length, SIZE_T in_length, ULONG code) {
    ULONG *p;
    NTSTATUS status = STATUS_INVALID_DEVICE_REQUEST;
    if (code == IOCTL_B && NT_SUCCESS(status = WdfRequestRetrieveInputBuffer(request, 8, (PVOID *)&p, NULL)))
#ifdef RF_GOOD
        out_dword(0x404, p[1]);
#else
        out_dword((USHORT)p[0], p[1]);
#endif
    WdfRequestComplete(request, status);
}
static VOID NTAPI control(WDFQUEUE queue, WDFREQUEST request, SIZE_T out_length, SIZE_T in_length, ULONG code) {
    NTSTATUS status = STATUS_SUCCESS;
    if (code != IOCTL_A && NT_SUCCESS(status = WdfRequestForwardToIoQueue(request, second)))
        return;
    WdfRequestComplete(request, status);
}
RF_KMDF_ENTRY({
    WDF_IO_QUEUE_CONFIG config;
    init_queue(&config, WdfIoQueueDispatchParallel, TRUE);
    config.EvtIoDeviceControl = control;
    status = WdfIoQueueCreate(device, &config, NULL, NULL);
    init_queue(&config, WdfIoQueueDispatchSequential, FALSE);
    config.EvtIoDeviceControl = second_control;
    status = WdfIoQueueCreate(device, &config, NULL, &second);
})
