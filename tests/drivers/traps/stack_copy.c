// The whole input is copied to a buffer on the stack. Good: its length must be the buffer's.
#include "scaffold.h"

static volatile ULONG sum;
RF_CONTROL {
    UCHAR copy[64];
    RF_ONLY(IOCTL_A);
#ifdef RF_GOOD
    if (r->in_length != sizeof(copy))
        return STATUS_INVALID_PARAMETER;
#endif
    memcpy(copy, r->buffer, r->in_length);
    for (ULONG i = 0; i < sizeof(copy); i++)
        sum += copy[i];
    return STATUS_SUCCESS;
}
RF_WDM_DRIVER(control)
