// A loop copies words to the stack until a zero comes. Good: or the buffer is full.
#include "scaffold.h"

static volatile ULONG sum;
RF_CONTROL {
    const USHORT *p = r->buffer;
    USHORT copy[32];
    ULONG i;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(2, 0);
#ifdef RF_GOOD
    for (i = 0; i < 31 && i < r->in_length / 2 && p[i] != 0; i++)
        copy[i] = p[i];
#else
    for (i = 0; p[i] != 0; i++)
        copy[i] = p[i];
#endif
    copy[i] = 0;
    sum += copy[0] + copy[i / 2];
    return STATUS_SUCCESS;
}
RF_WDM_DRIVER(control)
