// The register is left in a global for a work item that writes it.
#include "scaffold_kmdf.h"
static volatile ULONG index, value;
static WDFWORKITEM item;
static VOID NTAPI on_work(WDFWORKITEM work) {
#ifdef RF_GOOD
    write_msr(0x19a, value);
#else
    write_msr(index, value);
#endif
}
static VOID NTAPI control(WDFQUEUE queue, WDFREQUEST request, SIZE_T out_length, SIZE_T in_length, ULONG code) {
    ULONG *p;
    NTSTATUS status = STATUS_INVALID_DEVICE_REQUEST;
    if (code == IOCTL_A && NT_SUCCESS(status = WdfRequestRetrieveInputBuffer(request, 8, (PVOID *)&p, NULL))) {
        index = p[0];
        value = p[1];
        WdfWorkItemEnqueue(item);
    }
    WdfRequestComplete(request, status);
}
RF_KMDF_ENTRY({
    WDF_IO_QUEUE_CONFIG queue_config;
    WDF_WORKITEM_CONFIG config;
    WDF_OBJECT_ATTRIBUTES attributes;
    init_attributes(&attributes);
    attributes.ParentObject = device;
    config.Size = sizeof(config);
    config.EvtWorkItemFunc = on_work;
    config.AutomaticSerialization = TRUE;
    status = WdfWorkItemCreate(&config, &attributes, &item);
    init_queue(&queue_config, WdfIoQueueDispatchParallel, TRUE);
    queue_config.EvtIoDeviceControl = control;
    status = WdfIoQueueCreate(device, &queue_config, NULL, NULL);
})
