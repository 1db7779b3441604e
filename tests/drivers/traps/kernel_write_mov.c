// A plain store through the caller's pointer. Good: into a slot of a global array.
#include "scaffold.h"

static volatile ULONG slots[16];
RF_CONTROL {
    ULONG64 *p = r->buffer;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(16, 0);
#ifdef RF_GOOD
    if (p[0] >= 16)
        return STATUS_INVALID_PARAMETER;
    slots[p[0]] = (ULONG)p[1];
#else
    *(volatile ULONG *)(ULONG_PTR)p[0] = (ULONG)p[1] + slots[0];
#endif
    return STATUS_SUCCESS;
}
RF_WDM_DRIVER(control)
