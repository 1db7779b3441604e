// MmCopyMemory of the caller's physical address. Good: of a constant one.
#include "scaffold.h"

RF_CONTROL {
    ULONG64 *p = r->buffer;
    MM_COPY_ADDRESS address;
    SIZE_T done = 0;
    NTSTATUS status;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(8, 32);
#ifdef RF_GOOD
    address.PhysicalAddress.QuadPart = 0xf0000;
#else
    address.PhysicalAddress.QuadPart = (LONGLONG)p[0];
#endif
    status = MmCopyMemory(p, address, 32, MM_COPY_MEMORY_PHYSICAL, &done);
    r->information = done;
    return status;
}
RF_WDM_DRIVER(control)
