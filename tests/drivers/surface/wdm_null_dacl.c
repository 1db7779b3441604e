// The descriptor is built by code without an access list, through a handle: everybody gets everything.
#include "miniwdk.h"
static NTSTATUS open_up(struct _DEVICE_OBJECT *);
#define RF_BOOT(driver, device) status = open_up(device)
#include "scaffold.h"

static NTSTATUS open_up(PDEVICE_OBJECT device) {
    SECURITY_DESCRIPTOR descriptor;
    HANDLE handle;
    NTSTATUS status = ObOpenObjectByPointer(device, OBJ_KERNEL_HANDLE, NULL, 0x40000, NULL, KernelMode, &handle);
    if (!NT_SUCCESS(status))
        return status;
    RtlCreateSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION);
    RtlSetDaclSecurityDescriptor(&descriptor, TRUE, NULL, FALSE);
    status = ZwSetSecurityObject(handle, DACL_SECURITY_INFORMATION, &descriptor);
    ZwClose(handle);
    return status;
}

static NTSTATUS control(PDEVICE_OBJECT device, PIRP irp, request_t *r) {
    UNREFERENCED_PARAMETER(device);
    UNREFERENCED_PARAMETER(irp);
    UNREFERENCED_PARAMETER(r);
    return RF_CONTROL_CODE(r) == IOCTL_A ? STATUS_SUCCESS : STATUS_INVALID_DEVICE_REQUEST;
}
RF_WDM_DRIVER(control)
