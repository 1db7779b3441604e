// Codes that are no CTL_CODE: small and decimal numbers; the method is still the low two bits.
#include "scaffold.h"

RF_CONTROL {
    ULONG *p = r->buffer;
    switch (RF_CONTROL_CODE(r)) {
    case 0x100:
        RF_LENGTHS(4, 8);
#ifdef RF_GOOD
        p[0] = 0x611;
#endif
        *(ULONG64 *)p = read_msr(p[0]);
        RF_ANSWER(8);
    case 7412:
        RF_LENGTHS(8, 0);
#ifndef RF_GOOD
        write_msr(p[0], p[1]);
#endif
        return STATUS_SUCCESS;
    case 0x602: return STATUS_NOT_SUPPORTED;
    default: return STATUS_INVALID_DEVICE_REQUEST;
    }
}
RF_WDM_DRIVER(control)
