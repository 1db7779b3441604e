// MmMapIoSpace of the caller's address, copied out. Good: the firmware's window.
#include "scaffold.h"

RF_CONTROL {
    ULONG64 *p = r->buffer;
    PHYSICAL_ADDRESS address;
    PVOID mapped;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(8, 16);
    address.QuadPart = (LONGLONG)*p;
#ifdef RF_GOOD
    if (*p < 0xe0000 || *p > 0xffff0)
        return STATUS_ACCESS_DENIED;
#endif
    mapped = MmMapIoSpace(address, 16, MmNonCached);
    if (mapped == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    copy_bytes(p, mapped, 16);
    MmUnmapIoSpace(mapped, 16);
    RF_ANSWER(16);
}
RF_WDM_DRIVER(control)
