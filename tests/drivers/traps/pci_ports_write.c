// The same for writing. Good: the register is fixed, bus, device and function are not: that is no confinement, so it is fixed as well.
#include "scaffold.h"

RF_CONTROL {
    ULONG *p = r->buffer;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(8, 0);
#ifdef RF_GOOD
    out_dword(0xcf8, 0x80000000 | 0x44);
#else
    out_dword(0xcf8, 0x80000000 | (p[0] & 0xffff00) | 0x44);
#endif
    out_dword(0xcfc, p[1]);
    return STATUS_SUCCESS;
}
RF_WDM_DRIVER(control)
