// A probe of length zero tests nothing. Good: the length that is used.
#include "scaffold.h"

static volatile ULONG last;
RF_CONTROL {
    ULONG *p = r->stack->Parameters.DeviceIoControl.Type3InputBuffer;
    ULONG length = r->in_length;
    RF_ONLY(IOCTL_NEITHER);
#ifdef RF_GOOD
    if (length < 8)
        return STATUS_INVALID_PARAMETER;
#else
    length = 0;
#endif
    __try {
        ProbeForRead(p, length, 4);
        last = ((volatile ULONG *)p)[1];
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return STATUS_ACCESS_VIOLATION;
    }
    return STATUS_SUCCESS;
}
RF_WDM_DRIVER(control)
