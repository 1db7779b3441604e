// A static child, made in EvtDriverDeviceAdd, that has the only queue. Good: one register.
#include "scaffold_kmdf.h"

static const UNICODE_STRING child_name = RTL_CONSTANT_STRING(L"\\Device\\Rf_" RF_WIDE(RF_NAME) L"_child");
static const UNICODE_STRING child_id = RTL_CONSTANT_STRING(L"RF\\child");

static VOID NTAPI control(WDFQUEUE queue, WDFREQUEST request, SIZE_T out_length, SIZE_T in_length, ULONG code) {
    ULONG *p;
    NTSTATUS status = STATUS_INVALID_DEVICE_REQUEST;
    UNREFERENCED_PARAMETER(queue); UNREFERENCED_PARAMETER(out_length); UNREFERENCED_PARAMETER(in_length);
    if (code == IOCTL_A && NT_SUCCESS(status = WdfRequestRetrieveInputBuffer(request, 8, (PVOID *)&p, NULL)))
#ifdef RF_GOOD
        write_msr(0x8b, p[1]);
#else
        write_msr(p[0], p[1]);
#endif
    WdfRequestComplete(request, status);
}
static NTSTATUS add_child(WDFDEVICE parent) {
    WDF_IO_QUEUE_CONFIG config;
    PWDFDEVICE_INIT init = WdfPdoInitAllocate(parent);
    WDFDEVICE child;
    NTSTATUS status;
    if (init == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (!NT_SUCCESS(status = WdfPdoInitAssignDeviceID(init, &child_id)) || !NT_SUCCESS(status = WdfDeviceInitAssignName(init, &child_name)) ||
        !NT_SUCCESS(status = WdfDeviceInitAssignSDDLString(init, &device_sddl)) || !NT_SUCCESS(status = WdfDeviceCreate(&init, NULL, &child)))
        return status;
    init_queue(&config, WdfIoQueueDispatchSequential, TRUE);
    config.EvtIoDeviceControl = control;
    if (!NT_SUCCESS(status = WdfIoQueueCreate(child, &config, NULL, NULL)))
        return status;
    return WdfFdoAddStaticChild(parent, child);
}
RF_KMDF_ENTRY({ status = add_child(device); })
