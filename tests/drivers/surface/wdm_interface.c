// A PnP driver: AddDevice makes an unnamed device, attaches it, registers an interface. Unknown requests go down.
#include "scaffold.h"

typedef struct { PDEVICE_OBJECT lower; UNICODE_STRING interface_name; } extension_t;
static const GUID interface_guid = {0x7d3f0b5e, 0x51c2, 0x4a4e, {0x9a, 0x11, 0x20, 0x6c, 0x3e, 0x77, 0x5a, 0x01}};

static NTSTATUS NTAPI pass_down(PDEVICE_OBJECT device, PIRP irp) {
    IoSkipCurrentIrpStackLocation(irp);
    return IoCallDriver(((extension_t *)device->DeviceExtension)->lower, irp);
}

static NTSTATUS NTAPI control(PDEVICE_OBJECT device, PIRP irp) {
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    switch (stack->Parameters.DeviceIoControl.IoControlCode) {
    case IOCTL_A:
        if (stack->Parameters.DeviceIoControl.OutputBufferLength < 4)
            return complete(irp, STATUS_BUFFER_TOO_SMALL, 0);
        *(ULONG *)irp->AssociatedIrp.SystemBuffer = device->StackSize;
        return complete(irp, STATUS_SUCCESS, 4);
    case IOCTL_B:
        return complete(irp, STATUS_NOT_SUPPORTED, 0);
    case IOCTL_C:
        return pass_down(device, irp);
    default:
        return pass_down(device, irp);
    }
}

static NTSTATUS NTAPI add_device(PDRIVER_OBJECT driver, PDEVICE_OBJECT physical) {
    PDEVICE_OBJECT device;
    extension_t *extension;
    NTSTATUS status = IoCreateDevice(driver, sizeof(extension_t), NULL, FILE_DEVICE_UNKNOWN, FILE_DEVICE_SECURE_OPEN, FALSE, &device);
    if (!NT_SUCCESS(status))
        return status;
    extension = device->DeviceExtension;
    extension->lower = IoAttachDeviceToDeviceStack(device, physical);
    if (extension->lower == NULL) {
        IoDeleteDevice(device);
        return STATUS_UNSUCCESSFUL;
    }
#ifdef RF_COPY_CHARACTERISTICS
    device->Characteristics |= extension->lower->Characteristics;
#endif
    status = IoRegisterDeviceInterface(physical, &interface_guid, NULL, &extension->interface_name);
    if (NT_SUCCESS(status))
        status = IoSetDeviceInterfaceState(&extension->interface_name, TRUE);
    device->Flags = (device->Flags | DO_BUFFERED_IO) & ~DO_DEVICE_INITIALIZING;
    return status;
}

CODE_SEG("INIT") NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registry_path) {
    UNREFERENCED_PARAMETER(registry_path);
    for (ULONG i = 0; i <= IRP_MJ_MAXIMUM_FUNCTION; i++)
        driver->MajorFunction[i] = pass_down;
    driver->MajorFunction[IRP_MJ_CREATE] = driver->MajorFunction[IRP_MJ_CLOSE] = create_close;
    driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = control;
    driver->DriverExtension->AddDevice = add_device;
    return STATUS_SUCCESS;
}
