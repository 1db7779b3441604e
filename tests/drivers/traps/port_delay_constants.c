// Good: constant ports beside nothing: a delay on 0x80 and the keyboard's status. Bad: one of them is the caller's.
#include "scaffold.h"

RF_CONTROL {
    ULONG *p = r->buffer;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(4, 4);
    out_byte(0x80, 0);
#ifdef RF_GOOD
    p[0] = in_byte(0x64);
#else
    p[0] = in_byte((USHORT)p[0]);
#endif
    out_byte(0xeb, 0);
    RF_ANSWER(4);
}
RF_WDM_DRIVER(control)
