// The check refuses what it should admit. Good: the other way round.
#include "scaffold.h"

RF_CONTROL {
    ULONG *p = r->buffer;
    BOOLEAN inside;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(4, 8);
    inside = p[0] >= 0x10 && p[0] < 0x20;
#ifdef RF_GOOD
    inside = !inside;
#endif
    if (inside)
        return STATUS_ACCESS_DENIED;
    *(ULONG64 *)p = read_msr(p[0]);
    RF_ANSWER(8);
}
RF_WDM_DRIVER(control)
