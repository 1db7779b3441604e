// The other direction. Good: a constant address.
#include "scaffold.h"

RF_CONTROL {
    ULONG64 *p = r->buffer;
    PHYSICAL_ADDRESS address;
    volatile ULONG *mapped;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(16, 0);
#ifdef RF_GOOD
    address.QuadPart = 0xfed00000;
#else
    address.QuadPart = (LONGLONG)p[0];
#endif
    mapped = MmMapIoSpace(address, 4, MmNonCached);
    if (mapped == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    *mapped = (ULONG)p[1];
    MmUnmapIoSpace((PVOID)mapped, 4);
    return STATUS_SUCCESS;
}
RF_WDM_DRIVER(control)
