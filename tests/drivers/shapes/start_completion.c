// A filter passes IRP_MN_START_DEVICE down and makes its control device in the completion routine, as keyboard and button filters
// do; the named device tells itself from the filter's by a field of its extension. Bad: the caller's port. Good: one port.
typedef struct { void *lower, *child; unsigned char is_child; } extension_t;
#define RF_EXTENSION extension_t
#include "scaffold.h"

static NTSTATUS NTAPI on_control(PDEVICE_OBJECT device, PIRP irp) {
    extension_t *extension = device->DeviceExtension;
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    ULONG *p = irp->AssociatedIrp.SystemBuffer;
    if (!extension->is_child) {
        IoSkipCurrentIrpStackLocation(irp);
        return IoCallDriver(extension->lower, irp);
    }
    if (stack->Parameters.DeviceIoControl.IoControlCode != IOCTL_A)
        return complete(irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    if (stack->Parameters.DeviceIoControl.InputBufferLength < 8)
        return complete(irp, STATUS_BUFFER_TOO_SMALL, 0);
#ifdef RF_GOOD
    out_byte(0x71, (UCHAR)p[1]);
#else
    out_byte((USHORT)p[0], (UCHAR)p[1]);
#endif
    return complete(irp, STATUS_SUCCESS, 0);
}
static NTSTATUS NTAPI on_started(PDEVICE_OBJECT device, PIRP irp, PVOID context) {
    extension_t *extension = device->DeviceExtension;
    PDEVICE_OBJECT child;
    UNREFERENCED_PARAMETER(context);
    if (NT_SUCCESS(irp->IoStatus.Status) && NT_SUCCESS(create_device(device->DriverObject, &child))) {
        ((extension_t *)child->DeviceExtension)->is_child = TRUE;
        extension->child = child;
    }
    return STATUS_SUCCESS;
}
static NTSTATUS NTAPI on_pnp(PDEVICE_OBJECT device, PIRP irp) {
    extension_t *extension = device->DeviceExtension;
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp), next = stack - 1;
    if (stack->MinorFunction != IRP_MN_START_DEVICE) {
        IoSkipCurrentIrpStackLocation(irp);
        return IoCallDriver(extension->lower, irp);
    }
    memcpy(next, stack, __builtin_offsetof(IO_STACK_LOCATION, CompletionRoutine));
    next->CompletionRoutine = on_started;
    next->Context = NULL;
    next->Control = 0xe0; // on success, error and cancel
    return IoCallDriver(extension->lower, irp);
}
static NTSTATUS NTAPI add_device(PDRIVER_OBJECT driver, PDEVICE_OBJECT physical) {
    PDEVICE_OBJECT device;
    NTSTATUS status = IoCreateDevice(driver, sizeof(extension_t), NULL, 0x22, FILE_DEVICE_SECURE_OPEN, FALSE, &device);
    if (!NT_SUCCESS(status))
        return status;
    ((extension_t *)device->DeviceExtension)->lower = IoAttachDeviceToDeviceStack(device, physical);
    return STATUS_SUCCESS;
}
CODE_SEG("INIT") NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registry_path) {
    UNREFERENCED_PARAMETER(registry_path);
    driver->MajorFunction[IRP_MJ_CREATE] = driver->MajorFunction[IRP_MJ_CLOSE] = create_close;
    driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = on_control;
    driver->MajorFunction[IRP_MJ_PNP] = on_pnp;
    driver->DriverExtension->AddDevice = add_device;
    return STATUS_SUCCESS;
}
