// A plain load through the caller's pointer, returned. Good: from a global array.
#include "scaffold.h"

static volatile ULONG slots[16];
RF_CONTROL {
    ULONG64 *p = r->buffer;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(8, 4);
#ifdef RF_GOOD
    if (p[0] >= 16)
        return STATUS_INVALID_PARAMETER;
    *(ULONG *)p = slots[p[0]];
#else
    *(ULONG *)p = *(volatile ULONG *)(ULONG_PTR)p[0] + slots[0];
#endif
    RF_ANSWER(4);
}
RF_WDM_DRIVER(control)
