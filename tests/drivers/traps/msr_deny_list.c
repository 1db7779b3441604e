// A list of refused registers is no confinement. Good: a list of admitted ones.
#include "scaffold.h"

RF_CONTROL {
    ULONG *p = r->buffer;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(16, 0);
#ifdef RF_GOOD
    if (p[0] != 0x1a0 && p[0] != 0x1b0)
        return STATUS_ACCESS_DENIED;
#else
    if (p[0] == 0xc0000082 || p[0] == 0x176 || p[0] == 0x174)
        return STATUS_ACCESS_DENIED;
#endif
    write_msr(p[0], *(ULONG64 *)&p[2]);
    return STATUS_SUCCESS;
}
RF_WDM_DRIVER(control)
