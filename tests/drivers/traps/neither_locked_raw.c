// The caller's pages are locked, but the write goes through the raw address, outside a handler. Good: through the MDL's system address.
#include "scaffold.h"

RF_CONTROL {
    volatile ULONG *p = irp->UserBuffer;
    PMDL mdl;
    RF_ONLY(IOCTL_NEITHER);
    if (r->out_length < 4)
        return STATUS_INVALID_PARAMETER;
    mdl = IoAllocateMdl((PVOID)p, r->out_length, FALSE, FALSE, NULL);
    if (mdl == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    __try {
        MmProbeAndLockPages(mdl, UserMode, IoWriteAccess);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        IoFreeMdl(mdl);
        return STATUS_ACCESS_VIOLATION;
    }
#ifdef RF_GOOD
    p = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);
    if (p)
#endif
        *p = 42;
    MmUnlockPages(mdl);
    IoFreeMdl(mdl);
    RF_ANSWER(4);
}
RF_WDM_DRIVER(control)
