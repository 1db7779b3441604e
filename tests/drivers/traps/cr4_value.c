// CR4 takes the caller's value. Good: CR8, the interrupt level, does; that is no control register of this kind.
#include "scaffold.h"

RF_CONTROL {
    ULONG64 *p = r->buffer;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(8, 0);
#ifdef RF_GOOD
    write_cr8(p[0] & 3);
#else
    write_cr4(p[0]);
#endif
    return STATUS_SUCCESS;
}
RF_WDM_DRIVER(control)
