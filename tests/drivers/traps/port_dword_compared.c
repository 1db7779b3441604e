// A dword is compared with forbidden numbers, its low word is used: 0x10cf8 passes. Good: the word must be one of two.
#include "scaffold.h"

RF_CONTROL {
    ULONG *p = r->buffer;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(8, 0);
#ifdef RF_GOOD
    if ((USHORT)p[0] != 0x70 && (USHORT)p[0] != 0x71)
        return STATUS_ACCESS_DENIED;
#else
    if (p[0] == 0xcf8 || p[0] == 0xcfc || p[0] == 0x70)
        return STATUS_ACCESS_DENIED;
#endif
    out_dword((USHORT)p[0], p[1]);
    return STATUS_SUCCESS;
}
RF_WDM_DRIVER(control)
