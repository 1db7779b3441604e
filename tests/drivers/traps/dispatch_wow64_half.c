// Only the half for 32-bit callers has the sink.
#include "scaffold.h"

RF_CONTROL {
    ULONG *p = r->buffer;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(8, 0);
    if (IoIs32bitProcess(irp)) {
#ifdef RF_GOOD
        out_byte(0x92, (UCHAR)p[1]);
#else
        out_byte((USHORT)p[0], (UCHAR)p[1]);
#endif
        return STATUS_SUCCESS;
    }
    out_byte(0x92, 2);
    return STATUS_SUCCESS;
}
RF_WDM_DRIVER(control)
