// A bus: the child list makes a raw device with a name and a queue of its own. The same code means one thing to the parent and
// another to the child, where it is dangerous. Good: the child writes one register.
#include "miniwdf.h"
static void add_child_list(PWDFDEVICE_INIT);
#define RF_BEFORE_DEVICE(init) add_child_list(init)
#include "scaffold_kmdf.h"

static const UNICODE_STRING child_name = RTL_CONSTANT_STRING(L"\\Device\\Rf_" RF_WIDE(RF_NAME) L"_child");
static const UNICODE_STRING child_sddl = RTL_CONSTANT_STRING(L"D:P(A;;GA;;;SY)(A;;GA;;;BA)(A;;GRGW;;;WD)");
static const UNICODE_STRING child_id = RTL_CONSTANT_STRING(L"RF\\child");
static const GUID child_class = {0x5a7e9c11, 0x1b2d, 0x4c3e, {0x8f, 0x4a, 0x65, 0x70, 0x81, 0x92, 0xa3, 0xb5}};

static VOID NTAPI child_control(WDFQUEUE queue, WDFREQUEST request, SIZE_T out_length, SIZE_T in_length, ULONG code) {
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
static NTSTATUS NTAPI create_child(PVOID list, PVOID identification, PWDFDEVICE_INIT init) {
    WDF_IO_QUEUE_CONFIG config;
    WDFDEVICE child;
    NTSTATUS status;
    UNREFERENCED_PARAMETER(list); UNREFERENCED_PARAMETER(identification);
    if (!NT_SUCCESS(status = WdfPdoInitAssignRawDevice(init, &child_class)) || !NT_SUCCESS(status = WdfPdoInitAssignDeviceID(init, &child_id)) ||
        !NT_SUCCESS(status = WdfDeviceInitAssignName(init, &child_name)) || !NT_SUCCESS(status = WdfDeviceInitAssignSDDLString(init, &child_sddl)) ||
        !NT_SUCCESS(status = WdfDeviceCreate(&init, NULL, &child)))
        return status;
    init_queue(&config, WdfIoQueueDispatchParallel, TRUE);
    config.EvtIoDeviceControl = child_control;
    return WdfIoQueueCreate(child, &config, NULL, NULL);
}
static void add_child_list(PWDFDEVICE_INIT init) {
    WDF_CHILD_LIST_CONFIG config;
    memset(&config, 0, sizeof(config));
    config.Size = sizeof(config);
    config.IdentificationDescriptionSize = 8;
    config.EvtChildListCreateDevice = create_child;
    WdfFdoInitSetDefaultChildListConfig(init, &config, NULL);
}
static VOID NTAPI control(WDFQUEUE queue, WDFREQUEST request, SIZE_T out_length, SIZE_T in_length, ULONG code) {
    UNREFERENCED_PARAMETER(queue); UNREFERENCED_PARAMETER(out_length); UNREFERENCED_PARAMETER(in_length);
    WdfRequestComplete(request, code == IOCTL_A ? STATUS_SUCCESS : STATUS_INVALID_DEVICE_REQUEST);
}
RF_KMDF_DRIVER(control)
