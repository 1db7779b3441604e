// The caller chooses the register. Good: two performance registers.
#include "scaffold.h"

RF_CONTROL {
    ULONG *p = r->buffer;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(4, 8);
#ifdef RF_GOOD
    if (p[0] < 0x198 || p[0] > 0x199)
        return STATUS_ACCESS_DENIED;
#endif
    *(ULONG64 *)p = read_msr(p[0]);
    RF_ANSWER(8);
}
RF_WDM_DRIVER(control)
