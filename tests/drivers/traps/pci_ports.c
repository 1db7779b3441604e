// Configuration space through the constant ports 0xcf8 and 0xcfc, at the caller's address. Good: a fixed register of a fixed device.
#include "scaffold.h"

RF_CONTROL {
    ULONG *p = r->buffer;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(4, 4);
#ifdef RF_GOOD
    out_dword(0xcf8, 0x80000000 | 0x1f << 11 | 0x40);
#else
    out_dword(0xcf8, 0x80000000 | p[0]);
#endif
    p[0] = in_dword(0xcfc);
    RF_ANSWER(4);
}
RF_WDM_DRIVER(control)
