// On x86 the port routines are imports, called through a register. Good: one port.
#include "scaffold.h"

RF_CONTROL {
    ULONG *p = r->buffer;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(8, 4);
#ifdef RF_GOOD
    p[0] = 0x278 + (p[0] & 3);
#endif
    WRITE_PORT_UCHAR((PUCHAR)(ULONG_PTR)p[0], (UCHAR)p[1]);
    WRITE_PORT_USHORT((PUSHORT)(ULONG_PTR)p[0], (USHORT)p[1]);
    WRITE_PORT_UCHAR((PUCHAR)(ULONG_PTR)p[0], (UCHAR)(p[1] >> 8));
    p[0] = READ_PORT_UCHAR((PUCHAR)(ULONG_PTR)p[0]);
    RF_ANSWER(4);
}
RF_WDM_DRIVER(control)
