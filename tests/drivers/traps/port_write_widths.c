// One structure, three widths. Good: a window of four ports.
#include "scaffold.h"

typedef struct { USHORT port, width; ULONG value; } port_t;
RF_CONTROL {
    port_t *p = r->buffer;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(sizeof(*p), 0);
#ifdef RF_GOOD
    if ((p->port & 0xfffc) != 0x2e8)
        return STATUS_ACCESS_DENIED;
#endif
    switch (p->width) {
    case 1: out_byte(p->port, (UCHAR)p->value); break;
    case 2: out_word(p->port, (USHORT)p->value); break;
    case 4: out_dword(p->port, p->value); break;
    default: return STATUS_INVALID_PARAMETER;
    }
    return STATUS_SUCCESS;
}
RF_WDM_DRIVER(control)
