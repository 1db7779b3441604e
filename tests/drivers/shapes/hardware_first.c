// DriverEntry fills the dispatch table when a routine of the system has told it of its hardware, and that routine has no model that
// tells: no path gets there. The table stands in the code.
#include "scaffold.h"
typedef struct { ULONG size, found; ULONG_PTR port; } hardware_t;
static hardware_t hardware;

static NTSTATUS NTAPI on_hardware(PVOID context, PUNICODE_STRING path, ULONG bus_type, ULONG bus, PVOID *bus_information, ULONG controller_type,
                                  ULONG controller, PVOID *controller_information, ULONG peripheral_type, ULONG peripheral, PVOID *peripheral_information) {
    hardware_t *about = context;
    UNREFERENCED_PARAMETER(path); UNREFERENCED_PARAMETER(bus_type); UNREFERENCED_PARAMETER(bus_information);
    UNREFERENCED_PARAMETER(controller_type); UNREFERENCED_PARAMETER(controller); UNREFERENCED_PARAMETER(controller_information);
    UNREFERENCED_PARAMETER(peripheral_type); UNREFERENCED_PARAMETER(peripheral); UNREFERENCED_PARAMETER(peripheral_information);
    about->found = 1;
    about->port = bus;
    return STATUS_SUCCESS;
}
static NTSTATUS NTAPI control(PDEVICE_OBJECT device, PIRP irp) {
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    ULONG *p = irp->AssociatedIrp.SystemBuffer;
    UNREFERENCED_PARAMETER(device);
    if (stack->Parameters.DeviceIoControl.InputBufferLength < 8)
        return complete(irp, STATUS_BUFFER_TOO_SMALL, 0);
    switch (stack->Parameters.DeviceIoControl.IoControlCode) {
    case IOCTL_A:
        out_byte(0x71, (UCHAR)p[1]);
        return complete(irp, STATUS_SUCCESS, 0);
    case IOCTL_B:
        p[0] = hardware.size;
        return complete(irp, STATUS_SUCCESS, 4);
    default:
        return complete(irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    }
}
CODE_SEG("INIT") NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registry_path) {
    ULONG bus_type = 1;
    PDEVICE_OBJECT device;
    NTSTATUS status = IoQueryDeviceDescription(&bus_type, NULL, NULL, NULL, NULL, NULL, on_hardware, &hardware);
    UNREFERENCED_PARAMETER(registry_path);
    if (!NT_SUCCESS(status))
        return status;
    if (!hardware.found)
        return STATUS_UNSUCCESSFUL;
    status = create_device(driver, &device);
    if (!NT_SUCCESS(status))
        return status;
    driver->MajorFunction[IRP_MJ_CREATE] = driver->MajorFunction[IRP_MJ_CLOSE] = create_close;
    driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = control;
    driver->DriverUnload = unload;
    return STATUS_SUCCESS;
}
