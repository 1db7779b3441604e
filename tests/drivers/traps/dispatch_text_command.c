// The command is a word in the buffer.
#include "scaffold.h"

RF_CONTROL {
    char *p = r->buffer;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(16, 0);
    p[7] = 0;
    if (_stricmp(p, "reset") == 0) {
        out_byte(0x64, 0xfe);
        return STATUS_SUCCESS;
    }
    if (_stricmp(p, "poke") == 0) {
#ifdef RF_GOOD
        out_byte(0x70, (UCHAR)p[12]);
#else
        out_byte(*(USHORT *)&p[8], (UCHAR)p[12]);
#endif
        return STATUS_SUCCESS;
    }
    return STATUS_INVALID_PARAMETER;
}
RF_WDM_DRIVER(control)
