// The descriptor is built by code and set on the device after its creation: full access for SYSTEM and, RF_GRANT, for one more group.
#include "miniwdk.h"
static NTSTATUS protect(struct _DEVICE_OBJECT *);
#define RF_BOOT(driver, device) status = protect(device)
#include "scaffold.h"

static NTSTATUS protect(PDEVICE_OBJECT device) {
    SECURITY_DESCRIPTOR descriptor;
    ULONG_PTR acl[32];
    NTSTATUS status = RtlCreateSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION);
    if (NT_SUCCESS(status))
        status = RtlCreateAcl((PACL)acl, sizeof(acl), ACL_REVISION);
    if (NT_SUCCESS(status))
        status = RtlAddAccessAllowedAce((PACL)acl, ACL_REVISION, 0x1F01FF, SeExports->SeLocalSystemSid);
    if (NT_SUCCESS(status))
        status = RtlAddAccessAllowedAce((PACL)acl, ACL_REVISION, 0x1F01FF, SeExports->RF_GRANT);
    if (NT_SUCCESS(status))
        status = RtlSetDaclSecurityDescriptor(&descriptor, TRUE, (PACL)acl, FALSE);
    if (NT_SUCCESS(status))
        status = ObSetSecurityObjectByPointer(device, DACL_SECURITY_INFORMATION, &descriptor);
    return status;
}

static NTSTATUS control(PDEVICE_OBJECT device, PIRP irp, request_t *r) {
    UNREFERENCED_PARAMETER(device);
    UNREFERENCED_PARAMETER(irp);
    if (RF_CONTROL_CODE(r) != IOCTL_A || r->out_length < 4)
        return STATUS_INVALID_DEVICE_REQUEST;
    *(ULONG *)r->buffer = 1;
    r->information = 4;
    return STATUS_SUCCESS;
}
RF_WDM_DRIVER(control)
