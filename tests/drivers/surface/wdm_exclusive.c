// An exclusive device with the default descriptor: one open at a time, by anybody. The link is an unprotected one.
#define RF_EXCLUSIVE
#define IoCreateSymbolicLink IoCreateUnprotectedSymbolicLink
#include "scaffold.h"

static NTSTATUS control(PDEVICE_OBJECT device, PIRP irp, request_t *r) {
    UNREFERENCED_PARAMETER(device);
    UNREFERENCED_PARAMETER(irp);
    return RF_CONTROL_CODE(r) == IOCTL_A ? STATUS_SUCCESS : STATUS_INVALID_DEVICE_REQUEST;
}
RF_WDM_DRIVER(control)
