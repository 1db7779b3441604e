// A bit of the caller's port is waited for without end, then written to the port behind it. Good: a port of the driver's.
#include "scaffold.h"

RF_CONTROL {
    ULONG *p = r->buffer;
    USHORT port;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(8, 0);
#ifdef RF_GOOD
    port = 0x64;
#else
    port = (USHORT)p[0];
#endif
    while ((in_byte(port) & 0x80) == 0)
        ;
    out_byte(0x65, (UCHAR)p[1]);
    return STATUS_SUCCESS;
}
RF_WDM_DRIVER(control)
