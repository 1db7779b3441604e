// The low byte is checked, the word is used. Good: the word is checked.
#include "scaffold.h"

RF_CONTROL {
    USHORT *p = r->buffer;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(4, 0);
#ifdef RF_GOOD
    if (p[0] > 0x7f)
        return STATUS_ACCESS_DENIED;
#else
    if (*(UCHAR *)p > 0x7f)
        return STATUS_ACCESS_DENIED;
#endif
    out_byte(p[0], (UCHAR)p[1]);
    return STATUS_SUCCESS;
}
RF_WDM_DRIVER(control)
