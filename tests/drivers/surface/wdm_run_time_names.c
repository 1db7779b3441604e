// The device name is decoded at run time (RF_XOR), printed (RF_PRINTED) or widened from ASCII (RF_WIDENED) before the device is made.
#include "scaffold.h"

static NTSTATUS control(PDEVICE_OBJECT device, PIRP irp, request_t *r) {
    UNREFERENCED_PARAMETER(device);
    UNREFERENCED_PARAMETER(irp);
    return RF_CONTROL_CODE(r) == IOCTL_A ? STATUS_SUCCESS : STATUS_INVALID_DEVICE_REQUEST;
}
static NTSTATUS NTAPI dispatch(PDEVICE_OBJECT device, PIRP irp) {
    request_t r = {0};
    r.stack = IoGetCurrentIrpStackLocation(irp);
    return complete(irp, control(device, irp, &r), 0);
}

#ifdef RF_XOR
// \Device\RfHidden and \DosDevices\RfHidden, each letter exclusive-ored with 0x35 + its index.
static volatile const WCHAR coded_name[] = {0x69, 0x72, 0x52, 0x4e, 0x50, 0x59, 0x5e, 0x60, 0x6f, 0x58, 0x77, 0x29, 0x25, 0x26, 0x26, 0x2a, 0};
static volatile const WCHAR coded_link[] = {0x69, 0x72, 0x58, 0x4b, 0x7d, 0x5f, 0x4d, 0x55, 0x5e, 0x5b, 0x4c, 0x1c, 0x13, 0x24, 0x0b, 0x2d, 0x21, 0x22, 0x22, 0x26, 0};
static VOID decode(volatile const WCHAR *coded, WCHAR *text) {
    ULONG i;
    for (i = 0; coded[i] != 0; i++)
        text[i] = (WCHAR)(coded[i] ^ (0x35 + i));
    text[i] = 0;
}
#endif
#ifdef RF_WIDENED
static VOID widen(const char *narrow, WCHAR *text) {
    do
        *text++ = (UCHAR)*narrow;
    while (*narrow++);
}
#endif

CODE_SEG("INIT") NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registry_path) {
    WCHAR name_text[64], link_text[64];
    UNICODE_STRING name, link;
    PDEVICE_OBJECT device;
    NTSTATUS status;
    UNREFERENCED_PARAMETER(registry_path);
#if defined(RF_XOR)
    decode(coded_name, name_text);
    decode(coded_link, link_text);
#elif defined(RF_PRINTED)
    swprintf(name_text, L"\\Device\\%ws%u", L"RfPrinted", 7u);
    swprintf(link_text, L"\\DosDevices\\%ws%u", L"RfPrinted", 7u);
#else
    widen("\\Device\\RfWidened", name_text);
    widen("\\DosDevices\\RfWidened", link_text);
#endif
    RtlInitUnicodeString(&name, name_text);
    RtlInitUnicodeString(&link, link_text);
    status = IoCreateDevice(driver, 0, &name, RF_DEVICE_TYPE, FILE_DEVICE_SECURE_OPEN, FALSE, &device);
    if (!NT_SUCCESS(status))
        return status;
    driver->MajorFunction[IRP_MJ_CREATE] = driver->MajorFunction[IRP_MJ_CLOSE] = create_close;
    driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = dispatch;
    return IoCreateSymbolicLink(&link, &name);
}
