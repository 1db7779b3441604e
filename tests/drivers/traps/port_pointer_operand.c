// Good: the port is the low half of the buffer's address, as a mistake of real drivers has it; the caller controls the value only.
#include "scaffold.h"

RF_CONTROL {
    USHORT *p = r->buffer;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(4, 0);
#ifdef RF_GOOD
    out_byte((USHORT)(ULONG_PTR)p, (UCHAR)p[1]);
#else
    out_byte(p[0], (UCHAR)p[1]);
#endif
    return STATUS_SUCCESS;
}
RF_WDM_DRIVER(control)
