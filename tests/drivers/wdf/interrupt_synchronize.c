// A routine run at the interrupt's level writes the caller's register.
#include "scaffold_kmdf.h"
static WDFINTERRUPT interrupt;
static BOOLEAN NTAPI on_interrupt(WDFINTERRUPT own, ULONG message) { return FALSE; }
static BOOLEAN NTAPI at_interrupt_level(WDFINTERRUPT own, PVOID context) {
    ULONG *p = context;
#ifdef RF_GOOD
    write_msr(0x2ff, p[1]);
#else
    write_msr(p[0], p[1]);
#endif
    return TRUE;
}
static VOID NTAPI control(WDFQUEUE queue, WDFREQUEST request, SIZE_T out_length, SIZE_T in_length, ULONG code) {
    ULONG *p;
    NTSTATUS status = STATUS_INVALID_DEVICE_REQUEST;
    if (code == IOCTL_A && NT_SUCCESS(status = WdfRequestRetrieveInputBuffer(request, 8, (PVOID *)&p, NULL)))
        WdfInterruptSynchronize(interrupt, at_interrupt_level, p);
    WdfRequestComplete(request, status);
}
RF_KMDF_ENTRY({
    WDF_IO_QUEUE_CONFIG queue_config;
    WDF_INTERRUPT_CONFIG config;
    memset(&config, 0, sizeof(config));
    config.Size = sizeof(config);
    config.EvtInterruptIsr = on_interrupt;
    status = WdfInterruptCreate(device, &config, NULL, &interrupt);
    if (!NT_SUCCESS(status))
        return status;
    init_queue(&queue_config, WdfIoQueueDispatchParallel, TRUE);
    queue_config.EvtIoDeviceControl = control;
    status = WdfIoQueueCreate(device, &queue_config, NULL, NULL);
})
