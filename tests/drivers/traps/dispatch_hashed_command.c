// The command is known by a hash of its name.
#include "scaffold.h"

static ULONG hash(const char *p) {
    ULONG h = 5381;
    for (ULONG i = 0; i < 8 && p[i]; i++)
        h = h * 33 + (UCHAR)p[i];
    return h;
}
RF_CONTROL {
    char *p = r->buffer;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(16, 0);
    switch (hash(p)) {
    case 0x10474288: out_byte(0x64, 0xfe); return STATUS_SUCCESS;
    case 0x7c9c6054:
#ifdef RF_GOOD
        out_byte(0x71, (UCHAR)p[12]);
#else
        out_byte(*(USHORT *)&p[8], (UCHAR)p[12]);
#endif
        return STATUS_SUCCESS;
    default: return STATUS_INVALID_PARAMETER;
    }
}
RF_WDM_DRIVER(control)
