// A WMI method writes the port that its buffer names. Good: one port.
#include "miniks.h"
#include "instructions.h"
static const GUID block_guid = {0x5a7e9c11, 0x1b2d, 0x4c3e, {0x8f, 0x4a, 0x65, 0x70, 0x81, 0x92, 0xa3, 0xb4}};
static const WMIGUIDREGINFO guids[] = {{&block_guid, 1, 0}};

static NTSTATUS NTAPI run_method(PDEVICE_OBJECT device, PIRP irp, ULONG guid, ULONG instance, ULONG method, ULONG in_size, ULONG out_size, PUCHAR buffer) {
    UNREFERENCED_PARAMETER(guid); UNREFERENCED_PARAMETER(instance); UNREFERENCED_PARAMETER(out_size);
    if (method != 5 || in_size < 8)
        return WmiCompleteRequest(device, irp, STATUS_INVALID_DEVICE_REQUEST, 0, IO_NO_INCREMENT);
#ifdef RF_GOOD
    out_byte(0x61, buffer[4]);
#else
    out_byte(*(USHORT *)buffer, buffer[4]);
#endif
    return WmiCompleteRequest(device, irp, STATUS_SUCCESS, 0, IO_NO_INCREMENT);
}
static WMILIB_CONTEXT context = {1, guids, NULL, NULL, NULL, NULL, run_method, NULL};

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
    UNREFERENCED_PARAMETER(registry_path);
    if (!NT_SUCCESS(status))
        return status;
    driver->MajorFunction[IRP_MJ_CREATE] = driver->MajorFunction[IRP_MJ_CLOSE] = create_close;
    driver->MajorFunction[IRP_MJ_SYSTEM_CONTROL] = system_control;
    return IoWMIRegistrationControl(device, WMIREG_ACTION_REGISTER);
}
