// The status of one path was never set. Good: it was.
#include "scaffold.h"

RF_CONTROL {
    ULONG *p = r->buffer;
    NTSTATUS status[8];
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(4, 0);
#ifdef RF_GOOD
    status[0] = STATUS_SUCCESS;
#endif
    __asm__ volatile("" : : "r"(status) : "memory");
    if (p[0] == 1)
        status[0] = STATUS_SUCCESS;
    return status[0];
}
RF_WDM_DRIVER(control)
