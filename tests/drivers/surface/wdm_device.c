// One device and one harmless code; how the device is named, protected and opened is the point. Switches from the index.
#ifdef RF_TEST_SDDL
#define RF_SDDL RF_TEST_SDDL
#endif
#ifdef RF_TEST_CREATE
#define RF_CREATE checked_create
#endif
#ifdef RF_TEST_CHARACTERISTICS
#define RF_CHARACTERISTICS RF_TEST_CHARACTERISTICS
#endif
#include "scaffold.h"

#ifdef RF_TEST_CREATE
static __attribute__((unused)) BOOLEAN has_debug_privilege(PIRP irp) {
    LUID privilege = {SE_DEBUG_PRIVILEGE, 0};
    return SeSinglePrivilegeCheck(privilege, irp->RequestorMode);
}
static __attribute__((unused)) BOOLEAN is_administrator(PIRP irp) {
    PVOID token = PsReferencePrimaryToken(IoGetRequestorProcess(irp));
    BOOLEAN yes = SeTokenIsAdmin(token);
    PsDereferencePrimaryToken(token);
    return yes;
}
static __attribute__((unused)) BOOLEAN has_no_trailing_name(PIRP irp) { return IoGetCurrentIrpStackLocation(irp)->FileObject->FileName.Length == 0; }

NTSTATUS NTAPI checked_create(PDEVICE_OBJECT device, PIRP irp) {
    UNREFERENCED_PARAMETER(device);
    return complete(irp, RF_TEST_CREATE(irp) ? STATUS_SUCCESS : STATUS_ACCESS_DENIED, 0);
}
#endif

static NTSTATUS control(PDEVICE_OBJECT device, PIRP irp, request_t *r) {
    UNREFERENCED_PARAMETER(irp);
    if (RF_CONTROL_CODE(r) != IOCTL_A || r->out_length < 4)
        return STATUS_INVALID_DEVICE_REQUEST;
    *(ULONG *)r->buffer = device->Characteristics;
    r->information = 4;
    return STATUS_SUCCESS;
}
RF_WDM_DRIVER(control)
