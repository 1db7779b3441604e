// IRP_MJ_CREATE returns without completing its request: no caller is checked, and none is let in cleanly. Good: it completes it.
#include "miniwdk.h"
DRIVER_DISPATCH odd_create;
#define RF_CREATE odd_create
#include "scaffold.h"
NTSTATUS NTAPI odd_create(PDEVICE_OBJECT device, PIRP irp) {
#ifdef RF_GOOD
    return complete(irp, STATUS_SUCCESS, 0);
#else
    irp->IoStatus.Status = STATUS_SUCCESS;
    return STATUS_SUCCESS;
#endif
}
RF_CONTROL {
    RF_ONLY(IOCTL_A);
    return STATUS_SUCCESS;
}
RF_WDM_DRIVER(control)
