// __try with __finally catches nothing: a bad user pointer stops the system. Good: __except.
#include "scaffold.h"

static volatile ULONG last;
RF_CONTROL {
    volatile ULONG *p = r->stack->Parameters.DeviceIoControl.Type3InputBuffer;
    NTSTATUS status = STATUS_SUCCESS;
    RF_ONLY(IOCTL_NEITHER);
    if (r->in_length < 4)
        return STATUS_INVALID_PARAMETER;
    KeEnterCriticalRegion();
#ifdef RF_GOOD
    __try {
        ProbeForRead((PVOID)p, 4, 4);
        last = *p;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        status = STATUS_ACCESS_VIOLATION;
    }
    KeLeaveCriticalRegion();
#else
    __try {
        ProbeForRead((PVOID)p, 4, 4);
        last = *p;
    } __finally {
        KeLeaveCriticalRegion();
    }
#endif
    return status;
}
RF_WDM_DRIVER(control)
