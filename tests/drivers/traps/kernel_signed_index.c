// A signed comparison admits negative indexes. Good: an unsigned one.
#include "scaffold.h"

static LONG table[256];
RF_CONTROL {
    LONG *p = r->buffer;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(8, 0);
#ifdef RF_GOOD
    if ((ULONG)p[0] >= 256)
#else
    if (p[0] >= 256)
#endif
        return STATUS_INVALID_PARAMETER;
    ((volatile LONG *)table)[p[0]] = p[1];
    return STATUS_SUCCESS;
}
RF_WDM_DRIVER(control)
