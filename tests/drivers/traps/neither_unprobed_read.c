// The input pointer of METHOD_NEITHER is read as it comes. Good: probed inside a handler, captured once.
#include "scaffold.h"

static volatile ULONG last;
RF_CONTROL {
    ULONG *p = r->stack->Parameters.DeviceIoControl.Type3InputBuffer;
    RF_ONLY(IOCTL_NEITHER);
    if (r->in_length < 4)
        return STATUS_INVALID_PARAMETER;
#ifdef RF_GOOD
    __try {
        ProbeForRead(p, 4, 4);
        last = *(volatile ULONG *)p;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return STATUS_ACCESS_VIOLATION;
    }
#else
    last = *(volatile ULONG *)p;
#endif
    return STATUS_SUCCESS;
}
RF_WDM_DRIVER(control)
