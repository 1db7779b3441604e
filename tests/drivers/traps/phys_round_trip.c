// A virtual address of the caller's goes through MmGetPhysicalAddress and MmMapIoSpace: that reads kernel memory. Good: of a global.
#include "scaffold.h"

static volatile ULONG global[4] = {1, 2, 3, 4};
RF_CONTROL {
    ULONG64 *p = r->buffer;
    PHYSICAL_ADDRESS address;
    PVOID mapped;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(8, 16);
#ifdef RF_GOOD
    address = MmGetPhysicalAddress((PVOID)global);
#else
    address = MmGetPhysicalAddress((PVOID)(ULONG_PTR)p[0]);
#endif
    mapped = MmMapIoSpace(address, 16, MmCached);
    if (mapped == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    copy_bytes(p, mapped, 16);
    MmUnmapIoSpace(mapped, 16);
    p[1] += global[0];
    RF_ANSWER(16);
}
RF_WDM_DRIVER(control)
