// The default queue knows one code itself and forwards the others to a second queue, whose handler knows two.
#include "scaffold_kmdf.h"
static WDFQUEUE second;

static VOID NTAPI second_control(WDFQUEUE queue, WDFREQUEST request, SIZE_T out_length, SIZE_T in_length, ULONG code) {
    ULONG *buffer;
    NTSTATUS status = STATUS_INVALID_DEVICE_REQUEST;
    UNREFERENCED_PARAMETER(queue); UNREFERENCED_PARAMETER(out_length); UNREFERENCED_PARAMETER(in_length);
    if (code == IOCTL_B) {
        status = WdfRequestRetrieveInputBuffer(request, 16, (PVOID *)&buffer, NULL);
        if (NT_SUCCESS(status))
            DbgPrint("%u\n", buffer[3]);
    } else if (code == IOCTL_C) {
        status = STATUS_SUCCESS;
    }
    WdfRequestComplete(request, status);
}
static VOID NTAPI control(WDFQUEUE queue, WDFREQUEST request, SIZE_T out_length, SIZE_T in_length, ULONG code) {
    NTSTATUS status;
    UNREFERENCED_PARAMETER(queue); UNREFERENCED_PARAMETER(out_length); UNREFERENCED_PARAMETER(in_length);
    if (code == IOCTL_A) {
        WdfRequestComplete(request, STATUS_SUCCESS);
        return;
    }
    status = WdfRequestForwardToIoQueue(request, second);
    if (!NT_SUCCESS(status))
        WdfRequestComplete(request, status);
}
RF_KMDF_ENTRY({
    WDF_IO_QUEUE_CONFIG config;
    init_queue(&config, WdfIoQueueDispatchParallel, TRUE);
    config.EvtIoDeviceControl = control;
    status = WdfIoQueueCreate(device, &config, NULL, NULL);
    if (!NT_SUCCESS(status))
        return status;
    init_queue(&config, WdfIoQueueDispatchSequential, FALSE);
    config.EvtIoDeviceControl = second_control;
    status = WdfIoQueueCreate(device, &config, NULL, &second);
})
