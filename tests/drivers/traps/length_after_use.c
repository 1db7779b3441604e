// The buffer is read before its length is tested. Good: after.
#include "scaffold.h"

static volatile ULONG last;
RF_CONTROL {
    ULONG *p = r->buffer;
    RF_ONLY(IOCTL_A);
#ifdef RF_GOOD
    RF_LENGTHS(4, 0);
#endif
    last = p[0];
    RF_LENGTHS(4, 0);
    return STATUS_SUCCESS;
}
RF_WDM_DRIVER(control)
