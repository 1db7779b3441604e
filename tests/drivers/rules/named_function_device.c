// The device object that AddDevice makes for a Plug and Play device has a name. Good: it has none.
#include "scaffold.h"

typedef struct { PDEVICE_OBJECT lower; } extension_t;

static NTSTATUS NTAPI pass_down(PDEVICE_OBJECT device, PIRP irp) {
    IoSkipCurrentIrpStackLocation(irp);
    return IoCallDriver(((extension_t *)device->DeviceExtension)->lower, irp);
}

static NTSTATUS NTAPI add_device(PDRIVER_OBJECT driver, PDEVICE_OBJECT physical) {
    PDEVICE_OBJECT device;
    UNICODE_STRING name;
    NTSTATUS status;
    RtlInitUnicodeString(&name, RF_DEVICE_NAME);
#ifdef RF_GOOD
    status = IoCreateDevice(driver, sizeof(extension_t), NULL, FILE_DEVICE_UNKNOWN, FILE_DEVICE_SECURE_OPEN, FALSE, &device);
#else
    status = IoCreateDevice(driver, sizeof(extension_t), &name, FILE_DEVICE_UNKNOWN, FILE_DEVICE_SECURE_OPEN, FALSE, &device);
#endif
    if (!NT_SUCCESS(status))
        return status;
    ((extension_t *)device->DeviceExtension)->lower = IoAttachDeviceToDeviceStack(device, physical);
    if (((extension_t *)device->DeviceExtension)->lower == NULL) {
        IoDeleteDevice(device);
        return STATUS_UNSUCCESSFUL;
    }
    device->Flags |= ((extension_t *)device->DeviceExtension)->lower->Flags & (DO_BUFFERED_IO | DO_DIRECT_IO);
    device->Characteristics |= ((extension_t *)device->DeviceExtension)->lower->Characteristics;
    device->Flags &= ~DO_DEVICE_INITIALIZING;
    return STATUS_SUCCESS;
}

CODE_SEG("INIT") NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registry_path) {
    UNREFERENCED_PARAMETER(registry_path);
    for (ULONG i = 0; i <= IRP_MJ_MAXIMUM_FUNCTION; i++)
        driver->MajorFunction[i] = pass_down;
    driver->DriverExtension->AddDevice = add_device;
    return STATUS_SUCCESS;
}
