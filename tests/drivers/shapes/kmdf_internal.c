// A framework driver whose queue serves other drivers only: EvtIoInternalDeviceControl.
#include "scaffold_kmdf.h"

static VOID NTAPI internal_control(WDFQUEUE queue, WDFREQUEST request, SIZE_T out_length, SIZE_T in_length, ULONG code) {
    ULONG *buffer;
    NTSTATUS status = STATUS_INVALID_DEVICE_REQUEST;
    UNREFERENCED_PARAMETER(queue); UNREFERENCED_PARAMETER(out_length); UNREFERENCED_PARAMETER(in_length);
    if (code == IOCTL_A) {
        status = WdfRequestRetrieveInputBuffer(request, 16, (PVOID *)&buffer, NULL);
        if (NT_SUCCESS(status))
            DbgPrint("%u\n", buffer[3]);
    } else if (code == IOCTL_B) {
        status = STATUS_SUCCESS;
    }
    WdfRequestComplete(request, status);
}
RF_KMDF_ENTRY({
    WDF_IO_QUEUE_CONFIG config;
    init_queue(&config, WdfIoQueueDispatchParallel, TRUE);
    config.EvtIoInternalDeviceControl = internal_control;
    status = WdfIoQueueCreate(device, &config, NULL, NULL);
})
