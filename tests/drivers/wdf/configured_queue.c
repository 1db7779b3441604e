// Control requests go to a queue that WdfDeviceConfigureRequestDispatching names; the default queue has no handler for them.
#include "scaffold_kmdf.h"
static VOID NTAPI on_write(WDFQUEUE queue, WDFREQUEST request, SIZE_T length) { WdfRequestComplete(request, STATUS_NOT_SUPPORTED); }
static VOID NTAPI control(WDFQUEUE queue, WDFREQUEST request, SIZE_T out_length, SIZE_T in_length, ULONG code) {
    ULONG *p;
    NTSTATUS status = STATUS_INVALID_DEVICE_REQUEST;
    if (code == IOCTL_A && NT_SUCCESS(status = WdfRequestRetrieveInputBuffer(request, 8, (PVOID *)&p, NULL)))
#ifdef RF_GOOD
        write_msr(0x8b, p[1]);
#else
        write_msr(p[0], p[1]);
#endif
    WdfRequestComplete(request, status);
}
RF_KMDF_ENTRY({
    WDF_IO_QUEUE_CONFIG config;
    WDFQUEUE second;
    init_queue(&config, WdfIoQueueDispatchSequential, TRUE);
    config.EvtIoWrite = on_write;
    status = WdfIoQueueCreate(device, &config, NULL, NULL);
    init_queue(&config, WdfIoQueueDispatchParallel, FALSE);
    config.EvtIoDeviceControl = control;
    status = WdfIoQueueCreate(device, &config, NULL, &second);
    if (!NT_SUCCESS(status))
        return status;
    status = WdfDeviceConfigureRequestDispatching(device, second, IRP_MJ_DEVICE_CONTROL);
})
