// DriverEntry asks the system before it makes its device, as drivers before plug and play do: a query of the registry with a
// routine, an enumeration of keys that ends when it says so, and a description of the bus that a routine of the driver is told.
#define RF_EXTENSION void *
#include "scaffold.h"
#define NO_MORE_ENTRIES ((NTSTATUS)0x8000001a)
typedef struct { ULONG entries, keys, found, bus; } asked_t;
static asked_t asked;

static NTSTATUS NTAPI on_value(PWSTR name, ULONG type, PVOID data, ULONG length, PVOID context, PVOID entry_context) {
    asked_t *about = context;
    UNREFERENCED_PARAMETER(name); UNREFERENCED_PARAMETER(data); UNREFERENCED_PARAMETER(entry_context);
    if (type == 4 && length == 4)
        about->entries++;
    return STATUS_SUCCESS;
}
static NTSTATUS NTAPI on_bus(PVOID context, PUNICODE_STRING path, ULONG bus_type, ULONG bus, PVOID *bus_information, ULONG controller_type,
                             ULONG controller, PVOID *controller_information, ULONG peripheral_type, ULONG peripheral, PVOID *peripheral_information) {
    asked_t *about = context;
    UNREFERENCED_PARAMETER(path); UNREFERENCED_PARAMETER(bus_type); UNREFERENCED_PARAMETER(bus_information);
    UNREFERENCED_PARAMETER(controller_type); UNREFERENCED_PARAMETER(controller); UNREFERENCED_PARAMETER(controller_information);
    UNREFERENCED_PARAMETER(peripheral_type); UNREFERENCED_PARAMETER(peripheral); UNREFERENCED_PARAMETER(peripheral_information);
    about->found = 1;
    about->bus = bus;
    return STATUS_SUCCESS;
}
static NTSTATUS NTAPI control(PDEVICE_OBJECT device, PIRP irp) {
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    asked_t *about = *(asked_t **)device->DeviceExtension;
    if (stack->Parameters.DeviceIoControl.OutputBufferLength < 4)
        return complete(irp, STATUS_BUFFER_TOO_SMALL, 0);
    switch (stack->Parameters.DeviceIoControl.IoControlCode) {
    case IOCTL_A:
        *(ULONG *)irp->AssociatedIrp.SystemBuffer = about->bus;
        return complete(irp, STATUS_SUCCESS, 4);
    case IOCTL_B:
        *(ULONG *)irp->AssociatedIrp.SystemBuffer = about->keys;
        return complete(irp, STATUS_SUCCESS, 4);
    default:
        return complete(irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    }
}
CODE_SEG("INIT") NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registry_path) {
    RTL_QUERY_REGISTRY_TABLE table[2] = {{0}};
    UCHAR key[64];
    ULONG bus_type = 1, length;
    PDEVICE_OBJECT device;
    NTSTATUS status;
    table[0].QueryRoutine = on_value;
    table[0].Name = L"Port";
    RtlQueryRegistryValues(0, registry_path->Buffer, table, &asked, NULL);
    for (;; asked.keys++) {
        status = ZwEnumerateKey(NULL, asked.keys, 0, key, sizeof key, &length);
        if (status == NO_MORE_ENTRIES)
            break;
        if (!NT_SUCCESS(status))
            return status;
    }
    status = IoQueryDeviceDescription(&bus_type, NULL, NULL, NULL, NULL, NULL, on_bus, &asked);
    if (!NT_SUCCESS(status))
        return status;
    if (!asked.found)
        return STATUS_UNSUCCESSFUL;
    status = create_device(driver, &device);
    if (!NT_SUCCESS(status))
        return status;
    *(asked_t **)device->DeviceExtension = &asked;
    driver->MajorFunction[IRP_MJ_CREATE] = driver->MajorFunction[IRP_MJ_CLOSE] = create_close;
    driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = control;
    driver->DriverUnload = unload;
    return STATUS_SUCCESS;
}
