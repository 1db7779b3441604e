// The limit of the second request is set by the first, without a limit of its own. Good: with.
#include "scaffold.h"

static ULONG limit = 16;
static volatile UCHAR store[64];
RF_CONTROL {
    ULONG *p = r->buffer;
    RF_LENGTHS(8, 0);
    if (RF_CONTROL_CODE(r) == IOCTL_A) {
#ifdef RF_GOOD
        if (p[0] > sizeof(store))
            return STATUS_INVALID_PARAMETER;
#endif
        limit = p[0];
        return STATUS_SUCCESS;
    }
    RF_ONLY(IOCTL_B);
    if (p[0] >= limit)
        return STATUS_INVALID_PARAMETER;
    store[p[0]] = (UCHAR)p[1];
    return STATUS_SUCCESS;
}
RF_WDM_DRIVER(control)
