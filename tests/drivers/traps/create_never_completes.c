// IRP_MJ_CREATE returns an error without completing its request. Good: it completes.
#include "miniwdk.h"
DRIVER_DISPATCH odd_create;
#define RF_CREATE odd_create
#include "scaffold.h"
NTSTATUS NTAPI odd_create(PDEVICE_OBJECT device, PIRP irp) {
#ifdef RF_GOOD
    return complete(irp, STATUS_ACCESS_DENIED, 0);
#else
    irp->IoStatus.Status = STATUS_ACCESS_DENIED;
    return STATUS_ACCESS_DENIED;
#endif
}
RF_CONTROL {
    RF_ONLY(IOCTL_A);
    return STATUS_SUCCESS;
}
RF_WDM_DRIVER(control)
