// MmProbeAndLockPages raises for a bad address; there is no handler. Good: there is.
#include "scaffold.h"

RF_CONTROL {
    PMDL mdl;
    NTSTATUS status = STATUS_SUCCESS;
    RF_ONLY(IOCTL_NEITHER);
    if (r->in_length < 4)
        return STATUS_INVALID_PARAMETER;
    mdl = IoAllocateMdl(r->stack->Parameters.DeviceIoControl.Type3InputBuffer, r->in_length, FALSE, FALSE, NULL);
    if (mdl == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
#ifdef RF_GOOD
    __try {
        MmProbeAndLockPages(mdl, UserMode, IoReadAccess);
        MmUnlockPages(mdl);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        status = STATUS_ACCESS_VIOLATION;
    }
#else
    MmProbeAndLockPages(mdl, UserMode, IoReadAccess);
    MmUnlockPages(mdl);
#endif
    IoFreeMdl(mdl);
    return status;
}
RF_WDM_DRIVER(control)
