// The handler parks one code in a manual queue; a timer takes it off and does the work.
#include "scaffold_kmdf.h"
static WDFQUEUE parked;
static WDFTIMER timer;
static VOID NTAPI on_timer(WDFTIMER own) {
    WDFREQUEST request;
    ULONG *p;
    NTSTATUS status;
    UNREFERENCED_PARAMETER(own);
    if (!NT_SUCCESS(WdfIoQueueRetrieveNextRequest(parked, &request)))
        return;
    if (NT_SUCCESS(status = WdfRequestRetrieveInputBuffer(request, 8, (PVOID *)&p, NULL)))
#ifdef RF_GOOD
        out_byte(0x71, (UCHAR)p[1]);
#else
        out_byte((USHORT)p[0], (UCHAR)p[1]);
#endif
    WdfRequestComplete(request, status);
}
static VOID NTAPI control(WDFQUEUE queue, WDFREQUEST request, SIZE_T out_length, SIZE_T in_length, ULONG code) {
    NTSTATUS status = STATUS_INVALID_DEVICE_REQUEST;
    if (code == IOCTL_A) {
        status = WdfRequestForwardToIoQueue(request, parked);
        if (NT_SUCCESS(status)) {
            WdfTimerStart(timer, -10000);
            return;
        }
    }
    WdfRequestComplete(request, status);
}
RF_KMDF_ENTRY({
    WDF_IO_QUEUE_CONFIG config;
    WDF_TIMER_CONFIG timer_config;
    WDF_OBJECT_ATTRIBUTES attributes;
    init_queue(&config, WdfIoQueueDispatchParallel, TRUE);
    config.EvtIoDeviceControl = control;
    status = WdfIoQueueCreate(device, &config, NULL, NULL);
    init_queue(&config, WdfIoQueueDispatchManual, FALSE);
    status = WdfIoQueueCreate(device, &config, NULL, &parked);
    if (!NT_SUCCESS(status))
        return status;
    memset(&timer_config, 0, sizeof(timer_config));
    timer_config.Size = sizeof(timer_config);
    timer_config.EvtTimerFunc = on_timer;
    timer_config.AutomaticSerialization = TRUE;
    init_attributes(&attributes);
    attributes.ParentObject = device;
    status = WdfTimerCreate(&timer_config, &attributes, &timer);
})
