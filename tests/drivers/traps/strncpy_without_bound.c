// strncpy with 0xffffffff has no bound. Good: the target's size.
#include "scaffold.h"

static volatile ULONG sum;
RF_CONTROL {
    char copy[32];
    char *p = r->buffer;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(2, 0);
    p[r->in_length - 1] = 0;
#ifdef RF_GOOD
    strncpy(copy, p, sizeof(copy));
#else
    strncpy(copy, p, 0xffffffff);
#endif
    sum += copy[0];
    return STATUS_SUCCESS;
}
RF_WDM_DRIVER(control)
