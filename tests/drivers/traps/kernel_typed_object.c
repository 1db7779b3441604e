// A field of whatever the caller's address points to is returned. Good: only when it begins with the type and the size of a file object.
#include "scaffold.h"

RF_CONTROL {
    ULONG64 *p = r->buffer;
    volatile UCHAR *object;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(8, 8);
    object = (volatile UCHAR *)(ULONG_PTR)p[0];
#ifdef RF_GOOD
    if (*(volatile USHORT *)object != 5 || *(volatile USHORT *)(object + 2) != 0xd8)
        return STATUS_INVALID_PARAMETER;
#endif
    p[0] = *(volatile ULONG *)(object + 0x20);
    RF_ANSWER(8);
}
RF_WDM_DRIVER(control)
