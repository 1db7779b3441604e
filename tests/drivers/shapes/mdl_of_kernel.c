// Pages at the address that the caller names are mapped into his process: locked for kernel mode, so that any address will do. Good: locked
// for user mode.
#include "scaffold.h"

RF_CONTROL {
    ULONG_PTR *p = r->buffer;
    PMDL mdl;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(2 * sizeof(ULONG_PTR), sizeof(ULONG_PTR));
    mdl = IoAllocateMdl((PVOID)p[0], 0x1000, FALSE, FALSE, NULL);
    if (mdl == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    __try {
#ifdef RF_GOOD
        MmProbeAndLockPages(mdl, UserMode, IoWriteAccess);
#else
        MmProbeAndLockPages(mdl, KernelMode, IoWriteAccess);
#endif
        p[0] = (ULONG_PTR)MmMapLockedPagesSpecifyCache(mdl, UserMode, 1, NULL, FALSE, NormalPagePriority | 0x40000000);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return STATUS_ACCESS_VIOLATION;
    }
    RF_ANSWER(sizeof(ULONG_PTR));
}
RF_WDM_DRIVER(control)
