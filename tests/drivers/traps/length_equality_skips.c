// Equal lengths skip the test. Good: the test is made always.
#include "scaffold.h"

static volatile ULONG sum;
RF_CONTROL {
    UCHAR copy[48];
    RF_ONLY(IOCTL_A);
#ifdef RF_GOOD
    if (r->in_length > sizeof(copy))
        return STATUS_INVALID_PARAMETER;
#else
    if (r->in_length != r->out_length && r->in_length > sizeof(copy))
        return STATUS_INVALID_PARAMETER;
#endif
    memcpy(copy, r->buffer, r->in_length);
    sum += copy[0] + copy[47];
    return STATUS_SUCCESS;
}
RF_WDM_DRIVER(control)
