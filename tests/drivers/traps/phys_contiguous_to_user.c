// Contiguous memory of the caller's size, its physical address returned, mapped for the caller. Good: a fixed page, no address returned.
#include "scaffold.h"

RF_CONTROL {
    ULONG64 *p = r->buffer;
    PHYSICAL_ADDRESS highest;
    PVOID memory;
    PMDL mdl;
    SIZE_T size;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(8, 16);
    highest.QuadPart = 0xffffffff;
#ifdef RF_GOOD
    size = PAGE_SIZE;
#else
    size = (SIZE_T)p[0];
#endif
    memory = MmAllocateContiguousMemory(size, highest);
    if (memory == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
#ifdef RF_GOOD
    MmFreeContiguousMemory(memory);
    UNREFERENCED_PARAMETER(mdl);
    RF_ANSWER(0);
#else
    p[0] = (ULONG64)MmGetPhysicalAddress(memory).QuadPart;
    mdl = IoAllocateMdl(memory, (ULONG)size, FALSE, FALSE, NULL);
    if (mdl == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    MmBuildMdlForNonPagedPool(mdl);
    p[1] = (ULONG_PTR)MmMapLockedPages(mdl, UserMode);
    RF_ANSWER(16);
#endif
}
RF_WDM_DRIVER(control)
