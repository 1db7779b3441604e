// The length is checked when the byte is out already. Good: before.
#include "scaffold.h"

RF_CONTROL {
    USHORT *p = r->buffer;
    RF_ONLY(IOCTL_A);
#ifdef RF_GOOD
    RF_LENGTHS(4, 0);
    if (p[0] != 0x80)
        return STATUS_ACCESS_DENIED;
#endif
    out_byte(p[0], (UCHAR)p[1]);
    if (r->in_length < 4 || p[0] != 0x80)
        return STATUS_INVALID_PARAMETER;
    return STATUS_SUCCESS;
}
RF_WDM_DRIVER(control)
