// The port travels in a global to a DPC of the framework.
#include "scaffold_kmdf.h"
static volatile USHORT port;
static volatile UCHAR value;
static WDFDPC dpc;
static VOID NTAPI on_dpc(WDFDPC own) {
#ifdef RF_GOOD
    out_byte(0x378, value);
#else
    out_byte(port, value);
#endif
}
static VOID NTAPI control(WDFQUEUE queue, WDFREQUEST request, SIZE_T out_length, SIZE_T in_length, ULONG code) {
    USHORT *p;
    NTSTATUS status = STATUS_INVALID_DEVICE_REQUEST;
    if (code == IOCTL_A && NT_SUCCESS(status = WdfRequestRetrieveInputBuffer(request, 4, (PVOID *)&p, NULL))) {
        port = p[0];
        value = (UCHAR)p[1];
        WdfDpcEnqueue(dpc);
    }
    WdfRequestComplete(request, status);
}
RF_KMDF_ENTRY({
    WDF_IO_QUEUE_CONFIG queue_config;
    WDF_DPC_CONFIG config;
    WDF_OBJECT_ATTRIBUTES attributes;
    init_attributes(&attributes);
    attributes.ParentObject = device;
    config.Size = sizeof(config);
    config.EvtDpcFunc = on_dpc;
    config.AutomaticSerialization = TRUE;
    status = WdfDpcCreate(&config, &attributes, &dpc);
    init_queue(&queue_config, WdfIoQueueDispatchParallel, TRUE);
    queue_config.EvtIoDeviceControl = control;
    status = WdfIoQueueCreate(device, &queue_config, NULL, NULL);
})
