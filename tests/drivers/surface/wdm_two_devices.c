// Two devices behind one dispatch routine: a public one and one for administrators. RF_BY_EXTENSION: each device's extension holds its handler;
// otherwise the routine compares the device object with a global.
#include "scaffold.h"

typedef NTSTATUS (*handler_t)(request_t *);
typedef struct { handler_t handler; } extension_t;
static PDEVICE_OBJECT admin_device;
static volatile ULONG state;

static NTSTATUS public_control(request_t *r) {
    if (RF_CONTROL_CODE(r) != IOCTL_A || r->out_length < 4)
        return STATUS_INVALID_DEVICE_REQUEST;
    *(ULONG *)r->buffer = state;
    r->information = 4;
    return STATUS_SUCCESS;
}
static NTSTATUS admin_control(request_t *r) {
    if (RF_CONTROL_CODE(r) != IOCTL_B || r->in_length < 4)
        return STATUS_INVALID_DEVICE_REQUEST;
    state = *(ULONG *)r->buffer;
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI dispatch(PDEVICE_OBJECT device, PIRP irp) {
    request_t r = {0};
    NTSTATUS status;
    r.stack = IoGetCurrentIrpStackLocation(irp);
    r.buffer = irp->AssociatedIrp.SystemBuffer;
    r.in_length = r.stack->Parameters.DeviceIoControl.InputBufferLength;
    r.out_length = r.stack->Parameters.DeviceIoControl.OutputBufferLength;
#ifdef RF_BY_EXTENSION
    status = ((extension_t *)device->DeviceExtension)->handler(&r);
#else
    status = device == admin_device ? admin_control(&r) : public_control(&r);
#endif
    return complete(irp, status, r.information);
}

CODE_SEG("INIT") static NTSTATUS add(PDRIVER_OBJECT driver, PCWSTR name, PCWSTR link, PCWSTR sddl, handler_t handler, PDEVICE_OBJECT *device) {
    UNICODE_STRING device_name, link_name, text;
    NTSTATUS status;
    RtlInitUnicodeString(&device_name, name);
    RtlInitUnicodeString(&link_name, link);
    RtlInitUnicodeString(&text, sddl);
    status = RfCreateDeviceSecure(driver, sizeof(extension_t), &device_name, RF_DEVICE_TYPE, FILE_DEVICE_SECURE_OPEN, FALSE, &text, NULL, device);
    if (!NT_SUCCESS(status))
        return status;
    ((extension_t *)(*device)->DeviceExtension)->handler = handler;
    return IoCreateSymbolicLink(&link_name, &device_name);
}

CODE_SEG("INIT") NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registry_path) {
    PDEVICE_OBJECT public_device;
    NTSTATUS status;
    UNREFERENCED_PARAMETER(registry_path);
    status = add(driver, RF_DEVICE_NAME L"_user", RF_LINK_NAME L"_user", L"D:P(A;;GA;;;SY)(A;;GRGW;;;WD)", public_control, &public_device);
    if (!NT_SUCCESS(status))
        return status;
    status = add(driver, RF_DEVICE_NAME L"_admin", RF_LINK_NAME L"_admin", L"D:P(A;;GA;;;SY)(A;;GA;;;BA)", admin_control, &admin_device);
    driver->MajorFunction[IRP_MJ_CREATE] = driver->MajorFunction[IRP_MJ_CLOSE] = create_close;
    driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = dispatch;
    return status;
}
