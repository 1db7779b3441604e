// A string input from the caller's port fills the output. Good: the drive's data port.
#include "scaffold.h"

RF_CONTROL {
    USHORT *p = r->buffer;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(2, 16);
#ifdef RF_GOOD
    in_bytes(0x1f0, r->buffer, 16);
#else
    in_bytes(*p, r->buffer, 16);
#endif
    RF_ANSWER(16);
}
RF_WDM_DRIVER(control)
