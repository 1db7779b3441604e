// MmMapIoSpace, then a list of pages mapped into the caller. Good: the address is fixed.
#include "scaffold.h"

RF_CONTROL {
    ULONG64 *p = r->buffer;
    PHYSICAL_ADDRESS address;
    PVOID mapped;
    PMDL mdl;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(8, 8);
#ifdef RF_GOOD
    address.QuadPart = 0xfee00000;
#else
    address.QuadPart = (LONGLONG)p[0];
#endif
    mapped = MmMapIoSpace(address, PAGE_SIZE, MmNonCached);
    if (mapped == NULL || (mdl = IoAllocateMdl(mapped, PAGE_SIZE, FALSE, FALSE, NULL)) == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    MmBuildMdlForNonPagedPool(mdl);
    p[0] = (ULONG_PTR)MmMapLockedPagesSpecifyCache(mdl, UserMode, MmNonCached, NULL, FALSE, NormalPagePriority);
    RF_ANSWER(8);
}
RF_WDM_DRIVER(control)
