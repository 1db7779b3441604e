// A driver with WMI blocks: a query, a set and a method arrive through IRP_MJ_SYSTEM_CONTROL and the WMI library's callbacks.
#include "miniks.h"
static const GUID block_guid = {0x5a7e9c10, 0x1b2d, 0x4c3e, {0x8f, 0x4a, 0x65, 0x70, 0x81, 0x92, 0xa3, 0xb4}};
static const WMIGUIDREGINFO guids[] = {{&block_guid, 1, 0}};
static UNICODE_STRING saved_path;
static volatile ULONG value;

static NTSTATUS NTAPI query_reginfo(PDEVICE_OBJECT device, PULONG flags, PUNICODE_STRING instance, PUNICODE_STRING *path, PUNICODE_STRING resource, PDEVICE_OBJECT *pdo) {
    UNREFERENCED_PARAMETER(instance); UNREFERENCED_PARAMETER(resource);
    *flags = 0x20;
    *path = &saved_path;
    *pdo = device;
    return STATUS_SUCCESS;
}
static NTSTATUS NTAPI query_block(PDEVICE_OBJECT device, PIRP irp, ULONG guid, ULONG instance, ULONG count, PULONG lengths, ULONG avail, PUCHAR buffer) {
    UNREFERENCED_PARAMETER(guid); UNREFERENCED_PARAMETER(instance); UNREFERENCED_PARAMETER(count);
    if (avail < 4)
        return WmiCompleteRequest(device, irp, STATUS_BUFFER_TOO_SMALL, 4, IO_NO_INCREMENT);
    *(ULONG *)buffer = value;
    lengths[0] = 4;
    return WmiCompleteRequest(device, irp, STATUS_SUCCESS, 4, IO_NO_INCREMENT);
}
static NTSTATUS NTAPI set_block(PDEVICE_OBJECT device, PIRP irp, ULONG guid, ULONG instance, ULONG size, PUCHAR buffer) {
    UNREFERENCED_PARAMETER(guid); UNREFERENCED_PARAMETER(instance);
    if (size < 4)
        return WmiCompleteRequest(device, irp, STATUS_INVALID_PARAMETER, 0, IO_NO_INCREMENT);
    value = *(ULONG *)buffer;
    return WmiCompleteRequest(device, irp, STATUS_SUCCESS, 0, IO_NO_INCREMENT);
}
static NTSTATUS NTAPI run_method(PDEVICE_OBJECT device, PIRP irp, ULONG guid, ULONG instance, ULONG method, ULONG in_size, ULONG out_size, PUCHAR buffer) {
    UNREFERENCED_PARAMETER(guid); UNREFERENCED_PARAMETER(instance); UNREFERENCED_PARAMETER(in_size);
    if (method != 3 || out_size < 4)
        return WmiCompleteRequest(device, irp, STATUS_INVALID_DEVICE_REQUEST, 0, IO_NO_INCREMENT);
    *(ULONG *)buffer = value++;
    return WmiCompleteRequest(device, irp, STATUS_SUCCESS, 4, IO_NO_INCREMENT);
}
static WMILIB_CONTEXT context = {1, guids, query_reginfo, query_block, set_block, NULL, run_method, NULL};

static NTSTATUS NTAPI system_control(PDEVICE_OBJECT device, PIRP irp) {
    ULONG disposition;
    NTSTATUS status = WmiSystemControl(&context, device, irp, &disposition);
    if (disposition == 1)
        IoCompleteRequest(irp, IO_NO_INCREMENT);
    else if (disposition != 0)
        return complete(irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    return status;
}

CODE_SEG("INIT") NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registry_path) {
    PDEVICE_OBJECT device;
    NTSTATUS status = create_device(driver, &device);
    if (!NT_SUCCESS(status))
        return status;
    saved_path = *registry_path;
    driver->MajorFunction[IRP_MJ_CREATE] = driver->MajorFunction[IRP_MJ_CLOSE] = create_close;
    driver->MajorFunction[IRP_MJ_SYSTEM_CONTROL] = system_control;
    return IoWMIRegistrationControl(device, WMIREG_ACTION_REGISTER);
}
