// Two codes share a block; a flag made by comparing the code again decides what happens in it.
#include "scaffold.h"

RF_CONTROL {
    USHORT *p = r->buffer;
    ULONG code = RF_CONTROL_CODE(r);
    BOOLEAN write = code == IOCTL_B;
    if (code != IOCTL_A && code != IOCTL_B)
        return STATUS_INVALID_DEVICE_REQUEST;
    RF_LENGTHS(4, 4);
#ifdef RF_GOOD
    p[0] = 0x3f8;
#endif
    __asm__ volatile("" : "+r"(write));
    if (write)
        out_byte(p[0], (UCHAR)p[1]);
    else
        *(ULONG *)p = in_byte(p[0]);
    r->information = write ? 0 : 4;
    return STATUS_SUCCESS;
}
RF_WDM_DRIVER(control)
