// base + offset is compared after the sum has wrapped. Good: the offset is compared.
#include "scaffold.h"

static UCHAR table[4096];
RF_CONTROL {
    ULONG64 *p = r->buffer;
    ULONG_PTR address;
    RF_ONLY(IOCTL_A);
    RF_LENGTHS(16, 0);
    address = (ULONG_PTR)table + (ULONG_PTR)p[0];
#ifdef RF_GOOD
    if (p[0] >= sizeof(table))
        return STATUS_INVALID_PARAMETER;
#else
    if (address >= (ULONG_PTR)table + sizeof(table))
        return STATUS_INVALID_PARAMETER;
#endif
    *(volatile UCHAR *)address = (UCHAR)p[1];
    return STATUS_SUCCESS;
}
RF_WDM_DRIVER(control)
