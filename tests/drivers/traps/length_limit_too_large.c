// The limit is 86 MB, the target 4 KB. Good: the limit is the target's.
#include "scaffold.h"

static volatile UCHAR store[4096];
RF_CONTROL {
    ULONG *p = r->buffer;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(8, 0);
#ifdef RF_GOOD
    if (p[0] > sizeof(store) - 4)
        return STATUS_INVALID_PARAMETER;
#else
    if (p[0] > 86 * 1024 * 1024)
        return STATUS_INVALID_PARAMETER;
#endif
    *(volatile ULONG *)(store + p[0]) = p[1];
    return STATUS_SUCCESS;
}
RF_WDM_DRIVER(control)
