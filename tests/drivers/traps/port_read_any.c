// The caller chooses the port. Good: the keyboard's.
#include "scaffold.h"

RF_CONTROL {
    USHORT *p = r->buffer;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(2, 4);
#ifdef RF_GOOD
    if (*p != 0x60 && *p != 0x64)
        return STATUS_ACCESS_DENIED;
#endif
    *(ULONG *)p = in_byte(*p);
    RF_ANSWER(4);
}
RF_WDM_DRIVER(control)
