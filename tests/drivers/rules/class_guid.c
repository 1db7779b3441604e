// A device made with a descriptor and the class GUID of Windows' System class. Good: a GUID of the driver's own.
#include "scaffold.h"

#ifdef RF_GOOD
static const GUID class_guid = {0x0b1f6a52, 0x3c7d, 0x4e0a, {0x91, 0x25, 0x77, 0x3e, 0x5d, 0x0c, 0x48, 0xa1}};
#else
static const GUID class_guid = {0x4d36e97d, 0xe325, 0x11ce, {0xbf, 0xc1, 0x08, 0x00, 0x2b, 0xe1, 0x03, 0x18}};
#endif

static NTSTATUS NTAPI control(PDEVICE_OBJECT device, PIRP irp) {
    UNREFERENCED_PARAMETER(device);
    return complete(irp, STATUS_INVALID_DEVICE_REQUEST, 0);
}

CODE_SEG("INIT") NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registry_path) {
    static const UNICODE_STRING sddl = RTL_CONSTANT_STRING(SDDL_ADMIN);
    UNICODE_STRING name;
    PDEVICE_OBJECT device;
    UNREFERENCED_PARAMETER(registry_path);
    RtlInitUnicodeString(&name, RF_DEVICE_NAME);
    driver->MajorFunction[IRP_MJ_CREATE] = driver->MajorFunction[IRP_MJ_CLOSE] = create_close;
    driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = control;
    return RfCreateDeviceSecure(driver, 0, &name, RF_DEVICE_TYPE, FILE_DEVICE_SECURE_OPEN, FALSE, &sddl, &class_guid, &device);
}
