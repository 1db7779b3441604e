// Good: a table gives the exact length of each command, and the copy is of that length. Bad: the table is read, the caller's length is used.
#include "scaffold.h"

static const ULONG lengths[4] = {8, 16, 32, 48};
static volatile ULONG sum;
RF_CONTROL {
    ULONG *p = r->buffer;
    UCHAR copy[48];
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(8, 0);
    if (p[0] >= 4)
        return STATUS_INVALID_PARAMETER;
#ifdef RF_GOOD
    if (r->in_length != lengths[p[0]])
        return STATUS_INVALID_PARAMETER;
#else
    if (r->in_length < lengths[p[0]])
        return STATUS_INVALID_PARAMETER;
#endif
    memcpy(copy, p, r->in_length);
    sum += copy[0] + copy[47];
    return STATUS_SUCCESS;
}
RF_WDM_DRIVER(control)
