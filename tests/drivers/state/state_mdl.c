// One request builds an MDL over the caller's kernel address, another maps it into the caller. Good: over a buffer of the driver's.
#include "scaffold.h"

static PMDL mdl;
static UCHAR shared[PAGE_SIZE];
RF_CONTROL {
    ULONG64 *p = r->buffer;
    if (RF_CONTROL_CODE(r) == IOCTL_A) {
        RF_LENGTHS(16, 0);
#ifdef RF_GOOD
        mdl = IoAllocateMdl(shared, PAGE_SIZE, FALSE, FALSE, NULL);
#else
        mdl = IoAllocateMdl((PVOID)(ULONG_PTR)p[0], (ULONG)p[1] + sizeof(shared) - PAGE_SIZE, FALSE, FALSE, NULL);
#endif
        if (mdl == NULL)
            return STATUS_INSUFFICIENT_RESOURCES;
        MmBuildMdlForNonPagedPool(mdl);
        return STATUS_SUCCESS;
    }
    RF_ONLY(IOCTL_B);
    RF_LENGTHS(0, 8);
    if (mdl == NULL)
        return STATUS_UNSUCCESSFUL;
    p[0] = (ULONG_PTR)MmMapLockedPagesSpecifyCache(mdl, UserMode, MmCached, NULL, FALSE, NormalPagePriority);
    RF_ANSWER(8);
}
RF_WDM_DRIVER(control)
