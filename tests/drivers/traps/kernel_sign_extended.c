// A 32-bit address is sign-extended to a kernel pointer. Good: it is an offset into a global.
#include "scaffold.h"

static volatile ULONG store[64];
RF_CONTROL {
    LONG *p = r->buffer;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(8, 0);
#ifdef RF_GOOD
    *(volatile LONG *)((volatile UCHAR *)store + (p[0] & 0xfc)) = p[1];
#else
    *(volatile LONG *)(LONG_PTR)p[0] = p[1] + (LONG)store[0];
#endif
    return STATUS_SUCCESS;
}
RF_WDM_DRIVER(control)
