// A manual queue that a system thread empties: by its own clock, or with RF_SIGNAL when the handler says so. Good: one port.
#include "scaffold_kmdf.h"
static WDFQUEUE parked;
static KEVENT work;

static VOID NTAPI worker(PVOID context) {
    LARGE_INTEGER delay;
    WDFREQUEST request;
    ULONG *p;
    NTSTATUS status;
    UNREFERENCED_PARAMETER(context);
    delay.QuadPart = -10000;
    for (;;) {
#ifdef RF_SIGNAL
        KeWaitForSingleObject(&work, 0, 0, FALSE, NULL);
#else
        KeDelayExecutionThread(0, FALSE, &delay);
#endif
        if (!NT_SUCCESS(WdfIoQueueRetrieveNextRequest(parked, &request)))
            continue;
        if (NT_SUCCESS(status = WdfRequestRetrieveInputBuffer(request, 8, (PVOID *)&p, NULL)))
#ifdef RF_GOOD
            out_byte(0x71, (UCHAR)p[1]);
#else
            out_byte((USHORT)p[0], (UCHAR)p[1]);
#endif
        WdfRequestComplete(request, status);
    }
}
static VOID NTAPI control(WDFQUEUE queue, WDFREQUEST request, SIZE_T out_length, SIZE_T in_length, ULONG code) {
    NTSTATUS status = STATUS_INVALID_DEVICE_REQUEST;
    UNREFERENCED_PARAMETER(queue); UNREFERENCED_PARAMETER(out_length); UNREFERENCED_PARAMETER(in_length);
    if (code == IOCTL_A && NT_SUCCESS(status = WdfRequestForwardToIoQueue(request, parked))) {
        KeSetEvent(&work, 0, FALSE);
        return;
    }
    WdfRequestComplete(request, status);
}
RF_KMDF_ENTRY({
    WDF_IO_QUEUE_CONFIG config;
    HANDLE thread;
    KeInitializeEvent(&work, 1, FALSE);
    init_queue(&config, WdfIoQueueDispatchParallel, TRUE);
    config.EvtIoDeviceControl = control;
    status = WdfIoQueueCreate(device, &config, NULL, NULL);
    init_queue(&config, WdfIoQueueDispatchManual, FALSE);
    status = WdfIoQueueCreate(device, &config, NULL, &parked);
    if (!NT_SUCCESS(status))
        return status;
    status = PsCreateSystemThread(&thread, 0, NULL, NULL, NULL, worker, NULL);
})
